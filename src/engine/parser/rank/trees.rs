//! Boosted decision trees: the learned judge of candidates. Trees are made by training and read from json once.

use serde::Deserialize;

/// A forest whose sum is a candidate's score: the higher, the likelier it is right.
#[derive(Debug, Clone, Deserialize)]
pub struct Forest {
    /// Names of the traits that it was trained on, in order.
    pub traits: Vec<String>,
    pub trees: Vec<Tree>,
    /// Knots of the calibration, rising: (score, probability).
    pub calibration: Vec<(f64, f64)>,
}

/// A tree in arrays. Node `at` asks whether trait `split[at]` is at most `limit[at]`; then it goes to `low[at]`, else to `high[at]`.
/// A negative position is the leaf `!position`.
#[derive(Debug, Clone, Deserialize)]
pub struct Tree {
    split: Vec<u16>,
    limit: Vec<f32>,
    low: Vec<i16>,
    high: Vec<i16>,
    leaf: Vec<f32>,
}

impl Tree {
    fn value(&self, traits: &[f32]) -> f32 {
        let mut at: i16 = if self.split.is_empty() { -1 } else { 0 };
        while let Ok(node) = usize::try_from(at) {
            let below = traits.get(usize::from(self.split[node])).is_some_and(|value| *value <= self.limit[node]);
            at = if below { self.low[node] } else { self.high[node] };
        }
        self.leaf.get(usize::from((!at).unsigned_abs())).copied().unwrap_or(0.0)
    }

    /// Every position is one of the tree's own, and leads forward.
    fn is_sound(&self) -> bool {
        let nodes = self.split.len();
        let same = [self.limit.len(), self.low.len(), self.high.len()].iter().all(|length| *length == nodes);
        let leads = |from: usize, to: i16| match usize::try_from(to) {
            Ok(node) => node > from && node < nodes,
            Err(_) => usize::from((!to).unsigned_abs()) < self.leaf.len(),
        };
        same && !self.leaf.is_empty() && (0..nodes).all(|at| leads(at, self.low[at]) && leads(at, self.high[at]))
    }
}

impl Forest {
    /// Reads a forest; an error says what is wrong with it.
    pub fn read(json: &str, traits: &[String]) -> Result<Forest, String> {
        let forest: Forest = serde_json::from_str(json).map_err(|error| error.to_string())?;
        if forest.traits != traits {
            return Err("the forest was trained on other traits".to_owned());
        }
        if !forest.trees.iter().all(Tree::is_sound) {
            return Err("a tree of the forest leads nowhere".to_owned());
        }
        Ok(forest)
    }

    /// The scores of candidates with these traits. One tree after the other looks at all of them, because all trees together are larger
    /// than the first level of a processor's memory.
    pub fn scores(&self, candidates: &[&[f32]]) -> Vec<f64> {
        let mut scores = vec![0.0; candidates.len()];
        for tree in &self.trees {
            for (score, traits) in scores.iter_mut().zip(candidates) {
                *score += f64::from(tree.value(traits));
            }
        }
        scores
    }

    /// The probability that a score stands for, between the knots of the calibration in a line.
    pub fn probability(&self, score: f64) -> f64 {
        let knots = &self.calibration;
        let above = knots.partition_point(|(at, _)| *at < score);
        match (above.checked_sub(1).and_then(|at| knots.get(at)), knots.get(above)) {
            (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (score - x0) / (x1 - x0).max(f64::EPSILON),
            (Some((_, y)), None) | (None, Some((_, y))) => *y,
            (None, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"traits": ["a", "b"], "calibration": [[-1.0, 0.2], [1.0, 0.8]], "trees": [
        {"split": [0, 1], "limit": [1.5, 0.0], "low": [1, -2], "high": [-1, -3], "leaf": [3.0, 1.0, -1.0]},
        {"split": [], "limit": [], "low": [], "high": [], "leaf": [0.5]}]}"#;

    fn names() -> Vec<String> {
        vec!["a".to_owned(), "b".to_owned()]
    }

    #[test]
    fn trees_are_walked_and_added() {
        let forest = Forest::read(SMALL, &names()).expect("a forest");
        assert_eq!(forest.scores(&[&[2.0, 0.0], &[1.0, 0.0], &[1.0, 1.0]]), [3.5, 1.5, -0.5]);
        assert_eq!(forest.scores(&[]), [0.0; 0]);
    }

    #[test]
    fn probabilities_lie_between_the_knots() {
        let forest = Forest::read(SMALL, &names()).expect("a forest");
        assert_eq!(forest.probability(-9.0), 0.2);
        assert!((forest.probability(0.0) - 0.5).abs() < 1e-9);
        assert_eq!(forest.probability(9.0), 0.8);
    }

    #[test]
    fn a_forest_of_other_traits_or_with_loose_ends_is_refused() {
        assert!(Forest::read(SMALL, &["a".to_owned()]).is_err());
        assert!(Forest::read(&SMALL.replace("[1, -2]", "[7, -2]"), &names()).is_err());
        assert!(Forest::read(&SMALL.replace("[1, -2]", "[0, -2]"), &names()).is_err());
    }
}
