//! What became of each word of the question in a query that was not read by the rules: told by what the query consists of.

use super::cues::{Cue, CueWord};
use super::elements::Element;
use super::score::{NOT_UNDERSTOOD, NOT_USED};
use super::words_of;
use crate::answer::WordAccount;
use crate::lexicon::{AggregateWord, Direction};
use crate::link::{Meaning, Mention, StoredValue};
use crate::parser::rank::anatomy::Anatomy;
use crate::prepared::Prepared;
use crate::question::Question;
use crate::render::describe::{describe_column, describe_relation};

/// One account for each element, in the order of the question.
pub fn accounts(question: &Question, elements: &[Element], anatomy: &Anatomy, prepared: &Prepared) -> Vec<WordAccount> {
    let account = |element: &Element| {
        let (meaning, rejected) = meaning(question, element, anatomy, prepared);
        WordAccount { words: words_of(question, element), meaning, rejected }
    };
    elements.iter().map(account).collect()
}

fn meaning(question: &Question, element: &Element, anatomy: &Anatomy, prepared: &Prepared) -> (String, Vec<String>) {
    if let Some(value) = value(question, element, anatomy) {
        return (described(&value, prepared), Vec::new());
    }
    if let Some(mention) = element.things.iter().find(|mention| is_used(mention, anatomy)) {
        let stronger = element.things.iter().take_while(|other| !std::ptr::eq(*other, mention));
        return (name(mention, prepared), stronger.map(|other| name(other, prepared)).collect());
    }
    if let Some(cue) = &element.cue {
        return (cue_meaning(cue).to_owned(), Vec::new());
    }
    if element.stop.is_some() {
        return ("filler".to_owned(), Vec::new());
    }
    let meant = element.things.iter().map(|mention| name(mention, prepared)).collect();
    (if element.is_unknown() { NOT_UNDERSTOOD } else { NOT_USED }.to_owned(), meant)
}

/// Whether the element means something that the query has nothing of.
pub fn is_left_aside(question: &Question, element: &Element, anatomy: &Anatomy) -> bool {
    let filler = element.cue.is_some() || element.stop.is_some() || element.is_unknown();
    !filler && value(question, element, anatomy).is_none() && !element.things.iter().any(|mention| is_used(mention, anatomy))
}

fn is_used(mention: &Mention, anatomy: &Anatomy) -> bool {
    match &mention.meaning {
        Meaning::Relation(relation) => anatomy.relations.contains(relation),
        Meaning::Column(column) => anatomy.columns.contains(column),
        Meaning::Value(_) => false,
    }
}

/// What a query took from an element that is no name.
enum Taken<'e> {
    Stored(&'e StoredValue),
    Text(&'e str),
    Number(String),
    Date,
}

fn value<'e>(question: &'e Question, element: &'e Element, anatomy: &Anatomy) -> Option<Taken<'e>> {
    let compared = |text: &str| anatomy.compared.iter().any(|(_, known)| *known == text.to_lowercase());
    if let Some(stored) = element.values.iter().find(|stored| compared(&stored.text)) {
        return Some(Taken::Stored(stored));
    }
    let quoted = element.quoted.and_then(|at| question.quoted.get(at)).map(|quoted| quoted.content.trim());
    if let Some(text) = quoted.filter(|text| compared(text)) {
        return Some(Taken::Text(text));
    }
    let digits = element.number.and_then(|at| question.numbers.get(at)).map(|number| number.value.digits());
    if let Some(digits) = digits.filter(|digits| anatomy.numbers.contains(digits) || compared(digits)) {
        return Some(Taken::Number(digits));
    }
    (element.date.is_some() && anatomy.dates > 0).then_some(Taken::Date)
}

fn described(taken: &Taken<'_>, prepared: &Prepared) -> String {
    match taken {
        Taken::Stored(stored) => {
            let column = describe_column(prepared.schema(), stored.column.0, stored.column.1);
            format!("value '{}' of {}", stored.text, column.trim_start_matches("column "))
        }
        Taken::Text(text) => format!("text '{text}'"),
        Taken::Number(digits) => format!("number {digits}"),
        Taken::Date => "date".to_owned(),
    }
}

fn name(mention: &Mention, prepared: &Prepared) -> String {
    match &mention.meaning {
        Meaning::Relation(relation) => describe_relation(prepared.schema(), *relation),
        Meaning::Column((relation, column)) => describe_column(prepared.schema(), *relation, *column),
        Meaning::Value(value) => format!("value '{}'", value.text),
    }
}

fn cue_meaning(cue: &Cue) -> &'static str {
    match cue {
        Cue::Aggregate(AggregateWord::Function(_)) => "what is counted or added up",
        Cue::Aggregate(_) => "how much",
        Cue::Superlative(superlative) | Cue::Leading(superlative) => match superlative.direction {
            Direction::Descending => "highest first",
            Direction::Ascending => "lowest first",
        },
        Cue::Comparative(_) | Cue::Compare(_) => "comparison",
        Cue::Word(CueWord::Group | CueWord::Each) => "one row for each",
        Cue::Word(CueWord::Not | CueWord::Without | CueWord::Except) => "negation",
        Cue::Word(CueWord::Order | CueWord::Ascending | CueWord::Descending | CueWord::Alphabetical) => "order",
        Cue::State(_) | Cue::Word(_) => "linking word",
    }
}
