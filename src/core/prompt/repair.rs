//! The next turn of a conversation whose answer was of no use: what is wrong with it, in the server's words, or the rule that it breaks.

use serde::{Deserialize, Serialize};

use super::{Disclose, Prompt};
use crate::provider::request::{Message, Speaker};
use crate::refusal::{Reason, Refusal};
use crate::text::shortened;

/// Characters of an error that are told.
const TOLD: usize = 600;
/// Characters of an answer without a statement that are told back.
const SAID: usize = 800;
/// Characters of the place that an error is about.
const PLACE: usize = 40;

/// An answer of the model's that was of no use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The statement, or where there was none, what the model said instead.
    pub said: String,
    pub wrong: Wrong,
}

/// What was wrong with an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Wrong {
    /// The guard or the server did not let the statement through.
    Refused(Refusal),
    /// The statement ran, and its result does not look like an answer.
    Implausible(Implausible),
    /// There was no statement; why.
    Unreadable(String),
    /// The model finds no answer where one that knows more may find one.
    Declined,
}

/// What a result looks like that is probably not what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Implausible {
    /// No row.
    Empty,
    /// One row, and nothing but nulls in it.
    Nulls,
}

/// The prompt with the answer that was of no use, and why, behind it.
pub fn repair(prompt: &Prompt, turn: &Turn, disclose: Disclose) -> Prompt {
    let (said, wrong) = match &turn.wrong {
        Wrong::Refused(refusal) => (statement(&turn.said), refused(&turn.said, refusal, disclose)),
        Wrong::Implausible(how) => (statement(&turn.said), implausible(*how).to_owned()),
        Wrong::Unreadable(why) => (shortened(&turn.said, SAID), unreadable(why)),
        Wrong::Declined => (shortened(&turn.said, SAID), DECLINED.to_owned()),
    };
    let mut repaired = prompt.clone();
    // Some interfaces take no empty message.
    let said = if said.trim().is_empty() { "…".to_owned() } else { said };
    repaired.messages.push(Message { speaker: Speaker::Model, text: said });
    repaired.messages.push(Message { speaker: Speaker::User, text: wrong });
    repaired
}

const DECLINED: &str = "\
Look at the tables once more. If they can answer the question, even in part, write the query, in the same form of answer. If they cannot, \
say so again.";

fn statement(sql: &str) -> String {
    serde_json::json!({"sql": sql, "reason": null}).to_string()
}

fn refused(sql: &str, refusal: &Refusal, disclose: Disclose) -> String {
    let state = refusal.sqlstate_text();
    let mut wrong = match rule(refusal.reason) {
        Some(rule) if keeps_its_words(refusal.reason) => format!("This query is not allowed (SQLSTATE {state}). {rule}"),
        Some(rule) => format!("This query is not allowed: {} (SQLSTATE {state}). {rule}", refusal.message),
        None => format!("PostgreSQL refuses this query: {} (SQLSTATE {state}).", message(refusal, disclose)),
    };
    if rule(refusal.reason).is_none() && is_of_the_text(refusal)
        || disclose >= Disclose::Values && refusal.reason == Reason::Execution
    {
        for more in [&refusal.detail, &refusal.hint].into_iter().flatten() {
            wrong.push(' ');
            wrong.push_str(more);
        }
    }
    let mut wrong = shortened(&wrong, TOLD);
    if let Some((position, near)) = refusal.position.and_then(|position| Some((position, around(sql, position)?))) {
        wrong.push_str(&format!(" It is about character {position}: {near}"));
    }
    wrong.push_str("\nWrite a query that is right, another one than before, in the same form of answer.");
    wrong
}

/// Whether the words of a refusal stay here: that something is there which the caller may not read, and what statistics say of the data,
/// is nothing to tell.
fn keeps_its_words(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Privilege
            | Reason::Private
            | Reason::Catalog
            | Reason::ForeignTable
            | Reason::Relation
            | Reason::SecurityDefiner
            | Reason::PlanCost
            | Reason::PlanRows
    )
}

