//! From a question and a schema to the memory: one vector for each word and item, each having looked at all others.

use super::attention::{Heads, Shares, against, blend, by_position};
use super::floats::{NOTHING, norm_rows, sigmoid, softmax, tanh};
use super::products::{self, Rows};
use super::unit::{Arch, Unit, vectorised};
use super::words::Read;
use crate::parser::features::{Features, LINKS};
use crate::parser::weights::{LANES, Layer, Lstm, Table, Weights};

/// The memory of one question: rows of the model's width, words first.
pub fn encode(arch: Arch, weights: &Weights, read: &Read, links: &Links, features: &Features, scratch: &mut Scratch) -> Vec<f32> {
    let width = weights.sizes.width;
    let mut memory = embedded(arch, weights, read, features);
    for layer in &weights.layers {
        scratch.attend(arch, layer, &mut memory, width, links);
        scratch.think(arch, layer, &mut memory, width);
    }
    let mut out = vec![0.0; memory.len()];
    norm_rows(arch, &memory, &weights.norm, &mut out);
    out
}

/// Words read in their order, and items by their names.
fn embedded(arch: Arch, weights: &Weights, read: &Read, features: &Features) -> Vec<f32> {
    let width = weights.sizes.width;
    let mut known = vec![0.0; read.known.len() * width];
    spell(arch, weights, read, &mut known);
    let known = |at: usize| &known[at * width..(at + 1) * width];
    let mut words = vec![0.0; read.words.len() * width];
    for ((word, flags), row) in read.words.iter().zip(&features.flags).zip(words.chunks_exact_mut(width)) {
        row.copy_from_slice(known(*word));
        weights.flag.add(usize::from(*flags) % weights.flag.rows(), 1.0, row);
    }
    let mut memory = read_words(arch, weights, &words);
    memory.resize((read.words.len() + read.names.len()) * width, 0.0);
    let items = memory[words.len()..].chunks_exact_mut(width);
    for ((name, item), row) in read.names.iter().zip(&features.items).zip(items) {
        let share = 1.0 / name.len().max(1) as f32;
        for word in name {
            row.iter_mut().zip(known(*word)).for_each(|(to, from)| *to += *from * share);
        }
        weights.kind.add(usize::from(item.kind) % weights.kind.rows(), 1.0, row);
    }
    memory
}

vectorised! {
    /// What is known of each word: of the word itself, and the mean of its parts.
    fn spell<'a>(unit, weights: &'a Weights, read: &'a Read, out: &'a mut [f32]) {
        for (word, row) in read.known.iter().zip(out.chunks_exact_mut(weights.sizes.width)) {
            let row = row.as_chunks_mut::<LANES>().0;
            add_row(unit, &weights.word, word.number, 1.0, row);
            let share = 1.0 / word.parts.len() as f32;
            for part in &word.parts {
                add_row(unit, &weights.gram, *part as usize % weights.sizes.buckets + 1, share, row);
            }
        }
    }
}

/// Adds `share` times a row of the table.
#[inline(always)]
fn add_row<U: Unit>(unit: U, table: &Table, row: usize, share: f32, to: &mut [[f32; LANES]]) {
    let (numbers, factor) = table.numbers(row);
    let factor = unit.splat(factor * share);
    for (to, numbers) in to.iter_mut().zip(numbers.as_chunks::<LANES>().0) {
        unit.store(unit.add_product(unit.load(to), unit.widened(numbers), factor), to);
    }
}

/// Both readers over the words: the one from the left in the first half of each row.
fn read_words(arch: Arch, weights: &Weights, words: &[f32]) -> Vec<f32> {
    let width = weights.sizes.width;
    let half = width / 2;
    let rows = Rows::of(arch, words, width);
    let mut out = vec![0.0; words.len()];
    let (mut gates, mut scratch) = (Vec::new(), Rows::default());
    for (side, reader) in weights.reader.iter().enumerate() {
        products::linear(arch, &rows, &reader.input, &mut gates);
        let (mut hidden, mut cell) = (vec![0.0; half], vec![0.0; half]);
        for nth in 0..rows.count() {
            let at = if side == 0 { nth } else { rows.count() - 1 - nth };
            let gates = &mut gates[at * 4 * half..(at + 1) * 4 * half];
            lstm(arch, reader, gates, &mut hidden, &mut cell, &mut scratch);
            out[at * width + side * half..][..half].copy_from_slice(&hidden);
        }
    }
    out
}

/// One step of rows of states. `gates` holds what comes of the inputs.
pub fn lstm(arch: Arch, layer: &Lstm, gates: &mut [f32], hidden: &mut [f32], cell: &mut [f32], rows: &mut Rows) {
    let size = layer.again.outputs / 4;
    rows.fill(arch, hidden, 0, size, size);
    products::add(arch, rows, &layer.again, gates, layer.again.padded());
    write(arch, size, gates, hidden, cell);
}

