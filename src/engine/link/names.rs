//! Relations and columns by their names: exact, in part, by synonym, by comment, misspelled.

use std::collections::{BTreeMap, HashMap};

use nl_query_core::schema::RelationId;

use super::phrases::{Phrase, phrases};
use super::{How, Meaning, Mention};
use crate::lexicon::morphology::{is_typo_of, singular};
use crate::lexicon::{self, Relatedness, StopClass};
use crate::prepared::{Part, PlaceTarget, Prepared, Role};
use crate::question::{Question, Token, TokenKind};

/// Weaker mentions than this are noise.
const WEAKEST: f32 = 0.25;

/// rented and rental, shipped and shipment: endings of nouns that are made of a verb's stem.
const NOUN_ENDINGS: [&str; 8] = ["al", "er", "or", "ment", "ing", "ion", "ation", "e"];

/// The relation whose rows a verb is about, by its stem: rented and `rental`, ordered and `orders`.
pub fn relation_of_verb(stem: &str, prepared: &Prepared) -> Option<RelationId> {
    let forms = std::iter::once(stem.to_owned()).chain(NOUN_ENDINGS.iter().map(|ending| format!("{stem}{ending}")));
    forms.filter_map(|form| prepared.vocabulary.get(&form)).flatten().find_map(|place| match (place.target, place.part) {
        (PlaceTarget::Relation(relation), Part::Name(0)) if prepared.relations[relation].name.positions.len() == 1 => {
            Some(relation)
        }
        _ => None,
    })
}

/// A token of the question that meets a word of a name.
#[derive(Debug, Clone, Copy)]
struct Hit {
    token: usize,
    part: Part,
    strength: f32,
    how: How,
}

/// All mentions of relations and columns.
pub fn mentions(question: &Question, prepared: &Prepared) -> Vec<Mention> {
    let mut hits: BTreeMap<PlaceTarget, Vec<Hit>> = BTreeMap::new();
    for (at, token) in question.tokens.iter().enumerate() {
        if token.kind != TokenKind::Word || !may_name(token, at) || matches!(token.lower.as_str(), "much" | "many") {
            continue;
        }
        for (word, strength, how) in meanings(&token.lower, &token.stem, prepared) {
            for place in prepared.vocabulary.get(word).into_iter().flatten() {
                let comment = place.part == Part::Comment;
                let (strength, how) = if comment { (strength * 0.7, How::Comment) } else { (strength, how) };
                hits.entry(place.target).or_default().push(Hit { token: at, part: place.part, strength, how });
            }
        }
    }
    let mut mentions = Vec::new();
    for (target, hits) in hits {
        if names_its_ends(target, prepared) {
            continue;
        }
        for run in runs(&hits, question) {
            if let Some(mention) = score(target, &run, prepared, question) {
                keep(&mut mentions, mention);
            }
            // "track price" may as well be two words: the relation, and the column alone.
            let alone: Vec<Hit> = run.iter().copied().filter(|hit| hit.part != Part::Owner).collect();
            if alone.len() < run.len()
                && !alone.is_empty()
                && let Some(mention) = score(target, &alone, prepared, question)
            {
                keep(&mut mentions, mention);
            }
        }
    }
    for Phrase { tokens, target, strength } in phrases(question, prepared) {
        keep(&mut mentions, Mention { tokens, meaning: meaning(target), strength, how: How::Synonym });
    }
    mentions
}

/// Function words name nothing; "name", "list", "order" are ways of asking at the beginning and things everywhere else.
pub(super) fn may_name(token: &Token, at: usize) -> bool {
    lexicon::stop_word(&token.lower).is_none_or(|class| class == StopClass::Imperative && at > 0)
}

fn meaning(target: PlaceTarget) -> Meaning {
    match target {
        PlaceTarget::Relation(relation) => Meaning::Relation(relation),
        PlaceTarget::Column(relation, column) => Meaning::Column((relation, column)),
    }
}

/// Several columns may stand for one relation: its best mention is kept.
fn keep(mentions: &mut Vec<Mention>, mention: Mention) {
    match mentions.iter_mut().find(|known| known.tokens == mention.tokens && known.meaning == mention.meaning) {
        Some(known) if known.strength < mention.strength => *known = mention,
        Some(_) => {}
        None => mentions.push(mention),
    }
}