/// What is told of an error. One that came of the data may quote them, and says what kind it is and no more.
fn message(refusal: &Refusal, disclose: Disclose) -> &str {
    if is_of_the_text(refusal) || disclose >= Disclose::Values {
        return &refusal.message;
    }
    match &refusal.sqlstate {
        b"22012" => "division by zero",
        [b'2', b'2', ..] => "a value does not fit its type or its range",
        [b'5', b'7', ..] | [b'5', b'3', ..] => "it takes too long or too much memory",
        [b'2', b'1', ..] => "a subquery gives more than one row",
        _ => "it fails when it runs",
    }
}

/// Whether an error says something about the text of the statement and the names in it, and not about the data.
fn is_of_the_text(refusal: &Refusal) -> bool {
    match refusal.reason {
        Reason::Execution | Reason::Timeout => false,
        // Whether an analysed constant is wrong, or a function of the data that was planned: only the first has a place in the text.
        _ => !refusal.sqlstate.starts_with(b"22") || refusal.position.is_some() || refusal.reason == Reason::HiddenCharacter,
    }
}

/// The rule behind a refusal of the guard's own.
fn rule(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::Empty | Reason::MultipleStatements | Reason::NotSelect => "Rule: exactly one SELECT statement.",
        Reason::SelectInto | Reason::RowLock | Reason::ModifyingCte | Reason::ReadOnly => {
            "Rule: the query reads and changes nothing, also not in WITH, and takes no lock."
        }
        Reason::TooComplex | Reason::ResourceBomb | Reason::UnboundedRecursion => {
            "Rule: a short query, without large constants and without recursion that does not end."
        }
        Reason::HiddenCharacter => "Rule: visible characters only.",
        Reason::Privilege | Reason::Private | Reason::Catalog | Reason::ForeignTable | Reason::Relation => {
            "Rule: only tables and columns of the list; there are no others."
        }
        Reason::DeniedFunction
        | Reason::VolatileFunction
        | Reason::UntrustedLanguage
        | Reason::UntrustedOwner
        | Reason::SecurityDefiner
        | Reason::Nested => "Rule: only PostgreSQL's own functions that read and compute; none with side effects.",
        Reason::PlanCost | Reason::PlanRows | Reason::Timeout => {
            "Rule: it must be cheap. Filter early, join by keys, and let no table stand beside another one without a condition."
        }
        Reason::Syntax | Reason::UnknownName | Reason::Analysis | Reason::RunAs | Reason::Execution => return None,
    })
}

fn implausible(how: Implausible) -> &'static str {
    match how {
        Implausible::Empty => {
            "The query is valid and returns no row. If that is the answer, give the same query again. If a condition may be wrong (the \
             spelling of a value, letter case, a join that loses rows), write a better one, in the same form of answer."
        }
        Implausible::Nulls => {
            "The query is valid and returns nothing but NULL. If that is the answer, give the same query again. If a condition or a join \
             may be wrong, write a better one, in the same form of answer."
        }
    }
}

fn unreadable(why: &str) -> String {
    format!(
        "This cannot be used: {why}. Answer with one JSON object and nothing else: {{\"sql\": \"...\", \"reason\": null}}, with one short \
         SELECT statement in it."
    )
}

