//! Statements that look like an answer and are the answer to something else.
//!
//! They are made from the gold by the slips that models make and that no server can see: a condition that is forgotten, another
//! aggregate, another column, another value, the other end of an order. Whether one happens to answer the same on the data at hand
//! is for the caller to find out.

use super::sql::{Part, Statement};
use std::collections::BTreeMap;

/// By table: its columns and their types.
pub type Tables = BTreeMap<String, Vec<(String, String)>>;

/// Replacements of one word that change what is asked.
const OTHER_WORDS: [(&str, &str); 14] = [
    ("max", "min"),
    ("min", "max"),
    ("avg", "sum"),
    ("sum", "avg"),
    ("desc", "asc"),
    ("asc", "desc"),
    (">", "<"),
    ("<", ">"),
    (">=", "<"),
    ("<=", ">"),
    ("=", "<>"),
    ("intersect", "union"),
    ("except", "intersect"),
    ("or", "and"),
];

/// Such statements, without repetitions. `tables` may be empty, then columns stay what they are.
pub fn variants(gold: &str, tables: &Tables) -> Vec<String> {
    let statement = Statement::of(gold);
    let mut all = Vec::new();
    all.extend(without_conditions(&statement));
    all.extend(other_words(&statement));
    all.extend(other_values(&statement));
    all.extend(other_columns(&statement, tables));
    all.extend(other_counts(&statement));
    let mut kept: Vec<String> = Vec::new();
    for sql in all {
        if sql != gold && !kept.contains(&sql) {
            kept.push(sql);
        }
    }
    kept
}

/// Where nothing else is left: all of the first table, or no row.
pub fn nothing_like(gold: &str) -> String {
    let statement = Statement::of(gold);
    match statement.places(Part::Table).first() {
        Some(place) => format!("SELECT count(*) + 1 AS total FROM {}", statement.tokens[*place].text),
        None => "SELECT NULL AS answer WHERE false".to_owned(),
    }
}

/// Every WHERE and every AND, forgotten.
fn without_conditions(statement: &Statement) -> Vec<String> {
    let wheres = statement.places_of("where").into_iter().map(|place| (place, statement.end_of_clause(place)));
    let ands = statement.places_of("and").into_iter().filter_map(|place| {
        let is_range = (0..place).rev().take(8).any(|before| statement.tokens[before].is("between"));
        (!is_range).then(|| (place, statement.end_of_clause(place)))
    });
    let havings = statement.places_of("having").into_iter().map(|place| (place, statement.end_of_clause(place)));
    wheres.chain(ands).chain(havings).map(|(start, end)| statement.with(start..end, "")).collect()
}

fn other_words(statement: &Statement) -> Vec<String> {
    let mut all = Vec::new();
    for (word, other) in OTHER_WORDS {
        for place in statement.places_of(word) {
            // Not the join's: a cross product is no plausible answer.
            let is_join =
                word == "=" && statement.after(place).is_some_and(|next| statement.tokens[next].part == Part::Qualifier);
            if !is_join {
                all.push(statement.with_one(place, other));
            }
        }
    }
    // An order without a direction: the other end of it.
    if let Some(place) = statement.places_of("order").last() {
        let end = statement.end_of_clause(*place);
        all.push(statement.with(end..end, " DESC"));
    }
    all
}

/// Other numbers and texts; a text that nothing equals gives no row.
fn other_values(statement: &Statement) -> Vec<String> {
    let texts = statement.places(Part::Text).into_iter().map(|place| {
        let inner = statement.tokens[place].text.trim_end_matches('\'');
        statement.with_one(place, &format!("{inner}s'"))
    });
    let numbers = statement.places(Part::Number).into_iter().filter_map(|place| {
        let number: f64 = statement.tokens[place].text.parse().ok()?;
        Some(statement.with_one(place, &format!("{}", number * 2.0 + 1.0)))
    });
    texts.chain(numbers).collect()
}

/// Each column as its neighbours of the same type: at most two, or wide tables would drown everything else.
fn other_columns(statement: &Statement, tables: &Tables) -> Vec<String> {
    let named = statement.places(Part::Table).into_iter().map(|place| statement.tokens[place].name());
    let known: Vec<&Vec<(String, String)>> = named.filter_map(|name| tables.get(&name)).collect();
    let mut all = Vec::new();
    for place in statement.places(Part::Column) {
        let name = statement.tokens[place].name();
        let owner = known.iter().find_map(|columns| {
            let (_, of_type) = columns.iter().find(|(column, _)| *column == name)?;
            Some((columns, of_type))
        });
        let Some((columns, of_type)) = owner else { continue };
        let others = columns.iter().filter(|(column, other_type)| *column != name && other_type == of_type).take(2);
        all.extend(others.map(|(column, _)| statement.with_one(place, &format!("\"{}\"", column.replace('"', "\"\"")))));
    }
    all
}

/// Counting different ones or all.
fn other_counts(statement: &Statement) -> Vec<String> {
    let distinct = statement.places_of("distinct").into_iter().map(|place| statement.with_one(place, ""));
    let counts = statement.places_of("count").into_iter().filter_map(|place| {
        let open = statement.after(place)?;
        let inside = statement.after(open)?;
        let can_be = matches!(statement.tokens[inside].part, Part::Column | Part::Qualifier);
        can_be.then(|| statement.with(open..open + 1, "(DISTINCT "))
    });
    distinct.chain(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slip_is_one_of_them() {
        let tables = Tables::from([(
            "loaves".to_owned(),
            [("price", "numeric"), ("weight", "numeric"), ("flour", "text")].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec(),
        )]);
        let made = variants("SELECT max(price) FROM loaves WHERE flour = 'rye' AND weight > 2", &tables);
        for wanted in [
            "SELECT max(price) FROM loaves ",
            "SELECT max(price) FROM loaves WHERE flour = 'rye' ",
            "SELECT min(price) FROM loaves WHERE flour = 'rye' AND weight > 2",
            "SELECT max(\"weight\") FROM loaves WHERE flour = 'rye' AND weight > 2",
            "SELECT max(price) FROM loaves WHERE flour = 'ryes' AND weight > 2",
            "SELECT max(price) FROM loaves WHERE flour = 'rye' AND weight < 2",
            "SELECT max(price) FROM loaves WHERE flour = 'rye' AND weight > 5",
        ] {
            assert!(made.iter().any(|sql| sql == wanted), "{wanted} is not in {made:#?}");
        }
        assert!(
            variants("SELECT name FROM loaves ORDER BY price LIMIT 1", &tables)
                .contains(&"SELECT name FROM loaves ORDER BY price DESC LIMIT 1".to_owned())
        );
        assert_eq!(nothing_like("SELECT 1"), "SELECT NULL AS answer WHERE false");
    }
}
