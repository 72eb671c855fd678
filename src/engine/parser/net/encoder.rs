//! From a question and a schema to the memory: one vector for each word and item, each having looked at all others.

use pulp::Arch;

use super::floats::{norm_rows, sigmoid, softmax, tanh};
use super::products::{self, Rows};
use super::unit::vectorised;
use super::words::Read;
use crate::parser::features::Features;
use crate::parser::weights::{LANES, Layer, Linear, Lstm, Weights};

/// The memory of one question: rows of the model's width, words first.
pub fn encode(arch: Arch, weights: &Weights, read: &Read, features: &Features) -> Vec<f32> {
    let width = weights.sizes.width;
    let mut memory = embedded(arch, weights, read, features);
    let mut scratch = Scratch::default();
    for layer in &weights.layers {
        scratch.attend(arch, layer, &mut memory, width, &features.links);
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
    for (word, row) in read.known.iter().zip(known.chunks_exact_mut(width)) {
        weights.word.add(word.number, 1.0, row);
        let share = 1.0 / word.parts.len() as f32;
        for part in &word.parts {
            weights.gram.add(*part as usize % weights.sizes.buckets + 1, share, row);
        }
    }
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

/// Both readers over the words: the one from the left in the first half of each row.
fn read_words(arch: Arch, weights: &Weights, words: &[f32]) -> Vec<f32> {
    let width = weights.sizes.width;
    let half = width / 2;
    let rows = Rows::of(arch, words, width);
    let mut out = vec![0.0; words.len()];
    let mut gates = Vec::new();
    for (side, reader) in weights.reader.iter().enumerate() {
        products::linear(arch, &rows, &reader.input, &mut gates);
        let (mut hidden, mut cell) = (vec![0.0; half], vec![0.0; half]);
        for nth in 0..rows.count() {
            let at = if side == 0 { nth } else { rows.count() - 1 - nth };
            lstm(arch, reader, &mut gates[at * 4 * half..(at + 1) * 4 * half], &mut hidden, &mut cell);
            out[at * width + side * half..][..half].copy_from_slice(&hidden);
        }
    }
    out
}

/// One step of rows of states. `gates` holds what comes of the inputs.
pub fn lstm(arch: Arch, layer: &Lstm, gates: &mut [f32], hidden: &mut [f32], cell: &mut [f32]) {
    let size = layer.again.outputs / 4;
    let rows = Rows::of(arch, hidden, size);
    products::add(arch, &rows, &layer.again, 0..layer.again.padded() / LANES, gates, layer.again.padded());
    write(arch, size, gates, hidden, cell);
}

vectorised! {
    /// Changes the states as the gates say.
    fn write<'a>(size: usize, gates: &'a [f32], hidden: &'a mut [f32], cell: &'a mut [f32]) {
        let states = hidden.chunks_exact_mut(size).zip(cell.chunks_exact_mut(size));
        for (gates, (hidden, cell)) in gates.chunks_exact(4 * size).zip(states) {
            let (keep, rest) = gates.split_at(size);
            let (forget, rest) = rest.split_at(size);
            let (new, out) = rest.split_at(size);
            for at in 0..size {
                cell[at] = sigmoid(forget[at]) * cell[at] + sigmoid(keep[at]) * tanh(new[at]);
                hidden[at] = sigmoid(out[at]) * tanh(cell[at]);
            }
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

/// What is used again from layer to layer.
#[derive(Default)]
struct Scratch {
    normed: Vec<f32>,
    rows: Rows,
    qkv: Vec<f32>,
    keys: Vec<f32>,
    by_link: Vec<f32>,
    per_link: Vec<f32>,
    mixed: Vec<f32>,
    from_links: Vec<f32>,
    scores: Vec<f32>,
    inner: Vec<f32>,
    outer: Vec<f32>,
}

impl Scratch {
    /// Attention of every position to all, with what is known of each link.
    fn attend(&mut self, arch: Arch, layer: &Layer, memory: &mut [f32], width: usize, links: &[u8]) {
        let count = memory.len() / width;
        let stride = count.next_multiple_of(LANES);
        let size = width / layer.links.len();
        self.normed.resize(memory.len(), 0.0);
        norm_rows(arch, memory, &layer.norm1, &mut self.normed);
        self.rows.fill(arch, &self.normed, 0, width, width);
        products::linear(arch, &self.rows, &layer.qkv, &mut self.qkv);
        transposed(&self.qkv, width, width, 3 * width, stride, &mut self.keys);
        self.mixed.resize(memory.len(), 0.0);
        self.scores.resize(stride, 0.0);
        for (nth, head) in layer.links.iter().enumerate() {
            self.rows.fill(arch, &self.qkv, nth * size, size, 3 * width);
            products::linear(arch, &self.rows, &head.key, &mut self.by_link);
            let known = head.key.matrix.outputs;
            self.per_link.clear();
            self.per_link.resize(count * known, 0.0);
            let sizes = Head { from: nth * size, size, width, count, stride, known, padded: head.key.matrix.padded() };
            let (per_link, mixed, scores) = (&mut self.per_link, &mut self.mixed, &mut self.scores);
            one_head(arch, sizes, &self.qkv, &self.keys, &self.by_link, links, per_link, mixed, scores);
            self.rows.fill(arch, &self.per_link, 0, known, known);
            let padded = head.value.padded();
            self.from_links.clear();
            self.from_links.resize(count * padded, 0.0);
            products::add(arch, &self.rows, &head.value, 0..padded / LANES, &mut self.from_links, padded);
            for (to, from) in self.mixed.chunks_exact_mut(width).zip(self.from_links.chunks_exact(padded)) {
                to[nth * size..][..size].iter_mut().zip(from).for_each(|(to, from)| *to += *from);
            }
        }
        self.rows.fill(arch, &self.mixed, 0, width, width);
        self.add_linear(arch, &layer.out, memory);
    }

    /// Each position for itself.
    fn think(&mut self, arch: Arch, layer: &Layer, memory: &mut [f32], width: usize) {
        norm_rows(arch, memory, &layer.norm2, &mut self.normed);
        self.rows.fill(arch, &self.normed, 0, width, width);
        products::linear(arch, &self.rows, &layer.inner, &mut self.inner);
        self.inner.iter_mut().for_each(|number| *number = if *number > 0.0 { *number } else { 0.0 });
        let inner = layer.inner.matrix.outputs;
        self.rows.fill(arch, &self.inner, 0, inner, inner);
        self.add_linear(arch, &layer.outer, memory);
    }

    fn add_linear(&mut self, arch: Arch, layer: &Linear, memory: &mut [f32]) {
        products::linear(arch, &self.rows, layer, &mut self.outer);
        memory.iter_mut().zip(&self.outer).for_each(|(to, from)| *to += *from);
    }
}

/// One head of attention.
struct Head {
    /// Where its numbers begin in a row.
    from: usize,
    size: usize,
    width: usize,
    /// Positions.
    count: usize,
    /// From one row of the keys to the next.
    stride: usize,
    /// Kinds of links.
    known: usize,
    padded: usize,
}

vectorised! {
    /// One head over all positions: the mean of the values, and the share that each kind of link has.
    #[allow(clippy::too_many_arguments)]
    fn one_head<'a>(
        head: Head,
        qkv: &'a [f32],
        keys: &'a [f32],
        by_link: &'a [f32],
        links: &'a [u8],
        per_link: &'a mut [f32],
        mixed: &'a mut [f32],
        scores: &'a mut [f32],
    ) {
        let Head { from, size, width, count, stride, known, padded } = head;
        let keys = &keys[from * stride..(from + size) * stride];
        let share = 1.0 / (size as f32).sqrt();
        for at in 0..count {
            against(&qkv[at * 3 * width + from..][..size], keys, stride, scores);
            let scores = &mut scores[..count];
            let links = &links[at * count..(at + 1) * count];
            let by_link = &by_link[at * padded..(at + 1) * padded];
            for (score, link) in scores.iter_mut().zip(links) {
                *score = (*score + by_link[usize::from(*link)]) * share;
            }
            softmax(scores);
            let per_link = &mut per_link[at * known..(at + 1) * known];
            for (score, link) in scores.iter().zip(links) {
                per_link[usize::from(*link)] += *score;
            }
            blend(scores, &qkv[2 * width + from..], 3 * width, &mut mixed[at * width + from..][..size]);
        }
    }
}

/// A query times every key. Keys are columns: number `d` of all keys lies at `d * stride`; `stride` is a multiple of [`LANES`].
#[inline(always)]
pub fn against(query: &[f32], keys: &[f32], stride: usize, scores: &mut [f32]) {
    for begin in (0..stride).step_by(LANES) {
        let mut sums = [0.0f32; LANES];
        for (number, keys) in query.iter().zip(keys.chunks_exact(stride)) {
            let keys = &keys[begin..begin + LANES];
            for lane in 0..LANES {
                sums[lane] += *number * keys[lane];
            }
        }
        scores[begin..begin + LANES].copy_from_slice(&sums);
    }
}

/// The mean of values by their shares. Values lie `stride` apart.
#[inline(always)]
pub fn blend(shares: &[f32], values: &[f32], stride: usize, out: &mut [f32]) {
    for begin in (0..out.len()).step_by(LANES) {
        let mut sums = [0.0f32; LANES];
        for (at, share) in shares.iter().enumerate() {
            let value = &values[at * stride + begin..][..LANES];
            for lane in 0..LANES {
                sums[lane] += *share * value[lane];
            }
        }
        out[begin..begin + LANES].copy_from_slice(&sums);
    }
}