/// `film_category` only says what it connects: "film categories" are categories.
pub(super) fn names_its_ends(target: PlaceTarget, prepared: &Prepared) -> bool {
    let PlaceTarget::Relation(relation) = target else { return false };
    if !prepared.relations[relation].bridge {
        return false;
    }
    let ends: Vec<&str> = prepared
        .graph()
        .keys()
        .iter()
        .filter(|key| key.from == relation)
        .flat_map(|key| prepared.relations[key.to].name.stems())
        .collect();
    prepared.relations[relation].name.stems().all(|word| ends.contains(&word))
}

/// Words of the schema that a word of the question may stand for.
pub(crate) fn meanings<'p>(lower: &str, stem: &str, prepared: &'p Prepared) -> Vec<(&'p str, f32, How)> {
    meanings_among(lower, stem, &|word| known_word(&prepared.vocabulary, word), &prepared.spellings)
}

/// A word of a vocabulary as the vocabulary has it.
pub(crate) fn known_word<'v, V>(vocabulary: &'v HashMap<String, V>, word: &str) -> Option<&'v str> {
    vocabulary.get_key_value(word).map(|(word, _)| word.as_str())
}

/// The same for any vocabulary: `find` gives its words by stems, `spellings` are words as they are written, each with its stem.
pub(crate) fn meanings_among<'v>(
    lower: &str,
    stem: &str,
    find: &dyn Fn(&str) -> Option<&'v str>,
    spellings: &[(String, String)],
) -> Vec<(&'v str, f32, How)> {
    let mut found: Vec<(&str, f32, How)> = Vec::new();
    if let Some(word) = find(stem) {
        found.push((word, 1.0, How::Exact));
    }
    // Where the schema has the very word, its kin is unlikely to be meant.
    let exact = if found.is_empty() { 1.0 } else { 0.6 };
    let kin = lexicon::related_terms(stem);
    let verb = is_verb_form(lower);
    for (term, relatedness) in kin.iter().filter(|(_, relatedness)| !verb || *relatedness == Relatedness::Derived) {
        if let Some(word) = find(term)
            && !found.iter().any(|(known, ..)| *known == word)
        {
            found.push((word, strength_of(*relatedness) * exact, How::Synonym));
        }
    }
    if exact == 1.0 && stem.chars().count() >= 4 {
        for ending in NOUN_ENDINGS {
            if let Some(word) = find(&format!("{stem}{ending}"))
                && !found.iter().any(|(known, ..)| *known == word)
            {
                found.push((word, 0.72, How::Synonym));
            }
        }
    }
    for short in lexicon::abbreviations_of(lower) {
        if let Some(word) = find(short) {
            found.push((word, 0.9, How::Exact));
        }
    }
    // What the lexicon knows is no misspelling: "surname" is no username.
    if found.is_empty() && kin.is_empty() && lower.chars().count() >= 5 {
        let meant = spellings.iter().filter(|(spelling, _)| is_typo_of(lower, spelling));
        for (_, stem) in meant {
            if found.len() < 3
                && !found.iter().any(|(known, ..)| known == stem)
                && let Some(word) = find(stem)
            {
                found.push((word, 0.8, How::Typo));
            }
        }
    }
    found
}

/// "placed" is something done, not a place: verbs bring the words of their family, not those of their noun.
pub(super) fn is_verb_form(lower: &str) -> bool {
    let past = matches!(lower, "made" | "given" | "gave" | "taken" | "took" | "held" | "sent" | "got" | "came" | "gone");
    past || lower.ends_with("ed") || lower.ends_with("ing")
}

/// How well a term stands for another one.
pub(super) fn strength_of(relatedness: Relatedness) -> f32 {
    match relatedness {
        Relatedness::Synonym => 0.75,
        Relatedness::Derived => 0.7,
        Relatedness::Attribute => 0.6,
        Relatedness::Broader => 0.45,
    }
}

/// Hits on one target grouped into stretches of neighbouring tokens. "date of birth" is one stretch: a name's words may have
/// "of" or "the" between them.
fn runs(hits: &[Hit], question: &Question) -> Vec<Vec<Hit>> {
    let mut sorted = hits.to_vec();
    sorted.sort_by_key(|hit| hit.token);
    let mut runs: Vec<Vec<Hit>> = Vec::new();
    for hit in sorted {
        let joins = runs.last().and_then(|run| run.last()).is_some_and(|last| {
            hit.token == last.token
                || (hit.token == last.token + 1 && !question.tokens[hit.token].after_break)
                || (hit.token == last.token + 2
                    && hit.part != Part::Owner
                    && last.part != Part::Owner
                    && matches!(question.tokens[last.token + 1].lower.as_str(), "of" | "in" | "on" | "per" | "to"))
        });
        match runs.last_mut() {
            Some(run) if joins => run.push(hit),
            _ => runs.push(vec![hit]),
        }
    }
    runs
}

