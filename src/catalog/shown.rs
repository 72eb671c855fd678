//! What of the shared snapshot a role is shown: what SELECT of it would find, by PostgreSQL's own privilege checks.

use nl_query_core::introspection::{Described, Seen, Sight};

use crate::pg::sight::Eyes;
use crate::pg::viewpoint::Viewpoint;

/// The eyes of a role, for a snapshot to be filtered by.
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
        // As pg_stats has it: values of rows that row security hides must not show in what is said about a question.
        let statistics = !(described.row_security && self.0.is_held_to_rows(relation.oid));
        Some(Seen { visible, columns, statistics })
    }
}
