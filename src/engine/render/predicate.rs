//! Conditions as PostgreSQL text, and the EXISTS that conditions on other rows become.

use std::collections::BTreeSet;

use nl_query_core::schema::TypeKind;

use super::{
    RenderError,
    expr::{Level, Rendered, Sql, beside, expr},
    from, moment, quote,
    scope::Scope,
    select, types,
};
use crate::{
    ir::{Comparison, Expr, Literal, Moment, Predicate, Source},
    joins::plan_related,
    walk,
};

/// The conjuncts of a condition, ANDs inside ANDs opened.
pub(super) fn conjuncts<'p>(root: &'p Predicate, found: &mut Vec<&'p Predicate>) {
    match root {
        Predicate::And(parts) => parts.iter().for_each(|part| conjuncts(part, found)),
        other => found.push(other),
    }
}

/// Conditions that all must hold, one text each. What touches sources that are only asked about comes out as EXISTS; conditions
/// on the same subtree share one.
pub(super) fn conditions(parts: &[&Predicate], scope: &Scope<'_>) -> Result<Vec<Sql>, RenderError> {
    conditions_also(parts, &[], scope)
}

/// The same, for the sources in `also` too: they are asked about though no condition names them.
pub(super) fn conditions_also(parts: &[&Predicate], also: &[Source], scope: &Scope<'_>) -> Result<Vec<Sql>, RenderError> {
    enum Piece<'p> {
        Plain(&'p Predicate),
        Split(&'p Predicate),
        Asked { roots: BTreeSet<usize>, parts: Vec<&'p Predicate>, also: Vec<Source> },
    }
    let mut flat = Vec::new();
    parts.iter().for_each(|part| conjuncts(part, &mut flat));
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for part in flat {
        let roots = asked_roots(part, scope);
        if roots.is_empty() {
            pieces.push(Piece::Plain(part));
        } else if must_split(part, scope) {
            pieces.push(Piece::Split(part));
        } else {
            let shared = pieces.iter_mut().find_map(|piece| match piece {
                Piece::Asked { roots: known, parts, .. } if !known.is_disjoint(&roots) && !clashes(parts, part) => {
                    Some((known, parts))
                }
                _ => None,
            });
            match shared {
                Some((known, parts)) => {
                    known.extend(roots);
                    parts.push(part);
                }
                None => pieces.push(Piece::Asked { roots, parts: vec![part], also: Vec::new() }),
            }
        }
    }
    for &source in also {
        let Some(root) = scope.plan.and_then(|plan| plan.position(source).and_then(|at| plan.asked_root(at))) else { continue };
        let shared = pieces.iter_mut().find_map(|piece| match piece {
            Piece::Asked { roots, also, .. } if roots.contains(&root) => Some(also),
            _ => None,
        });
        match shared {
            Some(known) => known.push(source),
            None => pieces.push(Piece::Asked { roots: BTreeSet::from([root]), parts: Vec::new(), also: vec![source] }),
        }
    }
    pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(part) | Piece::Split(part) => predicate(part, scope),
            Piece::Asked { roots, parts, also } => exists(&roots, &parts, &also, scope),
        })
        .collect()
}

/// Asked subtrees that a condition touches and whose EXISTS is not open yet.
fn asked_roots(part: &Predicate, scope: &Scope<'_>) -> BTreeSet<usize> {
    let Some(plan) = scope.plan else { return BTreeSet::new() };
    let mut sources = BTreeSet::new();
    walk::predicate_sources(part, &mut sources);
    let roots = sources.into_iter().filter_map(|source| plan.position(source).and_then(|at| plan.asked_root(at)));
    roots.filter(|root| !scope.opened.contains(root)).collect()
}

