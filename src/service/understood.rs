//! From a question to what it comes to before anything is proven: readings, or why there are none, and what of that may be remembered.

use std::rc::Rc;
use std::time::Instant;

use nl_query_core::error::{Error, Known};
use nl_query_core::prompt::Disclose;
use nl_query_engine::{Answer, Candidate, Lookup, Prepared, Refusal as Unanswerable, WordAccount, slots};

use crate::cache::{self, Asking, Reach, Statement};
use crate::catalog::{self, Origin, Probe, Snapshot};
use crate::guard::{self, Limits};
use crate::pg::viewpoint;
use crate::settings::{self, Engine};
use crate::stats::{Call, Stage};

use super::{failed, today};

/// Readings that a model sees at most.
const DRAFTS: usize = 3;

/// What a question came to before anything was proven.
pub struct Understood {
    pub(super) snapshot: Rc<Snapshot>,
    pub(super) answer: Answer,
    /// It was read over what is on the search path alone.
    pub(super) is_near: bool,
    /// The data were not looked through to the end.
    pub(super) cut_short: bool,
    pub origin: Origin,
}

/// From the question to candidates: snapshot, engine.
pub(super) fn understand(call: &mut Call, question: &str, limits: &Limits) -> Result<Understood, Error> {
    if settings::engine() == Engine::model {
        return Err(Error::NoModelServer);
    }
    let reading_catalog = Instant::now();
    let (snapshot, origin) = guard::as_answering_role(limits, || catalog::snapshot_for(question)).map_err(failed)??;
    call.spent(Stage::Catalog, reading_catalog.elapsed());
    let mut probe = Probe::new(&snapshot, settings::probe(), limits);
    let thinking = Instant::now();
    let (answer, is_near) = read(question, &snapshot, &mut probe);
    let probing = probe.spent();
    call.spent(Stage::Engine, thinking.elapsed().saturating_sub(probing));
    call.spent(Stage::Probe, probing);
    let cut_short = probe.is_cut_short();
    Ok(Understood { snapshot, answer, is_near, cut_short, origin })
}

/// A reading over what is on the search path is taken from this confidence on, whatever other schemas hold.
const NEAR_ENOUGH: f64 = 0.35;
/// A reading over everything is taken from this confidence on where there is one over what is on the search path, however unlikely.
const FAR_ENOUGH: f64 = 0.6;

/// Reads the question over what is on the search path, and over everything only where that does not have the answer: whoever sets a
/// search path says what is meant, and a hundred other schemas have words for everything.
fn read(question: &str, snapshot: &Snapshot, probe: &mut Probe<'_>) -> (Answer, bool) {
    let Some(near) = snapshot.near() else {
        return (nl_query_engine::answer(question, snapshot.whole(), probe, today()), false);
    };
    let near = nl_query_engine::answer(question, near, probe, today());
    let confidence = |answer: &Answer| answer.candidates.first().map_or(0.0, |best| best.confidence);
    if near.is_final() {
        return (near, true);
    }
    let names_another = snapshot.names_another(question, &near, today());
    if confidence(&near) >= NEAR_ENOUGH && !names_another {
        return (near, true);
    }
    let whole = nl_query_engine::answer(question, snapshot.whole(), probe, today());
    // The network sees nothing off the search path: it is sure of what it reads in place of a name that it does not know.
    let is_likelier = confidence(&whole) >= FAR_ENOUGH && (names_another || confidence(&whole) > confidence(&near));
    let is_near = !near.candidates.is_empty() && !is_likelier;
    let (mut taken, other) = if is_near { (near, whole) } else { (whole, near) };
    // Rows that were not there would have led elsewhere.
    taken.depends_on_data |= other.depends_on_data;
    taken.lookups.extend(other.lookups);
    (taken, is_near)
}

impl Understood {
    /// The schema that the answer was read over.
    fn prepared(&self) -> &Prepared {
        self.snapshot.near().filter(|_| self.is_near).unwrap_or_else(|| self.snapshot.whole())
    }

    pub fn candidates(&self) -> &[Candidate] {
        &self.answer.candidates
    }

    pub fn words(&self) -> &[WordAccount] {
        &self.answer.words
    }

    /// Relations that were not looked at.
    pub fn left_out(&self) -> usize {
        self.snapshot.left_out
    }

    /// Why there is no candidate.
    pub(super) fn unanswerable(&self) -> Error {
        match &self.answer.refusal {
            Some(Unanswerable::EmptyQuestion) => Error::EmptyQuestion,
            Some(Unanswerable::EmptySchema) => Error::NothingReadable,
            Some(Unanswerable::Unknown { words }) => Error::UnknownWords { words: words.clone(), known: self.known() },
            Some(Unanswerable::NoSuchDay { day }) => Error::NoSuchDay { day: day.clone() },
            Some(Unanswerable::OutOfScope { what }) => Error::OutOfScope { what: what.clone() },
            _ if self.snapshot.schema().relations.is_empty() => Error::NothingReadable,
            Some(Unanswerable::NothingRecognised) | None => Error::NothingRecognised { known: self.known() },
        }
    }

    /// A few names to ask about: the largest relations that need no schema name.
    fn known(&self) -> Known {
        let mut relations: Vec<_> = self.snapshot.schema().relations.iter().filter(|relation| relation.visible).collect();
        relations.sort_by(|left, right| right.rows.total_cmp(&left.rows).then_with(|| left.name.cmp(&right.name)));
        let names = relations.iter().take(8).map(|relation| relation.name.clone()).collect();
        Known { names, left_out: self.left_out() }
    }

    /// Whether another session of the same role would find the same in the data: they were looked through to the end, rows are not
    /// hidden by settings of the session, and this transaction does not see rows of its own or of long ago.
    pub(super) fn is_memorable(&self) -> bool {
        let answer = &self.answer;
        let of_this_moment = answer.depends_on_data && viewpoint::sees_other_rows();
        !of_this_moment && !self.cut_short && !self.snapshot.differs_by_session(&answer.lookups)
    }

    /// What a model may see of the readings. One that rests on stored values tells of them.
    pub(super) fn drafts(&self) -> Vec<String> {
        let schema = self.snapshot.schema();
        let may_tell = settings::disclose() >= Disclose::Values;
        let told = self.candidates().iter().filter(|candidate| may_tell || !candidate.tells_of_values(schema));
        told.take(DRAFTS).map(|candidate| candidate.sql.clone()).collect()
    }

    /// Whether something was looked for in the data and not found: new rows could give another answer.
    pub(super) fn has_missed(&self) -> bool {
        let missed = |lookup: &Lookup| (0..lookup.needles.len()).any(|needle| lookup.hits.iter().all(|hit| hit.needle != needle));
        self.answer.lookups.iter().any(missed)
    }

    /// What is remembered of the answer at this place.
    pub(super) fn statement(&self, place: usize, asking: &Asking) -> Statement {
        let best = &self.candidates()[place];
        let statement = Statement::new(best.sql.clone(), best.paraphrase.clone(), best.confidence, cache::Engine::Embedded);
        let statement = if self.answer.depends_on_today { statement.only_on(today()) } else { statement };
        let template = asking.template();
        if place > 0 || template.slots.is_empty() || asking.reach() < Reach::Cluster {
            return statement;
        }
        statement.carrying(slots::carriage(template, &self.answer, self.prepared(), today()))
    }
}
