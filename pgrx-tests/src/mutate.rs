//! Mutations of a statement that keep its effect: whitespace, comments, case, quoting, brackets, wrapping.
//!
//! A mutation works on tokens, told apart by a small lexer of its own; what the lexer cannot tell for sure it leaves alone. The
//! numbers come from a generator with a fixed seed, so a run can be repeated.

/// A small generator of numbers (xorshift64*), the same on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Space(String),
    /// An unquoted name or key word.
    Word(String),
    /// `'…'` without any prefix and without a backslash.
    Text(String),
    /// Anything else, to be copied.
    Other(String),
}

/// A statement with the same effect, or, where `may_wrap`, one that contains it.
pub fn mutate(sql: &str, may_wrap: bool, dice: &mut Dice) -> String {
    let mut text = sql.to_owned();
    for _ in 0..=dice.below(3) {
        text = match dice.below(10) {
            0 if may_wrap => wrap(&text, dice),
            1 => surround(&text, dice),
            _ => retouch(&text, dice),
        };
    }
    text
}

/// Token by token: other spaces, other letters, other quotes.
fn retouch(sql: &str, dice: &mut Dice) -> String {
    let tokens = tokens(sql);
    let mut text = String::with_capacity(sql.len() * 2);
    for (position, token) in tokens.iter().enumerate() {
        let is_call = matches!(tokens.get(position + 1), Some(Token::Other(next)) if next.starts_with('('));
        match token {
            Token::Space(_) => text.push_str(&space(dice)),
            Token::Word(word) if is_call && !is_reserved(word) && dice.one_in(3) => text.push_str(&quoted(word, dice)),
            Token::Word(word) => text.push_str(&recased(word, dice)),
            // Two literals with a line break between them are one, and mean something else in front of a word.
            Token::Text(body) if dice.one_in(3) => text.push_str(&requoted(body, dice)),
            Token::Text(body) => text.push_str(&format!("'{body}'")),
            Token::Other(other) => text.push_str(other),
        }
    }
    text
}

fn space(dice: &mut Dice) -> String {
    const SPACES: [&str; 12] = [
        " ",
        "\n",
        "\t",
        "  ",
        "\r\n",
        "\u{c}",
        " /**/ ",
        "/* ; -- ' */",
        " /* a /* nested */ comment */ ",
        " -- SELECT 1;\n",
        "\n--\n",
        " /*'*/ ",
    ];
    SPACES[dice.below(SPACES.len())].to_owned()
}

