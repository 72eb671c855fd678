//! What a model is told about a question, as prompts of different lengths: the schema by relevance, values and drafts as far as they may
//! be told, and what was wrong with its answers so far.

use std::cell::OnceCell;
use std::rc::Rc;

use nl_query_core::prompt::context::{self, Material, NamedValue};
use nl_query_core::prompt::{Disclose, Prompt, repair};
use nl_query_core::schema::RelationId;
use nl_query_engine::question::weekday_name;

use crate::catalog::Snapshot;
use crate::pg::viewpoint;
use crate::service::today;
use crate::settings;

/// See the module.
pub struct Briefing {
    snapshot: Rc<Snapshot>,
    question: String,
    /// Queries that the embedded engine would write.
    drafts: Vec<String>,
    disclose: Disclose,
    /// Relations, those first that matter most. Takes a look at every name.
    order: OnceCell<Vec<RelationId>>,
}

/// A prompt and how long it is, which takes a walk over the whole schema to say.
pub struct Made {
    /// Tokens that it may have.
    pub budget: usize,
    pub prompt: Prompt,
    /// Tokens that it has.
    pub tokens: usize,
}

impl Briefing {
    pub fn new(snapshot: Rc<Snapshot>, question: String, drafts: Vec<String>) -> Briefing {
        Briefing { snapshot, question, drafts, disclose: settings::disclose(), order: OnceCell::new() }
    }

    pub fn drafts(&self) -> &[String] {
        &self.drafts
    }

    /// The prompt, of at most `budget` tokens if that is enough for anything.
    pub fn prompt<'t>(&self, turns: impl Iterator<Item = &'t repair::Turn> + Clone, budget: usize) -> Made {
        // What was said since takes room from the tables.
        let mut of_tables = budget;
        loop {
            let first = self.first(of_tables);
            let prompt = turns.clone().fold(first, |prompt, turn| repair::repair(&prompt, turn, self.disclose));
            let tokens = prompt.tokens();
            if tokens <= budget || prompt.coverage.relations == 0 {
                return Made { budget, tokens, prompt };
            }
            of_tables = of_tables.saturating_sub(tokens - budget);
        }
    }

    /// Before anything was said.
    fn first(&self, budget: usize) -> Prompt {
        let prepared = self.snapshot.whole();
        let day = today();
        let material = Material {
            schema: prepared.schema(),
            keys: prepared.graph().keys(),
            order: self.order.get_or_init(|| nl_query_engine::relevance(&self.question, prepared, day)),
            question: &self.question,
            version: &viewpoint::server_version().to_string(),
            today: &format!("{:04}-{:02}-{:02} ({})", day.year, day.month, day.day, weekday_name(day)),
            disclose: self.disclose,
            values: settings::disclosed_values(),
            named_values: &self.named_values(),
            drafts: &self.drafts,
        };
        context::prompt(&material, budget, &viewpoint::quoted)
    }

    fn named_values(&self) -> Vec<NamedValue> {
        if self.disclose < Disclose::Values || settings::disclosed_values() == 0 {
            return Vec::new();
        }
        let mentioned = nl_query_engine::mentioned(&self.question, self.snapshot.whole(), today());
        let named = |value: nl_query_engine::Mentioned| {
            let (relation, column) = value.column;
            NamedValue { relation, column, value: value.text }
        };
        mentioned.into_iter().map(named).collect()
    }
}
