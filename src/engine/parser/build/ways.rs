//! How a block is joined: which of several keys between two relations the words mean ("the ending station", "reported by"), and
//! whether rows may be repeated.

use super::Seen;
use crate::ir::{Aggregate, Expr, Select};
use crate::joins::{self, Ambiguous, JoinError};
use crate::parser::features::Target;
use crate::prepared::Prepared;
use crate::walk;

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
    seen.features.item(Target::Column((key.from, *key.from_columns.first()?)))
}

/// Whether figures have to be taken of the joined rows: an amount is asked for each row of a relation that was named for nothing
/// else ("credits of all classes"), or rows that the joins repeat cannot be told apart.
pub(super) fn must_repeat(select: &Select, prepared: &Prepared) -> bool {
    let mut amount = false;
    let mut counted = Vec::new();
    let mut look = |part: &Expr| match part {
        Expr::Aggregate { function: Aggregate::Sum | Aggregate::Average, distinct: false, .. } => amount = true,
        Expr::CountRows(source) => counted.push(*source),
        _ => {}
    };
    walk::output_exprs(select).for_each(|expr| walk::expr(expr, &mut look));
    if let Some(having) = &select.having {
        walk::predicate(having, &mut look);
    }
    if amount && !select.also.is_empty() {
        return true;
    }
    match joins::plan(select, prepared.schema(), prepared.graph()) {
        Ok(plan) => counted.iter().any(|&source| !plan.is_single(source) && joins::row_key(source, prepared.schema()).is_none()),
        Err(error) => matches!(error, JoinError::FanOut { .. }),
    }
}
