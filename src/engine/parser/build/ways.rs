//! Which of several keys between two relations the words mean: "the ending station", "reported by".

use super::Seen;
use crate::ir::Select;
use crate::joins::{self, Ambiguous};
use crate::parser::features::Target;

/// Words further than this from what the block compares weigh no less.
const FAR: usize = 9;

/// Prefers the keys whose column the question's words name. `said` are the words of the block's values: of two such words the
/// nearer one counts, since another block may be about the other key.
pub(super) fn prefer(select: &mut Select, said: &[usize], seen: Seen<'_>) {
    let Ok(plan) = joins::plan(select, seen.prepared.schema(), seen.prepared.graph()) else { return };
    for ambiguous in &plan.ambiguous {
        if let Some(key) = meant(ambiguous, said, seen) {
            select.via.push((key, ambiguous.source));
        }
    }
}

fn meant(ambiguous: &Ambiguous, said: &[usize], seen: Seen<'_>) -> Option<usize> {
    let keys: Vec<usize> = std::iter::once(ambiguous.chosen).chain(ambiguous.others.iter().copied()).collect();
    let items: Vec<Option<usize>> = keys.iter().map(|key| item(*key, seen)).collect();
    let fit = |word: usize, at: usize| items[at].map_or(0, |item| seen.features.fit(word, item) as u8);
    let worth = |at: usize| {
        let words = 0..seen.features.words.len();
        let gains = words.filter_map(|word| {
            let others = (0..keys.len()).filter(|other| *other != at).map(|other| fit(word, other)).max().unwrap_or(0);
            let gain = fit(word, at).checked_sub(others).filter(|gain| *gain > 0)?;
            let distance = said.iter().map(|other| word.abs_diff(*other)).min().unwrap_or(0).min(FAR);
            Some(usize::from(gain) * 2 + (FAR - distance))
        });
        gains.max().unwrap_or(0)
    };
    let best = (0..keys.len()).max_by_key(|at| (worth(*at), std::cmp::Reverse(*at)))?;
    (best > 0 && worth(best) > 0).then(|| keys[best])
}

/// The item of the column that holds the key.
fn item(key: usize, seen: Seen<'_>) -> Option<usize> {
    let key = seen.prepared.foreign_key(key);
    let target = Target::Column((key.from, *key.from_columns.first()?));
    seen.features.items.iter().position(|item| item.target == target)
}
