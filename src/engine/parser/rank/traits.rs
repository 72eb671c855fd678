//! The traits of a candidate: numbers that say how well it fits the question, for the ranker. What each is worth is learned.

use std::collections::BTreeSet;

use nl_query_core::schema::TypeKind;

use super::alignment::{ALIGNED, Places, aligned};
use super::anatomy::Anatomy;
use super::asked::{self, SHOWN, Shown};
use super::cues::{self, CUES};
use super::listed::{LISTED, Listed};
use super::missing::{MISSING, Missing};
use super::owners::{OWNED, Owners};
use super::slips::{SLIPS, Slips};
use super::standing::{STANDING, Standing};
use super::uses::Uses;
use crate::ir::Query;
use crate::joins;
use crate::parser::candidates::UNSAID;
use crate::parser::features::{CandidateKind, Features, Fit, Target};
use crate::prepared::{ColumnId, Prepared};
use crate::question::{Question, overlap};
use crate::understand::Understanding;
use crate::walk::first_select;

/// Where a candidate comes from and what its makers think of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Origin {
    /// Sum over the steps of the models' mean log-probability; none where the network cannot say it.
    pub network: Option<f32>,
    /// The least of the models' own sums.
    pub network_least: f32,
    /// Position in the beam, from 0; none for a candidate that only the rules made.
    pub beam_rank: Option<usize>,
    pub steps: usize,
    /// Confidence of the reading by rules that is this query, 0 when there is none.
    pub rules: f32,
    /// It is the first reading by rules.
    pub rules_first: bool,
    /// Rows are shown as often as a join meets them.
    pub repeats: bool,
    /// Rows are shown by what stands for them, not by the columns that the network chose.
    pub relabelled: bool,
    /// Only the rows that a relation refers to which the network left out.
    pub narrowed: bool,
    /// A condition compares with a text that is not known to be stored.
    pub unknown_values: usize,
}

/// The words that say a whole name, and the columns that have it.
pub(super) type Named = (Vec<usize>, BTreeSet<ColumnId>);

/// What all candidates of a question share.
#[derive(Debug, Clone)]
pub struct Shared<'q> {
    pub question: &'q Question,
    pub features: &'q Features,
    pub prepared: &'q Prepared,
    cues: [bool; CUES.len()],
    understanding: &'q Understanding,
    /// Stretches that are stored values, quoted, numbers or dates; each with the texts that it may be.
    spoken: Vec<Vec<String>>,
    numbers: Vec<String>,
    dates: usize,
    /// Of nested phrases the longest.
    named: Vec<Named>,
    named_relations: BTreeSet<usize>,
    places: Places<'q>,
    listed: Listed,
    missing: Missing,
    owners: Owners,
    slips: Slips,
}

impl<'q> Shared<'q> {
    pub fn new(question: &'q Question, features: &'q Features, prepared: &'q Prepared, understanding: &'q Understanding) -> Self {
        let words: Vec<&str> = question.tokens.iter().map(|token| token.lower.as_str()).collect();
        let text = format!(" {} ", words.join(" "));
        let places = Places::new(question, features, prepared);
        let named = named(features);
        Shared {
            question,
            features,
            prepared,
            cues: cues::found(&text),
            understanding,
            spoken: spoken(features),
            numbers: question.numbers.iter().map(|number| number.value.digits()).collect(),
            dates: question.dates.iter().filter(|date| !date.may_be_number).count(),
            named_relations: features.named_relations(),
            listed: Listed::new(question, &named, &places),
            missing: Missing::new(question, features, understanding),
            owners: Owners::new(question, features, prepared),
            slips: Slips::new(question, features),
            named,
            places,
        }
    }
}

/// Names of the traits, in their order. Training and the shipped ranker go by it.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = FIRST
        .iter()
        .chain(&STANDING)
        .chain(&SHOWN)
        .chain(&ALIGNED)
        .chain(&LISTED)
        .chain(&MISSING)
        .chain(&OWNED)
        .chain(&SLIPS)
        .map(|name| (*name).to_owned())
        .collect();
    for (cue, _) in CUES {
        names.push(format!("cue {cue}"));
        names.push(format!("part {cue}"));
    }
    names
}

