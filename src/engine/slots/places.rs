//! Where a number stands in a text, told by how the text changes with it.

use std::ops::Range;

/// The places where `text` has `digits` and `changed` has `other`, which differ in every digit; none where the texts differ otherwise.
pub(super) fn places(text: &str, changed: &str, digits: &str, other: &str) -> Option<Vec<Range<usize>>> {
    if text.len() != changed.len() || digits.len() != other.len() {
        return None;
    }
    let mut places = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if text.as_bytes()[at] == changed.as_bytes()[at] {
            at += 1;
            continue;
        }
        let place = at..at + digits.len();
        let carries = text.get(place.clone()) == Some(digits) && changed.get(place.clone()) == Some(other);
        let digit_at = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        if !carries || digit_at(place.end) || at.checked_sub(1).is_some_and(digit_at) {
            return None;
        }
        at = place.end;
        places.push(place);
    }
    Some(places)
}

/// Whether a place of a statement is a literal of its own: between blanks or parentheses, in no quotes.
pub(super) fn is_literal(sql: &str, place: &Range<usize>) -> bool {
    let bytes = sql.as_bytes();
    let before = place.start.checked_sub(1).is_some_and(|at| matches!(bytes[at], b' ' | b'(' | b'\n'));
    let after = bytes.get(place.end).is_none_or(|byte| matches!(byte, b' ' | b')' | b'\n' | b','));
    before && after && !in_quotes(&bytes[..place.start])
}

/// Whether a literal or a quoted name is open at the end. A quote inside one is doubled, which closes and opens it again; a backslash is
/// doubled wherever it means anything.
fn in_quotes(bytes: &[u8]) -> bool {
    let mut open: Option<u8> = None;
    for &byte in bytes {
        match open {
            Some(quote) if quote == byte => open = None,
            None if matches!(byte, b'\'' | b'"') => open = Some(byte),
            _ => {}
        }
    }
    open.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_where_the_text_changes_with_it() {
        let sql = "SELECT q5, 5 FROM t WHERE n > 5 LIMIT 15";
        let only = places(sql, &sql.replace("> 5", "> 9"), "5", "9").expect("one place");
        assert_eq!((only.len(), &sql[..only[0].start]), (1, "SELECT q5, 5 FROM t WHERE n > "));
        assert_eq!(places("a 12 b 12", "a 99 b 99", "12", "99"), Some(vec![2..4, 7..9]));
        assert_eq!(places(sql, sql, "5", "9"), Some(vec![]));
        for (text, changed) in [("a 12", "a 9"), ("a 12", "b 99"), ("a 123", "a 993"), ("a 312", "a 399"), ("a 12", "a 92")] {
            assert_eq!(places(text, changed, "12", "99"), None, "{text} {changed}");
        }
    }

    #[test]
    fn a_literal_stands_alone_and_in_no_quotes() {
        for (sql, carries) in [
            ("LIMIT 5", true),
            ("n > 5\nLIMIT 3", true),
            ("(n > 5)", true),
            ("BETWEEN 5 AND 6", true),
            ("it's 5", false),
            ("'it''s' > 5", true),
            ("'it''s 5 '", false),
            ("\"a ' b\" > 5", true),
            ("\"a 5 b\" > n", false),
            ("q5 > n", false),
            ("n > -5", false),
            ("n > 5.5", false),
            ("n > 5::money", false),
        ] {
            let at = sql.find('5').expect("a five");
            assert_eq!(is_literal(sql, &(at..at + 1)), carries, "{sql}");
        }
    }
}
