//! Steps that can only lead to a query that is refused or says nothing: the rules that a search over steps keeps to.
//!
//! [`Track`] follows the steps taken so far and knows what stands open and in which place; [`Typed`] judges a choice for it by
//! types, statistics and what the block has said already. A step that the rules do not know is allowed.

use std::cell::RefCell;

use nl_query_core::schema::TypeKind;

use super::track::{Column, Frame, Left, Place, Track};
use super::{Seen, values};
use crate::ir::{Aggregate, Comparison};
use crate::lexicon;
use crate::link::values::known_values;
use crate::parser::constraints::Constraints;
use crate::parser::features::{Candidate, CandidateKind, Features, Target};
use crate::parser::grammar::{Choice, Production, Symbol, productions};
use crate::prepared::{ColumnId, Prepared};
use crate::question::{NumberValue, Question, TokenKind};
use crate::render::types;

/// The rules for one question.
pub struct Typed<'a> {
    seen: Seen<'a>,
    /// The place of the last prefix: choices are asked about one prefix after the other.
    track: RefCell<Track>,
}

/// The rules for a question over a schema.
pub fn constraints<'a>(features: &'a Features, question: &'a Question, prepared: &'a Prepared) -> Typed<'a> {
    Typed { seen: Seen { features, question, prepared }, track: RefCell::new(Track::new(features.relations)) }
}

impl Constraints for Typed<'_> {
    fn allowed(&self, prefix: &[(Symbol, Choice)], open: Symbol, choice: Choice) -> bool {
        let mut track = self.track.borrow_mut();
        track.follow(prefix);
        let Some(frame) = track.open().filter(|frame| frame.symbol() == open) else { return true };
        match choice {
            Choice::Production(number) => productions().get(number).is_none_or(|one| self.production(frame, one, &track)),
            Choice::Item(item) => self.item(frame, item, &track),
            Choice::Word(word) => self.word(frame, word, &track),
        }
    }
}

