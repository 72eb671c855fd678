//! What a request asks, as a model would take it: which question, and whether it is told that its own answer will not do.

use serde_json::Value;

/// A request's meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Its place among those that are known.
    pub question: Option<usize>,
    /// The model's own last answer, where the last word is about it.
    pub told: Option<String>,
    /// Tokens of all of it, roughly.
    pub tokens: u64,
}

impl Heard {
    /// `known` as [`words_of`] gives them.
    pub fn of(body: &Value, known: &[String]) -> Heard {
        let turns = turns(body);
        let question = turns.iter().rev().filter(|turn| !turn.is_own).find_map(|turn| asked_in(&turn.text, known));
        let told = match turns.as_slice() {
            [.., own, last] if own.is_own && !last.is_own => Some(own.text.clone()),
            _ => None,
        };
        // System and all, whatever the vendor calls it.
        let whole: u64 = turns.iter().map(|turn| tokens_of(&turn.text)).sum();
        Heard { question, told, tokens: whole + tokens_of(&instructions(body)) }
    }
}

/// A text as questions are compared: its letters and digits only, so that quotes, escapes and line breaks do not matter.
pub fn words_of(text: &str) -> String {
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join(" ")
}

/// Four letters a token: near enough for a table of what costs more.
pub fn tokens_of(text: &str) -> u64 {
    text.chars().count().div_ceil(4) as u64
}

struct Turn {
    is_own: bool,
    text: String,
}

/// Of the questions that stand in a text, the last, and of those that begin there the longest: others may be its beginning. Those behind
/// the word come first: a text may show other questions as examples.
fn asked_in(text: &str, known: &[String]) -> Option<usize> {
    let text = format!(" {} ", words_of(text));
    let last = |before: &str| {
        let found = known.iter().enumerate().filter(|(_, known)| !known.is_empty());
        let found = found.filter_map(|(place, known)| Some((text.rfind(&format!(" {before}{known} "))?, known.len(), place)));
        found.max().map(|(_, _, place)| place)
    };
    last("question ").or_else(|| last(""))
}

/// The conversation in any of the three interfaces, without instructions.
fn turns(body: &Value) -> Vec<Turn> {
    let messages = ["messages", "contents"].iter().find_map(|name| body.get(*name)?.as_array());
    let speaks = |message: &Value| message.get("role").and_then(Value::as_str).unwrap_or("user").to_owned();
    let spoken = messages.into_iter().flatten().filter(|message| !matches!(speaks(message).as_str(), "system" | "developer"));
    spoken
        .map(|message| Turn {
            is_own: matches!(speaks(message).as_str(), "assistant" | "model"),
            text: ["content", "parts"].iter().find_map(|name| message.get(*name)).map(text_of).unwrap_or_default(),
        })
        .collect()
}

fn instructions(body: &Value) -> String {
    let messages = body.get("messages").and_then(Value::as_array).into_iter().flatten();
    let is_system = |message: &&Value| matches!(message.get("role").and_then(Value::as_str), Some("system" | "developer"));
    let of_messages = messages.filter(is_system).filter_map(|message| message.get("content")).map(text_of).collect::<String>();
    let apart = body.get("system").or_else(|| body.get("systemInstruction")?.get("parts")).map(text_of);
    apart.unwrap_or_default() + &of_messages
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known() -> Vec<String> {
        ["How many loaves?", "How many loaves of rye?", "Which oven is called \"Big\"?"].map(words_of).to_vec()
    }

    fn question(text: &str) -> Option<usize> {
        Heard::of(
            &json!({"messages": [{"role": "system", "content": "How many loaves?"}, {"role": "user", "content": text}]}),
            &known(),
        )
        .question
    }

    #[test]
    fn the_question_is_found_however_it_is_written() {
        assert_eq!(question("Question: How many loaves?"), Some(0));
        assert_eq!(question("Question: How many loaves of  rye ?"), Some(1));
        assert_eq!(question("Date: 2024-01-01\nQuestion: \"Which oven is called \\\"Big\\\"?\"\nHints: none"), Some(2));
        assert_eq!(question("For example, question: How many loaves of wheat? Question: How many loaves?"), Some(0));
        assert_eq!(question("Example: How many loaves of rye?\nQuestion: How many loaves?"), Some(0));
        assert_eq!(question("Question: who bakes?"), None);
    }

    #[test]
    fn being_told_is_a_word_behind_the_own_one() {
        let first = json!({"role": "user", "content": "Question: How many loaves?"});
        let own = json!({"role": "assistant", "content": "SELECT"});
        let last = json!({"role": "user", "content": "PostgreSQL refuses this query"});
        let of = |messages: Value| Heard::of(&json!({"messages": messages}), &known());
        assert_eq!(of(json!([first])).told, None);
        let told = of(json!([first, own, last]));
        assert_eq!((told.question, told.told.as_deref()), (Some(0), Some("SELECT")));
        let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "Question: How many loaves?"}]},
            {"role": "model", "parts": [{"text": "SELECT"}]}, {"role": "user", "parts": [{"text": "no"}]}]});
        let told = Heard::of(&gemini, &known());
        assert_eq!((told.question, told.told.as_deref()), (Some(0), Some("SELECT")));
    }
}
