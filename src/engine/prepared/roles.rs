//! What columns are for: which name a row, which say when it happened, which can be added up. Guessed from names, types and statistics.

use nl_query_core::schema::{Column, Relation, TypeKind};

use super::Role;
use crate::lexicon;
use crate::lexicon::morphology::Memo;

/// Columns that databases keep for themselves: a bridge table stays one with them.
pub(super) fn is_bookkeeping(column: &Column) -> bool {
    matches!(
        column.name.as_str(),
        "last_update" | "created_at" | "updated_at" | "modified" | "created" | "updated" | "rowguid" | "timestamp"
    )
}

pub(super) fn is_textual(column: &Column) -> bool {
    matches!(column.kind, TypeKind::Text)
}

/// The columns that name a row for a reader, by what their names say. None for a table whose rows have no name: an invoice is
/// shown whole.
pub(super) fn label_columns(relation: &Relation, referencing: &[usize], memo: &Memo) -> Vec<usize> {
    let own = memo.stems_of_name(&relation.name);
    let mut first = None;
    let mut last = None;
    let mut best: Option<(u8, usize)> = None;
    for (at, column) in relation.columns.iter().enumerate() {
        if !is_textual(column) || referencing.contains(&at) {
            continue;
        }
        let words = memo.words(&column.name);
        let text: Vec<&str> = words.iter().map(String::as_str).collect();
        match text.as_slice() {
            ["first" | "given", "name"] | ["fname" | "firstname" | "forename"] => first = Some(at),
            ["last" | "family", "name"] | ["lname" | "lastname" | "surname"] => last = Some(at),
            _ => {}
        }
        let of_owner = text.len() > 1 && text[..text.len() - 1].iter().all(|word| own.contains(&memo.stem(word)));
        let Some(head) = text.last() else { continue };
        let rank = match *head {
            "name" if text.len() == 1 => 0,
            "name" if of_owner => 0,
            "title" if text.len() == 1 || of_owner => 1,
            "name"
                if matches!(text[0], "full" | "display" | "company" | "official" | "common" | "product" | "item" | "short") =>
            {
                2
            }
            "label" | "caption" | "headline" | "subject" => 3,
            "name"
                if !matches!(text[0], "first" | "last" | "middle" | "user" | "contact" | "file" | "given" | "family")
                    && tells_apart(column, relation) =>
            {
                4
            }
            "description" if of_owner => 4,
            word if own.contains(&memo.stem(word)) && text.len() == 1 => 4,
            "username" | "login" | "handle" | "email" => 6,
            "code" if text.len() == 1 => 7,
            "description" => 7,
            _ => continue,
        };
        if best.is_none_or(|(known, _)| rank < known) {
            best = Some((rank, at));
        }
    }
    if let (Some(first), Some(last)) = (first, last)
        && best.is_none_or(|(rank, _)| rank > 0)
    {
        return vec![first, last];
    }
    if let Some((_, at)) = best {
        return vec![at];
    }
    if let Some(only) = first.or(last) {
        return vec![only];
    }
    let texts: Vec<usize> = relation
        .columns
        .iter()
        .enumerate()
        .filter(|(at, column)| is_textual(column) && !referencing.contains(at) && tells_apart(column, relation))
        .map(|(at, _)| at)
        .collect();
    let said = |at: &&usize| {
        relation.columns[**at].name.to_lowercase().ends_with("name")
            || relation.columns[**at].name.to_lowercase().ends_with("title")
    };
    if let Some(at) = texts.iter().find(said) {
        return vec![*at];
    }
    // A single text is what a reader knows the row by.
    if let [only] = texts.as_slice() {
        return vec![*only];
    }
    Vec::new()
}

/// Most rows have a value of their own, as far as statistics know: `ship_name` of an order repeats and names no order.
pub(super) fn tells_apart(column: &Column, relation: &Relation) -> bool {
    match &column.stats {
        Some(stats) if stats.n_distinct < 0.0 => stats.n_distinct <= -0.6,
        Some(stats) => stats.n_distinct >= 0.6 * relation.rows,
        None => true,
    }
}

/// Columns on a calendar. The one that says when the row's event happened comes before due dates and bookkeeping.
pub(super) fn time_columns(relation: &Relation, memo: &Memo) -> Vec<usize> {
    let own = memo.stems_of_name(&relation.name);
    let rank = |column: &Column| {
        let words = memo.words(&column.name);
        let of_owner = words.iter().any(|word| own.contains(&memo.stem(word)));
        let is = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        if is(&["update", "updated", "modified", "modification", "changed"]) {
            9
        } else if of_owner {
            0
        } else if is(&["created", "creation", "placed", "date", "day", "time", "at", "on"])
            && words.len() <= 2
            && !is(&["birth", "due", "required", "end"])
        {
            1
        } else if is(&["start", "begin", "hire", "hired", "birth", "joined", "signup", "registered"]) {
            2
        } else {
            4
        }
    };
    let mut columns: Vec<(u8, usize)> = relation
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.kind.is_calendar())
        .map(|(at, column)| (rank(column), at))
        .collect();
    columns.sort();
    columns.into_iter().map(|(_, at)| at).collect()
}

pub(super) fn role(at: usize, relation: &Relation, column: &Column, refers: bool, memo: &Memo) -> Role {
    let words = memo.words(&column.name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let keyed = refers || (relation.primary_key == [at] && !matches!(column.kind, TypeKind::Text));
    if keyed || (matches!(last, "id" | "uuid" | "guid" | "oid" | "rowid") && words.len() <= 4) || column.kind == TypeKind::Uuid {
        return Role::Key;
    }
    match column.kind {
        TypeKind::Number if is_flag(column) => Role::Category,
        TypeKind::Number => Role::Measure,
        TypeKind::Date | TypeKind::Timestamp | TypeKind::TimestampTz | TypeKind::Time => Role::Time,
        TypeKind::Boolean | TypeKind::Enum => Role::Category,
        TypeKind::Interval => Role::Measure,
        TypeKind::Text if matches!(last, "name" | "title" | "label" | "surname") => Role::Label,
        TypeKind::Text => {
            let few = column.stats.as_ref().is_some_and(|stats| {
                stats.n_distinct > 0.0 && (stats.n_distinct <= 60.0 || stats.n_distinct < relation.rows / 8.0)
            });
            if few { Role::Category } else { Role::Other }
        }
        _ => Role::Other,
    }
}

/// A whole-number column that stands for yes and no: statistics know no value but 0 and 1, or, where there are none, its name is
/// an adjective ("discontinued").
pub(crate) fn is_flag(column: &Column) -> bool {
    if column.kind != TypeKind::Number || column.fractional {
        return false;
    }
    match &column.stats {
        Some(stats) if !stats.common_values.is_empty() => {
            stats.common_values.iter().chain(&stats.bounds).all(|value| value == "0" || value == "1")
        }
        _ => lexicon::state(&column.name.to_lowercase()).is_some(),
    }
}
