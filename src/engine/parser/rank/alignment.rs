//! Where in the question the parts of a candidate are said: a value stands near the name that it is compared with, the word for a
//! direction just before it, and no word that names something is left over.

use std::ops::Range;

use super::uses::{Compared, Uses, Value, Way, way};
use crate::ir::Aggregate;
use crate::lexicon::{
    AggregateWord, Direction, aggregate_word, comparative_phrase, comparison_phrase, comparison_suffix, superlative,
};
use crate::parser::features::{CandidateKind, Features, Fit, Target};
use crate::prepared::Prepared;
use crate::question::Question;

/// Names of the traits, in the order of [`aligned`].
pub const ALIGNED: [&str; 18] = [
    "comparisons",
    "comparisons unsaid",
    "comparison distance",
    "comparison distance most",
    "comparisons crossed",
    "directions right",
    "directions wrong",
    "directions unsaid",
    "words covered",
    "words covered less",
    "words uncovered",
    "shown unsaid",
    "shown by name",
    "shown late",
    "shown though fixed",
    "measures far",
    "measures unsaid",
    "groups far",
];

/// A distance is not counted beyond this many words.
const FAR: usize = 8;

/// Words before a value in which a comparison is looked for.
const REACH: usize = 4;
/// Words that say a direction before a day and nothing before a number.
const SINCE: [&str; 3] = ["after", "since", "from"];
const UNTIL: [&str; 2] = ["before", "until"];
const EACH: [&str; 7] = ["each", "every", "per", "by", "all", "different", "same"];

/// The words of the question that names and values of candidates may be said by. One for all candidates of a question.
#[derive(Debug, Clone)]
pub struct Places<'q> {
    question: &'q Question,
    features: &'q Features,
    /// For each item the words that say it, and how well.
    said: Vec<Vec<(usize, Fit)>>,
    /// How well each word fits the item that it fits best; none inside a value.
    best: Vec<Fit>,
    /// What each word asks for by itself.
    cues: Vec<Cue>,
    /// Places of values, and the direction that the words around each ask for.
    directions: Vec<(Range<usize>, Option<Way>)>,
}

/// What the lexicon says of one word.
#[derive(Debug, Clone, Copy, Default)]
struct Cue {
    aggregate: Option<AggregateWord>,
    superlative: Option<Direction>,
}

impl<'q> Places<'q> {
    pub fn new(question: &'q Question, features: &'q Features, prepared: &Prepared) -> Self {
        let count = features.words.len();
        let said: Vec<Vec<(usize, Fit)>> = (0..features.items.len()).map(|item| said(features, item, prepared)).collect();
        let mut best = vec![Fit::None; count];
        for (word, fit) in said.iter().flatten() {
            best[*word] = best[*word].max(*fit);
        }
        for candidate in &features.candidates {
            if matches!(candidate.kind, CandidateKind::Stored(_) | CandidateKind::Quoted(_)) {
                candidate.words.clone().for_each(|word| best[word] = Fit::None);
            }
        }
        let words: Vec<&str> = question.tokens.iter().map(|token| token.lower.as_str()).collect();
        let cue = |word: &&str| Cue {
            aggregate: aggregate_word(word),
            superlative: superlative(word).map(|meaning| meaning.direction),
        };
        let cues = words.iter().map(cue).collect();
        let mut directions: Vec<(Range<usize>, Option<Way>)> = Vec::new();
        for at in value_places(question, features) {
            if !directions.iter().any(|(known, _)| *known == at) {
                let direction = direction(&words, &at);
                directions.push((at, direction));
            }
        }
        Places { question, features, said, best, cues, directions }
    }

    /// The words that say a target.
    fn words(&self, target: Target) -> &[(usize, Fit)] {
        self.features.item(target).map_or(&[], |item| &self.said[item])
    }

