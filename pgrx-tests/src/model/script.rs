//! What happens on connections and to requests: lists of rules, of which the first that fits and is not used up decides.

use super::answer::Answer;
use super::gate::Gate;
use super::request::Request;
use std::sync::Arc;
use std::time::Duration;

/// How a request is answered: the same way each time, or as a function of the request says.
pub trait Act: Send + Sync + 'static {
    fn act(&self, request: &Request) -> Answer;
}

impl Act for Answer {
    fn act(&self, _: &Request) -> Answer {
        self.clone()
    }
}

impl<F: Fn(&Request) -> Answer + Send + Sync + 'static> Act for F {
    fn act(&self, request: &Request) -> Answer {
        self(request)
    }
}

/// What happens on a connection before anything is read from it, a TLS handshake included.
#[derive(Clone)]
pub enum Greeting {
    /// Nothing special.
    Serve,
    /// It is reset at once.
    Reset,
    /// It is closed at once.
    Close,
    /// It stays open, and nothing is ever read or said.
    Hang,
    /// It is served after a while.
    Late(Duration),
    /// It is served when the gate lets it through.
    HeldBy(Gate),
    /// These bytes are sent in place of anything else, and then it is closed.
    Says(Vec<u8>),
}

/// What a server does. A request that no rule fits is answered with status 500 and counted as unscripted.
#[derive(Default)]
pub struct Script {
    greetings: Vec<Rule<(), Greeting>>,
    early: Vec<Rule<Request, Arc<dyn Act>>>,
    answers: Vec<Rule<Request, Arc<dyn Act>>>,
    idle: Option<Duration>,
    ignores_expect: bool,
}

struct Rule<T, A> {
    fits: Box<dyn Fn(&T) -> bool + Send>,
    /// How often it can still be used; none: for ever.
    left: Option<usize>,
    act: A,
}

impl<A: Act> From<A> for Script {
    fn from(act: A) -> Script {
        Script::new().always(act)
    }
}

impl Script {
    pub fn new() -> Script {
        Script::default()
    }

    /// Answers the next request this way.
    pub fn once(self, act: impl Act) -> Script {
        self.times(1, act)
    }

    /// Answers the next requests this way.
    pub fn times(self, times: usize, act: impl Act) -> Script {
        self.rule(Some(times), |_| true, act)
    }

    /// Answers every request this way that comes as far as this rule.
    pub fn always(self, act: impl Act) -> Script {
        self.rule(None, |_| true, act)
    }

    /// Answers every request that is such a one this way.
    pub fn when(self, fits: impl Fn(&Request) -> bool + Send + 'static, act: impl Act) -> Script {
        self.rule(None, fits, act)
    }

    /// Answers the next requests that are such ones this way.
    pub fn times_when(self, times: usize, fits: impl Fn(&Request) -> bool + Send + 'static, act: impl Act) -> Script {
        self.rule(Some(times), fits, act)
    }

    /// Answers such requests by their head alone, without reading the body, and closes the connection.
    pub fn early_when(mut self, fits: impl Fn(&Request) -> bool + Send + 'static, act: impl Act) -> Script {
        self.early.push(Rule { fits: Box::new(fits), left: None, act: Arc::new(act) });
        self
    }

    /// Treats the next connections this way; those after them are served.
    pub fn greet(mut self, times: usize, greeting: Greeting) -> Script {
        self.greetings.push(Rule { fits: Box::new(|()| true), left: Some(times), act: greeting });
        self
    }

    /// Treats every connection this way that comes as far as this rule.
    pub fn greet_all(mut self, greeting: Greeting) -> Script {
        self.greetings.push(Rule { fits: Box::new(|()| true), left: None, act: greeting });
        self
    }

    /// Closes connections on which no request begins for so long.
    pub fn idle(mut self, most: Duration) -> Script {
        self.idle = Some(most);
        self
    }

    /// Waits for the body without asking for it where the client expects to be asked.
    pub fn without_continue(mut self) -> Script {
        self.ignores_expect = true;
        self
    }

    fn rule(mut self, left: Option<usize>, fits: impl Fn(&Request) -> bool + Send + 'static, act: impl Act) -> Script {
        self.answers.push(Rule { fits: Box::new(fits), left, act: Arc::new(act) });
        self
    }

    pub(super) fn greeting(&mut self) -> Greeting {
        first(&mut self.greetings, &()).unwrap_or(Greeting::Serve)
    }

    pub(super) fn early(&mut self, head: &Request) -> Option<Arc<dyn Act>> {
        first(&mut self.early, head)
    }

    pub(super) fn answer(&mut self, request: &Request) -> Option<Arc<dyn Act>> {
        first(&mut self.answers, request)
    }

    pub(super) fn idle_time(&self) -> Option<Duration> {
        self.idle
    }

    pub(super) fn sends_continue(&self) -> bool {
        !self.ignores_expect
    }
}

/// What the first rule says that fits and is not used up.
fn first<T, A: Clone>(rules: &mut [Rule<T, A>], what: &T) -> Option<A> {
    let rule = rules.iter_mut().find(|rule| rule.left != Some(0) && (rule.fits)(what))?;
    rule.left = rule.left.map(|left| left - 1);
    Some(rule.act.clone())
}
