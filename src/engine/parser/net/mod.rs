//! The network itself: reads the features of a question and gives, for a query that is being written, the probability of every way
//! to go on. The counterpart of `training/model.py`.
//!
//! ```text
//! products   whole numbers: weights times activations, on the processor's vector unit
//! floats     fractions: exponentials, norms, sums in a fixed order
//! unit       code for the vector unit that is there
//! words      words as the network knows them
//! encoder    question and schema -> memory
//! decoder    memory and steps so far -> probabilities of the next step
//! ```
//!
//! The same weights and features give the same bits on every processor.

use std::sync::OnceLock;

use pulp::Arch;

use super::features::Features;
use super::weights::{self, BadWeights, LANES, Table, Weights, Words};

pub mod decoder;
mod encoder;
mod floats;
pub(super) mod products;
mod unit;
mod words;

use decoder::{Decoder, Shape};
use products::Rows;

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
            Network::read(&SHIPPED.0).unwrap_or_else(|_| Network { arch: Arch::new(), words: None, models: Vec::new() })
        })
    }

    /// The network of a file's bytes.
    pub fn read(bytes: &'static [u8]) -> Result<Network, BadWeights> {
        let (words, weights) = weights::read(bytes)?;
        let models = weights.into_iter().map(|weights| Model { inputs: Inputs::new(&weights), weights }).collect();
        Ok(Network { arch: Arch::new(), words: Some(words), models })
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

    /// A decoder of each of the models named, in their order. None where there is nothing to read.
    pub(super) fn decoders(&self, features: &Features, models: &[usize]) -> Vec<Decoder<'_>> {
        let Some(known) = self.words.filter(|_| fit(features)) else { return Vec::new() };
        let read = words::Read::new(features, &known);
        let decoder = |at: &usize| {
            let model = self.models.get(*at)?;
            let memory = encoder::encode(self.arch, &model.weights, &read, features);
            Some(Decoder::new(self.arch, model, &memory, shape(features)))
        };
        models.iter().filter_map(decoder).collect()
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
    products::add(arch, &Rows::of(arch, vector, vector.len()), matrix, 0..matrix.padded() / LANES, &mut out, matrix.padded());
    out
}