/// An OR whose sides ask about different rows cannot share one EXISTS.
fn must_split(part: &Predicate, scope: &Scope<'_>) -> bool {
    match part {
        Predicate::Or(sides) | Predicate::And(sides) => {
            let mut roots = sides.iter().map(|side| asked_roots(side, scope));
            let first = roots.next().unwrap_or_default();
            first.len() != 1 || roots.any(|other| other != first) || sides.iter().any(|side| must_split(side, scope))
        }
        Predicate::Not(inner) => must_split(inner, scope),
        _ => false,
    }
}

/// "Ordered A and ordered B" is about two orders: one row cannot equal both.
fn clashes(parts: &[&Predicate], part: &Predicate) -> bool {
    fn fixed(part: &Predicate) -> Option<(&Expr, &Literal)> {
        match part {
            Predicate::Compare { op: Comparison::Equal, left, right: Expr::Literal(value) } => Some((left, value)),
            _ => None,
        }
    }
    let Some((left, value)) = fixed(part) else { return false };
    parts.iter().filter_map(|other| fixed(other)).any(|(other, other_value)| other == left && other_value != value)
}

fn exists(roots: &BTreeSet<usize>, parts: &[&Predicate], also: &[Source], scope: &Scope<'_>) -> Rendered {
    let Some(plan) = scope.plan else { return Err(RenderError::unknown()) };
    let mut needed: BTreeSet<Source> = also.iter().copied().collect();
    parts.iter().for_each(|part| walk::predicate_sources(part, &mut needed));
    let inside = |at: usize| roots.iter().any(|&root| plan.is_below(at, root));
    let wanted = |at: usize| {
        roots.contains(&at) || (0..plan.nodes.len()).any(|low| needed.contains(&plan.nodes[low].source) && plan.is_below(low, at))
    };
    let nodes: Vec<usize> = (0..plan.nodes.len()).filter(|&at| inside(at) && wanted(at)).collect();
    let mut inner = scope.clone();
    inner.opened.extend(roots);
    let mut lines = vec!["SELECT 1".to_string()];
    lines.extend(from::clause(plan, &nodes, &inner)?);
    let mut texts = Vec::new();
    for &root in roots {
        texts.push(Sql::new(from::on(plan, root, &inner)?, Level::And));
    }
    texts.extend(conditions(parts, &inner)?);
    lines.extend(clause("WHERE", texts));
    Ok(Sql::atom(format!("EXISTS (\n{}\n)", quote::indent(&lines.join("\n"), 2))))
}

/// `WHERE a` and a line `  AND b` for each further condition.
pub(super) fn clause(word: &str, conditions: Vec<Sql>) -> Vec<String> {
    let texts = conditions.into_iter().map(|part| part.at(Level::And));
    texts
        .enumerate()
        .map(|(at, text)| {
            let line = format!("{} {text}", if at == 0 { word } else { "  AND" });
            let (first, rest) = line.split_once('\n').map_or((line.as_str(), None), |(first, rest)| (first, Some(rest)));
            rest.map_or_else(|| first.to_string(), |rest| format!("{first}\n{}", quote::indent(rest, 2)))
        })
        .collect()
}

