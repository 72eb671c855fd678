//! The gold, spoilt.

use super::draw::Draw;
use super::plausible::{Tables, variants};
use super::sql::{Part, Statement};
use super::{Asked, plausible};

/// With a column that does not exist: misspelt, or invented.
pub fn wrong_column(asked: &Asked, draw: &Draw) -> String {
    let statement = Statement::of(&asked.gold);
    let columns = statement.places(Part::Column);
    match draw.one_of("column", &columns) {
        Some(place) => statement.with_one(*place, &invented(&statement.tokens[*place].name(), asked, draw)),
        // Nothing but count(*) or *: it counts something that it made up.
        None => match statement.places_of("*").first() {
            Some(place) => statement.with_one(*place, &invented("number", asked, draw)),
            None => format!("SELECT {} FROM ({}) AS answer", invented("total", asked, draw), asked.gold),
        },
    }
}

/// With a table that does not exist.
pub fn wrong_table(asked: &Asked, draw: &Draw) -> String {
    let statement = Statement::of(&asked.gold);
    let tables = statement.places(Part::Table);
    match draw.one_of("table", &tables) {
        Some(place) => statement.with_one(*place, &invented(&statement.tokens[*place].name(), asked, draw)),
        None => format!("SELECT * FROM {}", invented("answers", asked, draw)),
    }
}

/// A name that is none in this schema, near one that is.
fn invented(name: &str, asked: &Asked, draw: &Draw) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() > 3 {
        letters.swap(1, 2);
    }
    let all_but_last: String = name.chars().take(name.chars().count().saturating_sub(1)).collect();
    let mut forms = [
        letters.into_iter().collect(),
        all_but_last,
        name.replace('_', ""),
        format!("{name}s"),
        format!("{name}_name"),
        format!("tbl_{name}"),
    ];
    let turn = (draw.unit("form") * forms.len() as f64) as usize;
    forms.rotate_left(turn);
    let is_none = |form: &&String| form.chars().count() > 1 && *form != name && !asked.names.contains(*form);
    let chosen = forms.iter().find(is_none).cloned().unwrap_or_else(|| format!("{name}_that_is_none"));
    format!("\"{}\"", chosen.replace('"', ""))
}

/// As one writes it for another system, in a form that PostgreSQL refuses.
pub fn dialect(asked: &Asked, draw: &Draw) -> String {
    let statement = Statement::of(&asked.gold);
    let mut forms = vec![backticks(&statement)];
    if let Some(place) = statement.places_of("limit").last().copied()
        && let Some(number) = statement.after(place)
    {
        let count = &statement.tokens[number].text;
        forms.push(statement.with_one(number, &format!("0, {count}")));
        let without = Statement::of(&statement.with(place..number + 1, ""));
        if let Some(select) = without.places_of("select").first() {
            forms.push(without.with_one(*select, &format!("SELECT TOP {count}")));
        }
    }
    for place in statement.places(Part::Text) {
        let inner = statement.tokens[place].text.trim_matches('\'').replace("''", "'").replace('"', "");
        // Of nothing in quotes PostgreSQL says something else, and a name of the schema would be one.
        if !inner.is_empty() && !asked.names.contains(&inner) {
            forms.push(statement.with_one(place, &format!("\"{inner}\"")));
        }
    }
    if let Some(column) = statement.places(Part::Column).last().copied() {
        // With its qualifier, where it has one.
        let start = if column >= 2 && statement.tokens[column - 1].is(".") { column - 2 } else { column };
        let name: String = statement.tokens[start..=column].iter().map(|token| token.text.as_str()).collect();
        for call in ["IFNULL(?, 0)", "DATEADD(day, 0, ?)", "strftime('%Y', ?)"] {
            forms.push(statement.with(start..column + 1, &call.replace('?', &name)));
        }
    }
    draw.one_of("dialect", &forms).cloned().unwrap_or_else(|| asked.gold.clone())
}

/// Every name in backticks.
fn backticks(statement: &Statement) -> String {
    let is_name = |part: Part| matches!(part, Part::Table | Part::Column);
    let quoted = |name: String| format!("`{name}`");
    let texts = statement.tokens.iter().map(|token| if is_name(token.part) { quoted(token.name()) } else { token.text.clone() });
    texts.collect()
}

/// Another answer than the gold's.
pub fn plausible(asked: &Asked, draw: &Draw) -> String {
    if let Some(sql) = draw.one_of("plausible", &asked.plausible) {
        return sql.clone();
    }
    let made_up = variants(&asked.gold, &Tables::new());
    draw.one_of("plausible", &made_up).cloned().unwrap_or_else(|| plausible::nothing_like(&asked.gold))
}
