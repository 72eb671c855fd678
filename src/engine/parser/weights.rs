//! Reads the file of weights that `training/export.py` writes: some models that share one list of words.
//!
//! The file is used where it lies: matrices, tables and words stay in it, so that all processes share its pages. Only factors, biases
//! and norms (some tens of kilobytes a model) are read into memory of their own. Nothing that the file holds can cause a panic later:
//! every size is checked here.

use std::fmt;

use super::features;
use super::grammar::{self, SYMBOLS, Symbol};

const MAGIC: &[u8; 4] = b"nlqw";
const VERSION: u32 = 1;
const ALIGN: usize = 64;

/// Outputs of a matrix that are computed together; widths are multiples of it.
pub const LANES: usize = 16;

const MOST_MODELS: usize = 8;

/// No size in the file may be larger. Keeps the sums of products within 32 bits, and the sizes' products within `usize`.
const MOST: usize = 2048;
const MOST_ROWS: usize = 1 << 20;

/// Why bytes are not weights that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadWeights {
    /// They begin otherwise.
    NotWeights,
    Version(u32),
    /// They end too early, or go on after the end.
    Length,
    /// They were trained for another numbering of symbols and productions.
    Grammar,
    /// A size is not possible, or not that of the features.
    Size(&'static str),
    /// The words are not sorted text.
    Words,
    /// A number is infinite or none.
    Number,
}

impl fmt::Display for BadWeights {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadWeights::NotWeights => write!(out, "not a file of weights"),
            BadWeights::Version(version) => write!(out, "version {version} where {VERSION} is read"),
            BadWeights::Length => write!(out, "the length is wrong"),
            BadWeights::Grammar => write!(out, "the weights belong to another grammar"),
            BadWeights::Size(what) => write!(out, "the number of {what} does not fit"),
            BadWeights::Words => write!(out, "the words are not sorted text"),
            BadWeights::Number => write!(out, "a number is not finite"),
        }
    }
}

impl std::error::Error for BadWeights {}

/// The words that have a vector of their own.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    begins: &'static [u8],
    letters: &'static [u8],
    count: usize,
}

impl Words {
    /// Numbers 0 and 1 stand for no word and an unknown one.
    pub const UNKNOWN: usize = 1;

    /// The number of a word.
    pub fn number(&self, word: &str) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.letters(middle).cmp(word.as_bytes()) {
                std::cmp::Ordering::Equal => return middle + 2,
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Words::UNKNOWN
    }

    fn letters(&self, at: usize) -> &'static [u8] {
        let begin = |at: usize| u32_at(self.begins, at) as usize;
        self.letters.get(begin(at)..begin(at + 1)).unwrap_or_default()
    }
}

/// Sizes of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub width: usize,
    pub layers: usize,
    pub heads: usize,
    pub hidden: usize,
    pub inner: usize,
    pub buckets: usize,
    pub words: usize,
    pub links: usize,
    pub kinds: usize,
    pub flags: usize,
    pub symbols: usize,
    pub productions: usize,
}

/// Rows to look up.
#[derive(Debug, Clone)]
pub struct Table {
    numbers: &'static [u8],
    factors: &'static [u8],
    width: usize,
}

impl Table {
    /// The whole numbers of a row, and their factor.
    pub fn numbers(&self, row: usize) -> (&'static [u8], f32) {
        (&self.numbers[row * self.width..(row + 1) * self.width], f32::from_bits(u32_at(self.factors, row)))
    }

    /// Adds `share` times a row.
    pub fn add(&self, row: usize, share: f32, to: &mut [f32]) {
        let (numbers, factor) = self.numbers(row);
        let factor = factor * share;
        for (to, number) in to.iter_mut().zip(numbers) {
            *to += f32::from(*number as i8) * factor;
        }
    }

    pub fn row(&self, row: usize) -> Vec<f32> {
        let mut vector = vec![0.0; self.width];
        self.add(row, 1.0, &mut vector);
        vector
    }

    pub fn rows(&self) -> usize {
        self.factors.len() / 4
    }
}

/// A matrix for [`super::net::products`]: blocks of [`LANES`] outputs, in them pairs of inputs, in these the outputs.
#[derive(Debug, Clone)]
pub struct Matrix {
    pub numbers: &'static [u8],
    /// One an output, with zeros up to the last block's end.
    pub factors: Vec<f32>,
    pub pairs: usize,
    pub outputs: usize,
}

impl Matrix {
    /// Outputs with those that fill the last block.
    pub fn padded(&self) -> usize {
        self.factors.len()
    }
}

/// A matrix and what is added to its outputs.
#[derive(Debug, Clone)]
pub struct Linear {
    pub matrix: Matrix,
    /// Zeros up to the last block's end.
    pub bias: Vec<f32>,
}

#[derive(Debug, Clone)]
pub struct Lstm {
    pub input: Linear,
    pub again: Matrix,
}