/// The conditions joined with AND.
pub(super) fn one_line(conditions: Vec<Sql>) -> String {
    let texts: Vec<String> = conditions.into_iter().map(|part| part.at(Level::And)).collect();
    texts.join(" AND ")
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

/// One condition.
pub(super) fn predicate(root: &Predicate, scope: &Scope<'_>) -> Rendered {
    let compare = |text: String| Ok(Sql::new(text, Level::Compare));
    match root {
        Predicate::And(_) => {
            let mut parts = conditions(&[root], scope)?;
            match parts.len() {
                0 => Ok(Sql::atom("true")),
                1 => Ok(parts.remove(0)),
                _ => Ok(Sql::new(one_line(parts), Level::And)),
            }
        }
        Predicate::Or(sides) => either(sides, scope),
        Predicate::Not(inner) => {
            let inner = one_or_and(inner, scope)?;
            Ok(Sql::new(format!("NOT {}", inner.at(Level::Atom)), Level::Not))
        }
        Predicate::Compare { op, left, right } => comparison(*op, left, right, scope),
        Predicate::Between { expr: value, low, high, negated } => between(value, low, high, *negated, scope),
        Predicate::InRange { expr: value, range, negated } => {
            let kind = types::of(value, scope.schema);
            let parts = moment::in_range(&expr(value, scope)?.at(Level::Add), &kind, *range, *negated);
            Ok(match (&parts[..], negated) {
                ([], _) => Sql::atom("true"),
                ([only], _) => Sql::new(only.clone(), Level::Compare),
                (_, true) => Sql::new(parts.join(" OR "), Level::Or),
                (_, false) => Sql::new(parts.join(" AND "), Level::And),
            })
        }
        Predicate::In { expr: value, values, negated } => {
            let kind = types::of(value, scope.schema);
            let texts = values
                .iter()
                .map(|value| beside(value, Some(&kind), scope).map(|sql| sql.text))
                .collect::<Result<Vec<_>, _>>()?;
            if texts.is_empty() {
                return Ok(Sql::atom(if *negated { "true" } else { "false" }));
            }
            compare(format!("{} {}IN ({})", expr(value, scope)?.at(Level::Add), not(*negated), texts.join(", ")))
        }
        Predicate::InQuery { expr: value, query, negated } => in_query(value, query, *negated, scope),
        Predicate::Like { expr: value, pattern, any_case, negated } => {
            let text = expr(value, scope)?;
            let kind = types::of(value, scope.schema).kind;
            if kind == Some(TypeKind::Array) {
                let word = if *any_case { "ILIKE" } else { "LIKE" };
                let element = format!("unnest({}) AS element WHERE element::text {word} {}", text.text, quote::text(pattern));
                return Ok(Sql::new(format!("{}EXISTS (SELECT FROM {element})", not(*negated)), Level::Not));
            }
            let text = match kind {
                Some(TypeKind::Text) | None => text.at(Level::Add),
                _ => format!("{}::text", text.at(Level::Atom)),
            };
            let word = if *any_case { "ILIKE" } else { "LIKE" };
            compare(format!("{text} {}{word} {}", not(*negated), quote::text(pattern)))
        }
        Predicate::IsNull { expr: value, negated } => {
            compare(format!("{} IS {}NULL", expr(value, scope)?.at(Level::Add), not(*negated)))
        }
        Predicate::IsTrue { expr: value, negated } => {
            let text = expr(value, scope)?;
            Ok(if *negated { Sql::new(format!("NOT {}", text.at(Level::Atom)), Level::Not) } else { text })
        }
        Predicate::Contains { expr: holder, value, negated } => contains(holder, value, *negated, scope),
        Predicate::Related { anchor, target, filter, negated } => {
            let query = related(*anchor, *target, filter.as_deref(), None, scope)?;
            Ok(Sql::new(format!("{}EXISTS (\n{}\n)", not(*negated), quote::indent(&query, 2)), Level::Not))
        }
        Predicate::RelatedCount { anchor, target, filter, op, count } => {
            let exists = match (op, count) {
                (Comparison::GreaterOrEqual, 1) | (Comparison::Greater | Comparison::NotEqual, 0) => Some(false),
                (Comparison::Equal | Comparison::LessOrEqual, 0) | (Comparison::Less, 1) => Some(true),
                _ => None,
            };
            if let Some(negated) = exists {
                let query = related(*anchor, *target, filter.as_deref(), None, scope)?;
                return Ok(Sql::new(format!("{}EXISTS (\n{}\n)", not(negated), quote::indent(&query, 2)), Level::Not));
            }
            let query = related(*anchor, *target, filter.as_deref(), Some(*target), scope)?;
            compare(format!("(\n{}\n) {} {count}", quote::indent(&query, 2), symbol(*op)))
        }
    }
}

/// The inside of a negation: conditions that share their rows stay together.
fn one_or_and(root: &Predicate, scope: &Scope<'_>) -> Rendered {
    let mut parts = conditions(&[root], scope)?;
    Ok(if parts.len() == 1 { parts.remove(0) } else { Sql::new(one_line(parts), Level::And) })
}

fn either(sides: &[Predicate], scope: &Scope<'_>) -> Rendered {
    let mut texts = Vec::new();
    for side in sides {
        texts.push(one_or_and(side, scope)?);
    }
    match texts.len() {
        0 => Ok(Sql::atom("false")),
        1 => Ok(texts.remove(0)),
        _ => {
            // AND binds tighter than OR; the parentheses are for the reader.
            let texts: Vec<String> = texts.into_iter().map(|side| side.at(Level::Not)).collect();
            Ok(Sql::new(texts.join(" OR "), Level::Or))
        }
    }
}

pub(super) fn symbol(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn comparison(op: Comparison, left: &Expr, right: &Expr, scope: &Scope<'_>) -> Rendered {
    if let (Expr::Literal(Literal::Null), Comparison::Equal | Comparison::NotEqual) = (right, op) {
        return predicate(&Predicate::IsNull { expr: left.clone(), negated: op == Comparison::NotEqual }, scope);
    }
    let (left_type, right_type) = (types::of(left, scope.schema), types::of(right, scope.schema));
    let left_text = beside(left, Some(&right_type), scope)?.at(Level::Add);
    // A whole day beside a point in time: "on the 3rd" is all of it, "after the 3rd" begins with the 4th.
    if matches!(left_type.kind, Some(TypeKind::Timestamp | TypeKind::TimestampTz))
        && let Expr::Moment(day) = right
        && let Some(next) = moment::day_after(*day)
    {
        let write = |day: Moment| moment::moment(day, left_type.kind);
        return Ok(match op {
            Comparison::Less | Comparison::GreaterOrEqual => {
                Sql::new(format!("{left_text} {} {}", symbol(op), write(*day)), Level::Compare)
            }
            Comparison::LessOrEqual => Sql::new(format!("{left_text} < {}", write(next)), Level::Compare),
            Comparison::Greater => Sql::new(format!("{left_text} >= {}", write(next)), Level::Compare),
            Comparison::Equal => {
                Sql::new(format!("{left_text} >= {} AND {left_text} < {}", write(*day), write(next)), Level::And)
            }
            Comparison::NotEqual => {
                Sql::new(format!("{left_text} < {} OR {left_text} >= {}", write(*day), write(next)), Level::Or)
            }
        });
    }
    let right_text = beside(right, Some(&left_type), scope)?.at(Level::Add);
    Ok(Sql::new(format!("{left_text} {} {right_text}", symbol(op)), Level::Compare))
}

fn between(value: &Expr, low: &Expr, high: &Expr, negated: bool, scope: &Scope<'_>) -> Rendered {
    let kind = types::of(value, scope.schema);
    let text = expr(value, scope)?.at(Level::Add);
    let low = beside(low, Some(&kind), scope)?.at(Level::Add);
    if matches!(kind.kind, Some(TypeKind::Timestamp | TypeKind::TimestampTz))
        && let Expr::Moment(day) = high
        && let Some(next) = moment::day_after(*day)
    {
        let next = moment::moment(next, kind.kind);
        return Ok(if negated {
            Sql::new(format!("{text} < {low} OR {text} >= {next}"), Level::Or)
        } else {
            Sql::new(format!("{text} >= {low} AND {text} < {next}"), Level::And)
        });
    }
    let high = beside(high, Some(&kind), scope)?.at(Level::Add);
    Ok(Sql::new(format!("{text} {}BETWEEN {low} AND {high}", not(negated)), Level::Compare))
}

fn in_query(value: &Expr, query: &crate::ir::Query, negated: bool, scope: &Scope<'_>) -> Rendered {
    let inner = select::query(query, &scope.apart_nested())?;
    let text = expr(value, scope)?.at(Level::Add);
    // NOT IN is never true once the list holds a NULL.
    let nullable = negated && !types::of_query(query, scope.schema).not_null;
    let inner = if nullable
        && let crate::ir::Query::Select(select) = query
        && let Some(item) = select.items.first()
    {
        let mut select = select.clone();
        let solid = Predicate::IsNull { expr: item.expr.clone(), negated: true };
        let grouped = walk::has_aggregate(&item.expr);
        let slot = if grouped { &mut select.having } else { &mut select.filter };
        *slot = Predicate::all(slot.take().into_iter().chain([solid]).collect());
        select::query(&crate::ir::Query::Select(select), &scope.apart_nested())?
    } else {
        inner
    };
    Ok(Sql::new(format!("{text} {}IN {}", not(negated), quote::block(&inner)), Level::Compare))
}

fn contains(holder: &Expr, value: &Expr, negated: bool, scope: &Scope<'_>) -> Rendered {
    let kind = types::of(holder, scope.schema);
    let text = expr(holder, scope)?;
    match kind.kind {
        Some(TypeKind::Json) => {
            let key = expr(value, scope)?;
            let test = if negated { "IS NULL" } else { "IS NOT NULL" };
            Ok(Sql::new(format!("({} -> {}) {test}", text.at(Level::Atom), key.at(Level::Atom)), Level::Compare))
        }
        Some(TypeKind::Range) => {
            let test = format!("{} @> {}", text.at(Level::Atom), expr(value, scope)?.at(Level::Atom));
            Ok(if negated { Sql::new(format!("NOT ({test})"), Level::Not) } else { Sql::new(test, Level::Compare) })
        }
        _ => {
            let element = types::element(&kind);
            let value = beside(value, Some(&element), scope)?.at(Level::Add);
            let (op, word) = if negated { ("<>", "ALL") } else { ("=", "ANY") };
            Ok(Sql::new(format!("{value} {op} {word} ({})", text.text), Level::Compare))
        }
    }
}

/// A subquery about the rows that belong to the anchor's row: `SELECT 1`, or the count of `counted`.
fn related(
    anchor: Source,
    target: Source,
    filter: Option<&Predicate>,
    counted: Option<Source>,
    scope: &Scope<'_>,
) -> Result<String, RenderError> {
    let plan = plan_related(anchor, target, filter, scope.schema, scope.graph)?;
    let mut inner = scope.enter(&plan, 1, true);
    let nodes: Vec<usize> = (1..plan.nodes.len()).collect();
    let item = match counted {
        None => "1".to_string(),
        Some(counted) => {
            let part: BTreeSet<usize> = nodes.iter().copied().collect();
            let single = plan.position(counted).is_some_and(|at| plan.is_single_among(at, &part));
            match crate::joins::row_key(counted, scope.schema) {
                _ if single => "count(*)".to_string(),
                Some(key) => {
                    let columns: Result<Vec<_>, _> = key.iter().map(|&column| inner.column(counted.column(column))).collect();
                    match &columns?[..] {
                        [only] => format!("count(DISTINCT {only})"),
                        several => format!("count(DISTINCT ({}))", several.join(", ")),
                    }
                }
                None => return Err(RenderError::Invalid("rows without a key cannot be counted once each".to_string())),
            }
        }
    };
    let mut lines = vec![format!("SELECT {item}")];
    lines.extend(from::clause(&plan, &nodes, &inner)?);
    let mut texts = Vec::new();
    for at in nodes {
        if plan.nodes[at].link.as_ref().is_some_and(|link| link.parent == 0) {
            texts.push(Sql::new(from::on(&plan, at, &inner)?, Level::And));
        }
    }
    inner.opened = BTreeSet::new();
    if let Some(filter) = filter {
        texts.extend(conditions(&[filter], &inner)?);
    }
    lines.extend(clause("WHERE", texts));
    Ok(lines.join("\n"))
}
