//! The words of very many relations and where they occur, for a first look at which of them a question may be about: far less
//! work than making them ready. Names and comments only; values, roles and inferred keys belong to what is made ready then.

use std::collections::HashMap;

use nl_query_core::schema::{ForeignKey, Relation, RelationId};

use crate::ir::Day;
use crate::lexicon::morphology::Memo;
use crate::link::names::known_word;
use crate::prepared::{Name, comment_stems, spellings};
use crate::question;

use super::evidence::{Evidence, Posting, Spot};
use super::kinship::Kinship;
use super::senses::senses;
use super::{scores, used};

/// Which words there are does not depend on the day.
const ANY_DAY: Day = Day { year: 2000, month: 1, day: 1 };

/// What somebody may see of the relations in an index.
pub trait Sees {
    fn relation(&self, relation: RelationId) -> bool;
    fn column(&self, relation: RelationId, column: usize) -> bool;

    /// Both ends with all their columns.
    fn key(&self, key: &ForeignKey) -> bool {
        let side = |relation: RelationId, columns: &[usize]| {
            self.relation(relation) && columns.iter().all(|column| self.column(relation, *column))
        };
        side(key.from, &key.from_columns) && side(key.to, &key.to_columns)
    }
}

/// Words by their stems, and where they occur.
#[derive(Debug, Default)]
pub struct Index {
    vocabulary: HashMap<String, Vec<Posting>>,
    spellings: Vec<(String, String)>,
}

impl Index {
    /// Of relations in the order of their positions.
    pub fn new<'r>(relations: impl Iterator<Item = &'r Relation> + Clone) -> Index {
        let memo = Memo::default();
        let mut index = Index { vocabulary: HashMap::new(), spellings: spellings(relations.clone(), &memo) };
        for (id, relation) in relations.enumerate() {
            let Ok(id) = u32::try_from(id) else { break };
            index.add(id, Posting::NO_COLUMN, &relation.name, relation.comment.as_deref(), &memo);
            for (at, column) in relation.columns.iter().enumerate() {
                // PostgreSQL has no more than 1,600.
                let Ok(at) = u16::try_from(at) else { break };
                index.add(id, at, &column.name, column.comment.as_deref(), &memo);
            }
        }
        index
    }

    fn add(&mut self, relation: u32, column: u16, name: &str, comment: Option<&str>, memo: &Memo) {
        let name = Name::of(name, memo);
        // A name has 63 bytes.
        let length = u8::try_from(name.positions.len()).unwrap_or(u8::MAX);
        for (at, alternatives) in (0..length).zip(&name.positions) {
            for word in alternatives {
                self.note(word, Posting { relation, column, at: Spot::Name(at), length });
            }
        }
        for word in comment_stems(comment, memo) {
            self.note(&word, Posting { relation, column, at: Spot::Comment, length });
        }
    }

    fn note(&mut self, word: &str, posting: Posting) {
        match self.vocabulary.get_mut(word) {
            Some(known) => known.push(posting),
            None => {
                self.vocabulary.insert(word.to_owned(), vec![posting]);
            }
        }
    }

    /// How much each of the relations that the index was made of matters for the question. Names and keys out of sight change nothing,
    /// and what is said of relations out of sight means nothing. `relations` are those that the index was made of.
    pub fn scores<'r>(
        &self,
        question: &str,
        relations: impl Iterator<Item = &'r Relation>,
        keys: &[ForeignKey],
        sees: &dyn Sees,
    ) -> Vec<f32> {
        let (schemas, uses): (Vec<&str>, Vec<u8>) = relations.map(|relation| (relation.schema.as_str(), relation.uses)).unzip();
        let question = question::read(question, ANY_DAY);
        let postings = |word: &str| {
            let postings = self.vocabulary.get(word).map_or(&[][..], Vec::as_slice);
            postings.iter().copied().filter(|posting| sees_posting(sees, posting))
        };
        let find = |word: &str| known_word(&self.vocabulary, word).filter(|word| postings(word).next().is_some());
        let evidence = Evidence::of_names(schemas.len(), senses(&question, &find, &self.spellings), postings);
        let keys = keys.iter().filter(|key| sees.key(key)).map(|key| (key.from, key.to));
        used(scores(&evidence, &Kinship::of(schemas.into_iter(), keys)), uses.into_iter())
    }
}

fn sees_posting(sees: &dyn Sees, posting: &Posting) -> bool {
    let relation = posting.relation as usize;
    sees.relation(relation) && (posting.column == Posting::NO_COLUMN || sees.column(relation, usize::from(posting.column)))
}