    /// Words between a target and a stretch of the question, 0 for neighbours; none where nothing says the target.
    fn distance(&self, target: Target, from: &Range<usize>) -> Option<usize> {
        let gap = |word: usize| if word < from.start { from.start - word } else { (word + 1).saturating_sub(from.end) };
        self.words(target).iter().map(|(word, _)| gap(*word).saturating_sub(1).min(FAR)).min()
    }

    /// Where a value is said; the first place, if there are several.
    fn value(&self, value: &Value) -> Option<Range<usize>> {
        let question = self.question;
        match value {
            Value::Number(digits) => {
                question.numbers.iter().find(|number| number.value.digits() == *digits).map(|number| number.tokens.clone())
            }
            Value::Period(range) => question.dates.iter().find(|date| date.range == *range).map(|date| date.tokens.clone()),
            Value::Day(day) => {
                let is = |date: &&crate::question::DateMention| [date.range.from, date.range.to].contains(&Some(*day));
                question.dates.iter().find(is).map(|date| date.tokens.clone())
            }
            Value::Text(text) => self.text(text),
        }
    }

    fn text(&self, text: &str) -> Option<Range<usize>> {
        let same = |kind: &CandidateKind| match kind {
            CandidateKind::Stored(value) => value.text.to_lowercase() == text,
            CandidateKind::Quoted(said) | CandidateKind::Capitals(said) => said.to_lowercase() == text,
            _ => false,
        };
        self.features.candidates.iter().find(|one| same(&one.kind)).map(|one| one.words.clone())
    }

    /// The direction that the words around a value ask for.
    fn direction(&self, at: &Range<usize>) -> Option<Way> {
        self.directions.iter().find(|(known, _)| known == at).and_then(|(_, direction)| *direction)
    }

    /// How well the question says an item.
    pub fn best(&self, item: usize) -> Fit {
        self.said.get(item).into_iter().flatten().map(|(_, fit)| *fit).max().unwrap_or(Fit::None)
    }

    /// Whether a word names something.
    pub fn is_name(&self, word: usize) -> bool {
        self.best.get(word).is_some_and(|fit| *fit > Fit::Weak)
    }

    /// Whether a word asks for a figure of what it stands before: "maximum", "average".
    pub fn is_measure(&self, word: usize) -> bool {
        self.cues.get(word).is_some_and(|cue| cue.aggregate.is_some() || cue.superlative.is_some())
    }

    /// Whether one of some words says a target, as well as it says anything or by a word of its name.
    pub fn is_said_in(&self, target: Target, words: &Range<usize>) -> bool {
        self.words(target).iter().any(|(word, fit)| words.contains(word) && (*fit >= Fit::Part || *fit == self.best[*word]))
    }

    /// Distance from the nearest of some words to the nearest that says a target.
    fn gap_to_cue(&self, target: Target, is_cue: impl Fn(usize) -> bool) -> usize {
        let cues = (0..self.features.words.len()).filter(|at| is_cue(*at));
        cues.filter_map(|at| self.distance(target, &(at..at + 1))).min().unwrap_or(FAR)
    }
}

/// The words that say an item, and how well. Where the rows of a relation are spoken of by its name, so are the columns that name them.
fn said(features: &Features, item: usize, prepared: &Prepared) -> Vec<(usize, Fit)> {
    let label_of = match features.items[item].target {
        Target::Column(column) if prepared.relations[column.0].label.contains(&column.1) => {
            features.item(Target::Relation(column.0))
        }
        _ => None,
    };
    let says = |word: usize| {
        let fit = features.says(word, item);
        let speaks = label_of.is_some_and(|relation| features.fit(word, relation) == Fit::Exact);
        if speaks { fit.max(Fit::Part) } else { fit }
    };
    (0..features.words.len()).map(|word| (word, says(word))).filter(|(_, fit)| *fit > Fit::Wide).collect()
}

/// Where the question has values: all that [`Places::value`] can find.
fn value_places<'q>(question: &'q Question, features: &'q Features) -> impl Iterator<Item = Range<usize>> + 'q {
    let numbers = question.numbers.iter().map(|number| number.tokens.clone());
    let dates = question.dates.iter().map(|date| date.tokens.clone());
    numbers.chain(dates).chain(features.candidates.iter().map(|one| one.words.clone()))
}

