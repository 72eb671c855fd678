//! From the memory, step by step, to the probability of every choice.

use std::ops::Range;

use super::attention::{Heads, Shares, against, blend, by_position};
use super::encoder::{lstm, transposed};
use super::floats::{NOTHING, add_all, log_softmax, softmax, tanh_all};
use super::products::{self, Rows};
use super::unit::{Arch, vectorised};
use super::{Model, into_writer};
use crate::parser::grammar::{self, Choice, Symbol};
use crate::parser::weights::{LANES, Linear};

/// What may be chosen for a symbol: productions, then positions of the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub rules: Range<usize>,
    pub places: Range<usize>,
}

impl Options {
    /// How many they are.
    pub fn count(&self) -> usize {
        self.rules.len() + self.places.len()
    }
}

/// How many words, relations and items a question has.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub words: usize,
    pub relations: usize,
    pub items: usize,
}

impl Shape {
    /// What may be chosen for a symbol.
    pub fn options(&self, symbol: Symbol) -> Options {
        let rules = grammar::of(symbol);
        let places = match symbol {
            Symbol::Column => self.words..self.words + self.items,
            Symbol::Relation => self.words..self.words + self.relations,
            Symbol::Value => 0..self.words,
            _ => 0..0,
        };
        Options { rules, places }
    }

    /// The choice that an option stands for.
    pub fn choice(&self, options: &Options, nth: usize) -> Choice {
        match nth.checked_sub(options.rules.len()) {
            None => Choice::Production(options.rules.start + nth),
            Some(place) if options.places.start + place < self.words => Choice::Word(options.places.start + place),
            Some(place) => Choice::Item(options.places.start + place - self.words),
        }
    }

    /// The option that a choice is, if it is one.
    pub fn option(&self, options: &Options, choice: Choice) -> Option<usize> {
        let place = match choice {
            Choice::Production(number) => return options.rules.contains(&number).then(|| number - options.rules.start),
            Choice::Word(word) if word < self.words => word,
            Choice::Word(_) => return None,
            Choice::Item(item) => self.words.checked_add(item)?,
        };
        options.places.contains(&place).then(|| options.rules.len() + place - options.places.start)
    }
}

/// What a step asks.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    pub before: Option<Choice>,
    pub symbol: Symbol,
    /// The production that opened the symbol.
    pub parent: Option<usize>,
}

/// Rows of states, one a query that is being written.
#[derive(Debug, Clone, Default)]
pub struct States {
    hidden: Vec<f32>,
    cell: Vec<f32>,
}

/// The logarithms of the probabilities of some rows of options.
#[derive(Debug, Default)]
pub struct Chances {
    numbers: Vec<f32>,
    /// Where each row ends in `numbers`, which is filled up to a multiple of [`LANES`], and how many options it has.
    ends: Vec<usize>,
    counts: Vec<usize>,
}

impl Chances {
    /// Those of one row's options.
    pub fn row(&self, at: usize) -> &[f32] {
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[begin..begin + self.counts[at]]
    }

    fn begin(&mut self, counts: impl Iterator<Item = usize>) {
        self.counts.clear();
        self.counts.extend(counts);
        self.ends.clear();
        let mut end = 0;
        for count in &self.counts {
            end += count.next_multiple_of(LANES);
            self.ends.push(end);
        }
        self.numbers.clear();
        self.numbers.resize(end, NOTHING);
    }

    fn row_mut(&mut self, at: usize) -> &mut [f32] {
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &mut self.numbers[begin..begin + self.counts[at]]
    }
}

/// One model over one question.
pub struct Decoder<'a> {
    arch: Arch,
    model: &'a Model,
    shape: Shape,
    memory: Vec<f32>,
    heads: Heads,
    /// As columns.
    keys: Vec<f32>,
    values: Vec<f32>,
    places: [Places; 2],
    /// What comes into the writer's gates when a position has been pointed at; empty where that was not needed yet.
    into: Vec<Vec<f32>>,
    begin: States,
    scratch: Scratch,
}

/// What can be pointed at for a symbol: items (0), words (1).
struct Places {
    /// The first of them.
    first: usize,
    /// As columns.
    columns: Vec<f32>,
    stride: usize,
}

#[derive(Default)]
struct Scratch {
    rows: Rows,
    picked: Rows,
    gates: Vec<f32>,
    asked: Vec<f32>,
    scores: Vec<f32>,
    shares: Vec<Shares>,
    both: Vec<f32>,
    state: Vec<f32>,
    chosen: Vec<f32>,
    chances: Chances,
}

