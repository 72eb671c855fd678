//! Whether the thing that a question asks for is one that nothing here is named like. A query can then only show something else.

use super::elements::Element;
use crate::lexicon::morphology::is_past;
use crate::lexicon::time_unit;
use crate::question::Question;

/// What follows a thing that is counted: "how many calories does it have".
const AUXILIARIES: [&str; 12] = ["do", "does", "did", "is", "are", "was", "were", "have", "has", "had", "can", "will"];
/// What follows a thing that something else has, or that is asked for by something: "humidity of the branches", "humidity by branch".
const OWNED: [&str; 6] = ["of", "by", "per", "for", "at", "from"];
/// What a property at the end follows: "which products are vegan".
pub const COPULAS: [&str; 4] = ["is", "are", "was", "were"];

/// See the module.
pub fn is_asked_for(question: &Question, elements: &[Element]) -> bool {
    is_unknown_thing(question, elements) || is_unknown_property(question, elements)
}

/// "How many calories does it have", "humidity of the branches".
fn is_unknown_thing(question: &Question, elements: &[Element]) -> bool {
    let counted = (1..elements.len()).find(|at| is_how_many(question, &elements[at - 1]));
    let begin = counted.or_else(|| elements.iter().position(is_content)).unwrap_or(elements.len());
    let length = elements[begin..].iter().take_while(|element| is_content(element)).count();
    let (Some(head), Some(next)) = (elements[begin..begin + length].last(), elements.get(begin + length)) else { return false };
    let (next, noun) = (question.lower(next.tokens.start), question.lower(head.tokens.start));
    // "Payments taken by each clerk" asks for payments.
    let ends = if counted.is_some() { AUXILIARIES.contains(&next) } else { OWNED.contains(&next) && !is_past(noun) };
    // "How many days" is a measure of something else.
    head.is_unknown() && ends && time_unit(noun).is_none()
}

/// "Which products are vegan".
fn is_unknown_property(question: &Question, elements: &[Element]) -> bool {
    let mut last =
        elements.iter().rev().skip_while(|element| !is_content(element) && !element.is_bare_state() && element.stop.is_none());
    let (Some(property), Some(before)) = (last.next(), last.next()) else { return false };
    (property.is_unknown() || property.is_bare_state())
        && elements.len() > 2
        && COPULAS.contains(&question.lower(before.tokens.start))
}

/// It names something, or should.
fn is_content(element: &Element) -> bool {
    element.is_unknown() || !element.things.is_empty()
}

fn is_how_many(question: &Question, element: &Element) -> bool {
    element.tokens.clone().map(|at| question.lower(at)).eq(["how", "many"])
}

#[cfg(test)]
mod tests {
    use crate::ir::Day;
    use crate::question;
    use crate::understand::tests::{Rows, library};
    use crate::understand::understand;

    fn asks_for_unknown(text: &str) -> bool {
        let prepared = library();
        let question = question::read(text, Day { year: 2024, month: 5, day: 17 });
        understand(&question, &prepared, &mut Rows(prepared.schema())).asks_for_unknown(&question)
    }

    #[test]
    fn things_and_properties_that_nothing_is_named_like() {
        let of_nothing = [
            "how many calories do the books have",
            "What is the humidity of the branches?",
            "member satisfaction by city",
            "which books are radioactive?",
            "how many members are vegan",
        ];
        let known = [
            "how many books do we have",
            "how many members are there",
            "What is the average price of the books?",
            "members by city",
            "loans taken by each member",
            "how many days did the loans last",
            "which books are out of print?",
            "show radioactive books of 2020",
        ];
        of_nothing.iter().for_each(|text| assert!(asks_for_unknown(text), "{text}"));
        known.iter().for_each(|text| assert!(!asks_for_unknown(text), "{text}"));
    }
}
