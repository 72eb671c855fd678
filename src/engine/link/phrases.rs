//! Names by terms of several words: "surname" for `last_name`, "family name" for `surname`, "birthday" for `date_of_birth`. What a single
//! word means for another single word is [`super::names`]'s.

use std::collections::BTreeSet;
use std::ops::Range;

use super::names::{is_verb_form, may_name, names_its_ends, strength_of};
use crate::lexicon::{self, Relatedness};
use crate::prepared::{Part, PlaceTarget, Prepared};
use crate::question::{Question, Token, TokenKind};

/// A stretch of the question that is another term for a whole name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phrase {
    pub tokens: Range<usize>,
    pub target: PlaceTarget,
    /// 0 to 1: how well it fits.
    pub strength: f32,
}

/// All of them.
pub(crate) fn phrases(question: &Question, prepared: &Prepared) -> Vec<Phrase> {
    let tokens = &question.tokens;
    let mut found = Vec::new();
    for begin in 0..tokens.len() {
        for end in begin + 1..=tokens.len().min(begin + lexicon::LONGEST_TERM) {
            if tokens[end - 1].kind != TokenKind::Word || (end > begin + 1 && tokens[end - 1].after_break) {
                break;
            }
            // Function words stand inside a term ("date of birth"), not at its ends.
            if may_name(&tokens[begin], begin) && may_name(&tokens[end - 1], end - 1) {
                add(&mut found, begin..end, tokens, prepared);
            }
        }
    }
    found
}

/// Adds what a stretch may name.
fn add(found: &mut Vec<Phrase>, tokens: Range<usize>, all: &[Token], prepared: &Prepared) {
    let stems: Vec<&str> = all[tokens.clone()].iter().map(|token| token.stem.as_str()).collect();
    let said = stems.join(" ");
    let terms = lexicon::related_terms(&said);
    // Where the schema has the very words, their kin is unlikely to be meant.
    let known = |said: &str| prepared.vocabulary.contains_key(said) || !named(said, prepared).is_empty();
    if terms.is_empty() || known(&said) {
        return;
    }
    let verb = stems.len() == 1 && is_verb_form(&all[tokens.start].lower);
    for (term, relatedness) in terms {
        let single = stems.len() == 1 && !term.contains(' ');
        if single || (verb && relatedness != Relatedness::Derived) {
            continue;
        }
        for target in named(term, prepared) {
            if !found.iter().any(|known| known.tokens == tokens && known.target == target) {
                found.push(Phrase { tokens: tokens.clone(), target, strength: strength_of(relatedness) });
            }
        }
    }
}

/// What has a name of just these words, in any order: `birth_date` is the date of birth. A column that only refers to rows of another
/// relation has no name of its own, nor has a relation that is named for those it connects.
fn named(term: &str, prepared: &Prepared) -> BTreeSet<PlaceTarget> {
    let words: Vec<&str> = term.split(' ').filter(|word| *word != "of").collect();
    let places = |word: &str| prepared.vocabulary.get(word).into_iter().flatten();
    let first = words.first().into_iter().flat_map(|word| places(word)).map(|place| place.target).collect::<BTreeSet<_>>();
    let is_named = |target: &PlaceTarget| {
        let own = match *target {
            PlaceTarget::Relation(_) => !names_its_ends(*target, prepared),
            PlaceTarget::Column(relation, column) => prepared.columns[relation][column].stands_for.is_none(),
        };
        let length = prepared.name(*target).positions.len();
        let parts =
            |word: &&str| places(word).filter(|place| place.target == *target).map(|place| place.part).collect::<Vec<_>>();
        let parts: Vec<Vec<Part>> = words.iter().map(parts).collect();
        let is_said = |at: usize| parts.iter().any(|parts| parts.contains(&Part::Name(at)));
        let belongs = |parts: &Vec<Part>| parts.iter().any(|part| matches!(part, Part::Name(_) | Part::Suffix));
        own && length > 0 && (0..length).all(is_said) && parts.iter().all(belongs)
    };
    first.into_iter().filter(is_named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Day;
    use crate::question;
    use crate::understand::tests::library;

    fn found(text: &str) -> Vec<(String, f32)> {
        let prepared = library();
        let question = question::read(text, Day { year: 2024, month: 5, day: 17 });
        let name = |target| match target {
            PlaceTarget::Relation(relation) => prepared.schema().relations[relation].name.clone(),
            PlaceTarget::Column(relation, column) => {
                let relation = &prepared.schema().relations[relation];
                format!("{}.{}", relation.name, relation.columns[column].name)
            }
        };
        phrases(&question, &prepared).into_iter().map(|phrase| (name(phrase.target), phrase.strength)).collect()
    }

    #[test]
    fn words_stand_for_names_of_several_words() {
        for text in ["surnames of the people", "their family name"] {
            assert_eq!(found(text), [("authors.last_name".to_owned(), 0.75), ("staff.last_name".to_owned(), 0.75)], "{text}");
        }
        for text in ["birthdays", "the birthdate"] {
            assert_eq!(found(text), [("authors.birth_date".to_owned(), 0.75)], "{text}");
        }
    }

    #[test]
    fn the_very_words_and_parts_of_terms_are_no_phrases() {
        assert_eq!(found("last name and birth date"), []);
        assert_eq!(found("people of a family, and the name of the given"), []);
    }
}
