//! PostgreSQL's array literals (`{a,"b c",NULL}`), as statistics come. One dimension, elements separated by commas.

/// The elements that are not NULL, unquoted.
pub fn elements(literal: &str) -> Elements<'_> {
    // An array that does not start at 1 says so first: `[0:2]={a,b,c}`.
    let body = literal.find('{').map_or("", |start| &literal[start + 1..]);
    Elements { rest: body.strip_suffix('}').unwrap_or(body) }
}

/// See [`elements`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a str,
}

impl Iterator for Elements<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        while !self.rest.is_empty() {
            let (element, quoted) = self.element();
            if quoted || !element.eq_ignore_ascii_case("null") {
                return Some(element);
            }
        }
        None
    }
}

impl Elements<'_> {
    /// Takes one element off, and the comma behind it.
    fn element(&mut self) -> (String, bool) {
        let (mut element, mut quoted, mut inside) = (String::new(), false, false);
        let mut characters = self.rest.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '\\' => element.extend(characters.next().map(|(_, escaped)| escaped)),
                '"' => (inside, quoted) = (!inside, true),
                ',' if !inside => {
                    self.rest = &self.rest[at + 1..];
                    return (element, quoted);
                }
                _ => element.push(c),
            }
        }
        self.rest = "";
        (element, quoted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(literal: &str) -> Vec<String> {
        elements(literal).collect()
    }

    #[test]
    fn elements_are_unquoted() {
        assert_eq!(all("{1,2,3}"), ["1", "2", "3"]);
        assert_eq!(
            all(r#"{a,"b c","d,e","f\"g","h\\i","{j}","","NULL",NULL,null,ü}"#),
            ["a", "b c", "d,e", "f\"g", "h\\i", "{j}", "", "NULL", "ü"]
        );
        assert_eq!(all(r#"{"2026-01-25 04:18:19+00"}"#), ["2026-01-25 04:18:19+00"]);
    }

    #[test]
    fn odd_literals_end() {
        assert_eq!(all("{}"), Vec::<String>::new());
        assert_eq!(all(""), Vec::<String>::new());
        assert_eq!(all("[0:1]={a,b}"), ["a", "b"]);
        assert_eq!(all(r#"{"a"#), ["a"]);
        assert_eq!(all(r"{a\"), ["a"]);
    }
}
