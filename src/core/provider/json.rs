//! Bodies as JSON, and what a body is that is not.

use serde_json::Value;

use super::failure::{Failure, FailureClass};
use super::http::HttpReply;

/// Characters of a body that a message shows at most.
const SHOWN: usize = 200;

/// Bytes of the name of a request that is believed.
const MOST_ID: usize = 128;

/// The body of a success.
pub fn body(http: &HttpReply<'_>) -> Result<Value, Box<Failure>> {
    if http.body.trim_ascii().is_empty() {
        return Err(Failure::of(http, FailureClass::Garbage, "the reply is empty"));
    }
    serde_json::from_slice(http.body).map_err(|error| {
        if error.is_eof() {
            Failure::of(http, FailureClass::TruncatedBody, "the reply ends in the middle")
        } else {
            Failure::of(http, FailureClass::Garbage, &format!("the reply is not JSON: {}", summary(http.body)))
        }
    })
}

/// What a body calls its request under this key; nothing where that is too long to be a name.
pub fn request_id(body: &Value, key: &str) -> Option<String> {
    body.get(key).and_then(text).filter(|id| id.len() <= MOST_ID)
}

/// What a body says that has no shape: the title of a page, or its beginning.
pub fn summary(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]);
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let start = at + lower[at..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        Some(&text[start..end])
    });
    match title {
        Some(title) if !title.trim().is_empty() => one_line(title, SHOWN),
        _ if lower.trim_start().starts_with('<') => "an HTML page".to_owned(),
        _ => one_line(&text, SHOWN),
    }
}

/// A text on one line, without control characters, of at most so many characters.
pub fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length >= most {
                line.push('…');
                return line;
            }
            line.push(c);
            length += 1;
        }
    }
    line
}

/// A number of tokens, however it is written.
pub fn tokens(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A text that is there and not empty.
pub fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_title() {
        assert_eq!(summary(b"<html><head><TITLE>\n502 Bad Gateway </Title></head><body>x"), "502 Bad Gateway");
        assert_eq!(summary(b" <!doctype html><p>x"), "an HTML page");
        assert_eq!(summary("upstream\r\n connect\0 error é\u{1b}[1m".as_bytes()), "upstream connect error é [1m");
        assert_eq!(summary(b"\xff\xfe"), "\u{fffd}\u{fffd}");
        assert_eq!(summary(b"<title"), "an HTML page");
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        assert_eq!(one_line("äöü  ß", 4), "äöü …");
        assert_eq!(one_line(" \n ", 4), "");
    }
}
