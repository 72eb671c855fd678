//! The network itself: reads the features of a question and gives, for a query that is being written, the probability of every way
//! to go on. The counterpart of `training/model.py`.
//!
//! ```text
//! unit       the vector unit that is there, and code for it
//! products   whole numbers: weights times activations
//! floats     fractions: exponentials, norms, sums in a fixed order
//! attention  what positions are worth to a query
//! words      words as the network knows them
//! encoder    question and schema -> memory
//! decoder    memory and steps so far -> probabilities of the next step
//! ```
//!
//! The same weights and features give the same bits on every processor.

use std::sync::OnceLock;

use super::features::Features;
use super::weights::{self, BadWeights, Table, Weights, Words};

mod attention;
pub mod decoder;
mod encoder;
mod floats;
mod products;
pub(super) mod unit;
mod words;

use decoder::{Decoder, Shape};
use encoder::{Links, Scratch};
use products::Rows;
use unit::Arch;

/// One trained model.
#[derive(Debug)]
pub struct Model {
    weights: Weights,
    inputs: Inputs,
}

/// Models that answer together.
#[derive(Debug)]
pub struct Network {
    arch: Arch,
    words: Option<Words>,
    models: Vec<Model>,
}

/// The bytes of a file, begun where a vector unit likes to read.
#[repr(align(64))]
struct Aligned<T: ?Sized>(T);

static SHIPPED: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("NL_QUERY_WEIGHTS_FILE")));

impl Network {
    /// The network that was built in. A test holds that it can be read; were it not so, it would have no model and parse nothing.
    pub fn shipped() -> &'static Network {
        static NETWORK: OnceLock<Network> = OnceLock::new();
        NETWORK.get_or_init(|| {
            Network::read(&SHIPPED.0).unwrap_or_else(|_| Network { arch: Arch::best(), words: None, models: Vec::new() })
        })
    }

    /// The network of a file's bytes.
    pub fn read(bytes: &'static [u8]) -> Result<Network, BadWeights> {
        let (words, weights) = weights::read(bytes)?;
        let models = weights.into_iter().map(|weights| Model { inputs: Inputs::new(&weights), weights }).collect();
        Ok(Network { arch: Arch::best(), words: Some(words), models })
    }

    /// How many models it has.
    pub fn models(&self) -> usize {
        self.models.len()
    }

    /// Computes with another vector unit.
    #[cfg(test)]
    pub(super) fn on(mut self, arch: Arch) -> Self {
        self.arch = arch;
        self
    }

    /// All models over a question.
    pub fn panel<'a>(&'a self, features: &'a Features) -> Panel<'a> {
        self.panel_of(features, (0..self.models()).collect())
    }

    /// Some of the models, in the order named, over a question.
    pub fn panel_of<'a>(&'a self, features: &'a Features, mut models: Vec<usize>) -> Panel<'a> {
        models.retain(|at| *at < self.models.len());
        let known = self.words.filter(|_| fit(features));
        let read = known.map(|known| (words::Read::new(features, &known), Links::new(features)));
        Panel { network: self, features, joined: models.len(), models, read, decoders: Vec::new(), scratch: Scratch::default() }
    }
}

/// Models over one question. Each reads it when it is first asked, and once. The first of them are asked first; how many have joined
/// says who scores.
pub struct Panel<'a> {
    network: &'a Network,
    features: &'a Features,
    models: Vec<usize>,
    joined: usize,
    /// None where there is nothing to read.
    read: Option<(words::Read, Links)>,
    decoders: Vec<Decoder<'a>>,
    scratch: Scratch,
}

impl<'a> Panel<'a> {
    /// How many models there are.
    pub fn models(&self) -> usize {
        self.models.len()
    }

    /// How many have been asked.
    pub fn joined(&self) -> usize {
        self.joined
    }

    /// Lets so many of the models have their say.
    pub fn join(&mut self, count: usize) {
        self.joined = count.min(self.models.len());
    }

    /// Decoders of the models that have joined.
    pub(super) fn decoders(&mut self) -> &mut [Decoder<'a>] {
        let Some((words, links)) = &self.read else { return &mut [] };
        let Network { arch, models, .. } = self.network;
        for at in self.models[..self.joined].iter().skip(self.decoders.len()) {
            let memory = encoder::encode(*arch, &models[*at].weights, words, links, self.features, &mut self.scratch);
            self.decoders.push(Decoder::new(*arch, &models[*at], memory, shape(self.features)));
        }
        let count = self.joined.min(self.decoders.len());
        &mut self.decoders[..count]
    }
}

/// How many words, relations and items there are.
pub(super) fn shape(features: &Features) -> Shape {
    Shape { words: features.words.len(), relations: features.relations, items: features.items.len() }
}

/// Whether the parts of the features fit together.
fn fit(features: &Features) -> bool {
    let side = features.words.len() + features.items.len();
    !features.words.is_empty()
        && features.flags.len() == features.words.len()
        && features.relations <= features.items.len()
        && features.links.len() == side * side
        && features.links.iter().all(|link| usize::from(*link) < super::features::LINKS)
}

/// What productions and symbols bring to the writer's gates. Filled as they are met; there are few, and each serves for all questions.
#[derive(Debug)]
struct Inputs {
    production: Vec<OnceLock<Vec<f32>>>,
    symbol: Vec<OnceLock<Vec<f32>>>,
    parent: Vec<OnceLock<Vec<f32>>>,
}

impl Inputs {
    fn new(weights: &Weights) -> Self {
        let rows = |table: &Table| (0..table.rows()).map(|_| OnceLock::new()).collect();
        Inputs { production: rows(&weights.production), symbol: rows(&weights.symbol), parent: rows(&weights.parent) }
    }

    fn production(&self, arch: Arch, weights: &Weights, row: usize) -> &Vec<f32> {
        self.production[row].get_or_init(|| into_writer(arch, weights, &weights.production.row(row)))
    }

    fn symbol(&self, arch: Arch, weights: &Weights, row: usize) -> &Vec<f32> {
        self.symbol[row].get_or_init(|| into_writer(arch, weights, &weights.symbol.row(row)))
    }

    fn parent(&self, arch: Arch, weights: &Weights, row: usize) -> &Vec<f32> {
        self.parent[row].get_or_init(|| into_writer(arch, weights, &weights.parent.row(row)))
    }
}

/// A vector times the writer's input weights, without the bias.
fn into_writer(arch: Arch, weights: &Weights, vector: &[f32]) -> Vec<f32> {
    let matrix = &weights.writer.input.matrix;
    let mut out = vec![0.0; matrix.padded()];
    products::add(arch, &Rows::of(arch, vector, vector.len()), matrix, &mut out, matrix.padded());
    out
}