const FIRST: [&str; 57] = [
    "network",
    "network a step",
    "network least",
    "beam rank",
    "from beam",
    "rules",
    "rules first",
    "both",
    "steps",
    "words",
    "unexplained",
    "items",
    "items of all",
    "values right",
    "values wrong",
    "values of wrong type",
    "values unknown",
    "values unused",
    "values said",
    "numbers unused",
    "numbers made up",
    "numbers twice",
    "dates unused",
    "dates used",
    "names unused",
    "names said",
    "columns without evidence",
    "columns by weak evidence",
    "columns by synonyms",
    "columns by part",
    "columns by name",
    "relations without evidence",
    "relations by weak evidence",
    "relations by synonyms",
    "relations",
    "relations unused",
    "joins",
    "ambiguous joins",
    "repeated items",
    "select items",
    "stars",
    "selects",
    "subqueries",
    "set operations",
    "extra relations",
    "related",
    "beyond",
    "truths",
    "arithmetic",
    "having",
    "groups",
    "limit",
    "cannot join",
    "repeats",
    "relabelled",
    "narrowed",
    "left aside",
];

/// The traits of one candidate, of which `anatomy` and `uses` are known.
pub fn traits(shared: &Shared, query: &Query, anatomy: &Anatomy, uses: &Uses, origin: &Origin, standing: &Standing) -> Vec<f32> {
    let values = values(shared, anatomy);
    let evidence = evidence(shared, anatomy);
    let (joins, ambiguous, cannot) = join_counts(query, shared.prepared);
    let network = origin.network.unwrap_or(UNSAID);
    let steps = origin.steps.max(1) as f32;
    let said = |count: usize| count as f32;
    let mut list = vec![
        network,
        network / steps,
        if origin.network.is_some() { origin.network_least } else { UNSAID },
        origin.beam_rank.map_or(20.0, |rank| rank as f32),
        flag(origin.network.is_some()),
        origin.rules,
        flag(origin.rules_first),
        flag(origin.beam_rank.is_some() && origin.rules > 0.0),
        said(origin.steps),
        said(shared.features.words.len()),
        said(shared.understanding.unknown.len()),
        said(anatomy.items),
        said(shared.features.items.len()),
        said(values.right),
        said(values.wrong),
        said(values.wrong_type),
        said(values.unknown.max(origin.unknown_values)),
        said(values.unused),
        said(shared.spoken.len()),
        said(values.numbers_unused),
        said(values.numbers_made_up),
        said(values.numbers_twice),
        said(shared.dates.saturating_sub(anatomy.dates)),
        said(anatomy.dates),
        said(evidence.names_unused),
        said(shared.named.len()),
        said(evidence.columns[0]),
        said(evidence.columns[1]),
        said(evidence.columns[2]),
        said(evidence.columns[3]),
        said(evidence.columns[4]),
        said(evidence.relations[0]),
        said(evidence.relations[1]),
        said(evidence.relations[2]),
        said(anatomy.relations.len()),
        said(evidence.relations_unused),
        said(joins),
        said(ambiguous),
        said(anatomy.repeated_items),
        said(first_select(query).items.len()),
        said(anatomy.stars),
        said(anatomy.selects),
        said(anatomy.subqueries),
        said(anatomy.intersect + anatomy.union + anatomy.except),
        said(anatomy.extra),
        said(anatomy.related),
        said(anatomy.beyond),
        said(anatomy.truths),
        said(anatomy.arithmetic),
        said(anatomy.having),
        said(anatomy.groups),
        said(anatomy.limits),
        flag(cannot),
        flag(origin.repeats),
        flag(origin.relabelled),
        flag(origin.narrowed),
        said(shared.understanding.left_aside(shared.question, anatomy)),
    ];
    let shown = Shown::of(query, shared.prepared);
    list.extend(standing);
    list.extend(shown.numbers());
    list.extend(aligned(&shared.places, uses));
    list.extend(shared.listed.traits(&shared.places, uses, first_select(query).items.len()));
    list.extend(shared.missing.traits(shared.features, uses));
    list.extend(shared.owners.traits(shared.features, uses));
    list.extend(shared.slips.traits(query, anatomy));
    for (found, part) in shared.cues.iter().zip(parts(query, anatomy, &shown)) {
        list.push(flag(*found));
        list.push(said(part.min(2)));
    }
    list
}

