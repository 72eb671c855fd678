//! Where statements begin and end, told apart from texts, names and comments that hold the same letters.

/// The statements of a text, without semicolons and without what is nothing but comments. None where the text ends inside a text, a
/// name, a comment or a parenthesis: it was cut off.
pub fn split(code: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut at, mut depth) = (0, 0, 0usize);
    let mut holds_something = false;
    while let Some(c) = code[at..].chars().next() {
        match skip(code, at)? {
            Skipped::Comment(end) => at = end,
            Skipped::Text(end) => {
                holds_something = true;
                at = end;
            }
            Skipped::Nothing => {
                match c {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    ';' => {
                        if depth > 0 {
                            return None;
                        }
                        parts.extend(holds_something.then(|| code[start..at].trim()));
                        (start, holds_something) = (at + 1, false);
                    }
                    _ => {}
                }
                holds_something |= !c.is_whitespace() && c != ';';
                at += c.len_utf8();
            }
        }
    }
    if depth > 0 {
        return None;
    }
    parts.extend(holds_something.then(|| code[start..].trim()));
    Some(parts)
}

/// What stands at a place.
enum Skipped {
    /// Behind a comment.
    Comment(usize),
    /// Behind a text or a quoted name.
    Text(usize),
    Nothing,
}

/// Goes over what is no code; none where it does not end.
fn skip(code: &str, at: usize) -> Option<Skipped> {
    let rest = &code[at..];
    if rest.starts_with("--") {
        return Some(Skipped::Comment(at + rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        return Some(Skipped::Comment(at + comment_length(rest)?));
    }
    if rest.starts_with('"') {
        return Some(Skipped::Text(at + quoted_length(rest, '"', false)?));
    }
    if rest.starts_with('\'') {
        let before = code[..at].trim_end_matches(['e', 'E']);
        let is_escaped = at - before.len() == 1 && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        return Some(Skipped::Text(at + quoted_length(rest, '\'', is_escaped)?));
    }
    let is_inside_name = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
    if !is_inside_name && let Some(tag) = dollar_tag(rest) {
        return Some(Skipped::Text(at + tag.len() + rest[tag.len()..].find(tag)? + tag.len()));
    }
    Some(Skipped::Nothing)
}

/// Comments of this kind hold others.
fn comment_length(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next()?.len_utf8();
        }
    }
}

/// A quote that is written twice, or behind a backslash where those count, does not end it.
fn quoted_length(text: &str, quote: char, is_escaped: bool) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && is_escaped {
            characters.next();
        } else if c == quote {
            if characters.peek().is_none_or(|(_, next)| *next != quote) {
                return Some(at + 1);
            }
            characters.next();
        }
    }
    None
}

/// `$$` or `$tag$`; `$1` is none.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text.strip_prefix('$')?.find('$')? + 1;
    let name = &text[1..end];
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    is_name.then(|| &text[..=end])
}

/// Where a line of a text begins a query.
pub fn start(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_start().trim_start_matches('(').trim_start();
        let word: String = code.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        let behind = code[word.len()..].chars().next();
        let is_whole = behind.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '*' | '"' | '\'' | '/' | '-'));
        let is_query = match word.to_ascii_lowercase().as_str() {
            "select" | "values" => true,
            // "With these tables …" is a sentence.
            "with" => begins_with_query(&code[word.len()..]),
            _ => false,
        };
        if is_query && is_whole {
            return Some(at + line.len() - line.trim_start().len());
        }
        at += line.len();
    }
    None
}

/// Behind WITH: a name, and soon an AS with a parenthesis.
fn begins_with_query(text: &str) -> bool {
    let beginning: String = text.chars().take(300).collect::<String>().to_ascii_lowercase();
    let beginning = beginning.split_whitespace().collect::<Vec<_>>().join(" ");
    ["recursive ", "recursive\""].iter().any(|word| beginning.starts_with(word))
        || [" as (", " as(", ")as(", ")as (", " as materialized", " as not materialized"]
            .iter()
            .any(|mark| beginning.contains(mark))
}

/// Words that begin a statement that is no query.
const VERBS: &str = " alter analyze begin call checkpoint close cluster comment commit copy create deallocate declare delete discard do \
    drop end execute explain fetch grant import insert listen load lock merge move notify prepare reassign refresh reindex release \
    reset revoke rollback savepoint security set show start table truncate unlisten update vacuum ";

/// Whether a text may be a statement of any kind, and no sentence.
pub fn may_be_statement(text: &str) -> bool {
    let code = text.trim_start();
    let word: String = code.chars().take_while(|c| c.is_ascii_alphabetic()).collect::<String>().to_ascii_lowercase();
    start(text).is_some() || (!word.is_empty() && VERBS.contains(&format!(" {word} ")))
}

/// A statement without the explanation that follows on it behind an empty line.
pub fn until_prose(code: &str) -> &str {
    let mut at = 0;
    while let Some(blank) = code[at..].find("\n\n").map(|found| at + found) {
        let behind = code[blank..].trim_start();
        let first: String = behind.chars().take_while(|c| c.is_alphabetic()).collect();
        // A sentence begins with a capital and goes on small; SQL is written in one case.
        let is_sentence = first.chars().next().is_some_and(char::is_uppercase)
            && first.chars().skip(1).all(char::is_lowercase)
            && behind.lines().next().is_some_and(|line| line.trim_end().ends_with(['.', ':', '!', '?']));
        if is_sentence && split(&code[..blank]).is_some_and(|parts| parts.len() == 1) {
            return code[..blank].trim_end();
        }
        at = blank + 2;
    }
    code
}