vectorised! {
    /// Changes the states as the gates say.
    fn write<'a>(unit, size: usize, gates: &'a [f32], hidden: &'a mut [f32], cell: &'a mut [f32]) {
        let blocks = size / LANES;
        let (gates, hidden) = (gates.as_chunks::<LANES>().0, hidden.as_chunks_mut::<LANES>().0);
        for (at, (hidden, cell)) in hidden.iter_mut().zip(cell.as_chunks_mut::<LANES>().0).enumerate() {
            let gates = &gates[at / blocks * 4 * blocks + at % blocks..];
            let gate = |nth: usize| unit.load(&gates[nth * blocks]);
            let kept = unit.mul(sigmoid(unit, gate(1)), unit.load(cell));
            let new = unit.add(kept, unit.mul(sigmoid(unit, gate(0)), tanh(unit, gate(2))));
            unit.store(new, cell);
            unit.store(unit.mul(sigmoid(unit, gate(3)), tanh(unit, new)), hidden);
        }
    }
}

/// The links of a question, row by row as they are, and for each row the positions by the kind of link to them.
#[derive(Debug, Default)]
pub struct Links {
    kinds: Vec<u8>,
    /// Rows of positions: those of the first kind, then of the next.
    places: Vec<u16>,
    /// Kinds that a row has, each with the end of its positions among all.
    groups: Vec<(u8, usize)>,
    /// For each row, the end of its groups.
    ends: Vec<usize>,
}

impl Links {
    pub fn new(features: &Features) -> Links {
        let count = features.words.len() + features.items.len();
        let mut links = Links { kinds: features.links.clone(), ..Links::default() };
        for row in features.links.chunks_exact(count.max(1)) {
            let mut ends = [0; LINKS];
            row.iter().for_each(|kind| ends[usize::from(*kind)] += 1);
            let begin = links.places.len();
            let mut end = begin;
            for (kind, count) in ends.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
                end += *count;
                links.groups.push((kind as u8, end));
                // From here on the place of the next of this kind.
                *count = end - *count;
            }
            links.places.resize(end, 0);
            for (kind, place) in row.iter().zip(0..) {
                let next = &mut ends[usize::from(*kind)];
                links.places[*next] = place;
                *next += 1;
            }
            links.ends.push(links.groups.len());
        }
        links
    }
}

/// What is used again from layer to layer, and from model to model.
#[derive(Default)]
pub struct Scratch {
    normed: Vec<f32>,
    rows: Rows,
    qkv: Vec<f32>,
    keys: Vec<f32>,
    by_link: Vec<f32>,
    per_link: Vec<f32>,
    mixed: Vec<f32>,
    from_links: Vec<f32>,
    scores: Vec<f32>,
    shares: Vec<Shares>,
    inner: Vec<f32>,
}

impl Scratch {
    /// Attention of every position to all, with what is known of each link.
    fn attend(&mut self, arch: Arch, layer: &Layer, memory: &mut [f32], width: usize, links: &Links) {
        let count = memory.len() / width;
        let heads = Heads::new(width, layer.links.len(), count);
        self.normed.resize(memory.len(), 0.0);
        norm_rows(arch, memory, &layer.norm1, &mut self.normed);
        self.rows.fill(arch, &self.normed, 0, width, width);
        products::linear(arch, &self.rows, &layer.qkv, &mut self.qkv);
        transposed(&self.qkv, width, width, 3 * width, heads.stride, &mut self.keys);
        self.add_by_link(arch, layer, &heads);
        let known = layer.links.first().map_or(0, |head| head.key.matrix.padded());
        self.per_link.clear();
        self.per_link.resize(self.by_link.len(), 0.0);
        self.scores.resize(layer.links.len() * heads.stride, 0.0);
        self.shares.resize(count, [0.0; LANES]);
        self.mixed.resize(memory.len(), 0.0);
        let (scores, shares) = (&mut self.scores, &mut self.shares);
        let (per_link, mixed) = (&mut self.per_link, &mut self.mixed);
        look(arch, &heads, known, &self.qkv, &self.keys, &self.by_link, links, scores, shares, per_link, mixed);
        self.add_from_links(arch, layer, &heads);
        self.rows.fill(arch, &self.mixed, 0, width, width);
        products::add_linear(arch, &self.rows, &layer.out, memory);
    }

