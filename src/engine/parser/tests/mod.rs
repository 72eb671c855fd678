//! The network and the search, on two small models of random weights (`training/export.py --random 2` wrote them, and what PyTorch
//! answers with the same weights).

use serde_json::Value;

use super::beam::{ALONE, Derivation, JOINED};
use super::features::{Features, Item, LINKS, Target};
use super::grammar::{self, SYMBOLS, Symbol};
use super::net::unit::{Arch, units};
use super::weights::{self, BadWeights, Words};
use super::{Choice, Constraints, Free, Mode, Network, Parsed, Step};

static TINY: &[u8] = include_bytes!("tiny.bin");

fn network() -> Network {
    Network::read(TINY).expect("the small models can be read")
}

fn list<'a>(of: &'a Value, name: &str) -> &'a Vec<Value> {
    of[name].as_array().expect("a list")
}

fn number(value: &Value) -> usize {
    value.as_u64().expect("a number") as usize
}

/// The features and the steps of an invented example.
fn example(object: &Value) -> (Features, Vec<Step>) {
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    let words: Vec<String> = list(object, "words").iter().map(text).collect();
    let item = |(at, item): (usize, &Value)| Item {
        target: Target::Relation(at),
        kind: number(&item[0]) as u8,
        words: item[1].as_array().expect("words").iter().map(text).collect(),
    };
    let items: Vec<Item> = list(object, "items").iter().enumerate().map(item).collect();
    let hex = object["links"].as_str().expect("links");
    let links = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("base 16")).collect();
    let productions = grammar::productions().len();
    let choice = |choice: usize| match choice.checked_sub(productions) {
        None => Choice::Production(choice),
        Some(place) if place < words.len() => Choice::Word(place),
        Some(place) => Choice::Item(place - words.len()),
    };
    let steps = list(object, "steps").iter().map(|step| (SYMBOLS[number(&step[0])], choice(number(&step[1])))).collect();
    let flags = list(object, "flags").iter().map(|flags| number(flags) as u8).collect();
    let relations = number(&object["relations"]);
    (Features { flags, relations, links, items, words, ..Features::default() }, steps)
}

fn golden() -> Vec<Value> {
    serde_json::from_str(include_str!("tiny.golden.json")).expect("json")
}

fn features() -> Features {
    example(&golden()[0]).0
}

#[test]
fn answers_are_those_of_training() {
    for object in golden() {
        let (features, steps) = example(&object);
        let scores = network().step_scores(&features, &[steps], &[0, 1]);
        for (model, expected) in list(&object, "expected").iter().enumerate() {
            let expected: Vec<f64> =
                expected.as_array().expect("a list").iter().map(|one| one.as_f64().expect("a score")).collect();
            assert_eq!(scores[model][0].len(), expected.len());
            for (step, (ours, theirs)) in scores[model][0].iter().zip(&expected).enumerate() {
                assert!((f64::from(*ours) - theirs).abs() < 5e-3, "model {model} step {step}: {ours} {theirs}");
            }
            let (ours, theirs) = (scores[model][0].iter().sum::<f32>(), expected.iter().sum::<f64>());
            assert!((f64::from(ours) - theirs).abs() < 2e-2, "model {model}: {ours} {theirs}");
        }
    }
}

#[test]
fn every_vector_unit_gives_the_same_bits() {
    let parses = |arch: Arch| network().on(arch).parse(&features(), 4, &Free);
    let plain = parses(Arch::SCALAR);
    assert!(!plain.is_empty());
    for arch in units() {
        assert_eq!(parses(arch), plain, "{arch:?}");
    }
}

#[test]
fn words_are_found() {
    let (words, _) = weights::read(TINY).expect("the small models can be read");
    let known = ["age", "city", "name", "older", "salary", "show", "store", "than", "the", "with"];
    for (at, word) in known.iter().enumerate() {
        assert_eq!(words.number(word), at + 2);
    }
    for word in ["", "a", "agee", "wit", "witha", "zoo"] {
        assert_eq!(words.number(word), Words::UNKNOWN, "{word}");
    }
}

