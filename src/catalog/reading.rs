//! A reading of the catalog, and the part of it that one question is read against where a role may see more relations than
//! `nl_query.max_relations`: those whose names, columns and comments the question's words meet best, and what they refer to.
//!
//! What a role may see and the index of words are worked out when first needed, and kept with the reading. Words that the role may
//! not see choose nothing.

use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use nl_query_core::introspection::{Catalog, Described, Seen, Sight, Whole};
use nl_query_core::schema::RelationId;
use nl_query_engine::relevance::{Index, Sees};

use crate::pg::viewpoint::Viewpoint;

/// Relations that one question is read against at most, where not all are. Making them ready takes 25 ms and 25 MB a thousand, for
/// every question anew.
const CHOSEN: usize = 300;
/// So many of the first bring along what they refer to.
const LEADING: usize = 60;

/// What a viewpoint sees of a reading: positions, and what of each.
type Sighted = Rc<Vec<(RelationId, Seen)>>;

pub struct Reading {
    whole: Whole,
    index: OnceCell<Index>,
    /// What the last viewpoint sees of it, where that is much.
    sighted: RefCell<Option<(Viewpoint, Sighted)>>,
}

/// What a reading shows for a question.
pub struct Part {
    pub catalog: Catalog,
    /// There is more, and another question may need that.
    pub chosen: bool,
}

impl Reading {
    pub fn of(whole: Whole) -> Reading {
        Reading { whole, index: OnceCell::new(), sighted: RefCell::new(None) }
    }

    /// At most `limit` relations of those that may be seen: what the question is about, or without a question the first by name.
    /// `sight` is that of the viewpoint.
    pub fn part(
        &self,
        viewpoint: &Viewpoint,
        sight: impl FnOnce() -> Box<dyn Sight>,
        limit: usize,
        question: Option<&str>,
    ) -> Part {
        let seen = self.sighted(viewpoint, sight, limit);
        if seen.len() <= limit {
            return Part { catalog: self.whole.catalog(&seen, 0), chosen: self.whole.beyond() > 0 };
        }
        let Some(question) = question else {
            return Part { catalog: self.whole.catalog(&seen[..limit], seen.len() - limit), chosen: true };
        };
        let chosen: Vec<(RelationId, Seen)> =
            self.choose(&seen, question, limit.min(CHOSEN)).into_iter().map(|place| seen[place].clone()).collect();
        Part { catalog: self.whole.catalog(&chosen, seen.len() - chosen.len()), chosen: true }
    }

    fn sighted(&self, viewpoint: &Viewpoint, sight: impl FnOnce() -> Box<dyn Sight>, limit: usize) -> Sighted {
        if let Some((of, seen)) = self.sighted.borrow().as_ref()
            && of == viewpoint
        {
            return Rc::clone(seen);
        }
        let seen = Rc::new(self.whole.sighted(sight().as_mut()));
        if seen.len() > limit {
            self.sighted.replace(Some((viewpoint.clone(), Rc::clone(&seen))));
        }
        seen
    }

    /// Positions in `seen`, in order.
    fn choose(&self, seen: &[(RelationId, Seen)], question: &str, room: usize) -> Vec<usize> {
        let relations = || self.whole.relations.iter().map(|described: &Described| &described.relation);
        let index = self.index.get_or_init(|| Index::new(relations()));
        let mut places = vec![None; self.whole.relations.len()];
        seen.iter().enumerate().for_each(|(place, (relation, _))| places[*relation] = Some(place));
        let sees = Those { seen, places: &places };
        let keys = self.whole.foreign_keys();
        let scores = index.scores(question, relations(), keys, &sees);
        let mut order: Vec<usize> = (0..seen.len()).collect();
        // Who sets a search path to a few relations means those; of others that matter alike, the one that needs no schema name, which
        // comes first in what is seen.
        let on_path = seen.iter().take_while(|(_, sees)| sees.visible).count();
        let is_meant = |place: &usize| on_path <= room / 2 && *place < on_path;
        order.sort_by(|a, b| {
            let score = || scores[seen[*b].0].total_cmp(&scores[seen[*a].0]);
            is_meant(b).cmp(&is_meant(a)).then_with(score).then(a.cmp(b))
        });
        let mut taken = vec![false; seen.len()];
        let mut chosen = Vec::with_capacity(room);
        let mut take = |place: usize| {
            if chosen.len() < room && !std::mem::replace(&mut taken[place], true) {
                chosen.push(place);
            }
        };
        let leading = &order[..order.len().min(LEADING.max(on_path.min(room / 2))).min(room)];
        leading.iter().for_each(|place| take(*place));
        let leads: HashSet<RelationId> = leading.iter().map(|place| seen[*place].0).collect();
        let referring = keys.iter().filter(|key| leads.contains(&key.from) && sees.key(key));
        referring.filter_map(|key| places[key.to]).for_each(&mut take);
        order.iter().for_each(|place| take(*place));
        chosen.sort_unstable();
        chosen
    }
}

/// What is seen, by position in the reading.
struct Those<'a> {
    seen: &'a [(RelationId, Seen)],
    places: &'a [Option<usize>],
}

impl Sees for Those<'_> {
    fn relation(&self, relation: RelationId) -> bool {
        self.places.get(relation).is_some_and(Option::is_some)
    }

    fn column(&self, relation: RelationId, column: usize) -> bool {
        let place = self.places.get(relation).copied().flatten();
        place.is_some_and(|place| self.seen[place].1.columns.as_ref().is_none_or(|seen| seen.get(column) == Some(&true)))
    }
}
