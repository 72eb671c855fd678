//! The servers of `nl_query.servers` during one conversation: which one is asked next, and with which prompt.
//!
//! What speaks against a server for good is kept with it (it failed, the caller may not use it, its context is too small); everything
//! else is asked of the queue each time, because it changes while others ask.

use std::rc::Rc;

use nl_query_core::gateway::route::{self, NoRoute, Standing};
use nl_query_core::prompt::{answer_shape, repair};
use nl_query_core::provider::failure::Failure;
use nl_query_core::provider::request::Request;
use nl_query_core::server_options::Role;

use crate::catalog::Snapshot;
use crate::pg::viewpoint;
use crate::queue::{self, ServerKey, Terms};
use crate::servers::{Listed, ModelServer, listed};

use super::briefing::{Briefing, Made};

/// How warm the further answers are where several are asked for at once: at no temperature they would all be the same.
const WARMTH: f64 = 0.7;

/// An answer that was of no use, for the model to see, and the server that gave it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Turn {
    pub server: String,
    pub turn: repair::Turn,
}

/// A server of the list.
struct Choice {
    name: String,
    server: Option<Box<ModelServer>>,
    /// What keeps it from being asked in this conversation; none while nothing does.
    against: Option<Standing>,
}

/// See the module.
pub struct Choices {
    choices: Vec<Choice>,
    role: u32,
    database: u32,
    briefing: Briefing,
    /// What was said so far.
    turns: Vec<Turn>,
    /// The prompts of the present turn.
    prompts: Vec<Rc<Made>>,
}

impl Choices {
    /// `drafts` are queries that the embedded engine would write, for the model to see.
    pub fn new(snapshot: Rc<Snapshot>, question: String, drafts: Vec<String>) -> Choices {
        let mut choices: Vec<Choice> = listed().into_iter().map(Choice::of).collect();
        // Cheap before dear, else as they are listed.
        choices.sort_by_key(Choice::rank);
        let (role, database) = (viewpoint::user(), viewpoint::database());
        let briefing = Briefing::new(snapshot, question, drafts);
        Choices { choices, role, database, briefing, turns: Vec::new(), prompts: Vec::new() }
    }

    /// Whether the caller may use none of them, which is nothing to tell somebody who did not ask for a model.
    pub fn are_out_of_reach(&self) -> bool {
        self.choices.iter().all(|choice| choice.against == Some(Standing::NoPrivilege))
    }

    /// The server to ask now. Those behind the first that is ready are not looked at.
    pub fn next(&mut self, now: u64) -> Result<usize, Box<NoRoute>> {
        let mut standings: Vec<route::Server> = Vec::with_capacity(self.choices.len());
        for place in 0..self.choices.len() {
            let standing = self.standing(place);
            if standing == Standing::Ready {
                return Ok(place);
            }
            standings.push(route::Server { name: self.choices[place].name.clone(), standing });
        }
        route::next(&standings, now)
    }

    /// Whether another one could be asked at once.
    pub fn has_other_than(&mut self, place: usize) -> bool {
        (0..self.choices.len()).any(|other| other != place && self.standing(other) == Standing::Ready)
    }

    /// Goes on to servers for hard questions, where there are any that can be asked and this one is none. Whether there are.
    pub fn go_on_to_stronger(&mut self, place: Option<usize>) -> bool {
        if place.is_some_and(|place| self.choices[place].is_strong()) || !self.has_stronger() {
            return false;
        }
        self.choices.iter_mut().filter(|choice| !choice.is_strong() && choice.against.is_none()).for_each(|choice| {
            choice.against = Some(Standing::Doubted);
        });
        true
    }

    fn has_stronger(&mut self) -> bool {
        let can_be_asked = |standing| matches!(standing, Standing::Ready | Standing::Busy);
        (0..self.choices.len()).any(|place| self.choices[place].is_strong() && can_be_asked(self.standing(place)))
    }

    /// What speaks for or against asking a server now.
    pub fn standing(&mut self, place: usize) -> Standing {
        if let Some(against) = &self.choices[place].against {
            return against.clone();
        }
        let (Some(tokens), Some((key, terms))) = (self.tokens(place), self.terms(place)) else { return Standing::TooLong };
        queue::standing(&key, &terms, self.role, tokens)
    }

    /// Keeps a server from being asked again in this conversation.
    pub fn rule_out(&mut self, place: usize, against: Standing) {
        self.choices[place].against = Some(against);
    }

