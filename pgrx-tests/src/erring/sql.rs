//! SQL as far as it must be understood to be spoilt: its tokens, and which of them name what.
//!
//! Told from keywords and neighbours only; made for queries as people write them, not for everything that PostgreSQL reads.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Keyword,
    Table,
    Alias,
    /// The name before a dot.
    Qualifier,
    Function,
    Column,
    Text,
    Number,
    /// The name of a type, and whatever is not understood.
    Other,
    Symbol,
    Space,
}

/// See [`Statement`].
#[derive(Debug, Clone)]
pub struct Token {
    pub part: Part,
    pub text: String,
    /// Parentheses around it.
    pub depth: usize,
}

/// A statement in tokens, which together are its text.
#[derive(Debug, Clone)]
pub struct Statement {
    pub tokens: Vec<Token>,
}

const KEYWORDS: &str = " select distinct from where group by order having limit offset join inner left right full outer cross natural \
    on and or not in exists between like ilike similar is null as asc desc union intersect except all any some case when then else end \
    cast interval extract true false with using values nulls first last over partition fetch next rows row only current_date for ";

impl Token {
    pub fn is(&self, word: &str) -> bool {
        matches!(self.part, Part::Keyword | Part::Symbol | Part::Function) && self.text.eq_ignore_ascii_case(word)
    }

    /// Without quotes, as the catalog has it.
    pub fn name(&self) -> String {
        match self.text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) => inner.replace("\"\"", "\""),
            None => self.text.to_lowercase(),
        }
    }
}

impl Statement {
    pub fn of(sql: &str) -> Statement {
        let mut statement = Statement { tokens: tokens(sql) };
        statement.name_parts();
        statement
    }

    /// Places of the tokens of a kind.
    pub fn places(&self, part: Part) -> Vec<usize> {
        (0..self.tokens.len()).filter(|place| self.tokens[*place].part == part).collect()
    }

    /// Places of a word or symbol.
    pub fn places_of(&self, word: &str) -> Vec<usize> {
        (0..self.tokens.len()).filter(|place| self.tokens[*place].is(word)).collect()
    }

    /// With something else in place of these tokens.
    pub fn with(&self, places: Range<usize>, text: &str) -> String {
        let texts = |tokens: &[Token]| tokens.iter().map(|token| token.text.as_str()).collect::<String>();
        format!("{}{text}{}", texts(&self.tokens[..places.start]), texts(&self.tokens[places.end..]))
    }

    pub fn with_one(&self, place: usize, text: &str) -> String {
        self.with(place..place + 1, text)
    }

    /// Where the clause ends that a token belongs to: before a token of the same depth that begins another, or one of a lesser depth.
    pub fn end_of_clause(&self, place: usize) -> usize {
        const BEGIN: [&str; 8] = ["group", "order", "having", "limit", "union", "intersect", "except", "offset"];
        let depth = self.tokens[place].depth;
        let ends = |token: &Token| token.depth < depth || (token.depth == depth && BEGIN.iter().any(|word| token.is(word)));
        let end = (place + 1..self.tokens.len()).find(|at| ends(&self.tokens[*at])).unwrap_or(self.tokens.len());
        // A blank before what follows belongs to it.
        if end < self.tokens.len() && self.tokens[end - 1].part == Part::Space { end - 1 } else { end }
    }

    /// The next token that is no blank.
    pub fn after(&self, place: usize) -> Option<usize> {
        (place + 1..self.tokens.len()).find(|at| self.tokens[*at].part != Part::Space)
    }

    fn before(&self, place: usize) -> Option<usize> {
        (0..place).rev().find(|at| self.tokens[*at].part != Part::Space)
    }

    /// Says of each name what it names.
    fn name_parts(&mut self) {
        // By depth: is this inside FROM?
        let mut in_from = vec![false];
        for place in 0..self.tokens.len() {
            let token = &self.tokens[place];
            let depth = token.depth;
            in_from.resize((depth + 2).max(in_from.len()), false);
            if token.is("(") {
                in_from[depth + 1] = false;
            } else if token.part == Part::Keyword {
                let word = token.text.to_lowercase();
                match word.as_str() {
                    "from" => in_from[depth] = !self.is_in_extract(place),
                    "where" | "group" | "order" | "having" | "limit" | "select" | "union" | "intersect" | "except" => {
                        in_from[depth] = false;
                    }
                    _ => {}
                }
            } else if token.part == Part::Other {
                self.tokens[place].part = self.part_of(place, in_from[depth]);
            }
        }
    }

    fn part_of(&self, place: usize, in_from: bool) -> Part {
        let is_next = |symbol: &str| self.after(place).is_some_and(|next| self.tokens[next].is(symbol));
        let Some(before) = self.before(place).map(|before| &self.tokens[before]) else { return Part::Other };
        match () {
            () if before.is("::") => Part::Other,
            () if is_next(".") => Part::Qualifier,
            () if is_next("(") => Part::Function,
            () if before.is("as") || matches!(before.part, Part::Table) => Part::Alias,
            () if in_from && (before.is("from") || before.is("join") || before.is(",")) => Part::Table,
            // An alias without AS, of a column or a subquery.
            () if before.is(")") || matches!(before.part, Part::Column | Part::Number | Part::Text) => Part::Alias,
            () => Part::Column,
        }
    }

