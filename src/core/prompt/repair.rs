//! The next turn of a conversation whose query was not proven: what is wrong with it, in the server's words.

use super::Prompt;
use crate::provider::request::{Message, Speaker};
use crate::refusal::Refusal;

/// Characters of an error that are told.
const TOLD: usize = 600;

/// The prompt with the query that was not proven, and why, behind it.
pub fn repair(prompt: &Prompt, sql: &str, refusal: &Refusal) -> Prompt {
    let mut wrong = format!("PostgreSQL refuses this query: {} (SQLSTATE {}).", refusal.message, refusal.sqlstate_text());
    for more in [&refusal.detail, &refusal.hint].into_iter().flatten() {
        wrong.push(' ');
        wrong.push_str(more);
    }
    if let Some((end, _)) = wrong.char_indices().nth(TOLD) {
        wrong.truncate(end);
        wrong.push('…');
    }
    if let Some(near) = refusal.position.and_then(|position| around(sql, position)) {
        wrong.push_str(&format!(" It is about this place: {near}"));
    }
    wrong.push_str("\nWrite a query that is right, in the same form of answer.");
    let mut repaired = prompt.clone();
    repaired
        .messages
        .push(Message { speaker: Speaker::Model, text: serde_json::json!({"sql": sql, "reason": null}).to_string() });
    repaired.messages.push(Message { speaker: Speaker::User, text: wrong });
    repaired
}

/// Some text at a character position, from 1.
fn around(sql: &str, position: usize) -> Option<String> {
    let text: String = sql.chars().skip(position.checked_sub(1)?).take(40).collect();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Reason;

    #[test]
    fn the_error_is_told_with_its_place() {
        let begin = Message { speaker: Speaker::User, text: "Question: how many?".to_owned() };
        let prompt = Prompt { system: "Rules".to_owned(), messages: vec![begin], relations: 1, left_out: 0 };
        let mut refusal =
            Refusal::new(Reason::UnknownName, "column \"flower\" does not exist").with_hint("Perhaps you meant \"flour\".");
        refusal.position = Some(8);
        let repaired = repair(&prompt, "select flower\nfrom loaves", &refusal);
        let speakers: Vec<Speaker> = repaired.messages.iter().map(|message| message.speaker).collect();
        assert_eq!(speakers, [Speaker::User, Speaker::Model, Speaker::User]);
        assert_eq!(
            repaired.messages[2].text,
            "PostgreSQL refuses this query: column \"flower\" does not exist (SQLSTATE 42704). Perhaps you meant \"flour\". \
             It is about this place: flower from loaves\nWrite a query that is right, in the same form of answer."
        );
        refusal.message = "é".repeat(5000);
        refusal.position = Some(0);
        assert!(repair(&prompt, "", &refusal).messages[2].text.chars().count() < 700);
    }
}
