//! A question on its way through the caches: who asks what, under which key, and how far what is remembered may reach.
//!
//! The key is everything that decides what the answer says: database, role, search_path, the settings that steer reading and those
//! that say which models may be asked, the temporary tables of the session, and the question itself. It is compared whole, in both levels. The generation is no part of it: an entry
//! of an older one is found and thrown away.
//!
//! The local level ([`super::local`]) is looked up by the text as typed; the shared one by template and slots.

use nl_query_core::error::Error;
use nl_query_core::question;
use nl_query_core::template::Template;

use crate::catalog;
use crate::guard::{self, Limits};
use crate::pg::transaction;
use crate::pg::viewpoint::{self, Viewpoint};
use crate::settings;

/// How far what is remembered of this question may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// `nl_query.cache` is off, or this transaction holds definitions that are not committed.
    Nowhere,
    /// The session has temporary tables, which only it can see.
    Session,
    Cluster,
}

/// See the module.
pub struct Asking {
    /// Everything before the question: fixed in length but for the path, whose length it holds.
    scope: Vec<u8>,
    scope_length: usize,
    /// Where in the scope it says who asks and what names mean to them.
    view_at: usize,
    reach: Reach,
    generation: u64,
    template: Template,
}

impl Asking {
    /// Who asks, under which circumstances. Raises no question: [`Asking::read`] looks at the text.
    pub fn begin(text: &str, limits: &Limits) -> Result<Asking, Error> {
        let generation = catalog::take_notice();
        let viewpoint = guard::as_answering_role(limits, viewpoint::viewpoint)
            .map_err(|refusal| Error::Failed { refusal: Box::new(refusal) })?;
        let temporary = catalog::temporary();
        let reach = if !settings::cache() || transaction::uncommitted().is_some() {
            Reach::Nowhere
        } else if temporary != 0 {
            Reach::Session
        } else {
            Reach::Cluster
        };
        let mut scope = Vec::with_capacity(64 + text.len());
        let view_at = write_scope(&mut scope, &viewpoint, temporary);
        let scope_length = scope.len();
        scope.extend_from_slice(text.as_bytes());
        let template = Template { text: String::new(), slots: Vec::new() };
        Ok(Asking { scope, scope_length, view_at, reach, generation, template })
    }

    /// Looks at the text: bounds it and cuts it into template and slots. The question to be answered.
    pub fn read(&mut self, text: &str) -> Result<String, Error> {
        let question = question::normalise(text, settings::max_question_length())?;
        self.template = Template::cut(&question);
        Ok(self.template.question())
    }

    pub fn reach(&self) -> Reach {
        self.reach
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Who asks, and what names mean to them.
    pub fn view(&self) -> &[u8] {
        &self.scope[self.view_at..self.scope_length]
    }

    /// Everything of the key but the question.
    pub fn scope(&self) -> &[u8] {
        &self.scope[..self.scope_length]
    }

    /// The key of the local level.
    pub(super) fn local_key(&self) -> &[u8] {
        &self.scope
    }

    /// The key of an answer for these very slots.
    pub(super) fn exact_key(&self) -> Vec<u8> {
        let mut key = self.key_of(EXACT);
        for slot in &self.template.slots {
            key.extend_from_slice(slot.text.as_bytes());
            key.push(0);
        }
        key
    }

    /// The key of an answer for all slots that it carries.
    pub(super) fn template_key(&self) -> Vec<u8> {
        self.key_of(TEMPLATE)
    }

    /// The key of a refusal, which also depends on what the settings allow.
    pub(super) fn refusal_key(&self, limits: &Limits) -> Vec<u8> {
        let mut key = self.exact_key();
        key.push(REFUSAL);
        key.extend(postcard::to_stdvec(limits).unwrap_or_default());
        key
    }

    /// The key of asking a model: what identifies the answer, the limits that it is proven under, and the caller, who is not the role
    /// that the answer is for where `nl_query.run_as` is set.
    pub fn flight_key(&self, limits: &Limits) -> Vec<u8> {
        let mut key = self.refusal_key(limits);
        key.push(FLIGHT);
        key.extend_from_slice(&viewpoint::user().to_ne_bytes());
        key
    }

    fn key_of(&self, kind: u8) -> Vec<u8> {
        let text = self.template.text.as_bytes();
        let mut key = Vec::with_capacity(self.scope_length + text.len() + 64);
        key.push(kind);
        key.extend_from_slice(&self.scope[..self.scope_length]);
        key.extend_from_slice(&(text.len() as u32).to_ne_bytes());
        key.extend_from_slice(text);
        key
    }
}

/// Kinds of keys: the first byte, so that none can be taken for another.
const EXACT: u8 = 1;
const TEMPLATE: u8 = 2;
const REFUSAL: u8 = 3;
const FLIGHT: u8 = 4;

/// Writes everything before the question; where the last part begins, which says who asks and what names mean to them.
fn write_scope(scope: &mut Vec<u8>, viewpoint: &Viewpoint, temporary: u64) -> usize {
    let Viewpoint { user, search_path, row_security } = viewpoint;
    scope.extend_from_slice(&viewpoint::database().to_ne_bytes());
    scope.extend_from_slice(&temporary.to_ne_bytes());
    scope.extend_from_slice(&settings::max_relations().to_ne_bytes());
    let probe = settings::probe().map_or(-1, |probe| probe.rows);
    scope.extend_from_slice(&probe.to_ne_bytes());
    scope.push(settings::engine() as u8);
    let servers = settings::servers_asked();
    scope.extend_from_slice(&(servers.len() as u32).to_ne_bytes());
    scope.extend_from_slice(servers.as_bytes());
    let view_at = scope.len();
    scope.extend_from_slice(&user.to_ne_bytes());
    scope.push(u8::from(*row_security));
    scope.push(search_path.len() as u8);
    search_path.iter().for_each(|schema| scope.extend_from_slice(&schema.to_ne_bytes()));
    view_at
}