#[test]
fn what_was_built_in_can_be_read() {
    assert!(Network::shipped().models() > 0);
}

#[test]
fn bad_weights_are_refused() {
    let read = |bytes: Vec<u8>| Network::read(bytes.leak()).map(|network| network.models());
    let changed = |at: usize, to: u8| {
        let mut bytes = TINY.to_vec();
        bytes[at] = to;
        read(bytes)
    };
    assert_eq!(read(TINY.to_vec()), Ok(2));
    assert_eq!(read(Vec::new()), Err(BadWeights::NotWeights));
    assert_eq!(changed(0, b'x'), Err(BadWeights::NotWeights));
    assert_eq!(changed(4, 9), Err(BadWeights::Version(9)));
    assert_eq!(changed(8, 3), Err(BadWeights::Length));
    assert_eq!(changed(11, 1), Err(BadWeights::Size("models")));
    assert_eq!(changed(12, TINY[12] ^ 1), Err(BadWeights::Grammar));
    assert!(changed(16, 11).is_err());
    for length in (0..TINY.len()).step_by(997).chain([TINY.len() - 1]) {
        assert!(read(TINY[..length].to_vec()).is_err(), "{length}");
    }
    let mut longer = TINY.to_vec();
    longer.push(0);
    assert_eq!(read(longer), Err(BadWeights::Length));
}

/// Whatever a byte is changed to, reading and parsing end without a panic.
#[test]
fn no_change_of_a_byte_causes_a_panic() {
    let features = features();
    let mut at = 0;
    while at < TINY.len() {
        let mut bytes = TINY.to_vec();
        bytes[at] = bytes[at].wrapping_add(0x55);
        if let Ok(network) = Network::read(bytes.leak()) {
            network.parse_by(&features, 1, &Free, &[0], Mode::Together);
        }
        at += if at < 1024 { 7 } else { 7919 };
    }
}

/// Lets only short queries through, so that all of them can be listed.
struct Toy;

impl Constraints for Toy {
    fn allowed(&self, steps: &[Step], symbol: Symbol, choice: Choice) -> bool {
        match (symbol, choice) {
            (Symbol::Column, Choice::Item(item)) => item % 3 == 0,
            (Symbol::Column, _) => false,
            (Symbol::Term, Choice::Production(number)) => {
                let name = grammar::productions()[number].name.as_str();
                !matches!(name, "add" | "subtract" | "multiply" | "divide")
            }
            (Symbol::Select, Choice::Production(number)) => grammar::productions()[number].opens.len() == 1,
            (Symbol::Group, Choice::Production(number)) => grammar::productions()[number].opens.len() <= 2,
            (_, Choice::Production(number)) => {
                steps.len() < 12 && grammar::productions()[number].opens.len() <= usize::from(steps.is_empty())
            }
            _ => true,
        }
    }
}

/// All queries that the constraints let through.
fn all(features: &Features, constraints: &dyn Constraints) -> Vec<Vec<Step>> {
    let shape = super::net::shape(features);
    let (mut open, mut all) = (vec![Derivation::default()], Vec::new());
    while let Some(query) = open.pop() {
        let Some((symbol, _)) = query.open() else {
            all.push(query.steps);
            continue;
        };
        let options = shape.options(symbol);
        for choice in (0..options.count()).map(|option| shape.choice(&options, option)) {
            if constraints.allowed(&query.steps, symbol, choice) {
                let mut longer = query.clone();
                longer.take(choice);
                open.push(longer);
            }
        }
    }
    all
}