#[derive(Debug, Clone)]
pub struct Norm {
    pub factor: Vec<f32>,
    pub bias: Vec<f32>,
}

/// What one head of attention knows of links.
#[derive(Debug, Clone)]
pub struct HeadLinks {
    pub key: Linear,
    pub value: Matrix,
}

#[derive(Debug, Clone)]
pub struct Layer {
    pub norm1: Norm,
    pub qkv: Linear,
    pub links: Vec<HeadLinks>,
    pub out: Linear,
    pub norm2: Norm,
    pub inner: Linear,
    pub outer: Linear,
}

/// The weights of one model.
#[derive(Debug, Clone)]
pub struct Weights {
    pub sizes: Sizes,
    pub word: Table,
    pub gram: Table,
    pub flag: Table,
    pub kind: Table,
    /// Forwards and backwards.
    pub reader: [Lstm; 2],
    pub layers: Vec<Layer>,
    pub norm: Norm,
    pub production: Table,
    pub symbol: Table,
    pub parent: Table,
    pub pointed: Linear,
    pub writer: Lstm,
    pub start: Linear,
    pub ask: Linear,
    pub keys: Linear,
    pub values: Linear,
    pub state: Linear,
    pub choose: Linear,
    /// At an item, at a word.
    pub point: [Linear; 2],
    pub place: [Linear; 2],
}

/// Reads a file of weights.
pub fn read(bytes: &'static [u8]) -> Result<(Words, Vec<Weights>), BadWeights> {
    let mut source = Source { bytes, at: 0 };
    if bytes.get(..4) != Some(MAGIC) {
        return Err(BadWeights::NotWeights);
    }
    let head = source.take(20)?;
    let [version, models, grammar, words] = [1, 2, 3, 4].map(|at| u32_at(head, at));
    if version != VERSION {
        return Err(BadWeights::Version(version));
    }
    if grammar != grammar_print() {
        return Err(BadWeights::Grammar);
    }
    let models = size("models", models, 1, MOST_MODELS)?;
    let words = source.words(size("words", words, 0, MOST_ROWS)?)?;
    let models = (0..models).map(|_| source.model(&words)).collect::<Result<_, _>>()?;
    if source.at == bytes.len() { Ok((words, models)) } else { Err(BadWeights::Length) }
}

/// A number that changes with the numbering of symbols and productions; `export.py` computes it too.
fn grammar_print() -> u32 {
    let name = |symbol: &Symbol| format!("{symbol:?}").to_lowercase();
    let names = |symbols: &[Symbol]| symbols.iter().map(name).collect::<Vec<_>>().join(",");
    let mut lines = vec![names(&SYMBOLS), names(&grammar::BLOCK)];
    lines.extend(grammar::productions().iter().map(|one| format!("{}:{}>{}", name(&one.symbol), one.name, names(&one.opens))));
    fnv(lines.join("\n").as_bytes())
}

