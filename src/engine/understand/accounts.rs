//! What became of each word of the question in a query that was not read by the rules: told by what the query consists of.

use super::cues::{Cue, CueWord};
use super::elements::Element;
use super::words_of;
use crate::answer::WordAccount;
use crate::lexicon::{AggregateWord, Direction};
use crate::link::{Meaning, Mention};
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
    if let Some(meaning) = value(question, element, anatomy, prepared) {
        return (meaning, Vec::new());
    }
    let used = |mention: &&Mention| match &mention.meaning {
        Meaning::Relation(relation) => anatomy.relations.contains(relation),
        Meaning::Column(column) => anatomy.columns.contains(column),
        Meaning::Value(_) => false,
    };
    if let Some(mention) = element.things.iter().find(used) {
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
    (if element.is_unknown() { "not understood" } else { "not used" }.to_owned(), meant)
}

/// The value, number or date that the query took from the element.
fn value(question: &Question, element: &Element, anatomy: &Anatomy, prepared: &Prepared) -> Option<String> {
    let compared = |text: &str| anatomy.compared.iter().find(|(_, known)| *known == text.to_lowercase());
    for stored in &element.values {
        if compared(&stored.text).is_some() {
            let column = describe_column(prepared.schema(), stored.column.0, stored.column.1);
            return Some(format!("value '{}' of {}", stored.text, column.trim_start_matches("column ")));
        }
    }
    if let Some(quoted) = element.quoted.and_then(|at| question.quoted.get(at))
        && compared(quoted.content.trim()).is_some()
    {
        return Some(format!("text '{}'", quoted.content.trim()));
    }
    if let Some(number) = element.number.and_then(|at| question.numbers.get(at)) {
        let digits = number.value.digits();
        if anatomy.numbers.contains(&digits) || compared(&digits).is_some() {
            return Some(format!("number {digits}"));
        }
    }
    (element.date.is_some() && anatomy.dates > 0).then(|| "date".to_owned())
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
