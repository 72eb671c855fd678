//! From the memory, step by step, to the probability of every choice.

use std::ops::Range;

use pulp::Arch;

use super::encoder::{against, blend, lstm, transposed};
use super::floats::{log_softmax, softmax, tanh_all};
use super::products::{self, Rows};
use super::unit::vectorised;
use super::{Model, into_writer};
use crate::parser::grammar::{self, Choice, Symbol};
use crate::parser::weights::LANES;

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
    /// Productions of a symbol follow one another in the grammar.
    pub fn options(&self, symbol: Symbol) -> Options {
        let of = |one: &grammar::Production| one.symbol == symbol;
        let first = grammar::productions().iter().position(of).unwrap_or(0);
        let count = grammar::productions()[first..].iter().take_while(|one| of(one)).count();
        let places = match symbol {
            Symbol::Column => self.words..self.words + self.items,
            Symbol::Relation => self.words..self.words + self.relations,
            Symbol::Value => 0..self.words,
            _ => 0..0,
        };
        Options { rules: first..first + count, places }
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

/// One model over one question.
pub struct Decoder<'a> {
    arch: Arch,
    model: &'a Model,
    shape: Shape,
    /// From one row of `keys` and `places` to the next.
    stride: usize,
    /// As columns.
    keys: Vec<f32>,
    values: Vec<f32>,
    /// For pointing at an item, at a word; as columns.
    places: [Vec<f32>; 2],
    /// What the writer reads when a position has been pointed at.
    pointed: Vec<f32>,
    /// The same as it comes into the writer's gates; empty where that was not needed yet.
    into: Vec<Vec<f32>>,
    begin: States,
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    gates: Vec<f32>,
    asked: Vec<f32>,
    scores: Vec<f32>,
    both: Vec<f32>,
    state: Vec<f32>,
    rules: Vec<f32>,
    points: Vec<f32>,
}

impl<'a> Decoder<'a> {
    pub fn new(arch: Arch, model: &'a Model, memory: &[f32], shape: Shape) -> Self {
        let weights = &model.weights;
        let width = weights.sizes.width;
        let count = memory.len() / width;
        let stride = count.next_multiple_of(LANES);
        let rows = Rows::of(arch, memory, width);
        let mut out = Vec::new();
        let mut columns = |layer| {
            let mut columns = Vec::new();
            products::linear(arch, &rows, layer, &mut out);
            transposed(&out, 0, width, width, stride, &mut columns);
            columns
        };
        let keys = columns(&weights.keys);
        let places = [columns(&weights.place[0]), columns(&weights.place[1])];
        let (mut values, mut pointed) = (Vec::new(), Vec::new());
        products::linear(arch, &rows, &weights.values, &mut values);
        products::linear(arch, &rows, &weights.pointed, &mut pointed);
        let begin = begin(arch, model, memory, count);
        let into = vec![Vec::new(); count];
        Decoder { arch, model, shape, stride, keys, values, places, pointed, into, begin, scratch: Scratch::default() }
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
        let pick = |from: &[f32]| rows.iter().flat_map(|row| &from[row * size..(row + 1) * size]).copied().collect();
        States { hidden: pick(&states.hidden), cell: pick(&states.cell) }
    }

    /// Takes one step in every row; gives the logarithms of the probabilities of the options of each.
    pub fn step(&mut self, states: &mut States, asks: &[Ask]) -> Vec<Vec<f32>> {
        self.load_gates(asks);
        lstm(self.arch, &self.model.weights.writer, &mut self.scratch.gates, &mut states.hidden, &mut states.cell);
        self.look(states);
        self.choices(asks)
    }

    /// What comes of the inputs: the choice before, the open symbol, what opened it.
    fn load_gates(&mut self, asks: &[Ask]) {
        let Model { weights, inputs } = self.model;
        let arch = self.arch;
        let size = 4 * weights.sizes.hidden;
        let none = weights.sizes.productions;
        let place = |choice| match choice {
            Some(Choice::Word(word)) => Ok(word),
            Some(Choice::Item(item)) => Ok(self.shape.words + item),
            Some(Choice::Production(number)) => Err(number),
            None => Err(none),
        };
        let before: Vec<Result<usize, usize>> = asks.iter().map(|ask| place(ask.before)).collect();
        before.iter().filter_map(|before| before.ok()).for_each(|place| self.point_at(place));
        self.scratch.gates.resize(asks.len() * size, 0.0);
        for ((ask, before), gates) in asks.iter().zip(before).zip(self.scratch.gates.chunks_exact_mut(size)) {
            let before = match before {
                Ok(place) => &self.into[place],
                Err(number) => inputs.production(arch, weights, number),
            };
            let symbol = inputs.symbol(arch, weights, grammar::symbol_number(ask.symbol).unwrap_or(0));
            let parent = inputs.parent(arch, weights, ask.parent.unwrap_or(none));
            gates.copy_from_slice(&weights.writer.input.bias[..size]);
            for part in [before, symbol, parent] {
                gates.iter_mut().zip(part).for_each(|(to, from)| *to += *from);
            }
        }
    }