/// The searches find what is best among all queries, with the scores that these get by themselves.
#[test]
fn the_best_query_is_found() {
    let (network, features) = (network(), features());
    let all = all(&features, &Toy);
    assert!(all.len() > 200, "{}", all.len());
    let scores = network.score(&features, &all);
    let mut ranked: Vec<(f32, &Vec<Step>)> =
        all.iter().enumerate().map(|(at, steps)| ((scores[0][at] + scores[1][at]) / 2.0, steps)).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
    for mode in [Mode::Together, Mode::Each] {
        let found = network.parse_by(&features, 600, &Toy, &[0, 1], mode);
        assert_eq!(&found[0].steps, ranked[0].1, "{mode:?}");
        for (at, one) in found.iter().enumerate() {
            let place = all.iter().position(|steps| *steps == one.steps).expect("one of all");
            assert!((one.score - (scores[0][place] + scores[1][place]) / 2.0).abs() < 1e-4);
            assert!((one.per_model[1] - scores[1][place]).abs() < 1e-4);
            assert!(at == 0 || found[at - 1].score >= one.score);
        }
    }
}

/// Queries that begin alike are computed together; that changes no bit.
#[test]
fn queries_score_together_what_they_score_alone() {
    let (network, features) = (network(), features());
    let queries: Vec<Vec<Step>> = network.parse(&features, 5, &Toy).into_iter().map(|one| one.steps).collect();
    assert!(queries.len() > 1);
    let together = network.score(&features, &queries);
    for (at, query) in queries.iter().enumerate() {
        let alone = network.score(&features, std::slice::from_ref(query));
        assert_eq!([together[0][at], together[1][at]], [alone[0][0], alone[1][0]]);
    }
}

/// One query and no other.
struct Only<'a>(&'a [Step]);

impl Constraints for Only<'_> {
    fn allowed(&self, prefix: &[Step], _open: Symbol, choice: Choice) -> bool {
        self.0.get(prefix.len()).is_some_and(|(_, step)| *step == choice)
    }
}

#[test]
fn others_are_asked_where_the_first_is_not_clear() {
    let (network, features) = (network(), features());
    let any = network.parse(&features, 1, &Toy).remove(0).steps;
    let constraints: [(&dyn Constraints, bool, usize); 3] = [(&Only(&any), false, 1), (&Only(&any), true, 2), (&Toy, false, 2)];
    for (constraints, doubt, joined) in constraints {
        let mut panel = network.panel(&features);
        let found = panel.parse(constraints, doubt);
        assert_eq!(panel.joined(), joined);
        let models: Vec<usize> = (0..joined).collect();
        let width = if joined == 1 { ALONE } else { JOINED };
        assert_eq!(found, network.parse_by(&features, width, constraints, &models, Mode::Together));
        assert_eq!(panel.score(&[found[0].steps.clone()]).len(), joined);
    }
}

#[test]
fn the_width_bounds_what_is_found() {
    let (network, features) = (network(), features());
    let best = |width| network.parse(&features, width, &Toy).first().map_or(f32::NEG_INFINITY, |one| one.score);
    assert!(best(1) <= best(600) + 1e-6);
    assert!(network.parse(&features, 3, &Toy).len() <= 3);
}

#[test]
fn nothing_comes_of_nothing() {
    let network = network();
    assert_eq!(network.parse(&Features::default(), 3, &Free), Vec::new());
    let words = Features { words: vec!["show".to_owned()], flags: vec![0], links: vec![2], ..Features::default() };
    // Without items no column can be named, and no query can do without.
    assert_eq!(network.parse(&words, 3, &Free), Vec::<Parsed>::new());
    let broken = Features { links: vec![LINKS as u8], ..words };
    assert_eq!(network.parse(&broken, 3, &Free), Vec::new());
    assert_eq!(network.score(&broken, &[Vec::new()]), Vec::<Vec<f32>>::new());
}

#[test]
fn what_leaves_the_grammar_scores_nothing() {
    let features = features();
    let (_, good) = example(&golden()[0]);
    let mut longer = good.clone();
    longer.push((Symbol::Query, Choice::Production(0)));
    let mut wrong = good.clone();
    wrong[3].1 = Choice::Item(1000);
    let scores = network().score(&features, &[good.clone(), longer, good[..5].to_vec(), wrong, Vec::new()]);
    for scores in scores {
        assert!(scores[0].is_finite());
        assert!(scores[1..].iter().all(|score| *score == f32::NEG_INFINITY), "{scores:?}");
    }
}