    /// FROM as in `extract(year from x)`.
    fn is_in_extract(&self, place: usize) -> bool {
        let depth = self.tokens[place].depth;
        let open = (0..place).rev().find(|at| self.tokens[*at].depth < depth);
        let inside = open.map_or(0, |open| open + 1)..place;
        depth > 0 && !self.tokens[inside].iter().any(|token| token.depth == depth && token.is("select"))
    }
}

/// Tokens with everything that can be a name still called other. Parentheses have the depth of what is outside.
fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut rest, mut depth) = (sql, 0_usize);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => quoted(rest, '\''),
            '"' => quoted(rest, '"'),
            c if c.is_whitespace() => run(rest, char::is_whitespace),
            c if c.is_ascii_digit() => run(rest, |c| c.is_ascii_digit() || c == '.'),
            c if c.is_alphabetic() || c == '_' => run(rest, |c| c.is_alphanumeric() || c == '_'),
            _ if ["::", "<=", ">=", "<>", "!=", "||"].iter().any(|symbol| rest.starts_with(symbol)) => 2,
            c => c.len_utf8(),
        };
        let (text, more) = rest.split_at(length);
        let is_keyword = KEYWORDS.contains(&format!(" {} ", text.to_lowercase()));
        let part = match first {
            '\'' => Part::Text,
            '"' => Part::Other,
            c if c.is_whitespace() => Part::Space,
            c if c.is_ascii_digit() => Part::Number,
            c if c.is_alphabetic() || c == '_' => {
                if is_keyword {
                    Part::Keyword
                } else {
                    Part::Other
                }
            }
            _ => Part::Symbol,
        };
        depth = if text == ")" { depth.saturating_sub(1) } else { depth };
        tokens.push(Token { part, text: text.to_owned(), depth });
        depth += usize::from(text == "(");
        rest = more;
    }
    tokens
}

/// Bytes of a quoted text at the beginning, its quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_inside = true;
    for (at, c) in text.char_indices().skip(1) {
        match (c == quote, is_inside) {
            (true, inside) => is_inside = !inside,
            (false, false) => return at,
            (false, true) => {}
        }
    }
    text.len()
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sql: &str, part: Part) -> Vec<String> {
        let statement = Statement::of(sql);
        assert_eq!(statement.with(0..0, ""), sql);
        statement.places(part).into_iter().map(|place| statement.tokens[place].text.clone()).collect()
    }

    #[test]
    fn each_name_names_something() {
        let sql = "SELECT t1.name, max(T2.price) AS top, \"Last Name\" n FROM ovens AS t1 JOIN loaves t2 ON t1.id = t2.oven_id, flours \
                   WHERE t1.kind = 'it''s (big' AND price > 2.5 AND id IN (SELECT oven_id FROM visits) ORDER BY top DESC LIMIT 1";
        assert_eq!(named(sql, Part::Table), ["ovens", "loaves", "flours", "visits"]);
        assert_eq!(
            named(sql, Part::Column),
            ["name", "price", "\"Last Name\"", "id", "oven_id", "kind", "price", "id", "oven_id", "top"]
        );
        assert_eq!(named(sql, Part::Function), ["max"]);
        assert_eq!(named(sql, Part::Alias), ["top", "n", "t1", "t2"]);
        assert_eq!(named(sql, Part::Text), ["'it''s (big'"]);
        assert_eq!(named("SELECT extract(year FROM made)::int FROM loaves", Part::Table), ["loaves"]);
        assert_eq!(named("SELECT extract(year FROM made)::int FROM loaves", Part::Column), ["year", "made"]);
        assert_eq!(named("SELECT a FROM (SELECT b FROM c) AS d, e", Part::Table), ["c", "e"]);
    }

    #[test]
    fn a_clause_ends_before_the_next() {
        let sql = "SELECT a FROM (SELECT b FROM c WHERE d = 1 ) AS e WHERE a = (SELECT max(x) FROM y WHERE z > 0) GROUP BY a";
        let statement = Statement::of(sql);
        let without: Vec<String> =
            statement.places_of("where").into_iter().map(|at| statement.with(at..statement.end_of_clause(at), "")).collect();
        assert_eq!(without[0], "SELECT a FROM (SELECT b FROM c  ) AS e WHERE a = (SELECT max(x) FROM y WHERE z > 0) GROUP BY a");
        assert_eq!(without[1], "SELECT a FROM (SELECT b FROM c WHERE d = 1 ) AS e  GROUP BY a");
        assert_eq!(without[2], "SELECT a FROM (SELECT b FROM c WHERE d = 1 ) AS e WHERE a = (SELECT max(x) FROM y ) GROUP BY a");
    }
}