    /// The model's answer was of no use: the next prompt says so.
    pub fn add_turn(&mut self, turn: Turn) {
        self.turns.push(turn);
        self.prompts.clear();
    }

    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Answers of a server that were sent back to it.
    pub fn turns_of(&self, place: usize) -> usize {
        self.turns.iter().filter(|turn| turn.server == self.choices[place].name).count()
    }

    /// Queries that the embedded engine would write, as every prompt tells them.
    pub fn drafts(&self) -> &[String] {
        self.briefing.drafts()
    }

    pub fn role(&self) -> u32 {
        self.role
    }

    pub fn name(&self, place: usize) -> &str {
        &self.choices[place].name
    }

    pub fn place_of_oid(&self, oid: u32) -> Option<usize> {
        self.choices.iter().position(|choice| choice.server.as_ref().is_some_and(|server| server.oid == oid))
    }

    /// One that was or could have been asked, to name it.
    pub fn first_usable(&self) -> Option<usize> {
        self.choices.iter().position(|choice| choice.server.is_some())
    }

    /// Servers that were asked and failed.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &Failure)> {
        self.choices.iter().filter_map(|choice| match &choice.against {
            Some(Standing::Failed(failure)) => Some((choice.name.as_str(), &**failure)),
            _ => None,
        })
    }

    /// Servers whose answers are in doubt.
    pub fn doubted(&self) -> impl Iterator<Item = &str> {
        self.choices.iter().filter(|choice| choice.against == Some(Standing::Doubted)).map(|choice| choice.name.as_str())
    }

    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.choices.iter().position(|choice| choice.name == name)
    }

    pub fn server(&self, place: usize) -> Option<&ModelServer> {
        self.choices[place].server.as_deref()
    }

    /// By which name the queue knows it, and what its options say.
    pub fn terms(&self, place: usize) -> Option<(ServerKey, Terms)> {
        let server = self.server(place)?;
        let key = ServerKey { database: self.database, server: server.oid, fingerprint: server.fingerprint };
        Some((key, Terms::from(&server.options)))
    }

    /// The whole request to a server; none where it does not fit into its context.
    pub fn request(&mut self, place: usize) -> Option<Request> {
        let made = self.made(place)?;
        let server = self.server(place)?;
        Some(server.options.request(&made.prompt.system, &made.prompt.messages, &answer_shape()))
    }

    /// The same request, for another answer.
    pub fn warmer(request: &Request) -> Request {
        // Where a server takes no temperature, its answers differ anyway.
        Request { temperature: request.temperature.map(|temperature| temperature.max(WARMTH)), ..request.clone() }
    }

    /// Tokens that asking it costs at most; none where the prompt does not fit.
    pub fn tokens(&mut self, place: usize) -> Option<u64> {
        let made = self.made(place)?;
        let answer = self.server(place)?.options.max_tokens;
        Some(made.tokens as u64 + u64::from(answer))
    }

    /// The prompt for a server. None where no table has room in it.
    pub fn made(&mut self, place: usize) -> Option<Rc<Made>> {
        let budget = self.server(place)?.options.prompt_tokens() as usize;
        let known = self.prompts.iter().find(|made| made.budget == budget).map(Rc::clone);
        let made = known.unwrap_or_else(|| {
            let made = Rc::new(self.briefing.prompt(self.turns.iter().map(|turn| &turn.turn), budget));
            self.prompts.push(Rc::clone(&made));
            made
        });
        (made.prompt.coverage.relations > 0 && made.tokens <= budget).then_some(made)
    }
}

impl Choice {
    fn of(listed: Listed) -> Choice {
        match listed {
            Listed::Usable(server) => Choice { name: server.name.clone(), server: Some(server), against: None },
            Listed::NoPrivilege(name) => Choice { name, server: None, against: Some(Standing::NoPrivilege) },
            Listed::Bad { name, why } => Choice { name, server: None, against: Some(Standing::BadOptions(why)) },
        }
    }

    fn role(&self) -> Option<Role> {
        self.server.as_ref().and_then(|server| server.options.role)
    }

    fn is_strong(&self) -> bool {
        self.role() == Some(Role::Strong)
    }

    fn rank(&self) -> u8 {
        match self.role() {
            Some(Role::Fast) => 0,
            None => 1,
            Some(Role::Strong) => 2,
        }
    }
}