fn score(target: PlaceTarget, run: &[Hit], prepared: &Prepared, question: &Question) -> Option<Mention> {
    let name = prepared.name(target);
    let mut meaning = meaning(target);
    let length = name.positions.len();
    let mut best: Vec<Option<Hit>> = vec![None; length];
    let mut owner: Option<Hit> = None;
    let mut suffix: Option<Hit> = None;
    for hit in run {
        let slot = match hit.part {
            Part::Name(at) => &mut best[at],
            Part::Owner => &mut owner,
            Part::Suffix => &mut suffix,
            Part::Comment => continue,
        };
        if slot.is_none_or(|known| known.strength < hit.strength) {
            *slot = Some(*hit);
        }
    }
    let used: Vec<Hit> = best.iter().flatten().copied().collect();
    if used.is_empty() {
        // "date" alone fits every date a little, and the one of a relation that has no other best.
        if let Some(hit) = suffix.filter(|_| run.iter().all(|hit| hit.part != Part::Comment)) {
            let calendar = matches!(meaning, Meaning::Column(column) if prepared.words(column).role == Role::Time);
            return calendar.then(|| Mention { tokens: hit.token..hit.token + 1, meaning, strength: 0.66, how: How::Part });
        }
        let share = match target {
            // A comment of a few words says what the rows are, a longer one speaks of many things.
            PlaceTarget::Relation(relation) => match prepared.relations[relation].comment.len() {
                0..=2 => 0.95,
                3..=5 => 0.75,
                _ => 0.5,
            },
            PlaceTarget::Column(..) => 0.8,
        };
        return comment_mention(meaning, run, share);
    }
    // The last word of a name carries most of its sense: "price" fits unit_price better than "unit" does.
    let weight = |at: usize| if at + 1 == length { 1.6 } else { 1.0 };
    let total: f32 = (0..length).map(weight).sum();
    let covered: f32 = best.iter().enumerate().filter_map(|(at, hit)| hit.map(|hit| weight(at) * hit.strength)).sum();
    let mut strength = covered / total;
    let whole = used.len() == length;
    let mut first = used.iter().map(|hit| hit.token).min()?;
    let mut last = used.iter().map(|hit| hit.token).max()?;
    if !whole && best.last().is_some_and(Option::is_some) {
        strength = strength.max(0.62 * used.iter().map(|hit| hit.strength).fold(0.0, f32::max)) + 0.08;
    }
    // "album title": the relation's word beside the column's own makes it surer and belongs to the mention. A plural does not
    // ("employees hired", "customers' countries"): there the relation is talked about.
    if let Some(hit) = owner
        && !used.iter().any(|other| other.token == hit.token)
        && hit.token + 1 == first
        && singular(&question.tokens[hit.token].lower) == question.tokens[hit.token].lower
    {
        strength = (strength + 0.12 * hit.strength).min(1.1);
        first = hit.token;
        last = last.max(hit.token);
        while run.iter().any(|other| other.part == Part::Owner && other.token + 1 == first) {
            first -= 1;
        }
    }
    if let Some(hit) = suffix
        && hit.token == last + 1
    {
        strength = (strength + 0.1).min(1.1);
        last = hit.token;
    }
    if name.shortened && suffix.is_none_or(|hit| hit.token != last) {
        strength -= 0.05;
    }
    // `route_id` without "id" is the route itself.
    if let Meaning::Column(column) = meaning
        && suffix.is_none_or(|hit| hit.token != last)
        && let Some(relation) = prepared.words(column).stands_for
    {
        meaning = Meaning::Relation(relation);
        strength -= 0.02;
    }
    let how = if whole { used.iter().map(|hit| hit.how).max()? } else { used.iter().map(|hit| hit.how).max()?.max(How::Part) };
    (strength >= WEAKEST).then_some(Mention { tokens: first..last + 1, meaning, strength, how })
}

/// Words of a comment: the more of them stand together in the question, the surer.
fn comment_mention(meaning: Meaning, run: &[Hit], share: f32) -> Option<Mention> {
    let hits: Vec<&Hit> = run.iter().filter(|hit| hit.part == Part::Comment).collect();
    let (first, last) = (hits.iter().map(|hit| hit.token).min()?, hits.iter().map(|hit| hit.token).max()?);
    let best = hits.iter().map(|hit| hit.strength).fold(0.0, f32::max);
    let together = last - first;
    let strength = best * share + 0.16 * together.min(2) as f32;
    (strength >= WEAKEST).then_some(Mention { tokens: first..last + 1, meaning, strength, how: How::Comment })
}
