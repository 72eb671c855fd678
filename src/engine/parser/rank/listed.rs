//! Names that a question lists side by side ("the name, city and country of …"), and what a candidate shows of them. A name that is
//! left out of what is shown because a condition has it already ("… of every airport in the city of York") is no word left over, and
//! an answer without it is wrong all the same.

use std::collections::BTreeSet;
use std::ops::Range;

use super::alignment::Places;
use super::traits::Named;
use super::uses::Uses;
use crate::ir::Aggregate;
use crate::parser::features::Target;
use crate::prepared::ColumnId;
use crate::question::Question;

/// Names of the traits, in the order of [`Listed::traits`].
pub const LISTED: [&str; 3] = ["listed", "listed unshown", "shown beyond the list"];

/// Words inside a name of several words.
const LINKS: [&str; 2] = ["of", "the"];
/// Words that end what is to be shown.
const CONDITIONS: [&str; 15] =
    ["whose", "where", "with", "that", "having", "when", "if", "for", "sorted", "ordered", "order", "sort", "by", "from", "in"];
/// Words before the name of an element: "and the total number of".
const SKIPPED: usize = 3;
/// The most words of an element at the head of a list.
const LONGEST: usize = 4;

/// The elements of the first list of names; none where nothing is listed.
#[derive(Debug, Clone)]
pub struct Listed(Vec<Element>);

/// One of the names of a list.
#[derive(Debug, Clone)]
struct Element {
    words: Range<usize>,
    /// "The number of": as well the rows that have the name as what has it.
    amount: bool,
    /// The columns of which it is the whole name, in several words: "customer id" is no id of an order.
    columns: BTreeSet<ColumnId>,
}

impl Listed {
    pub fn new(question: &Question, named: &[Named], places: &Places) -> Self {
        let list = Words { question, named, places };
        let ends = |at: &usize| at.checked_sub(1).is_some_and(|before| CONDITIONS.contains(&list.lower(before)));
        Listed((1..question.tokens.len()).take_while(|at| !ends(at)).find_map(|at| list.around(at)).unwrap_or_default())
    }

    /// For a candidate that shows so many items.
    pub fn traits(&self, places: &Places, uses: &Uses, items: usize) -> [f32; LISTED.len()] {
        let counts = uses.shown.iter().any(|target| matches!(target, Target::Relation(_)))
            || uses.measured.iter().any(|(function, _)| *function == Aggregate::Count);
        let one_of = |columns: &BTreeSet<ColumnId>| {
            uses.shown_or_measured().any(|target| matches!(target, Target::Column(column) if columns.contains(column)))
        };
        let is_shown = |element: &Element| match element.columns.is_empty() {
            true => counts && element.amount || uses.shown_or_measured().any(|target| places.is_said_in(*target, &element.words)),
            false => one_of(&element.columns),
        };
        let unshown = self.0.iter().filter(|element| !is_shown(element)).count();
        let beyond = if self.0.is_empty() { 0 } else { items.saturating_sub(self.0.len()) };
        [self.0.len() as f32, unshown as f32, beyond as f32]
    }
}

struct Words<'q> {
    question: &'q Question,
    named: &'q [Named],
    places: &'q Places<'q>,
}

impl Words<'_> {
    fn lower(&self, at: usize) -> &str {
        self.question.lower(at)
    }

    fn is_break(&self, at: usize) -> bool {
        self.question.tokens.get(at).is_none_or(|token| token.after_break)
    }

    /// The list whose first element ends before `at`.
    fn around(&self, at: usize) -> Option<Vec<Element>> {
        let mut elements = vec![self.head(at)?];
        let mut next = self.next(at)?;
        while let Some(element) = self.element(next) {
            let end = element.words.end;
            elements.push(element);
            match self.next(end) {
                Some(first) => next = first,
                None => break,
            }
        }
        (elements.len() > 1).then_some(elements)
    }

    /// Where the element begins that a comma, an "and" or both at `at` announce.
    fn next(&self, at: usize) -> Option<usize> {
        match (self.lower(at), self.lower(at + 1), self.lower(at + 2)) {
            ("and" | "&", ..) => Some(at + 1),
            ("as", "well", "as") => Some(at + 3),
            _ => self.is_after_comma(at).then_some(at),
        }
    }

    fn head(&self, end: usize) -> Option<Element> {
        let last = end.checked_sub(1).filter(|last| self.is_name(*last))?;
        let names = |at: usize| self.is_name(at) || LINKS.contains(&self.lower(at));
        let inside = |at: &usize| names(*at) && (*at == last || !self.is_break(*at + 1));
        let start = (0..=last).rev().take(LONGEST).take_while(inside).last()?;
        Some(self.made(start..end, start.saturating_sub(2)))
    }

    /// The element that begins at `first`, a few words before its name passed over.
    fn element(&self, first: usize) -> Option<Element> {
        let passed = |at: &usize| *at == first || !self.is_break(*at) && self.lower(*at) != "and";
        let mut reach = (first..=first + SKIPPED).take_while(|at| passed(at) && !CONDITIONS.contains(&self.lower(*at)));
        let name = reach.find(|at| self.is_name(*at))?;
        let goes_on = |at: &usize| !self.is_break(*at) && self.is_name(*at);
        let end = (name + 1..).take_while(goes_on).last().map_or(name + 1, |last| last + 1);
        Some(self.made(name..end, first))
    }

    /// An element whose name are these words; from `first` on an amount may be asked for.
    fn made(&self, words: Range<usize>, first: usize) -> Element {
        let whole = |(name, _): &&Named| name.len() > 1 && name.iter().all(|word| words.contains(word));
        let columns = self.named.iter().find(whole).map(|(_, columns)| columns.clone()).unwrap_or_default();
        Element { amount: (first..words.start).any(|at| self.is_amount(at)), columns, words }
    }

    /// A word of a name; "number of" and "highest" are none, whatever has such a name, but "first and last name" are two.
    fn is_name(&self, at: usize) -> bool {
        let measures = self.places.is_measure(at) && !matches!(self.lower(at), "first" | "last");
        self.places.is_name(at) && !self.is_amount(at) && !measures
    }

    /// "number of", "amount of": what follows is the name.
    fn is_amount(&self, at: usize) -> bool {
        self.lower(at + 1) == "of" && matches!(self.lower(at), "number" | "amount" | "count" | "total")
    }

    fn is_after_comma(&self, at: usize) -> bool {
        let Some([before, token]) = self.question.tokens.get(at.saturating_sub(1)..=at) else { return false };
        self.question.text.get(before.span.end..token.span.start).is_some_and(|between| between.contains(','))
    }
}
