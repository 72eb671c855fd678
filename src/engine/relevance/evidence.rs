//! How well each relation meets each word of a question: by its name, its columns' names, comments, and the values that statistics
//! know. A word that few relations have says much, one that most have little.

use nl_query_core::schema::RelationId;

use crate::link::names::known_word;
use crate::prepared::{Part, Place, PlaceTarget, Prepared};
use crate::question::Question;
use crate::understand::{spelling, stretches};

use super::senses::{Sense, senses};

/// A word of a relation's name, of a column's name.
const RELATION: f32 = 1.4;
const COLUMN: f32 = 0.9;
/// The share of that which one word of a long name has by itself; the rest goes by how much of the name is said.
const ALONE: f32 = 0.3;
/// "id" or "date" behind a column's name, a word of a comment.
const SUFFIX: f32 = 0.3;
const COMMENT: f32 = 0.5;
/// A stored value as it is spelled, in another form of its words; of several words or with a capital it is met by chance less often.
const VALUE: f32 = 0.8;
const VALUE_STEMS: f32 = 0.6;
const DISTINCT: f32 = 1.3;

/// Words x relations.
pub struct Evidence {
    relations: usize,
    /// For each token of the question, what each relation has for it; empty where none has anything.
    by_token: Vec<Vec<f32>>,
}

/// A word of the question that meets a word of a name or a comment.
struct Hit {
    posting: Posting,
    token: usize,
    weight: f32,
}

impl Evidence {
    /// Of everything that is known of a schema.
    pub fn of_prepared(question: &Question, prepared: &Prepared) -> Evidence {
        let relations = prepared.schema().relations.len();
        let senses = senses(question, &|word| known_word(&prepared.vocabulary, word), &prepared.spellings);
        let postings = |word: &str| {
            let places = prepared.vocabulary.get(word).map_or(&[][..], Vec::as_slice);
            places.iter().filter_map(|place| Posting::of(place, prepared))
        };
        let mut evidence = Evidence::of_names(relations, senses, postings);
        evidence.values(question, prepared);
        evidence
    }

    /// Of names and comments: the senses of each token, and where a word occurs.
    pub fn of_names<P: Iterator<Item = Posting>>(
        relations: usize,
        senses: Vec<Vec<Sense<'_>>>,
        postings: impl Fn(&str) -> P,
    ) -> Evidence {
        let mut evidence = Evidence { relations, by_token: vec![Vec::new(); senses.len()] };
        let mut rarity = Rarity::among(relations);
        let mut hits = Vec::new();
        for (token, senses) in senses.into_iter().enumerate() {
            rarity.next_word();
            for sense in senses {
                let first = hits.len();
                hits.extend(postings(sense.word).map(|posting| Hit { posting, token, weight: sense.strength }));
                let rarity = rarity.of(hits[first..].iter().map(|hit| hit.posting.relation as usize));
                hits[first..].iter_mut().for_each(|hit| hit.weight *= rarity);
            }
        }
        hits.sort_unstable_by_key(|hit| hit.posting.target());
        for hits in hits.chunk_by(|a, b| a.posting.target() == b.posting.target()) {
            evidence.note_target(hits);
        }
        evidence
    }

    /// How many relations there are.
    pub fn relations(&self) -> usize {
        self.relations
    }

    /// What the relation has for all words together.
    pub fn met_by(&self, relation: RelationId) -> f32 {
        self.rows().map(|row| row[relation]).sum()
    }