/// FNV-1a, 32 bits.
pub fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |value, byte| (value ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The number at a position of a list of little-endian numbers; 0 behind its end.
fn u32_at(list: &[u8], at: usize) -> u32 {
    list.get(at * 4..at * 4 + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn size(what: &'static str, value: u32, least: usize, most: usize) -> Result<usize, BadWeights> {
    let value = value as usize;
    if (least..=most).contains(&value) { Ok(value) } else { Err(BadWeights::Size(what)) }
}

/// Where the reading is.
struct Source {
    bytes: &'static [u8],
    at: usize,
}

impl Source {
    /// The next part.
    fn take(&mut self, length: usize) -> Result<&'static [u8], BadWeights> {
        let begin = self.at.next_multiple_of(ALIGN);
        self.at = begin + length;
        self.bytes.get(begin..begin + length).ok_or(BadWeights::Length)
    }

    fn words(&mut self, count: usize) -> Result<Words, BadWeights> {
        let begins = self.take((count + 1) * 4)?;
        let letters = self.take(u32_at(begins, count) as usize)?;
        let words = Words { begins, letters, count };
        let ordered = (0..count).all(|at| u32_at(begins, at) < u32_at(begins, at + 1));
        let sorted = || (1..count).all(|at| words.letters(at - 1) < words.letters(at));
        if u32_at(begins, 0) == 0 && ordered && sorted() { Ok(words) } else { Err(BadWeights::Words) }
    }

    fn sizes(&mut self, words: &Words) -> Result<Sizes, BadWeights> {
        let list = self.take(12 * 4)?;
        let rounded = |what, at, of: usize| {
            let value = size(what, u32_at(list, at), of, MOST)?;
            if value.is_multiple_of(of) { Ok(value) } else { Err(BadWeights::Size(what)) }
        };
        let exactly = |what, at, of: usize| size(what, u32_at(list, at), of, of);
        let width = rounded("columns", 0, 2 * LANES)?;
        let heads = size("heads", u32_at(list, 2), 1, (width / LANES).min(LANES))?;
        if !width.is_multiple_of(heads * LANES) {
            return Err(BadWeights::Size("heads"));
        }
        Ok(Sizes {
            width,
            layers: size("layers", u32_at(list, 1), 0, 32)?,
            heads,
            hidden: rounded("hidden columns", 3, LANES)?,
            inner: rounded("inner columns", 4, LANES)?,
            buckets: size("buckets", u32_at(list, 5), 1, MOST_ROWS)?,
            words: exactly("words", 6, words.count + 2)?,
            links: exactly("links", 7, features::LINKS)?,
            kinds: exactly("kinds", 8, features::KINDS)?,
            flags: exactly("flags", 9, features::FLAGS)?,
            symbols: exactly("symbols", 10, SYMBOLS.len())?,
            productions: exactly("productions", 11, grammar::productions().len())?,
        })
    }

    fn model(&mut self, words: &Words) -> Result<Weights, BadWeights> {
        let sizes = self.sizes(words)?;
        let Sizes { width, hidden, .. } = sizes;
        Ok(Weights {
            sizes,
            word: self.table(sizes.words, width)?,
            gram: self.table(sizes.buckets + 1, width)?,
            flag: self.table(sizes.flags, width)?,
            kind: self.table(sizes.kinds, width)?,
            reader: [self.lstm(width, width / 2)?, self.lstm(width, width / 2)?],
            layers: (0..sizes.layers).map(|_| self.layer(&sizes)).collect::<Result<_, _>>()?,
            norm: self.norm(width)?,
            production: self.table(sizes.productions + 1, width)?,
            symbol: self.table(sizes.symbols, width)?,
            parent: self.table(sizes.productions + 1, width)?,
            pointed: self.linear(width, width)?,
            writer: self.lstm(width, hidden)?,
            start: self.linear(width, 2 * hidden)?,
            ask: self.linear(hidden, width)?,
            keys: self.linear(width, width)?,
            values: self.linear(width, width)?,
            state: self.linear(hidden + width, width)?,
            choose: self.linear(width, sizes.productions)?,
            point: [self.linear(width, width)?, self.linear(width, width)?],
            place: [self.linear(width, width)?, self.linear(width, width)?],
        })
    }

    fn layer(&mut self, sizes: &Sizes) -> Result<Layer, BadWeights> {
        let Sizes { width, heads, inner, .. } = *sizes;
        let norm1 = self.norm(width)?;
        let qkv = self.linear(width, 3 * width)?;
        let head = |source: &mut Self| {
            let key = source.linear(width / heads, sizes.links)?;
            Ok(HeadLinks { key, value: source.matrix(sizes.links, width / heads)? })
        };
        let links = (0..heads).map(|_| head(self)).collect::<Result<_, _>>()?;
        let out = self.linear(width, width)?;
        let norm2 = self.norm(width)?;
        Ok(Layer { norm1, qkv, links, out, norm2, inner: self.linear(width, inner)?, outer: self.linear(inner, width)? })
    }

    fn lstm(&mut self, width: usize, hidden: usize) -> Result<Lstm, BadWeights> {
        Ok(Lstm { input: self.linear(width, 4 * hidden)?, again: self.matrix(hidden, 4 * hidden)? })
    }

    fn linear(&mut self, inputs: usize, outputs: usize) -> Result<Linear, BadWeights> {
        let matrix = self.matrix(inputs, outputs)?;
        let mut bias = self.vector(outputs)?;
        bias.resize(matrix.padded(), 0.0);
        Ok(Linear { matrix, bias })
    }

    fn norm(&mut self, width: usize) -> Result<Norm, BadWeights> {
        Ok(Norm { factor: self.vector(width)?, bias: self.vector(width)? })
    }

    fn matrix(&mut self, inputs: usize, outputs: usize) -> Result<Matrix, BadWeights> {
        let padded = outputs.next_multiple_of(LANES);
        let pairs = inputs.div_ceil(2);
        let numbers = self.take(padded * pairs * 2)?;
        let mut factors = self.vector(outputs)?;
        factors.resize(padded, 0.0);
        Ok(Matrix { numbers, factors, pairs, outputs })
    }

    fn table(&mut self, rows: usize, width: usize) -> Result<Table, BadWeights> {
        let numbers = self.take(rows * width)?;
        let factors = self.take(rows * 4)?;
        if (0..rows).all(|row| f32::from_bits(u32_at(factors, row)).is_finite()) {
            Ok(Table { numbers, factors, width })
        } else {
            Err(BadWeights::Number)
        }
    }

    fn vector(&mut self, length: usize) -> Result<Vec<f32>, BadWeights> {
        let list = self.take(length * 4)?;
        let vector: Vec<f32> = (0..length).map(|at| f32::from_bits(u32_at(list, at))).collect();
        if vector.iter().all(|number| number.is_finite()) { Ok(vector) } else { Err(BadWeights::Number) }
    }
}
