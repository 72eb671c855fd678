//! Names of output columns: short, telling, and each used once.

use std::collections::BTreeSet;

use super::{moment, quote, scope::Scope};
use crate::{
    ir::{Aggregate, Arithmetic, Comparison, Expr, Function, Item, Literal, Predicate, Query, Source, WindowFunction},
    joins::words,
};

/// Most bytes of a name; PostgreSQL cuts the rest.
const NAME_BYTES: usize = 63;

/// One name for each item, in order. A plain column keeps its own name unless another item has it too.
pub(super) fn names(items: &[Item], scope: &Scope<'_>) -> Vec<String> {
    let wanted: Vec<String> = items.iter().map(|item| item.alias.clone().unwrap_or_else(|| base(&item.expr, scope))).collect();
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let shared = wanted.iter().filter(|other| **other == wanted[at]).count() > 1;
        let mut name = match owner(&item.expr, scope).filter(|_| shared && item.alias.is_none()) {
            Some(owner) if !wanted[at].starts_with(&format!("{owner}_")) => format!("{owner}_{}", wanted[at]),
            _ => wanted[at].clone(),
        };
        while name.len() > NAME_BYTES {
            name.pop();
        }
        let mut unique = name.clone();
        let mut number = 2;
        while !taken.insert(unique.clone()) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        names.push(unique);
    }
    names
}

/// What the columns of a source are told apart by: the singular of its relation, or its role.
fn owner(expr: &Expr, scope: &Scope<'_>) -> Option<String> {
    let source = main_source(expr)?;
    let role = (source.role > 0)
        .then(|| scope.plan.and_then(|plan| plan.nodes.get(plan.position(source)?)?.link.as_ref()))
        .flatten()
        .and_then(|link| scope.role_name(link.key));
    let name = scope.schema.relations.get(source.relation).map(|relation| relation.name.as_str())?;
    let owner = role.unwrap_or_else(|| singular(&words(name).join("_")));
    (!owner.is_empty()).then_some(owner)
}

fn main_source(expr: &Expr) -> Option<Source> {
    match expr {
        Expr::Column(used) => Some(used.source),
        Expr::All(source) | Expr::CountRows(source) => Some(*source),
        Expr::Aggregate { arg, .. } | Expr::Truncate { arg, .. } | Expr::Extract { arg, .. } => main_source(arg),
        Expr::Elapsed { since, .. } => main_source(since),
        Expr::Filtered { aggregate, .. } => main_source(aggregate),
        Expr::Function { args, .. } | Expr::Words(args) => args.first().and_then(main_source),
        Expr::Arithmetic { left, .. } => main_source(left),
        Expr::Window { arg, .. } => arg.as_deref().and_then(main_source),
        Expr::Literal(_) | Expr::Moment(_) | Expr::Scalar(_) => None,
    }
}

/// The singular of the last word, as far as simple rules go.
pub(crate) fn singular(name: &str) -> String {
    let keep = |suffix: &str| name.ends_with(suffix);
    if let Some(stem) = name.strip_suffix("ies").filter(|stem| stem.len() > 2) {
        format!("{stem}y")
    } else if let Some(stem) = name.strip_suffix("es").filter(|_| keep("sses") || keep("xes") || keep("ches") || keep("shes")) {
        stem.to_string()
    } else if let Some(stem) = name.strip_suffix('s').filter(|_| !keep("ss") && !keep("us") && !keep("is") && !keep("series")) {
        stem.to_string()
    } else {
        name.to_string()
    }
}

fn base(expr: &Expr, scope: &Scope<'_>) -> String {
    match expr {
        Expr::Column(used) => super::types::column(*used, scope.schema).map(|column| column.name.clone()).unwrap_or_default(),
        Expr::All(_) | Expr::Literal(Literal::Null) => "value".to_string(),
        Expr::CountRows(_) => "count".to_string(),
        Expr::Aggregate { function, arg, .. } => aggregate(*function, arg, scope),
        Expr::Filtered { aggregate, filter } => match mark(filter, scope) {
            Some(mark) => format!("{mark}_{}", base(aggregate, scope)),
            None => base(aggregate, scope),
        },
        Expr::Literal(_) => "value".to_string(),
        Expr::Moment(_) => "moment".to_string(),
        Expr::Arithmetic { op, .. } => match op {
            Arithmetic::Add => "sum",
            Arithmetic::Subtract => "difference",
            Arithmetic::Multiply => "amount",
            Arithmetic::Divide => "ratio",
        }
        .to_string(),
        Expr::Truncate { unit, .. } => moment::unit_name(*unit).to_string(),
        Expr::Extract { field, .. } => moment::field_name(*field).1.to_string(),
        Expr::Elapsed { unit, .. } => format!("{}s", moment::unit_name(*unit)).replace("centurys", "centuries"),
        Expr::Function { name: Function::Length, args } => {
            args.first().map(|arg| format!("{}_length", base(arg, scope))).unwrap_or_default()
        }
        Expr::Function { args, .. } => args.first().map(|arg| base(arg, scope)).unwrap_or_default(),
        Expr::Words(_) => "name".to_string(),
        Expr::Scalar(query) => match &**query {
            Query::Select(select) => select.items.first().map(|item| base(&item.expr, scope)).unwrap_or_default(),
            Query::Set { .. } => "value".to_string(),
        },
        Expr::Window { function, arg, .. } => match (function, arg) {
            (WindowFunction::Rank | WindowFunction::DenseRank, _) => "rank".to_string(),
            (WindowFunction::RowNumber, _) => "row_number".to_string(),
            (WindowFunction::RunningSum, _) => "running_total".to_string(),
            (WindowFunction::Sum, _) => "overall_total".to_string(),
            (WindowFunction::Average, _) => "overall_average".to_string(),
            (WindowFunction::Lag, Some(arg)) => format!("previous_{}", base(arg, scope)),
            (WindowFunction::Lag, None) => "previous".to_string(),
        },
    }
}

/// What a condition calls the rows that it keeps: `open` for `status = 'open'`.
fn mark(filter: &Predicate, scope: &Scope<'_>) -> Option<String> {
    let name = match filter {
        Predicate::Compare { op: Comparison::Equal, right: Expr::Literal(Literal::Text(text)), .. } => words(text).join("_"),
        Predicate::IsTrue { expr, negated: false } => words(&base(expr, scope)).join("_"),
        _ => return None,
    };
    (!name.is_empty() && name.len() <= 24).then_some(name)
}

fn aggregate(function: Aggregate, arg: &Expr, scope: &Scope<'_>) -> String {
    let of = base(arg, scope);
    let computed = matches!(arg, Expr::Arithmetic { .. });
    let already = |word: &str| of.starts_with(&format!("{word}_")) || of == word;
    match function {
        Aggregate::Count => format!("{of}_count"),
        Aggregate::Sum if computed => "total".to_string(),
        Aggregate::Sum if already("total") => of,
        Aggregate::Sum => format!("total_{of}"),
        Aggregate::Average if computed => "average".to_string(),
        Aggregate::Average => format!("average_{of}"),
        Aggregate::Min => format!("min_{of}"),
        Aggregate::Max => format!("max_{of}"),
        Aggregate::Median => format!("median_{of}"),
        Aggregate::List => format!("{of}_list"),
    }
}

/// An item's text with its name, where the name is not the column's own.
pub(super) fn named(text: &str, expr: &Expr, name: &str, scope: &Scope<'_>) -> String {
    let own = matches!(expr, Expr::Column(_)) && base(expr, scope) == name;
    if own { text.to_string() } else { format!("{text} AS {}", quote::ident(name)) }
}