fn recased(word: &str, dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => word.to_ascii_uppercase(),
        1 => word.to_ascii_lowercase(),
        2 => word.chars().map(|c| if dice.one_in(2) { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect(),
        _ => word.to_owned(),
    }
}

/// A name in quotes, or spelled with Unicode escapes.
fn quoted(word: &str, dice: &mut Dice) -> String {
    let name = word.to_ascii_lowercase();
    if dice.one_in(2) {
        return format!("\"{name}\"");
    }
    let at = dice.below(name.len());
    let escaped: String =
        name.char_indices().map(|(i, c)| if i == at { format!("\\{:04x}", u32::from(c)) } else { c.to_string() }).collect();
    format!("U&\"{escaped}\"")
}

fn requoted(body: &str, dice: &mut Dice) -> String {
    let plain = body.replace("''", "'");
    match dice.below(3) {
        0 if !plain.contains('$') => format!("$q${plain}$q$"),
        1 if !plain.contains('$') => format!("$${plain}$$"),
        _ => format!("E'{}'", body.replace('\\', "\\\\")),
    }
}

/// The whole statement inside another one.
fn wrap(sql: &str, dice: &mut Dice) -> String {
    let inner = sql.trim_end().trim_end_matches(';');
    let name = ["t", "_q", "wrapped", "\"Odd\""][dice.below(4)];
    // A line comment at the end would swallow the bracket.
    match dice.below(7) {
        0 => format!("SELECT * FROM ({inner}\n) AS {name}"),
        1 => format!("WITH {name} AS ({inner}\n) SELECT * FROM {name}"),
        2 => format!("WITH {name} AS MATERIALIZED ({inner}\n) TABLE {name}"),
        3 => format!("SELECT count(*) FROM ({inner}\n) AS {name}"),
        4 => format!("SELECT EXISTS ({inner}\n)"),
        5 => format!("SELECT 1 FROM (VALUES (1)) AS v, LATERAL ({inner}\n) AS {name}"),
        _ => format!("({inner}\n)"),
    }
}

/// Something before or after it.
fn surround(sql: &str, dice: &mut Dice) -> String {
    match dice.below(5) {
        0 => format!("/* SELECT 1 */ {sql}"),
        1 => format!("-- SELECT 1\n{sql}"),
        2 => format!("{}\n\n", sql.trim_end()),
        3 => format!("{}\n-- the end", sql.trim_end()),
        _ => format!("\n\t {sql}"),
    }
}

/// Key words that must not be quoted where they stand before a bracket.
fn is_reserved(word: &str) -> bool {
    const WORDS: [&str; 78] = [
        "all",
        "and",
        "any",
        "array",
        "as",
        "between",
        "by",
        "case",
        "cast",
        "coalesce",
        "collate",
        "columns",
        "cross",
        "cube",
        "distinct",
        "else",
        "end",
        "except",
        "exists",
        "extract",
        "fetch",
        "filter",
        "for",
        "format_",
        "from",
        "full",
        "greatest",
        "group",
        "grouping",
        "having",
        "in",
        "inner",
        "intersect",
        "interval",
        "into",
        "is",
        "join",
        "lateral",
        "least",
        "left",
        "like",
        "limit",
        "localtimestamp",
        "materialized",
        "natural",
        "not",
        "null",
        "nullif",
        "numeric",
        "offset",
        "on",
        "or",
        "order",
        "outer",
        "over",
        "overlay",
        "partition",
        "passing",
        "position",
        "right",
        "rollup",
        "row",
        "rows",
        "select",
        "sets",
        "similar",
        "some",
        "substring",
        "system",
        "then",
        "trim",
        "union",
        "using",
        "values",
        "varchar",
        "when",
        "where",
        "with",
    ];
    const MORE: [&str; 14] = [
        "xmlattributes",
        "xmlelement",
        "xmltable",
        "xmlforest",
        "repeatable",
        "bernoulli",
        "within",
        "window",
        "time",
        "timestamp",
        "bit",
        "char",
        "decimal",
        "returning",
    ];
    let word = word.to_ascii_lowercase();
    WORDS.contains(&word.as_str()) || MORE.contains(&word.as_str())
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            c if c.is_ascii_whitespace() => {
                let length = rest.find(|c: char| !c.is_ascii_whitespace()).unwrap_or(rest.len());
                (Token::Space(rest[..length].to_owned()), length)
            }
            '\'' => literal(rest),
            '"' => copied(rest, rest[1..].find('"').map_or(rest.len(), |end| end + 2)),
            '-' if rest.starts_with("--") => copied(rest, rest.find('\n').map_or(rest.len(), |end| end + 1)),
            '/' if rest.starts_with("/*") => copied(rest, rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '$' => copied(rest, dollar_quoted(rest)),
            c if c.is_alphabetic() || c == '_' => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                // E'…', U&'…', B'…': the letter belongs to the literal.
                match rest[length..].chars().next() {
                    Some('\'') => copied(rest, length + 1 + rest[length + 1..].find('\'').map_or(0, |end| end + 1)),
                    Some('&') if length == 1 => copied(rest, rest.len()),
                    _ => (Token::Word(rest[..length].to_owned()), length),
                }
            }
            c => copied(rest, c.len_utf8()),
        };
        tokens.push(token);
        rest = &rest[length..];
    }
    tokens
}

fn copied(rest: &str, length: usize) -> (Token, usize) {
    (Token::Other(rest[..length].to_owned()), length)
}

fn literal(rest: &str) -> (Token, usize) {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == b'\'' {
            if bytes.get(at + 1) != Some(&b'\'') {
                let body = &rest[1..at];
                let token = if body.contains('\\') { Token::Other(rest[..=at].to_owned()) } else { Token::Text(body.to_owned()) };
                return (token, at + 1);
            }
            at += 1;
        }
        at += 1;
    }
    copied(rest, rest.len())
}

fn dollar_quoted(rest: &str) -> usize {
    let Some(end) = rest[1..].find('$') else { return 1 };
    let tag = &rest[..end + 2];
    if !tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_') {
        return 1;
    }
    rest[tag.len()..].find(tag).map_or(rest.len(), |close| tag.len() + close + tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_text() {
        let sql = "SELECT a.\"B c\", 'it''s', E'\\n', $q$ ; $q$ /* x */ FROM t -- end";
        let text: String = tokens(sql)
            .iter()
            .map(|token| match token {
                Token::Text(body) => format!("'{body}'"),
                Token::Space(text) | Token::Word(text) | Token::Other(text) => text.clone(),
            })
            .collect();
        assert_eq!(text, sql);
    }

    #[test]
    fn the_same_seed_gives_the_same_mutations() {
        let run = |seed| {
            let mut dice = Dice::new(seed);
            (0..20).map(|_| mutate("SELECT lower('A') FROM t", true, &mut dice)).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }
}