    /// What the query of each head and position makes of each kind of link.
    fn add_by_link(&mut self, arch: Arch, layer: &Layer, heads: &Heads) {
        let row = layer.links.first().map_or(0, |head| head.key.matrix.padded());
        self.by_link.resize(layer.links.len() * heads.count * row, 0.0);
        for (nth, head) in layer.links.iter().enumerate() {
            self.rows.fill(arch, &self.qkv, nth * heads.size, heads.size, 3 * heads.width);
            let part = nth * heads.count * row..(nth + 1) * heads.count * row;
            products::linear_to(arch, &self.rows, &head.key, &mut self.by_link[part]);
        }
    }

    /// What each kind of link says, by the share that it has.
    fn add_from_links(&mut self, arch: Arch, layer: &Layer, heads: &Heads) {
        let Heads { size, width, count, .. } = *heads;
        for (nth, head) in layer.links.iter().enumerate() {
            let known = head.key.matrix.padded();
            self.rows.fill(arch, &self.per_link[nth * count * known..(nth + 1) * count * known], 0, known, known);
            self.from_links.clear();
            self.from_links.resize(count * size, 0.0);
            products::add(arch, &self.rows, &head.value, &mut self.from_links, size);
            for (to, from) in self.mixed.chunks_exact_mut(width).zip(self.from_links.chunks_exact(size)) {
                to[nth * size..][..size].iter_mut().zip(from).for_each(|(to, from)| *to += *from);
            }
        }
    }

    /// Each position for itself.
    fn think(&mut self, arch: Arch, layer: &Layer, memory: &mut [f32], width: usize) {
        norm_rows(arch, memory, &layer.norm2, &mut self.normed);
        self.rows.fill(arch, &self.normed, 0, width, width);
        products::linear(arch, &self.rows, &layer.inner, &mut self.inner);
        positive(arch, &mut self.inner);
        let inner = layer.inner.matrix.outputs;
        self.rows.fill(arch, &self.inner, 0, inner, inner);
        products::add_linear(arch, &self.rows, &layer.outer, memory);
    }
}

vectorised! {
    /// Zero instead of what is below.
    fn positive<'a>(unit, numbers: &'a mut [f32]) {
        for chunk in numbers.as_chunks_mut::<LANES>().0 {
            unit.store(unit.max(unit.load(chunk), unit.splat(0.0)), chunk);
        }
    }
}

vectorised! {
    /// All heads over all positions: the means of the values, and the share that each kind of link has. Of `by_link` and `per_link`
    /// each head has a row of `known` numbers a position.
    #[allow(clippy::too_many_arguments)]
    fn look<'a>(
        unit,
        heads: &'a Heads,
        known: usize,
        qkv: &'a [f32],
        keys: &'a [f32],
        by_link: &'a [f32],
        links: &'a Links,
        scores: &'a mut [f32],
        shares: &'a mut [Shares],
        per_link: &'a mut [f32],
        mixed: &'a mut [f32],
    ) {
        let Heads { size, width, count, stride, .. } = *heads;
        let mut first = 0;
        for at in 0..count {
            let kinds = &links.kinds[at * count..(at + 1) * count];
            let row = &qkv[at * 3 * width..(at + 1) * 3 * width];
            for (nth, scores) in scores.chunks_exact_mut(stride).enumerate() {
                let by_link = &by_link[(nth * count + at) * known..][..known];
                for (score, kind) in scores.iter_mut().zip(kinds) {
                    *score = by_link[usize::from(*kind)];
                }
            }
            for (nth, scores) in scores.chunks_exact_mut(stride).enumerate() {
                against(unit, &row[nth * size..][..size], &keys[nth * size * stride..], stride, heads.share, true, scores);
                scores[count..].fill(NOTHING);
                softmax(unit, scores);
            }
            by_position(heads, scores, shares);
            blend(unit, heads, shares, &qkv[2 * width..], 3 * width, &mut mixed[at * width..(at + 1) * width]);
            let mut begin = at * count;
            for (kind, end) in &links.groups[first..links.ends[at]] {
                let mut sums = unit.splat(0.0);
                for place in &links.places[begin..*end] {
                    sums = unit.add(sums, unit.load(&shares[usize::from(*place)]));
                }
                let mut of = [0.0; LANES];
                unit.store(sums, &mut of);
                for (nth, sum) in of.into_iter().enumerate().take(scores.len() / stride) {
                    per_link[(nth * count + at) * known + usize::from(*kind)] = sum;
                }
                begin = *end;
            }
            first = links.ends[at];
        }
    }
}

/// Rows become columns: number `row` of a column that is `stride` long.
pub fn transposed(rows: &[f32], from: usize, width: usize, row_stride: usize, stride: usize, out: &mut Vec<f32>) {
    out.clear();
    out.resize(width * stride, 0.0);
    for (nth, row) in rows.chunks_exact(row_stride).enumerate() {
        for (at, number) in row[from..from + width].iter().enumerate() {
            out[at * stride + nth] = *number;
        }
    }
}