    /// For each word that any relation meets, what each has for it.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.by_token.iter().filter(|row| !row.is_empty()).map(Vec::as_slice)
    }

    fn note(&mut self, token: usize, relation: RelationId, weight: f32) {
        let row = &mut self.by_token[token];
        if row.is_empty() {
            row.resize(self.relations, 0.0);
        }
        row[relation] = row[relation].max(weight);
    }

    /// All hits on one name and its comment.
    fn note_target(&mut self, hits: &[Hit]) {
        let Some(Posting { relation, column, length, .. }) = hits.first().map(|hit| hit.posting) else { return };
        let met = (0..length).filter(|at| hits.iter().any(|hit| hit.posting.at == Spot::Name(*at))).count();
        let said = met as f32 / f32::from(length.max(1));
        let name = if column == Posting::NO_COLUMN { RELATION } else { COLUMN };
        for hit in hits {
            let fit = match hit.posting.at {
                Spot::Name(_) => name * (ALONE + (1.0 - ALONE) * said),
                Spot::Suffix => SUFFIX,
                Spot::Comment => COMMENT,
            };
            self.note(hit.token, relation as usize, hit.weight * fit);
        }
    }

    fn values(&mut self, question: &Question, prepared: &Prepared) {
        let mut rarity = Rarity::among(self.relations);
        for (start, end) in stretches(question) {
            let (found, is_spelled) = prepared.values.found(&spelling(question, start, end));
            let strength = if is_spelled { VALUE } else { VALUE_STEMS };
            if found.is_empty() {
                continue;
            }
            let tokens = &question.tokens[start..end];
            let capital = start > 0 && tokens.iter().any(|token| token.text.starts_with(char::is_uppercase));
            let distinct = if capital || tokens.len() > 1 { DISTINCT } else { 1.0 };
            rarity.next_word();
            let weight = strength * distinct * rarity.of(found.iter().map(|value| value.column.0));
            for value in found {
                (start..end).for_each(|token| self.note(token, value.column.0, weight));
            }
        }
    }
}

/// Where a word occurs among relations, as small as can be: there may be a million of them.
#[derive(Debug, Clone, Copy)]
pub struct Posting {
    pub relation: u32,
    /// Position of the column, or [`Posting::NO_COLUMN`].
    pub column: u16,
    pub at: Spot,
    /// Words of the name.
    pub length: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// Position in the name.
    Name(u8),
    /// Behind the name, where it may be left out.
    Suffix,
    Comment,
}

impl Posting {
    /// The word is the relation's own.
    pub const NO_COLUMN: u16 = u16::MAX;

    fn target(&self) -> (u32, u16) {
        (self.relation, self.column)
    }

    /// None for words that a column only has from its relation, and for more words and columns than PostgreSQL allows.
    fn of(place: &Place, prepared: &Prepared) -> Option<Posting> {
        let (relation, column, length) = match place.target {
            PlaceTarget::Relation(id) => (id, Posting::NO_COLUMN, prepared.relations[id].name.positions.len()),
            PlaceTarget::Column(id, at) => (id, u16::try_from(at).ok()?, prepared.words((id, at)).name.positions.len()),
        };
        let at = match place.part {
            Part::Name(at) => Spot::Name(u8::try_from(at).ok()?),
            Part::Suffix => Spot::Suffix,
            Part::Comment => Spot::Comment,
            Part::Owner => return None,
        };
        Some(Posting { relation: u32::try_from(relation).ok()?, column, at, length: u8::try_from(length).ok()? })
    }
}

/// How rare what a word may stand for is among the relations.
struct Rarity {
    /// The last word for which each relation was met.
    met: Vec<u32>,
    word: u32,
    count: usize,
}

impl Rarity {
    fn among(relations: usize) -> Rarity {
        Rarity { met: vec![0; relations], word: 0, count: 0 }
    }

    fn next_word(&mut self) {
        self.word += 1;
        self.count = 0;
    }

    /// 1 for what one relation has, towards 0 for what all have. Relations of surer senses of the same word count as well: that
    /// "name" may also stand for a rare word does not make it rare.
    fn of(&mut self, relations: impl Iterator<Item = RelationId>) -> f32 {
        for relation in relations {
            if self.met[relation] != self.word {
                self.met[relation] = self.word;
                self.count += 1;
            }
        }
        let all = self.met.len().max(2) as f32;
        (1.0 + all / self.count.max(1) as f32).ln() / (1.0 + all).ln()
    }
}
