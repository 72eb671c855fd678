//! From an attribute in words ("date of birth", "price") to the column that holds it.

use nl_query_core::schema::{RelationId, TypeKind};

use super::context::Context;
use crate::lexicon::morphology::stem;
use crate::lexicon::{self, Direction, Ranking, Relatedness};
use crate::prepared::{ColumnId, Prepared, Role};

/// Weaker fits than this are no fits.
const WEAKEST: f32 = 0.55;

/// How well a column's name says what the words say, 0 to 1. The head (last word of the name) counts most.
fn fit(context: &Context, column: ColumnId, stems: &[String]) -> f32 {
    let name = &context.prepared.words(column).name;
    let length = name.positions.len();
    if length == 0 {
        return 0.0;
    }
    let meets = |alternatives: &[String]| {
        alternatives
            .iter()
            .map(|word| {
                if stems.contains(word) {
                    return 1.0;
                }
                let by_kin = stems.iter().filter_map(|stem| lexicon::related(stem, word)).map(|kin| match kin {
                    Relatedness::Synonym => 0.85,
                    Relatedness::Derived => 0.8,
                    Relatedness::Attribute => 0.7,
                    Relatedness::Broader => 0.4,
                });
                by_kin.fold(0.0, f32::max)
            })
            .fold(0.0, f32::max)
    };
    let weight = |at: usize| if at + 1 == length { 2.0 } else { 1.0 };
    let total: f32 = (0..length).map(weight).sum();
    let covered: f32 = name.positions.iter().enumerate().map(|(at, alternatives)| weight(at) * meets(alternatives)).sum();
    if context.prepared.column(column).kind.is_calendar() {
        return calendar_fit(context, column, stems, &meets).max(covered / total);
    }
    covered / total
}

/// Names of calendar columns are kept without "date": "birth date" is told by "birth" alone, and "date" by itself is the main date.
fn calendar_fit(context: &Context, (relation, column): ColumnId, stems: &[String], meets: &dyn Fn(&[String]) -> f32) -> f32 {
    let says_date = |stem: &String| matches!(stem.as_str(), "date" | "time" | "day" | "of");
    if !stems.iter().all(says_date) {
        let name = &context.prepared.words((relation, column)).name;
        return name.positions.iter().map(|position| meets(position)).fold(0.0, f32::max);
    }
    match context.prepared.relations[relation].times.iter().position(|&time| time == column) {
        Some(0) => 0.8,
        _ => 0.62,
    }
}

/// The column of `relation` (or of one close to it) that one of the rankings speaks of, with the ranking's direction.
pub fn ranked_column(context: &Context, relation: RelationId, rankings: &[Ranking]) -> Option<(ColumnId, Direction, f32)> {
    let mut best: Option<(ColumnId, Direction, f32)> = None;
    let hops = context.prepared.graph().distances(relation);
    // "longest" measures a length: the "time" that it may speak of is no date.
    let lasts = rankings.iter().any(|ranking| matches!(ranking.attribute, "duration" | "length"));
    for (order, ranking) in rankings.iter().enumerate() {
        let stems: Vec<String> = ranking.attribute.split(' ').map(stem).collect();
        for (id, description) in context.prepared.schema().relations.iter().enumerate() {
            let distance = match hops[id] {
                Some(distance) if distance <= 2 => distance,
                _ => continue,
            };
            for (at, column) in description.columns.iter().enumerate() {
                let sortable =
                    matches!(column.kind, TypeKind::Number | TypeKind::Interval | TypeKind::Time) || column.kind.is_calendar();
                if !sortable || lasts && column.kind.is_calendar() || context.prepared.words((id, at)).role == Role::Key {
                    continue;
                }
                let score = fit(context, (id, at), &stems) - 0.03 * order as f32 - 0.22 * distance as f32;
                if score >= WEAKEST - 0.1 && best.is_none_or(|(.., known)| score > known + 1e-4) {
                    best = Some(((id, at), ranking.direction, score));
                }
            }
        }
    }
    best.filter(|(.., score)| *score >= WEAKEST - 0.1)
}

/// The column of a relation whose name fits the stem of an adjective or verb, of one of the kinds.
pub fn column_like(context: &Context, relation: RelationId, word: &str, kinds: &[TypeKind]) -> Option<(ColumnId, f32)> {
    let stems = [stem(word)];
    let columns = &context.prepared.schema().relations.get(relation)?.columns;
    columns
        .iter()
        .enumerate()
        .filter(|(_, column)| kinds.contains(&column.kind))
        .map(|(at, _)| ((relation, at), fit(context, (relation, at), &stems)))
        .filter(|(_, score)| *score >= WEAKEST)
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// How many of a unit of time or size one unit of the column's name is, as `(column's units) per (asked unit)`.
pub fn unit_factor(prepared: &Prepared, column: ColumnId, asked: &str) -> Option<f64> {
    let in_base = |unit: &str| -> Option<(u8, f64)> {
        Some(match unit {
            "millisecond" | "ms" | "milli" | "millis" => (0, 0.001),
            "second" | "sec" | "s" => (0, 1.0),
            "minute" | "min" => (0, 60.0),
            "hour" | "hr" | "h" => (0, 3600.0),
            "day" => (0, 86_400.0),
            "week" => (0, 604_800.0),
            "byte" | "b" => (1, 1.0),
            "kilobyte" | "kb" => (1, 1024.0),
            "megabyte" | "mb" => (1, 1_048_576.0),
            "gigabyte" | "gb" => (1, 1_073_741_824.0),
            "gram" | "g" => (2, 1.0),
            "kilogram" | "kg" | "kilo" => (2, 1000.0),
            "meter" | "metre" | "m" => (3, 1.0),
            "kilometer" | "kilometre" | "km" => (3, 1000.0),
            "centimeter" | "centimetre" | "cm" => (3, 0.01),
            _ => return None,
        })
    };
    let (family, wanted) = in_base(asked)?;
    let description = prepared.column(column);
    let comment = description.comment.as_deref().unwrap_or_default().to_lowercase();
    let mut words = crate::lexicon::morphology::words_of_identifier(&description.name);
    words.extend(comment.split(|c: char| !c.is_alphabetic()).map(str::to_owned));
    let named = words.iter().find_map(|word| {
        let singular = crate::lexicon::morphology::singular(word);
        in_base(&singular).filter(|(known, _)| *known == family).map(|(_, has)| wanted / has)
    });
    let minutes = match asked {
        "hour" => Some(60.0),
        "minute" => Some(1.0),
        _ => None,
    };
    named.or_else(|| minutes.filter(|_| counts_minutes(description)))
}

/// Nobody says in what unit a film's length is; lengths of 46 to 185 are not hours.
fn counts_minutes(column: &nl_query_core::schema::Column) -> bool {
    let Some(stats) = &column.stats else { return false };
    let largest =
        stats.common_values.iter().chain(&stats.bounds).filter_map(|value| value.parse::<f64>().ok()).fold(0.0, f64::max);
    let lasts = crate::lexicon::morphology::words_of_identifier(&column.name)
        .iter()
        .any(|word| matches!(word.as_str(), "length" | "duration" | "runtime"));
    lasts && largest > 24.0 && largest <= 1440.0
}
