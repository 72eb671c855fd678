//! Other ways to show the same rows: where the network shows a column that no word asks for (the last name, the title of "who"), the
//! columns that stand for a row of that relation instead; where it counts a figure, the figure; and where it speaks of the people and the
//! question of the gymnasts among them, the gymnasts. The judge chooses.

use nl_query_core::schema::TypeKind;

use crate::ir::{Aggregate, Expr, Item, Query, Select, Source};
use crate::parser::build;
use crate::parser::features::{Features, Fit, Target};
use crate::parser::rank::anatomy::Anatomy;
use crate::prepared::{Prepared, Role};

/// The query with the unasked columns of one relation exchanged; none where there is nothing to exchange.
pub fn relabelled(query: &Query, features: &Features, prepared: &Prepared) -> Option<Query> {
    let Query::Select(select) = query else { return None };
    let unasked: Vec<(usize, Source, usize)> = select
        .items
        .iter()
        .enumerate()
        .filter_map(|(at, item)| match &item.expr {
            Expr::Column(column) => Some((at, column.source, column.column)),
            _ => None,
        })
        .filter(|(_, source, column)| !asked(features, Target::Column((source.relation, *column))))
        .collect();
    let (first, source, _) = *unasked.first()?;
    let label = &prepared.relations.get(source.relation)?.label;
    let shown: Vec<usize> = unasked.iter().filter(|one| one.1 == source).map(|one| one.2).collect();
    if label.is_empty() || *label == shown {
        return None;
    }
    let mut select = select.clone();
    exchange(&mut select, source, &shown, first, label);
    Some(Query::Select(select))
}

/// The query with the figure itself that it counts the values of: "how many people live in Houston" where `population` tells.
pub fn uncounted(query: &Query, prepared: &Prepared) -> Option<Query> {
    let Query::Select(select) = query else { return None };
    let [Item { expr: Expr::Aggregate { function: Aggregate::Count, arg, .. }, .. }] = select.items.as_slice() else {
        return None;
    };
    let Expr::Column(column) = arg.as_ref() else { return None };
    let id = (column.source.relation, column.column);
    let figure = prepared.column(id).kind == TypeKind::Number && prepared.words(id).role == Role::Measure;
    (figure && select.group.is_empty() && select.having.is_none() && select.filter.is_some()).then(|| {
        let mut select = select.clone();
        select.items[0] = Item { expr: Expr::Column(*column), alias: None };
        Query::Select(select)
    })
}

/// The query of those rows only that the one relation refers to which the question names and the query leaves out.
pub fn narrowed(query: &Query, features: &Features, prepared: &Prepared) -> Option<Query> {
    let Query::Select(select) = query else { return None };
    let subject = select.subject?.relation;
    let (named, used) = (features.named_relations(), Anatomy::of(query).relations);
    let mut left_out = named.difference(&used);
    let (Some(extra), None) = (left_out.next(), left_out.next()) else { return None };
    prepared.graph().refers(*extra, subject).then(|| {
        let select = build::with_extra(select.as_ref().clone(), Source::first(*extra), prepared);
        Query::Select(Box::new(select))
    })
}

/// Some word says the column.
fn asked(features: &Features, target: Target) -> bool {
    features.item(target).is_some_and(|item| (0..features.words.len()).any(|word| features.says(word, item) > Fit::Wide))
}

/// Puts the label's columns where the first of the old ones stood, in what is shown and in what is grouped by.
fn exchange(select: &mut Select, source: Source, old: &[usize], first: usize, label: &[usize]) {
    let is_old = |expr: &Expr| matches!(expr, Expr::Column(column) if column.source == source && old.contains(&column.column));
    let new: Vec<Expr> = label.iter().map(|column| Expr::Column(source.column(*column))).collect();
    let place = select.items[..first].iter().filter(|item| !is_old(&item.expr)).count();
    select.items.retain(|item| !is_old(&item.expr));
    select.items.retain(|item| !new.contains(&item.expr));
    let place = place.min(select.items.len());
    select.items.splice(place..place, new.iter().map(|expr| Item { expr: expr.clone(), alias: None }));
    if select.group.iter().any(is_old) {
        select.group.retain(|key| !is_old(key) && !new.contains(key));
        select.group.extend(new);
    }
}