/// The direction that the words around a value ask for: the comparison nearest before it, and "or more" behind.
fn direction(words: &[&str], at: &Range<usize>) -> Option<Way> {
    let before = (at.start.saturating_sub(REACH + 2)..at.start).filter_map(|from| compared(words.get(from..at.start)?));
    let nearest = before.filter(|(gap, ..)| *gap <= REACH).min_by_key(|(gap, length, _)| (*gap, std::cmp::Reverse(*length)));
    // "400 or more", "400 pages or more".
    let behind =
        || (at.end..at.end + 2).find_map(|from| comparison_suffix(words.get(from..)?)).map(|(_, operator)| way(operator));
    nearest.map(|(.., way)| way).or_else(behind)
}

/// The comparison at the beginning of `words`: how many words follow it, how many it has itself, and what it says.
fn compared(words: &[&str]) -> Option<(usize, usize, Way)> {
    let way_of = |direction| if direction == Direction::Descending { Way::Greater } else { Way::Less };
    let phrase = comparison_phrase(words).map(|(length, operator)| (length, way(operator)));
    let adjective = || comparative_phrase(words).map(|(length, meaning)| (length, way_of(meaning.direction)));
    let moment = || match *words.first()? {
        word if SINCE.contains(&word) => Some((1, Way::Greater)),
        word if UNTIL.contains(&word) => Some((1, Way::Less)),
        _ => None,
    };
    let (length, way) = phrase.or_else(adjective).or_else(moment)?;
    matches!(way, Way::Less | Way::Greater).then_some((words.len() - length, length, way))
}

/// The traits of one candidate.
pub fn aligned(places: &Places, uses: &Uses) -> [f32; ALIGNED.len()] {
    let comparisons = Comparisons::new(places, &uses.compared);
    let covered = Covered::new(places, &uses.all);
    let shown = Shown::new(places, uses);
    [
        uses.compared.len() as f32,
        comparisons.unsaid as f32,
        comparisons.distance as f32,
        comparisons.most as f32,
        comparisons.crossed as f32,
        comparisons.right as f32,
        comparisons.wrong as f32,
        comparisons.undirected as f32,
        covered.whole as f32,
        covered.less as f32,
        covered.not as f32,
        shown.unsaid as f32,
        shown.by_name as f32,
        shown.late,
        shown.fixed as f32,
        measures(places, uses) as f32,
        measures_unsaid(places, uses) as f32,
        groups(places, uses) as f32,
    ]
}

#[derive(Debug, Default)]
struct Comparisons {
    unsaid: usize,
    distance: usize,
    most: usize,
    crossed: usize,
    right: usize,
    wrong: usize,
    undirected: usize,
}

impl Comparisons {
    fn new(places: &Places, compared: &[Compared]) -> Self {
        let mut found = Comparisons::default();
        let at: Vec<Option<Range<usize>>> = compared.iter().map(|one| places.value(&one.value)).collect();
        for (one, at) in compared.iter().zip(&at) {
            let Some(at) = at else { continue };
            match places.distance(one.target, at) {
                Some(distance) => {
                    found.distance += distance;
                    found.most = found.most.max(distance);
                }
                None => found.unsaid += 1,
            }
            found.direction(one.way, places.direction(at));
        }
        for (first, one) in compared.iter().enumerate() {
            for (second, other) in compared.iter().enumerate().skip(first + 1) {
                let gap =
                    |target, at: &Option<Range<usize>>| at.as_ref().and_then(|at| places.distance(target, at)).unwrap_or(FAR);
                let straight = gap(one.target, &at[first]) + gap(other.target, &at[second]);
                let across = gap(one.target, &at[second]) + gap(other.target, &at[first]);
                found.crossed += usize::from(across < straight);
            }
        }
        found
    }