/// How often a candidate does what each cue asks for, in the order of [`CUES`].
fn parts(query: &Query, anatomy: &Anatomy, shown: &Shown) -> [usize; CUES.len()] {
    let limited = anatomy.limits;
    [
        anatomy.max + anatomy.descending.min(limited),
        anatomy.min + anatomy.ascending.min(limited),
        anatomy.average,
        anatomy.sum,
        anatomy.count,
        anatomy.distinct,
        anatomy.descending,
        anatomy.ascending,
        anatomy.negations + anatomy.except,
        anatomy.intersect + anatomy.and,
        anatomy.or + anatomy.union,
        anatomy.groups,
        anatomy.greater,
        anatomy.less,
        anatomy.between,
        anatomy.against_average,
        anatomy.having,
        anatomy.like,
        limited,
        anatomy.count,
        anatomy.sum,
        shown.labels(),
        anatomy.dates,
        shown.places(),
        asked::inclusive(query),
        anatomy.stars,
        shown.keys(),
        shown.labels(),
        anatomy.nulls,
    ]
}

fn flag(set: bool) -> f32 {
    if set { 1.0 } else { 0.0 }
}

/// Joined relations and ambiguous keys of the outer query; whether it cannot be joined.
fn join_counts(query: &Query, prepared: &Prepared) -> (usize, usize, bool) {
    let Query::Select(select) = query else { return (0, 0, false) };
    match joins::plan(select, prepared.schema(), prepared.graph()) {
        Ok(plan) => (plan.joined().count(), plan.ambiguous.len(), false),
        Err(_) => (0, 0, true),
    }
}

/// How the candidate's values and the question's hang together.
#[derive(Debug, Default)]
struct Values {
    right: usize,
    wrong: usize,
    wrong_type: usize,
    unknown: usize,
    unused: usize,
    numbers_unused: usize,
    numbers_made_up: usize,
    /// The same number for another condition once more.
    numbers_twice: usize,
}

fn values(shared: &Shared, anatomy: &Anatomy) -> Values {
    let mut values = Values::default();
    for (column, text) in &anatomy.compared {
        let stored: Vec<ColumnId> = stored_in(shared.features, text);
        match column {
            Some(column) if stored.contains(column) => values.right += 1,
            Some(_) if !stored.is_empty() => values.wrong += 1,
            _ => values.unknown += 1,
        }
        if column.is_some_and(|column| shared.prepared.column(column).kind == TypeKind::Number) {
            values.wrong_type += 1;
        }
    }
    let texts: Vec<&str> = anatomy.compared.iter().map(|(_, text)| text.as_str()).collect();
    values.unused = shared.spoken.iter().filter(|ways| !ways.iter().any(|way| texts.contains(&way.as_str()))).count();
    let said = |number: &String| anatomy.numbers.contains(number) || texts.contains(&number.as_str());
    let by_range = anatomy.dates;
    values.numbers_unused = shared.numbers.iter().filter(|number| !said(number)).count().saturating_sub(by_range);
    values.numbers_made_up = anatomy.numbers.iter().filter(|number| !shared.numbers.contains(number)).count();
    let repeated = |at: &usize| anatomy.numbers[..*at].contains(&anatomy.numbers[*at]);
    values.numbers_twice = (0..anatomy.numbers.len()).filter(repeated).count();
    values
}