impl Typed<'_> {
    fn target(&self, item: usize) -> Option<Target> {
        self.seen.features.items.get(item).map(|item| item.target)
    }

    fn kind(&self, column: ColumnId) -> TypeKind {
        self.seen.prepared.column(column).kind
    }

    fn production(&self, frame: Frame, one: &Production, track: &Track) -> bool {
        match frame {
            Frame::Select { width: Some(width) } => one.opens.len() == width,
            Frame::Condition { having: true } => !matches!(one.name.as_str(), "null" | "not null" | "true" | "false"),
            Frame::Term(Place::Left { left, having, .. }) => {
                let plain = matches!(one.name.as_str(), "plain" | "year");
                (!having || !plain) && (left != Left::Like || one.name == "plain")
            }
            Frame::Term(Place::Arithmetic) => one.name != "year",
            Frame::Value { left } => one.name.parse().is_ok_and(|constant| self.constant(left, constant, track)),
            _ => true,
        }
    }

    fn item(&self, frame: Frame, item: usize, track: &Track) -> bool {
        let Some(target) = self.target(item) else { return true };
        match (frame, target) {
            (Frame::Relation, Target::Relation(relation)) => !track.uses(|used| self.relation(used) == Some(relation)),
            (Frame::Relation, Target::Column(_)) => false,
            (Frame::Column(column), Target::Relation(_)) => relation_fits(column) && !track.repeats(column, item),
            (Frame::Column(column), Target::Column(id)) => self.column_fits(column, id, track) && !track.repeats(column, item),
            _ => true,
        }
    }

    fn relation(&self, item: usize) -> Option<usize> {
        self.target(item).map(|target| match target {
            Target::Relation(relation) | Target::Column((relation, _)) => relation,
        })
    }

    fn column_fits(&self, column: Column, id: ColumnId, track: &Track) -> bool {
        let kind = self.kind(id);
        match column {
            Column::Truth { holds } => {
                kind == TypeKind::Boolean || values::stored_answer(self.seen.prepared.column(id), holds).is_some()
            }
            Column::Right => match self.compared(track) {
                Some((left, of)) => comparable(left, kind) && of != Some(id),
                None => true,
            },
            Column::Of { function: Some((function, _)), place, .. } => {
                function_fits(function, kind) && (function == Aggregate::Count || self.place_fits(place, id))
            }
            Column::Of { year: true, .. } => kind.is_calendar(),
            Column::Of { place, .. } => self.place_fits(place, id),
            Column::Group | Column::Null => true,
        }
    }

    /// Whether values of this column may stand in the place.
    fn place_fits(&self, place: Place, id: ColumnId) -> bool {
        let kind = self.kind(id);
        match place {
            Place::Item { .. } => true,
            Place::Key => !matches!(kind, TypeKind::Json | TypeKind::Other),
            Place::Arithmetic => matches!(kind, TypeKind::Number | TypeKind::Interval) || kind.is_calendar(),
            Place::Left { left, .. } => match left {
                Left::Like => matches!(kind, TypeKind::Text | TypeKind::Enum),
                Left::Between => is_ordered(kind) && (!kind.is_calendar() || self.says_time()),
                Left::Value(op) => {
                    let ordered = matches!(op, Comparison::Equal | Comparison::NotEqual) || is_ordered(kind);
                    ordered && !is_opaque(kind) && (!kind.is_calendar() || self.says_time())
                }
                Left::Other(op) => matches!(op, Comparison::Equal | Comparison::NotEqual) || is_ordered(kind),
            },
        }
    }

    /// The question has something that a calendar column could be compared with.
    fn says_time(&self) -> bool {
        (0..self.seen.features.words.len()).any(|word| self.is_time(word))
    }

    fn candidates(&self, word: usize) -> impl Iterator<Item = &Candidate> {
        self.seen.features.candidates.iter().filter(move |candidate| candidate.words.contains(&word))
    }

    fn is_time(&self, word: usize) -> bool {
        self.candidates(word).any(|candidate| match &candidate.kind {
            CandidateKind::Date(_) => true,
            CandidateKind::Number(at) => {
                matches!(self.seen.question.numbers[*at].value, NumberValue::Integer(1000..=2999))
            }
            CandidateKind::Quoted(text) => text.bytes().any(|letter| letter.is_ascii_digit()),
            _ => false,
        })
    }

    fn is_number(&self, word: usize) -> bool {
        let digits = || {
            let token = self.seen.question.tokens.get(word);
            token.is_some_and(|token| token.text.parse::<i64>().is_ok())
        };
        self.candidates(word).any(|candidate| matches!(candidate.kind, CandidateKind::Number(_))) || digits()
    }

    /// The type and the column of what a value is compared with.
    fn compared(&self, track: &Track) -> Option<(TypeKind, Option<ColumnId>)> {
        let term = track.term()?;
        let Some(Target::Column(id)) = term.item.and_then(|item| self.target(item)) else {
            return Some((TypeKind::Number, None));
        };
        match (term.function, term.year) {
            (Some(Aggregate::Count | Aggregate::Average), _) | (_, true) => Some((TypeKind::Number, None)),
            _ => Some((self.kind(id), Some(id))),
        }
    }

    fn constant(&self, left: Option<Left>, constant: i64, track: &Track) -> bool {
        let Some(left) = left else { return constant > 0 };
        let Some((kind, column)) = self.compared(track) else { return true };
        match kind {
            TypeKind::Number => left != Left::Like,
            TypeKind::Boolean => matches!(constant, 0 | 1),
            TypeKind::Text | TypeKind::Enum => column.is_some_and(|id| self.has_digits(id)),
            _ => false,
        }
    }

    fn word(&self, frame: Frame, word: usize, track: &Track) -> bool {
        let Frame::Value { left } = frame else { return true };
        let Some(left) = left else { return self.is_number(word) };
        let Some((kind, column)) = self.compared(track) else { return true };
        match (kind, column) {
            _ if left == Left::Like => true,
            (TypeKind::Number, None) => self.is_number(word),
            (TypeKind::Number, Some(_)) => {
                self.is_number(word) || self.candidates(word).any(|one| matches!(one.kind, CandidateKind::Date(_)))
            }
            (TypeKind::Date | TypeKind::Timestamp | TypeKind::TimestampTz, _) => self.is_time(word),
            (TypeKind::Boolean, _) => {
                let token = self.seen.question.tokens.get(word);
                token.is_some_and(|token| values::yes_or_no(&token.lower).is_some())
            }
            (TypeKind::Text | TypeKind::Enum, Some(id)) => self.text_fits(word, id),
            _ => true,
        }
    }

    /// A word for a column of texts: no bare number unless the column has numbers, and nothing that is stored elsewhere only while
    /// all values of this column are known.
    fn text_fits(&self, word: usize, column: ColumnId) -> bool {
        let mut quoted = false;
        let mut elsewhere = false;
        for candidate in self.candidates(word) {
            match &candidate.kind {
                CandidateKind::Stored(stored) if stored.column == column => return true,
                CandidateKind::Stored(_) => elsewhere = true,
                CandidateKind::Quoted(_) => quoted = true,
                _ => {}
            }
        }
        if quoted || values::stored_here(self.seen, word, column).is_some() {
            return true;
        }
        let Some(token) = self.seen.question.tokens.get(word) else { return true };
        if token.kind == TokenKind::Number && !self.is_in_name(word) && !self.has_digits(column) {
            return false;
        }
        let complete = self.seen.prepared.values.is_complete(column);
        !(elsewhere && complete) && self.says_something(word)
    }

    /// Digits in front of or inside of words with capitals.
    fn is_in_name(&self, word: usize) -> bool {
        let touches = |candidate: &Candidate| candidate.words.contains(&word) || candidate.words.start == word + 1;
        let is_name = |candidate: &&Candidate| matches!(candidate.kind, CandidateKind::Capitals(_));
        self.seen.features.candidates.iter().filter(is_name).any(touches)
    }

    /// No article or preposition, unless it is part of something or stands for a letter.
    fn says_something(&self, word: usize) -> bool {
        let Some(token) = self.seen.question.tokens.get(word) else { return true };
        let letter = token.text.chars().count() == 1;
        letter || lexicon::stop_word(&token.lower).is_none() || self.candidates(word).next().is_some()
    }

    /// Statistics know a value of the column that begins with a digit, or nothing at all.
    fn has_digits(&self, column: ColumnId) -> bool {
        let column = self.seen.prepared.column(column);
        let mut known = known_values(column).peekable();
        known.peek().is_none() || known.any(|value| value.bytes().next().is_some_and(|first| first.is_ascii_digit()))
    }
}

/// A whole relation can be counted, or shown as an item.
fn relation_fits(column: Column) -> bool {
    match column {
        Column::Of { function: Some((function, _)), .. } => function == Aggregate::Count,
        Column::Of { function: None, year: false, place: Place::Item { nested } } => !nested,
        _ => false,
    }
}

fn function_fits(function: Aggregate, kind: TypeKind) -> bool {
    match function {
        Aggregate::Sum | Aggregate::Average => matches!(kind, TypeKind::Number | TypeKind::Interval),
        Aggregate::Min | Aggregate::Max => types::has_extremes(Some(kind)),
        _ => true,
    }
}

fn is_ordered(kind: TypeKind) -> bool {
    kind.is_calendar() || matches!(kind, TypeKind::Number | TypeKind::Text | TypeKind::Time | TypeKind::Interval | TypeKind::Enum)
}

/// Types without values that a question could name.
fn is_opaque(kind: TypeKind) -> bool {
    matches!(kind, TypeKind::Json | TypeKind::Range | TypeKind::Binary)
}

fn comparable(left: TypeKind, right: TypeKind) -> bool {
    left == right || (left.is_calendar() && right.is_calendar())
}
