//! What of a reading of the catalog a role is shown: what SELECT would find, by PostgreSQL's own privilege checks.

use nl_query_core::introspection::{Described, Seen, Sight};

use crate::pg::sight::Eyes;
use crate::pg::viewpoint::Viewpoint;

/// What of the shared snapshot a role is shown.
pub struct Shown(Eyes);

impl Shown {
    pub fn to(viewpoint: &Viewpoint) -> Shown {
        Shown(Eyes::of(viewpoint))
    }
}

impl Sight for Shown {
    fn of(&mut self, described: &Described) -> Option<Seen> {
        let relation = &described.relation;
        if !self.0.may_use(described.namespace) {
            return None;
        }
        let columns = if self.0.may_read(relation.oid)? {
            None
        } else {
            let seen = |number: i16| self.0.may_read_column(relation.oid, number);
            let seen: Vec<bool> = relation.columns.iter().map(|column| seen(column.number)).collect();
            if !seen.contains(&true) {
                return None;
            }
            Some(seen)
        };
        let visible = self.0.finds(&relation.name, relation.oid, described.namespace);
        Some(Seen { visible, columns, all_rows: sees_all_rows(&self.0, described) })
    }
}

/// Everything that was read as the role that looks at it.
pub struct Own(Eyes);

impl Own {
    pub fn of(viewpoint: &Viewpoint) -> Own {
        Own(Eyes::of(viewpoint))
    }
}

impl Sight for Own {
    fn of(&mut self, described: &Described) -> Option<Seen> {
        Some(Seen { visible: described.relation.visible, columns: None, all_rows: sees_all_rows(&self.0, described) })
    }
}

/// As pg_stats has it: values of rows that row security hides must not show in what is said about a question.
fn sees_all_rows(eyes: &Eyes, described: &Described) -> bool {
    !(described.row_security && eyes.is_held_to_rows(described.relation.oid))
}
