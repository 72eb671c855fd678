//! Values of the data: those that statistics know, and a bounded look into the tables for the others.

use std::collections::{HashMap, HashSet};

use nl_query_core::schema::{Column, Schema, TypeKind};

use super::StoredValue;
use crate::answer::ValueProbe;
use crate::lexicon::morphology::{Memo, is_typo_of, stem};
use crate::prepared::ColumnId;

/// Texts longer than this are prose, not values that a question names.
const LONGEST_VALUE: usize = 80;

/// Columns one probe looks into at the most; relations that the question names come first.
const MOST_COLUMNS: usize = 80;

/// Spellings one probe looks for at the most.
const MOST_NEEDLES: usize = 32;

/// The values that statistics and enum types tell, by spelling.
#[derive(Debug, Default)]
pub struct StoredValues {
    by_spelling: HashMap<String, Vec<StoredValue>>,
    by_stems: HashMap<String, Vec<StoredValue>>,
    /// Columns of which every value is known: no probe is needed.
    complete: HashSet<ColumnId>,
}

impl StoredValues {
    pub fn new(schema: &Schema, memo: &Memo) -> Self {
        let mut stored = StoredValues::default();
        for (relation, description) in schema.relations.iter().enumerate() {
            for (at, column) in description.columns.iter().enumerate() {
                stored.add_column((relation, at), column, memo);
            }
        }
        stored
    }

    fn add_column(&mut self, id: ColumnId, column: &Column, memo: &Memo) {
        match column.kind {
            TypeKind::Enum => {
                column.enum_labels.iter().for_each(|label| self.add(id, label, memo));
                self.complete.insert(id);
            }
            TypeKind::Text => {
                let Some(stats) = &column.stats else { return };
                let values = stats.common_values.iter().chain(stats.bounds.iter());
                values.filter(|value| value.chars().count() <= LONGEST_VALUE).for_each(|value| self.add(id, value, memo));
                // A positive n_distinct no larger than the list says that the list is all there was when it was analysed.
                if stats.n_distinct > 0.0 && stats.common_values.len() as f64 >= stats.n_distinct {
                    self.complete.insert(id);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, column: ColumnId, text: &str, memo: &Memo) {
        let spelling = normalise(text);
        if spelling.is_empty() {
            return;
        }
        let value = StoredValue { column, text: text.to_owned() };
        // Codes, numbers and long names have no other word form that a question would use; stemming is most of the cost here.
        let words = spelling.chars().filter(|c| *c == ' ').count() + 1;
        let inflects = words <= 3 && spelling.chars().all(|c| c.is_alphabetic() || c == ' ');
        if inflects {
            let stems: Vec<_> = spelling.split(' ').map(|word| memo.stem(word)).collect();
            insert(&mut self.by_stems, stems.join(" "), value.clone());
        }
        insert(&mut self.by_spelling, spelling, value);
    }

    /// Values with this spelling, letter case and punctuation aside.
    pub fn spelled(&self, spelling: &str) -> &[StoredValue] {
        self.by_spelling.get(spelling).map_or(&[], Vec::as_slice)
    }

    /// All spellings, in no order.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        self.by_spelling.keys().map(String::as_str)
    }

    /// Values whose words have these stems: "comedies" for `Comedy`.
    pub fn stemmed(&self, stems: &str) -> &[StoredValue] {
        self.by_stems.get(stems).map_or(&[], Vec::as_slice)
    }

    /// Values with this spelling, else those whose words have the same stems; whether it is the very spelling.
    pub fn found(&self, spelling: &str) -> (&[StoredValue], bool) {
        match self.spelled(spelling) {
            [] => (self.stemmed(&stems_of(spelling)), false),
            spelled => (spelled, true),
        }
    }

    /// Values of one word that this may be a misspelling of.
    pub fn misspelled(&self, word: &str) -> Vec<StoredValue> {
        let mut near: Vec<&String> = self.by_spelling.keys().filter(|spelling| is_typo_of(word, spelling)).collect();
        near.sort();
        near.into_iter().take(2).flat_map(|spelling| self.spelled(spelling)).cloned().collect()
    }

    pub fn is_complete(&self, column: ColumnId) -> bool {
        self.complete.contains(&column)
    }
}

fn insert(map: &mut HashMap<String, Vec<StoredValue>>, key: String, value: StoredValue) {
    let known = map.entry(key).or_default();
    // Values come column by column: only those of this one, at the end, can be the same.
    if !known.iter().rev().take_while(|other| other.column == value.column).any(|other| other.text == value.text) {
        known.push(value);
    }
}

/// All values that statistics or the type know of a column.
pub(crate) fn known_values(column: &Column) -> impl Iterator<Item = &String> {
    column.stats.iter().flat_map(|stats| stats.common_values.iter().chain(&stats.bounds)).chain(&column.enum_labels)
}

/// Lower case, everything that is neither letter nor digit a single blank: `AC/DC` and `ac dc` meet, `in_progress` is two words.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if c != '\'' && !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The stems of a normalised spelling, with a blank between them.
pub fn stems_of(spelling: &str) -> String {
    spelling.split(' ').map(stem).collect::<Vec<_>>().join(" ")
}

/// Text columns worth looking into, those of `preferred` relations first. Columns whose values are all known, keys of many
/// pieces and prose stay out.
pub fn columns_to_probe(schema: &Schema, stored: &StoredValues, preferred: &[usize]) -> Vec<ColumnId> {
    let mut columns: Vec<(bool, ColumnId)> = Vec::new();
    for (relation, description) in schema.relations.iter().enumerate() {
        for (at, column) in description.columns.iter().enumerate() {
            if column.kind == TypeKind::Text && !stored.is_complete((relation, at)) && !is_prose(column) {
                columns.push((!preferred.contains(&relation), (relation, at)));
            }
        }
    }
    columns.sort();
    columns.into_iter().take(MOST_COLUMNS).map(|(_, id)| id).collect()
}

/// A sample of values that is long on average holds texts to read, not values to name.
fn is_prose(column: &Column) -> bool {
    let Some(stats) = &column.stats else { return false };
    let sample: Vec<usize> =
        stats.bounds.iter().chain(&stats.common_values).take(20).map(|value| value.chars().count()).collect();
    !sample.is_empty() && sample.iter().sum::<usize>() / sample.len() > LONGEST_VALUE
}

/// Asks the probe for the needles, each with the spellings that it may have.
pub fn probe(needles: &[String], columns: &[ColumnId], probe: &mut dyn ValueProbe) -> Vec<(usize, StoredValue)> {
    if needles.is_empty() || columns.is_empty() {
        return Vec::new();
    }
    let needles = &needles[..needles.len().min(MOST_NEEDLES)];
    let hits = probe.find(needles, columns);
    hits.into_iter()
        .filter(|hit| hit.needle < needles.len())
        .map(|hit| (hit.needle, StoredValue { column: (hit.relation, hit.column), text: hit.value }))
        .collect()
}
