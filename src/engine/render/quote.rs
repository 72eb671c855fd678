//! Identifiers and literals as PostgreSQL reads them.

/// Key words of PostgreSQL 14 to 18 that `quote_ident` quotes: all but the unreserved ones. A word that only later versions
/// know is quoted everywhere; that is never wrong.
const KEYWORDS: &str = " \
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog \
    current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else end except \
    false fetch for foreign from grant group having in initially intersect into lateral leading limit localtime localtimestamp \
    not null offset on only or order placing primary references returning select session_user some symmetric system_user table \
    then to trailing true union unique user using variadic when where window with authorization binary collation concurrently \
    cross current_schema freeze full ilike inner is isnull join left like natural notnull outer overlaps right similar \
    tablesample verbose between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping \
    inout int integer interval json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar \
    json_serialize json_table json_value least merge_action national nchar none normalize nullif numeric out overlay position \
    precision real row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement \
    xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable ";

/// Stands for a line break inside a literal or a quoted identifier until the text is finished, so that indenting a subquery
/// does not move the second line of somebody's text. PostgreSQL has no NUL in texts, so nothing else can mean it.
pub(super) const LINE_BREAK: char = '\0';

/// True for words that need quotes, or would confuse a reader, as names.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&format!(" {word} "))
}

/// An identifier, quoted exactly when it must be.
pub(crate) fn ident(name: &str) -> String {
    let mut letters = name.bytes();
    let plain = letters.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_')
        && !is_keyword(name);
    if plain { name.to_string() } else { format!("\"{}\"", sealed(name).replace('"', "\"\"")) }
}

/// A text literal that means the same whatever `standard_conforming_strings` says.
pub(crate) fn text(value: &str) -> String {
    let value = sealed(value).replace('\'', "''");
    if value.contains('\\') { format!("E'{}'", value.replace('\\', "\\\\")) } else { format!("'{value}'") }
}

fn sealed(value: &str) -> String {
    value.replace(LINE_BREAK, "").replace('\n', &LINE_BREAK.to_string())
}

/// A block moved to the right, its first line too.
pub(super) fn indent(block: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    let mut moved = String::with_capacity(block.len() + 8 * by);
    for (at, line) in block.split('\n').enumerate() {
        if at > 0 {
            moved.push('\n');
        }
        if !line.is_empty() {
            moved.push_str(&margin);
            moved.push_str(line);
        }
    }
    moved
}

/// A subquery in parentheses: on one line when it is short, else as a block of its own.
pub(super) fn block(query: &str) -> String {
    let short = query.split('\n').map(|line| line.len() + 1).sum::<usize>() <= 72 && !query.contains("(\n");
    if short {
        let one_line: Vec<&str> = query.split('\n').map(str::trim).collect();
        format!("({})", one_line.join(" "))
    } else {
        format!("(\n{}\n)", indent(query, 2))
    }
}