/// Columns that hold this text, as far as the question's candidates tell.
fn stored_in(features: &Features, text: &str) -> Vec<ColumnId> {
    let same = |value: &str| value.to_lowercase() == text;
    features
        .candidates
        .iter()
        .filter_map(|candidate| match &candidate.kind {
            CandidateKind::Stored(value) if same(&value.text) => Some(value.column),
            _ => None,
        })
        .collect()
}

/// The stretches of the question that are values, each with the texts it may stand for; numbers and lone capitals aside.
fn spoken(features: &Features) -> Vec<Vec<String>> {
    let mut spans: Vec<(std::ops::Range<usize>, Vec<String>)> = Vec::new();
    for candidate in &features.candidates {
        let text = match &candidate.kind {
            CandidateKind::Stored(value) => &value.text,
            CandidateKind::Quoted(text) => text,
            _ => continue,
        };
        match spans.iter_mut().find(|(span, _)| overlap(span, &candidate.words)) {
            Some((span, ways)) => {
                *span = span.start.min(candidate.words.start)..span.end.max(candidate.words.end);
                ways.push(text.to_lowercase());
            }
            None => spans.push((candidate.words.clone(), vec![text.to_lowercase()])),
        }
    }
    spans.into_iter().map(|(_, ways)| ways).collect()
}

/// Phrases that say the whole name of columns; a phrase inside a longer one is left out.
pub(super) fn named(features: &Features) -> Vec<Named> {
    let mut phrases: Vec<Named> = Vec::new();
    for (at, item) in features.items.iter().enumerate() {
        let Target::Column(column) = item.target else { continue };
        let words: Vec<usize> = (0..features.words.len()).filter(|word| features.fit(*word, at) == Fit::Exact).collect();
        if words.is_empty() {
            continue;
        }
        match phrases.iter_mut().find(|(known, _)| *known == words) {
            Some((_, columns)) => {
                columns.insert(column);
            }
            None => phrases.push((words, BTreeSet::from([column]))),
        }
    }
    let inside = |words: &[usize], other: &[usize]| other.len() > words.len() && words.iter().all(|word| other.contains(word));
    let longest: Vec<bool> = phrases.iter().map(|(words, _)| !phrases.iter().any(|(other, _)| inside(words, other))).collect();
    let mut keep = longest.into_iter();
    phrases.retain(|_| keep.next().unwrap_or(false));
    phrases
}

/// How the names that a candidate uses are backed by the question.
#[derive(Debug, Default)]
struct Evidence {
    /// Columns used: with no evidence, weak, a synonym, a part of the name, the name.
    columns: [usize; 5],
    /// Relations used: with no evidence, weak, a synonym.
    relations: [usize; 3],
    names_unused: usize,
    relations_unused: usize,
}

fn evidence(shared: &Shared, anatomy: &Anatomy) -> Evidence {
    let features = shared.features;
    let best = |item: usize| (0..features.words.len()).map(|word| features.fit(word, item)).max().unwrap_or(Fit::None);
    let mut evidence = Evidence::default();
    for (at, item) in features.items.iter().enumerate() {
        match item.target {
            Target::Column(column) if anatomy.columns.contains(&column) => {
                let valued = features
                    .candidates
                    .iter()
                    .any(|one| matches!(&one.kind, CandidateKind::Stored(value) if value.column == column));
                let class = match shared.places.best(at) {
                    Fit::Exact => 4,
                    Fit::Part => 3,
                    Fit::Synonym => 2,
                    Fit::Weak | Fit::Wide => 1,
                    Fit::None => usize::from(valued),
                };
                evidence.columns[class] += 1;
            }
            Target::Relation(relation) if anatomy.relations.contains(&relation) => match best(at) {
                Fit::None => evidence.relations[0] += 1,
                Fit::Wide | Fit::Weak => evidence.relations[1] += 1,
                Fit::Synonym => evidence.relations[2] += 1,
                Fit::Part | Fit::Exact => {}
            },
            _ => {}
        }
    }
    evidence.names_unused = shared.named.iter().filter(|(_, columns)| columns.is_disjoint(&anatomy.columns)).count();
    evidence.relations_unused = shared.named_relations.difference(&anatomy.relations).count();
    evidence
}