impl<'a> Decoder<'a> {
    pub fn new(arch: Arch, model: &'a Model, memory: Vec<f32>, shape: Shape) -> Self {
        let weights = &model.weights;
        let width = weights.sizes.width;
        let count = memory.len() / width;
        let heads = Heads::new(width, weights.sizes.heads, count);
        let rows = Rows::of(arch, &memory, width);
        let (mut keys, mut values, mut out) = Default::default();
        products::linear(arch, &rows, &weights.keys, &mut out);
        transposed(&out, 0, width, width, heads.stride, &mut keys);
        products::linear(arch, &rows, &weights.values, &mut values);
        let (words, items) = memory.split_at(shape.words * width);
        let places = [(items, shape.words), (words, 0)];
        let places = [0, 1].map(|to| Places::new(arch, places[to].0, &weights.place[to], width, places[to].1));
        let begin = begin(arch, model, &memory, count);
        let into = vec![Vec::new(); count];
        Decoder { arch, model, shape, memory, heads, keys, values, places, into, begin, scratch: Scratch::default() }
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The states of `count` queries of which nothing is written.
    pub fn begin(&self, count: usize) -> States {
        States { hidden: self.begin.hidden.repeat(count), cell: self.begin.cell.repeat(count) }
    }

    /// States of some rows, in the order named.
    pub fn picked(&self, states: &States, rows: &[usize]) -> States {
        let size = self.model.weights.sizes.hidden;
        let pick = |from: &[f32]| {
            let mut picked = Vec::with_capacity(rows.len() * size);
            rows.iter().for_each(|row| picked.extend_from_slice(&from[row * size..(row + 1) * size]));
            picked
        };
        States { hidden: pick(&states.hidden), cell: pick(&states.cell) }
    }

    /// The logarithms of the probabilities of the options of every row of the last step.
    pub fn chances(&self) -> &Chances {
        &self.scratch.chances
    }

    /// Takes one step in every row.
    pub fn step(&mut self, states: &mut States, asks: &[Ask]) {
        self.load_gates(asks);
        let Scratch { gates, rows, .. } = &mut self.scratch;
        lstm(self.arch, &self.model.weights.writer, gates, &mut states.hidden, &mut states.cell, rows);
        self.look(states);
        self.choose(asks);
    }

    /// What comes of the inputs: the choice before, the open symbol, what opened it.
    fn load_gates(&mut self, asks: &[Ask]) {
        let Model { weights, inputs } = self.model;
        let arch = self.arch;
        let size = 4 * weights.sizes.hidden;
        let none = weights.sizes.productions;
        let words = self.shape.words;
        let place = |choice| match choice {
            Some(Choice::Word(word)) => Ok(word),
            Some(Choice::Item(item)) => Ok(words + item),
            Some(Choice::Production(number)) => Err(number),
            None => Err(none),
        };
        self.scratch.gates.resize(asks.len() * size, 0.0);
        for (nth, ask) in asks.iter().enumerate() {
            let before = place(ask.before);
            before.iter().for_each(|place| self.point_at(*place));
            let before = match before {
                Ok(place) => &self.into[place],
                Err(number) => inputs.production(arch, weights, number),
            };
            let symbol = inputs.symbol(arch, weights, grammar::symbol_number(ask.symbol).unwrap_or(0));
            let parent = inputs.parent(arch, weights, ask.parent.unwrap_or(none));
            let gates = &mut self.scratch.gates[nth * size..(nth + 1) * size];
            gates.copy_from_slice(&weights.writer.input.bias[..size]);
            [before, symbol, parent].into_iter().for_each(|part| add_all(arch, gates, part));
        }
    }

    /// Computes the part of the gates that comes of having pointed at a position, the first time.
    fn point_at(&mut self, place: usize) {
        if self.into[place].is_empty() {
            let width = self.model.weights.sizes.width;
            let Scratch { rows, chosen, .. } = &mut self.scratch;
            rows.fill(self.arch, &self.memory[place * width..(place + 1) * width], 0, width, width);
            products::linear(self.arch, rows, &self.model.weights.pointed, chosen);
            self.into[place] = into_writer(self.arch, &self.model.weights, &chosen[..width]);
        }
    }

    /// Looks at the memory with the new states: leaves in `state` what is chosen with.
    fn look(&mut self, states: &States) {
        let weights = &self.model.weights;
        let (arch, width, hidden) = (self.arch, weights.sizes.width, weights.sizes.hidden);
        let count = states.hidden.len() / hidden;
        let Scratch { rows, asked, scores, shares, both, state, .. } = &mut self.scratch;
        rows.fill(arch, &states.hidden, 0, hidden, hidden);
        products::linear(arch, rows, &weights.ask, asked);
        scores.resize(weights.sizes.heads * self.heads.stride, 0.0);
        shares.resize(self.heads.count, [0.0; LANES]);
        both.resize(count * (hidden + width), 0.0);
        for (both, states) in both.chunks_exact_mut(hidden + width).zip(states.hidden.chunks_exact(hidden)) {
            both[..hidden].copy_from_slice(states);
        }
        attend(arch, &self.heads, hidden, asked, &self.keys, &self.values, scores, shares, both);
        rows.fill(arch, both, 0, hidden + width, hidden + width);
        products::linear(arch, rows, &weights.state, state);
        tanh_all(arch, state);
    }

    /// The logarithms of the probabilities of every row's options. Rows that ask for the same symbol go together.
    fn choose(&mut self, asks: &[Ask]) {
        let width = self.model.weights.sizes.width;
        let options: Vec<Options> = asks.iter().map(|ask| self.shape.options(ask.symbol)).collect();
        self.scratch.rows.fill(self.arch, &self.scratch.state, 0, width, width);
        self.scratch.chances.begin(options.iter().map(Options::count));
        for first in 0..asks.len() {
            let alike = |nth: &usize| asks[*nth].symbol == asks[first].symbol;
            if (0..first).any(|before| alike(&before)) {
                continue;
            }
            let together: Vec<usize> = (first..asks.len()).filter(alike).collect();
            let Scratch { rows, picked, .. } = &mut self.scratch;
            picked.pick(rows, &together);
            self.choose_rules(&together, &options[first]);
            self.choose_places(&together, &options[first], asks[first].symbol);
        }
        let Chances { numbers, ends, .. } = &mut self.scratch.chances;
        log_softmax(self.arch, numbers, ends);
    }

    fn choose_rules(&mut self, together: &[usize], options: &Options) {
        let Options { rules, .. } = options;
        if rules.is_empty() {
            return;
        }
        let Scratch { picked, chosen, chances, .. } = &mut self.scratch;
        products::linear_part(self.arch, picked, &self.model.weights.choose, rules.clone(), chosen);
        let stride = chosen.len() / together.len();
        for (row, chosen) in together.iter().zip(chosen.chunks_exact(stride)) {
            chances.row_mut(*row)[..rules.len()].copy_from_slice(&chosen[rules.start % LANES..][..rules.len()]);
        }
    }

    fn choose_places(&mut self, together: &[usize], options: &Options, symbol: Symbol) {
        if options.places.is_empty() {
            return;
        }
        let to = usize::from(symbol == Symbol::Value);
        let width = self.model.weights.sizes.width;
        let Scratch { picked, chosen, scores, chances, .. } = &mut self.scratch;
        let Places { first, columns, stride } = &self.places[to];
        products::linear(self.arch, picked, &self.model.weights.point[to], chosen);
        scores.resize(scores.len().max(*stride), 0.0);
        let share = 1.0 / (width as f32).sqrt();
        for (row, query) in together.iter().zip(chosen.chunks_exact(width)) {
            point(self.arch, query, columns, *stride, share, scores);
            let from = options.places.start - first;
            chances.row_mut(*row)[options.rules.len()..].copy_from_slice(&scores[from..from + options.places.len()]);
        }
    }
}

impl Places {
    fn new(arch: Arch, memory: &[f32], layer: &Linear, width: usize, first: usize) -> Places {
        let stride = (memory.len() / width).next_multiple_of(LANES);
        let (mut out, mut columns) = (Vec::new(), Vec::new());
        products::linear(arch, &Rows::of(arch, memory, width), layer, &mut out);
        transposed(&out, 0, width, width, stride, &mut columns);
        Places { first, columns, stride }
    }
}

vectorised! {
    /// Every head of every row over all positions; the means of the values go behind the states in `both`.
    #[allow(clippy::too_many_arguments)]
    fn attend<'a>(
        unit,
        heads: &'a Heads,
        hidden: usize,
        asked: &'a [f32],
        keys: &'a [f32],
        values: &'a [f32],
        scores: &'a mut [f32],
        shares: &'a mut [Shares],
        both: &'a mut [f32],
    ) {
        let Heads { size, width, count, stride, share } = *heads;
        for (asked, both) in asked.chunks_exact(width).zip(both.chunks_exact_mut(hidden + width)) {
            for (nth, scores) in scores.chunks_exact_mut(stride).take(width / size).enumerate() {
                against(unit, &asked[nth * size..][..size], &keys[nth * size * stride..], stride, share, false, scores);
                scores[count..].fill(NOTHING);
                softmax(unit, scores);
            }
            by_position(heads, scores, shares);
            blend(unit, heads, shares, values, width, &mut both[hidden..]);
        }
    }
}

vectorised! {
    fn point<'a>(unit, query: &'a [f32], columns: &'a [f32], stride: usize, share: f32, points: &'a mut [f32]) {
        against(unit, query, columns, stride, share, false, points);
    }
}

/// The state before the first step, from the mean of the memory.
fn begin(arch: Arch, model: &Model, memory: &[f32], count: usize) -> States {
    let weights = &model.weights;
    let (width, hidden) = (weights.sizes.width, weights.sizes.hidden);
    let mut mean = vec![0.0; width];
    let share = 1.0 / count.max(1) as f32;
    for row in memory.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(to, from)| *to += *from);
    }
    mean.iter_mut().for_each(|number| *number *= share);
    let mut out = Vec::new();
    products::linear(arch, &Rows::of(arch, &mean, width), &weights.start, &mut out);
    tanh_all(arch, &mut out);
    States { hidden: out[..hidden].to_vec(), cell: out[hidden..2 * hidden].to_vec() }
}