/// Some text at a character position, from 1.
fn around(sql: &str, position: usize) -> Option<String> {
    let text: String = sql.chars().skip(position.checked_sub(1)?).take(PLACE).collect();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

/// Whether two statements are the same but for blanks and the end.
pub fn is_same(one: &str, other: &str) -> bool {
    let words = |sql: &str| sql.trim().trim_end_matches(';').split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words(one) == words(other)
}

#[cfg(test)]
mod tests {
    use super::super::Coverage;
    use super::*;

    fn prompt() -> Prompt {
        let begin = Message { speaker: Speaker::User, text: "Question: how many?".to_owned() };
        Prompt { system: "Rules".to_owned(), messages: vec![begin], coverage: Coverage::default() }
    }

    fn told(said: &str, wrong: Wrong, disclose: Disclose) -> Vec<String> {
        let repaired = repair(&prompt(), &Turn { said: said.to_owned(), wrong }, disclose);
        let speakers: Vec<Speaker> = repaired.messages.iter().map(|message| message.speaker).collect();
        assert_eq!(speakers, [Speaker::User, Speaker::Model, Speaker::User]);
        repaired.messages.into_iter().skip(1).map(|message| message.text).collect()
    }

    #[test]
    fn the_error_is_told_with_its_place() {
        let mut refusal =
            Refusal::new(Reason::UnknownName, "column \"flower\" does not exist").with_hint("Perhaps you meant \"flour\".");
        refusal.position = Some(8);
        let wrong = Wrong::Refused(refusal.clone());
        assert_eq!(
            told("select flower\nfrom loaves", wrong, Disclose::Schema),
            [
                "{\"reason\":null,\"sql\":\"select flower\\nfrom loaves\"}",
                "PostgreSQL refuses this query: column \"flower\" does not exist (SQLSTATE 42704). Perhaps you meant \"flour\". \
                 It is about character 8: flower from loaves\nWrite a query that is right, another one than before, in the same form of \
                 answer."
            ]
        );
        refusal.message = "é".repeat(5000);
        refusal.position = Some(0);
        assert!(told("", Wrong::Refused(refusal), Disclose::Schema)[1].chars().count() < 800);
    }

    #[test]
    fn what_an_error_says_of_the_data_is_kept_unless_values_may_be_told() {
        let mut refusal =
            Refusal::new(Reason::Execution, "invalid input syntax for type integer: \"canary\"").with_detail("canary");
        refusal.sqlstate = *b"22P02";
        let told_at = |disclose| told("select 1", Wrong::Refused(refusal.clone()), disclose)[1].clone();
        assert!(!told_at(Disclose::Comments).contains("canary") && told_at(Disclose::Comments).contains("22P02"));
        assert!(told_at(Disclose::Values).contains("canary"));
        refusal.reason = Reason::Analysis;
        let of_a_plan = told("select 1", Wrong::Refused(refusal.clone()), Disclose::Comments);
        assert!(!of_a_plan[1].contains("canary"));
        refusal.position = Some(8);
        let of_a_constant = told("select 'canary'::int", Wrong::Refused(refusal), Disclose::Comments);
        assert!(of_a_constant[1].contains("canary"), "the model wrote it");
    }

    #[test]
    fn a_refusal_of_the_guard_is_told_as_a_rule() {
        for reason in Reason::ALL {
            let told = &told("delete from loaves", Wrong::Refused(Refusal::new(reason, "no")), Disclose::Comments)[1];
            assert_eq!(told.contains("Rule: "), rule(reason).is_some(), "{reason}");
        }
        let hidden =
            Refusal::new(Reason::Private, "column canary of guests is private").with_hint("canary").with_detail("canary");
        assert!(!told("select 1", Wrong::Refused(hidden), Disclose::Values)[1].contains("canary"));
    }

    #[test]
    fn what_is_no_statement_is_told_back_and_never_empty() {
        let told_back = told("Sure!", Wrong::Unreadable("there is no statement in it".to_owned()), Disclose::Comments);
        assert!(told_back[0] == "Sure!" && told_back[1].contains("no statement in it"));
        assert_eq!(told(" ", Wrong::Declined, Disclose::Comments)[0], "…");
        assert!(told("select 1", Wrong::Implausible(Implausible::Empty), Disclose::Comments)[1].contains("no row"));
    }

    #[test]
    fn blanks_make_no_other_statement() {
        assert!(is_same("SELECT 1\n  FROM t;", " SELECT 1 FROM t") && !is_same("SELECT 1", "select 1"));
    }
}
