//! Agreement: several answers of a model to one question: which of them is taken.
//!
//! Those agree whose results are the same. Most votes win; of as many, those whose result looks like an answer, then the first.

use crate::prompt::repair::{Implausible, is_same};
use crate::refusal::Refusal;

/// What came of a statement that was proven and run.
#[derive(Debug, Clone, PartialEq)]
pub enum Trial {
    /// It gave rows, for which this number stands, or none.
    Ran { digest: u64, implausible: Option<Implausible> },
    /// It failed while it ran.
    Failed(Refusal),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Ballot {
    votes: Vec<Vote>,
    /// Answers that were asked for; 0 and 1 are no ballot.
    asked: usize,
}

/// A statement that was proven, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    pub sql: String,
    /// The model server that wrote it.
    pub server: String,
    pub trial: Trial,
}

impl Ballot {
    /// A ballot over so many answers.
    pub fn of(asked: usize) -> Ballot {
        Ballot { votes: Vec::new(), asked }
    }

    /// Whether answers are collected here.
    pub fn is_open(&self) -> bool {
        self.asked > 1
    }

    /// No more answers are expected.
    pub fn close(&mut self) {
        self.asked = 0;
    }

    pub fn add(&mut self, vote: Vote) {
        self.votes.push(vote);
    }

    /// What is known of a statement that was written before.
    pub fn known(&self, sql: &str) -> Option<&Trial> {
        self.votes.iter().find(|vote| is_same(&vote.sql, sql)).map(|vote| &vote.trial)
    }

    pub fn is_empty(&self) -> bool {
        self.votes.is_empty()
    }

    /// Whether more than half of all answers agree, so that the others do not matter.
    pub fn is_decided(&self) -> bool {
        self.winner().is_some_and(|(_, votes)| 2 * votes > self.asked)
    }

    /// Whether nobody agrees with anybody.
    pub fn is_in_doubt(&self) -> bool {
        self.asked > 1 && self.winner().is_none_or(|(_, votes)| votes < 2)
    }

    /// The vote that is taken, and how many agree with it.
    pub fn winner(&self) -> Option<(&Vote, usize)> {
        let supporters = |vote: &Vote| self.votes.iter().filter(|other| agree(vote, other)).count();
        let mut best: Option<(&Vote, (bool, usize, bool))> = None;
        for vote in &self.votes {
            let worth = (has_run(vote), supporters(vote), is_plausible(vote));
            if best.is_none_or(|(_, most)| worth > most) {
                best = Some((vote, worth));
            }
        }
        best.map(|(vote, (_, votes, _))| (vote, votes))
    }
}

fn agree(one: &Vote, other: &Vote) -> bool {
    match (&one.trial, &other.trial) {
        (Trial::Ran { digest, .. }, Trial::Ran { digest: other, .. }) => digest == other,
        _ => is_same(&one.sql, &other.sql),
    }
}

fn has_run(vote: &Vote) -> bool {
    matches!(vote.trial, Trial::Ran { .. })
}

fn is_plausible(vote: &Vote) -> bool {
    matches!(vote.trial, Trial::Ran { implausible: None, .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Reason;

    fn vote(sql: &str, digest: u64) -> Vote {
        let implausible = (digest == 0).then_some(Implausible::Empty);
        Vote { sql: sql.to_owned(), server: "gpt".to_owned(), trial: Trial::Ran { digest, implausible } }
    }

    fn failed(sql: &str) -> Vote {
        Vote { trial: Trial::Failed(Refusal::new(Reason::Execution, "no")), ..vote(sql, 0) }
    }

    fn ballot(asked: usize, votes: &[Vote]) -> Ballot {
        let mut ballot = Ballot::of(asked);
        votes.iter().for_each(|vote| ballot.add(vote.clone()));
        ballot
    }

    fn taken(ballot: &Ballot) -> Option<(&str, usize)> {
        ballot.winner().map(|(vote, votes)| (vote.sql.as_str(), votes))
    }

    #[test]
    fn most_votes_win_and_the_first_of_as_many() {
        let three = ballot(5, &[vote("a", 1), vote("b", 2), vote("c", 3), vote("d", 2)]);
        assert_eq!(taken(&three), Some(("b", 2)));
        assert!(!three.is_decided() && !three.is_in_doubt());
        let two = ballot(2, &[vote("a", 1), vote("b", 2)]);
        assert_eq!(taken(&two), Some(("a", 1)));
        assert!(two.is_in_doubt());
        assert!(ballot(3, &[vote("a", 1), vote("b", 1)]).is_decided());
        assert_eq!(taken(&ballot(3, &[])), None);
    }

    #[test]
    fn what_looks_like_an_answer_comes_before_what_does_not() {
        assert_eq!(taken(&ballot(2, &[vote("a", 0), vote("b", 1)])), Some(("b", 1)));
        assert_eq!(taken(&ballot(3, &[failed("a"), failed("a"), vote("b", 0)])), Some(("b", 1)));
        assert_eq!(taken(&ballot(3, &[failed("x"), failed(" a"), failed("a;")])), Some((" a", 2)));
    }

    #[test]
    fn a_statement_is_tried_once() {
        let ballot = ballot(3, &[vote("SELECT 1", 1)]);
        assert!(ballot.known("SELECT  1;").is_some() && ballot.known("SELECT 2").is_none());
    }
}
