//! A scripted model that knows the right SQL of each question and errs as often as it is told to.
//!
//! Which error an answer has is drawn from the seed, the question and the number of the request about that question, never from the
//! clock: the same requests get the same answers, and settings can be compared on the same slips. Two samples of one question have
//! different numbers, so they err apart from each other, except where the model is told to be stubborn. Told of an error, it mends it
//! with a given probability, else it says the same again or something else that is wrong.
//!
//! Which question is asked is read from the request alone; nothing here knows of databases.

mod draw;
mod heard;
mod plausible;
mod rates;
mod slips;
mod sql;

pub use plausible::{Tables, variants};
pub use rates::{Error, Rates};

use crate::model::{Act, Answer, Finish, Reply, Request};
use draw::Draw;
use heard::{Heard, words_of};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// A question that may be asked, and what the model knows of it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Draws go by it.
    pub id: String,
    pub question: String,
    /// The right answer.
    pub gold: String,
    /// Names that tables and columns have, in lower case: an invented one is none of them.
    pub names: BTreeSet<String>,
    /// Statements that run and answer something else. None: the model makes up its own from the gold.
    pub plausible: Vec<String>,
}

/// How a model errs.
#[derive(Debug, Clone, PartialEq)]
pub struct Manners {
    pub rates: Rates,
    /// How probably it mends what it is told of.
    pub mends: f64,
    /// The share of questions about which all samples say the same, as where the question itself is what is misunderstood.
    pub stubborn: f64,
    pub seed: u64,
}

/// See the module.
pub struct Erring {
    manners: Manners,
    asked: Vec<Asked>,
    /// The questions as they are looked for.
    words: Vec<String>,
    /// Requests so far, by question and by whether an error was told.
    counts: Mutex<HashMap<(usize, bool), u64>>,
}

impl Erring {
    pub fn new(manners: Manners, asked: Vec<Asked>) -> Arc<Erring> {
        let words = asked.iter().map(|asked| words_of(&asked.question)).collect();
        Arc::new(Erring { manners, asked, words, counts: Mutex::default() })
    }

    /// Forgets how often it was asked: what comes now errs as it did from the start.
    pub fn begin_again(&self) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn answer(&self, request: &Request) -> Reply {
        let heard = Heard::of(&request.json(), &self.words);
        let Some(place) = heard.question else {
            return Reply::new("I do not know this question.").tokens(heard.tokens, 6);
        };
        let asked = &self.asked[place];
        let draw = self.draw(place, heard.told.is_some());
        let reply = match &heard.told {
            Some(own) => self.answer_again(asked, own, &draw),
            None => self.say(asked, self.manners.rates.drawn(draw.unit("error")), &draw),
        };
        let spoken = heard::tokens_of(&reply.text).max(1);
        reply.tokens(heard.tokens, spoken)
    }

    /// The draws of this request.
    fn draw(&self, place: usize, is_told: bool) -> Draw {
        let id = &self.asked[place].id;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((place, is_told)).or_default();
        *count += 1;
        let is_stubborn = Draw::new(self.manners.seed, id, false, 0).unit("stubborn") < self.manners.stubborn;
        Draw::new(self.manners.seed, id, is_told, if is_stubborn && !is_told { 1 } else { *count })
    }

    /// The answer to being told that the own one will not do.
    fn answer_again(&self, asked: &Asked, own: &str, draw: &Draw) -> Reply {
        let was_right = is_same_sql(&sql_in(own), &asked.gold);
        if was_right || draw.unit("mends") < self.manners.mends {
            return self.say(asked, None, draw);
        }
        // Of those who do not see their error, half do not see that it is one.
        match self.manners.rates.wrong_drawn(draw.unit("other")) {
            Some(error) if draw.unit("same") < 0.5 => self.say(asked, Some(error), draw),
            _ => Reply::new(own),
        }
    }

    /// The gold, with this error.
    fn say(&self, asked: &Asked, error: Option<Error>, draw: &Draw) -> Reply {
        let sql = |sql: &str| Reply::new(&answer_of(sql));
        match error {
            None => sql(&asked.gold),
            Some(Error::WrongColumn) => sql(&slips::wrong_column(asked, draw)),
            Some(Error::WrongTable) => sql(&slips::wrong_table(asked, draw)),
            Some(Error::Dialect) => sql(&slips::dialect(asked, draw)),
            Some(Error::Several) => sql(&format!("{}; SELECT count(*) AS checked", asked.gold)),
            Some(Error::Plausible) => sql(&slips::plausible(asked, draw)),
            Some(Error::Prose) => Reply::new(
                "To find that out, look at the table that holds it, keep the rows that the question is about, and read off the columns.",
            ),
            Some(Error::Fenced) => Reply::new(&format!(
                "Sure, here is the query that you need:\n\n```sql\n{};\n```\n\nIt reads what the question is about.",
                asked.gold
            )),
            Some(Error::Truncated) => {
                let whole = answer_of(&asked.gold);
                let middle = whole.char_indices().nth(whole.chars().count() / 2).map_or(0, |(at, _)| at);
                Reply::new(&whole[..middle]).finish(Finish::Truncated)
            }
            Some(Error::ToolCall) => Reply::new("").finish(Finish::ToolCall),
            Some(Error::Refusal) => {
                let finish = if draw.unit("refusal") < 0.5 { Finish::Refused } else { Finish::Complete };
                Reply::new("I'm sorry, I can't help with that.").finish(finish)
            }
            Some(Error::Decline) => {
                Reply::new(&json!({"sql": null, "reason": "The tables do not hold what is asked for."}).to_string())
            }
        }
    }
}

impl Act for Arc<Erring> {
    fn act(&self, request: &Request) -> Answer {
        Answer::reply(self.answer(request))
    }
}

/// The form that is asked for.
fn answer_of(sql: &str) -> String {
    json!({"sql": sql, "reason": null}).to_string()
}

/// The SQL of an own answer, as it comes back in a conversation: in the form that is asked for, within words, or bare.
fn sql_in(answer: &str) -> String {
    let fenced = || Some(answer.split_once("```sql")?.1.split_once("```")?.0.to_owned());
    let in_json = serde_json::from_str::<Value>(answer).ok().and_then(|json| json.get("sql")?.as_str().map(str::to_owned));
    in_json.or_else(fenced).unwrap_or_else(|| answer.to_owned())
}

/// But for blanks and a semicolon behind it.
fn is_same_sql(left: &str, right: &str) -> bool {
    let words = |sql: &str| sql.trim().trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ");
    words(left) == words(right)
}

#[cfg(test)]
mod tests;
