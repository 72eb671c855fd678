//! What a call cost, as far as anybody here can know.

use crate::provider::failure::{Failure, FailureClass};
use crate::provider::reply::Reply;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// It never reached the server: everything that was set aside goes back.
    Nothing,
    /// It counts as a request, with so many tokens.
    Tokens(u64),
    /// The server may have worked on it, and did not say how much: what was set aside is taken for spent.
    Unknown,
}

impl Cost {
    /// The cost of a call with this result.
    pub fn of(result: Result<&Reply, &Failure>) -> Cost {
        let failure = match result {
            Ok(reply) => {
                let (input, output) = (reply.usage.input, reply.usage.output);
                let said = input.is_some() || output.is_some();
                let tokens = input.unwrap_or(0).saturating_add(output.unwrap_or(0));
                return if said { Cost::Tokens(tokens) } else { Cost::Unknown };
            }
            Err(failure) => failure,
        };
        use FailureClass as class;
        match failure.class {
            class::Dns | class::Connect | class::Tls | class::Key => Cost::Nothing,
            // The server refused before its model began.
            class::Redirect
            | class::Auth
            | class::Forbidden
            | class::RateLimited
            | class::QuotaExhausted
            | class::Overloaded
            | class::BadRequest
            | class::NotFound
            | class::ContextTooLong
            | class::RequestTooLarge => Cost::Tokens(0),
            class::Reset
            | class::Timeout
            | class::TruncatedBody
            | class::ReplyTooLarge
            | class::Garbage
            | class::Server
            | class::Filtered
            | class::Abandoned
            | class::Worker => Cost::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::limits::{Clock, Limiter, Limits, Payer, Who, reserve};
    use crate::provider::reply::{Finish, Usage};

    fn reply(input: Option<u64>, output: Option<u64>) -> Reply {
        let usage = Usage { input, output, cached: None };
        Reply { text: String::new(), finish: Finish::Complete, usage, request_id: None, model: None }
    }

    #[test]
    fn a_reply_costs_what_it_says_and_a_failure_what_it_may_have() {
        assert_eq!(Cost::of(Ok(&reply(Some(10), Some(5)))), Cost::Tokens(15));
        assert_eq!(Cost::of(Ok(&reply(None, Some(5)))), Cost::Tokens(5));
        assert_eq!(Cost::of(Ok(&reply(None, None))), Cost::Unknown);
        let failed = |class| Cost::of(Err(&Failure::transport(class, "")));
        assert_eq!(failed(FailureClass::Connect), Cost::Nothing);
        assert_eq!(failed(FailureClass::RateLimited), Cost::Tokens(0));
        assert_eq!(failed(FailureClass::Timeout), Cost::Unknown);
    }

    #[test]
    fn accounts_are_closed_with_it() {
        let clock = Clock { now: 1_000, day: 3, day_left: 1_000 };
        let limits = Limits { requests_per_minute: 1, tokens_per_minute: 0, tokens_per_day: 100 };
        for (cost, spent, another) in [(Cost::Nothing, 0, true), (Cost::Tokens(7), 7, false), (Cost::Unknown, 50, false)] {
            let mut limiter = Limiter::default();
            let reserve = |limiter: &mut Limiter| reserve(&mut [Payer { who: Who::Role, limits, limiter }], 50, &clock);
            let reservation = reserve(&mut limiter).expect("room");
            limiter.close(reservation, cost);
            assert_eq!(limiter.spent_on(3), spent, "{cost:?}");
            assert_eq!(reserve(&mut limiter).is_ok(), another, "{cost:?}");
        }
    }
}
