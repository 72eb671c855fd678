//! The words of relations and columns, worked out while a schema is made ready. What many of them need is looked up once before.

use std::collections::HashMap;

use nl_query_core::schema::{ForeignKey, Relation, RelationId};

use super::name::{Name, is_key_word, superior, without_key_words};
use super::roles::{is_bookkeeping, label_columns, role, time_columns};
use super::{ColumnWords, RelationWords};
use crate::lexicon;
use crate::lexicon::morphology::Memo;

/// What is at hand while a schema is made ready.
pub(super) struct Builder<'a> {
    relations: &'a [Relation],
    keys: &'a [ForeignKey],
    /// Positions of the keys that go out from each relation, in order.
    going_out: Vec<Vec<usize>>,
    memo: &'a Memo,
    /// The names of all columns taken apart: a schema has far fewer names than columns.
    names: HashMap<&'a str, Name>,
}

impl<'a> Builder<'a> {
    pub fn new(relations: &'a [Relation], keys: &'a [ForeignKey], memo: &'a Memo) -> Self {
        let mut going_out: Vec<Vec<usize>> = vec![Vec::new(); relations.len()];
        for (position, key) in keys.iter().enumerate() {
            if let Some(out) = going_out.get_mut(key.from) {
                out.push(position);
            }
        }
        let mut names: HashMap<&str, Name> = HashMap::new();
        for column in relations.iter().flat_map(|relation| &relation.columns) {
            names.entry(&column.name).or_insert_with(|| Name::of(&column.name, memo));
        }
        Builder { relations, keys, going_out, memo, names }
    }

    /// The words of a relation.
    pub fn relation(&self, id: RelationId) -> RelationWords {
        let relation = &self.relations[id];
        let referencing: Vec<usize> =
            self.going_out[id].iter().flat_map(|key| self.keys[*key].from_columns.iter().copied()).collect();
        let keys_only =
            relation.columns.iter().enumerate().all(|(at, column)| referencing.contains(&at) || is_bookkeeping(column));
        RelationWords {
            name: Name::of(&relation.name, self.memo),
            comment: comment_stems(relation.comment.as_deref(), self.memo),
            label: label_columns(relation, &referencing, self.memo),
            times: time_columns(relation, self.memo),
            bridge: keys_only && referencing.len() >= 2,
        }
    }

    /// The words of a relation's columns.
    pub fn columns(&self, id: RelationId) -> Vec<ColumnWords> {
        let owner: Vec<String> = self.memo.stems_of_name(&self.relations[id].name).iter().map(|word| word.to_string()).collect();
        (0..self.relations[id].columns.len()).map(|at| self.column(id, at, &owner)).collect()
    }

    /// The name without the words of the relation in front, unless nothing would be left.
    fn without_owner(&self, column: &str, owner: &[String]) -> Name {
        let Some(whole) = self.names.get(column) else { return Name::default() };
        let prefix = whole.stems().zip(owner.iter()).take_while(|(mine, theirs)| mine == theirs).count();
        let prefix = if prefix == owner.len() && prefix < whole.positions.len() { prefix } else { 0 };
        Name { positions: whole.positions[prefix..].to_vec(), shortened: whole.shortened }
    }

    fn column(&self, id: RelationId, at: usize, owner: &[String]) -> ColumnWords {
        let relation = &self.relations[id];
        let column = &relation.columns[at];
        let mut name = self.without_owner(&column.name, owner);
        let reference = self.going_out[id].iter().copied().find(|key| self.keys[*key].from_columns == [at]);
        if column.kind.is_calendar() {
            name = name.without_calendar_word();
        }
        let keyed = name.positions.len() > 1 && name.positions.last().is_some_and(|word| is_key_word(word));
        // `city_code` says city, and may say code.
        if reference.is_none()
            && keyed
            && name.positions.last().is_some_and(|word| word.first().is_some_and(|word| word == "code"))
        {
            name.positions.pop();
            name.shortened = true;
        }
        let mut stands_for = None;
        if let Some(position) = reference {
            let to = self.keys[position].to;
            let target = if to == id { "" } else { self.relations[to].name.as_str() };
            let (rest, all) = without_key_words(name, target, self.memo);
            stands_for = (all && to != id).then_some(to);
            name = if to == id { superior(rest, self.memo) } else { rest };
        }
        // "the ids of students" are `stuid`, whatever the key is called.
        if relation.primary_key == [at]
            && let Some(last) = name.positions.last_mut()
            && !last.iter().any(|word| word == "id")
        {
            last.push("id".to_owned());
        }
        ColumnWords {
            role: role(at, relation, column, reference.is_some(), self.memo),
            name,
            owner: owner.to_vec(),
            comment: comment_stems(column.comment.as_deref(), self.memo),
            reference,
            stands_for,
            keyed,
        }
    }
}

/// The stems of a comment's words, of the first forty that say something.
pub(crate) fn comment_stems(comment: Option<&str>, memo: &Memo) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    let words = comment.unwrap_or_default().split(|c: char| !c.is_alphanumeric());
    for word in words.filter(|word| word.chars().count() > 2).take(40) {
        let lower = word.to_lowercase();
        if lexicon::stop_word(&lower).is_none() {
            let stemmed = memo.stem(&lower);
            if !stems.iter().any(|known| **known == *stemmed) {
                stems.push(stemmed.to_string());
            }
        }
    }
    stems
}