    fn direction(&mut self, way: Way, asked: Option<Way>) {
        match (way, asked) {
            (Way::Less | Way::Greater, None) => self.undirected += 1,
            (Way::Less | Way::Greater, Some(asked)) if asked == way => self.right += 1,
            (Way::Less | Way::Greater | Way::Same, Some(_)) => self.wrong += 1,
            _ => {}
        }
    }
}

/// Words that name something, by what the candidate makes of them.
#[derive(Debug, Default)]
struct Covered {
    whole: usize,
    less: usize,
    not: usize,
}

impl Covered {
    fn new(places: &Places, used: &[Target]) -> Self {
        let mut got = vec![Fit::None; places.best.len()];
        for target in used {
            for (word, fit) in places.words(*target) {
                got[*word] = got[*word].max(*fit);
            }
        }
        let mut covered = Covered::default();
        for (best, got) in places.best.iter().zip(got) {
            match (*best, got) {
                (Fit::None | Fit::Wide | Fit::Weak, _) => {}
                (_, Fit::None) => covered.not += 1,
                (best, got) if got < best => covered.less += 1,
                _ => covered.whole += 1,
            }
        }
        covered
    }
}

/// What is shown, and where the question says it.
#[derive(Debug, Default)]
struct Shown {
    unsaid: usize,
    by_name: usize,
    /// How far into the question the last shown name is first said, 0 to 1.
    late: f32,
    /// Shown though a condition leaves one value only.
    fixed: usize,
}

impl Shown {
    fn new(places: &Places, uses: &Uses) -> Self {
        let mut shown = Shown::default();
        let words = places.features.words.len().max(1) as f32;
        for target in &uses.shown {
            let said = places.words(*target);
            let best = said.iter().map(|(_, fit)| *fit).max().unwrap_or(Fit::None);
            shown.unsaid += usize::from(best == Fit::None);
            shown.by_name += usize::from(best == Fit::Exact);
            let first = said.iter().filter(|(_, fit)| *fit == best).map(|(word, _)| *word).min();
            shown.late = shown.late.max(first.map_or(0.0, |first| first as f32 / words));
            shown.fixed += usize::from(uses.compared.iter().any(|one| one.target == *target && one.way == Way::Same));
        }
        shown
    }
}

/// How far the word that asks for a measure stands from what is measured, over all measures.
fn measures(places: &Places, uses: &Uses) -> usize {
    uses.measured.iter().map(|(function, target)| places.gap_to_cue(*target, |at| asks_for(places, *function, at))).sum()
}

/// Functions that no word asks for: the least beside "what is the highest".
fn measures_unsaid(places: &Places, uses: &Uses) -> usize {
    let said = |function: Aggregate| (0..places.cues.len()).any(|at| asks_for(places, function, at));
    uses.measured.iter().filter(|(function, _)| !said(*function)).count()
}

/// Whether a word asks for a measure.
fn asks_for(places: &Places, function: Aggregate, at: usize) -> bool {
    let Cue { aggregate, superlative } = places.cues.get(at).copied().unwrap_or_default();
    let is_said = aggregate == Some(AggregateWord::Function(function));
    let is_one_of = |words: [&str; 2]| places.question.tokens.get(at).is_some_and(|token| words.contains(&token.lower.as_str()));
    match function {
        Aggregate::Min => is_said || superlative == Some(Direction::Ascending),
        Aggregate::Max => is_said || superlative == Some(Direction::Descending),
        Aggregate::Sum => is_said || is_one_of(["all", "much"]),
        Aggregate::Count => is_said || aggregate == Some(AggregateWord::Distinct) || is_one_of(["number", "many"]),
        Aggregate::Average | Aggregate::Median | Aggregate::List => is_said,
    }
}

/// How far "each", "per" and the like stand from what is grouped by; the nearest key counts.
fn groups(places: &Places, uses: &Uses) -> usize {
    let is_cue = |at: usize| places.question.tokens.get(at).is_some_and(|token| EACH.contains(&token.lower.as_str()));
    uses.grouped.iter().map(|target| places.gap_to_cue(*target, is_cue)).min().unwrap_or(0)
}
