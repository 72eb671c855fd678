//! Scripts that many tests want.

use super::answer::Answer;
use super::problem::Problem;
use super::request::Request;
use super::retry_after::RetryAfter;
use super::script::Script;

impl Script {
    /// Answers by what the messages contain: the first pair whose text occurs. Anything else is a bad request.
    pub fn answers(pairs: &[(&str, &str)]) -> Script {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(text, sql)| ((*text).to_owned(), (*sql).to_owned())).collect();
        Script::new().always(move |request: &Request| {
            let found = pairs.iter().find(|(text, _)| request.says(text));
            found.map_or(Answer::problem(Problem::BadRequest), |(_, sql)| Answer::says(sql))
        })
    }

    /// So many problems, then answers.
    pub fn fails_then(times: usize, problem: Problem, sql: &str) -> Script {
        Script::new().times(times, Answer::problem(problem)).always(Answer::says(sql))
    }

    /// Asks once to come again later, then answers.
    pub fn limited_then(shape: RetryAfter, sql: &str) -> Script {
        Script::new().once(Answer::problem(Problem::RateLimited).retry_after(shape)).always(Answer::says(sql))
    }

    /// So many answers, so many problems, and so on for ever, beginning with the answers.
    pub fn flaps(good: usize, bad: usize, problem: Problem, sql: &str) -> Script {
        let sql = sql.to_owned();
        Script::new().always(move |request: &Request| {
            let position = (request.number - 1) % (good + bad).max(1);
            if position < good { Answer::says(&sql) } else { Answer::problem(problem) }
        })
    }

    /// First a statement that does not hold, then, to those who send it back, one that does.
    pub fn repairs(wrong: &str, right: &str) -> Script {
        let sent = wrong.to_owned();
        Script::new().when(move |request| request.says(&sent), Answer::says(right)).always(Answer::says(wrong))
    }
}