    /// Computes the part of the gates that comes of having pointed at a position, the first time.
    fn point_at(&mut self, place: usize) {
        if self.into[place].is_empty() {
            let width = self.model.weights.sizes.width;
            let row = &self.pointed[place * width..(place + 1) * width];
            self.into[place] = into_writer(self.arch, &self.model.weights, row);
        }
    }

    /// Looks at the memory with the new states: leaves in `state` what is chosen with.
    fn look(&mut self, states: &States) {
        let weights = &self.model.weights;
        let (arch, stride, width, hidden) = (self.arch, self.stride, weights.sizes.width, weights.sizes.hidden);
        let count = states.hidden.len() / hidden;
        let size = width / weights.sizes.heads;
        let positions = self.shape.words + self.shape.items;
        let Scratch { asked, scores, both, state, .. } = &mut self.scratch;
        products::linear(arch, &Rows::of(arch, &states.hidden, hidden), &weights.ask, asked);
        scores.resize(stride, 0.0);
        both.resize(count * (hidden + width), 0.0);
        for (both, states) in both.chunks_exact_mut(hidden + width).zip(states.hidden.chunks_exact(hidden)) {
            both[..hidden].copy_from_slice(states);
        }
        attend(arch, size, width, hidden, positions, stride, asked, &self.keys, &self.values, scores, both);
        products::linear(arch, &Rows::of(arch, both, hidden + width), &weights.state, state);
        tanh_all(arch, state);
    }

    /// The logarithms of the probabilities of every row's options.
    fn choices(&mut self, asks: &[Ask]) -> Vec<Vec<f32>> {
        let weights = &self.model.weights;
        let (arch, stride, width) = (self.arch, self.stride, weights.sizes.width);
        let rows = Rows::of(arch, &self.scratch.state, width);
        let mut all = Vec::with_capacity(asks.len());
        for (nth, ask) in asks.iter().enumerate() {
            let options = self.shape.options(ask.symbol);
            let row = rows.picked(&[nth]);
            let mut scores = Vec::with_capacity(options.count());
            if !options.rules.is_empty() {
                products::linear_part(arch, &row, &weights.choose, options.rules.clone(), &mut self.scratch.rules);
                scores.extend_from_slice(&self.scratch.rules[options.rules.start % LANES..][..options.rules.len()]);
            }
            if !options.places.is_empty() {
                let to = usize::from(ask.symbol == Symbol::Value);
                products::linear(arch, &row, &weights.point[to], &mut self.scratch.points);
                let (query, places, points) = (&self.scratch.points, &self.places[to], &mut self.scratch.scores);
                point(arch, &query[..width], places, stride, points);
                let share = 1.0 / (width as f32).sqrt();
                scores.extend(points[options.places.clone()].iter().map(|score| *score * share));
            }
            log_softmax(arch, &mut scores);
            all.push(scores);
        }
        all
    }
}

vectorised! {
    /// Every head of every row over all positions; the means of the values go behind the states in `both`.
    #[allow(clippy::too_many_arguments)]
    fn attend<'a>(
        size: usize,
        width: usize,
        hidden: usize,
        positions: usize,
        stride: usize,
        asked: &'a [f32],
        keys: &'a [f32],
        values: &'a [f32],
        scores: &'a mut [f32],
        both: &'a mut [f32],
    ) {
        let share = 1.0 / (size as f32).sqrt();
        for (asked, both) in asked.chunks_exact(width).zip(both.chunks_exact_mut(hidden + width)) {
            for from in (0..width).step_by(size) {
                against(&asked[from..from + size], &keys[from * stride..(from + size) * stride], stride, scores);
                let scores = &mut scores[..positions];
                for score in scores.iter_mut() {
                    *score *= share;
                }
                softmax(scores);
                blend(scores, &values[from..], width, &mut both[hidden + from..][..size]);
            }
        }
    }
}

vectorised! {
    fn point<'a>(query: &'a [f32], places: &'a [f32], stride: usize, points: &'a mut [f32]) {
        against(query, places, stride, points);
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
