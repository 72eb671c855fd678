//! Expressions as PostgreSQL text.

use nl_query_core::schema::TypeKind;

use super::{
    RenderError, moment, predicate, quote,
    scope::Scope,
    select,
    types::{self, Type},
};
use crate::{
    ir::{Aggregate, Arithmetic, DateField, DateUnit, Expr, Function, Literal, Order, Source, WindowFunction},
    joins::row_key,
    walk,
};

/// How tightly a piece of SQL binds, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Not,
    Compare,
    Add,
    Multiply,
    Atom,
}

/// A piece of SQL and how tightly it binds.
#[derive(Debug, Clone)]
pub(super) struct Sql {
    pub text: String,
    pub level: Level,
}

impl Sql {
    pub fn new(text: impl Into<String>, level: Level) -> Self {
        Sql { text: text.into(), level }
    }

    pub fn atom(text: impl Into<String>) -> Self {
        Sql::new(text, Level::Atom)
    }

    /// The text, in parentheses where it binds less tightly than `level`.
    pub fn at(self, level: Level) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text }
    }
}

pub(super) type Rendered = Result<Sql, RenderError>;

/// An expression that stands alone.
pub(super) fn expr(root: &Expr, scope: &Scope<'_>) -> Rendered {
    beside(root, None, scope)
}

/// An expression that is compared or computed with something of type `other`, which decides how literals are written.
pub(super) fn beside(root: &Expr, other: Option<&Type<'_>>, scope: &Scope<'_>) -> Rendered {
    if let Some((_, known)) = scope.replaced.iter().find(|(known, _)| known == root) {
        return Ok(known.clone());
    }
    match root {
        Expr::Column(used) => Ok(Sql::atom(scope.column(*used)?)),
        Expr::All(_) => Err(RenderError::Invalid("all columns of a relation are not a value".to_string())),
        Expr::CountRows(source) => count_rows(*source, scope),
        Expr::Aggregate { function, distinct, arg } => aggregate(*function, *distinct, arg, scope),
        Expr::Filtered { aggregate, filter } => {
            let condition = predicate::conditions(&[filter], scope)?;
            Ok(Sql::atom(format!("{} FILTER (WHERE {})", expr(aggregate, scope)?.text, predicate::one_line(condition))))
        }
        Expr::Literal(value) => Ok(literal(value, other)),
        Expr::Moment(value) => {
            let text = moment::moment(*value, other.and_then(|other| other.kind));
            let level = if text.contains(" + ") || text.contains(" - ") { Level::Add } else { Level::Atom };
            Ok(Sql::new(text, level))
        }
        Expr::Arithmetic { op, left, right } => arithmetic(*op, left, right, scope),
        Expr::Truncate { unit, arg } => truncate(*unit, arg, scope),
        Expr::Extract { field, arg } => extract(*field, arg, scope),
        Expr::Elapsed { unit, since, until: None } => elapsed(*unit, since, scope),
        Expr::Elapsed { unit, since, until: Some(until) } => between(*unit, since, until, scope),
        Expr::Function { name, args } => function(*name, args, scope),
        Expr::Words(parts) => in_words(parts, scope),
        Expr::Scalar(query) => Ok(Sql::atom(quote::block(&select::query(query, &scope.apart_nested())?))),
        Expr::Window { function, arg, partition, order } => window(*function, arg.as_deref(), partition, order, scope),
    }
}

fn is_outer(source: Source, scope: &Scope<'_>) -> bool {
    scope.plan.is_some_and(|plan| plan.position(source).is_some_and(|at| plan.is_outer(at)))
}

/// True when the expression can be NULL, by its type or by an outer join.
pub(super) fn is_nullable(root: &Expr, scope: &Scope<'_>) -> bool {
    if walk::has_aggregate(root) {
        return !types::of(root, scope.schema).not_null; // a count is a number whatever is joined
    }
    let mut sources = std::collections::BTreeSet::new();
    walk::expr_sources(root, &mut sources);
    !types::of(root, scope.schema).not_null || sources.into_iter().any(|source| is_outer(source, scope))
}

/// `count(*)` where each joined row is a row of the source, else a count of its keys.
fn count_rows(source: Source, scope: &Scope<'_>) -> Rendered {
    let Some(plan) = scope.plan else { return Ok(Sql::atom("count(*)")) };
    let Some(at) = plan.position(source) else { return Err(RenderError::unknown()) };
    let outer = plan.is_outer(at);
    let single = plan.is_single(source);
    if single && !outer {
        return Ok(Sql::atom("count(*)"));
    }
    let joined_by = plan.nodes[at].link.as_ref().filter(|link| !link.parent_refers && single);
    let key = row_key(source, scope.schema)
        .or_else(|| joined_by.and_then(|link| scope.graph.keys().get(link.key)).map(|key| key.from_columns.as_slice()))
        .ok_or_else(|| RenderError::Invalid("rows without a key cannot be counted once each".to_string()))?;
    let columns = key.iter().map(|&column| scope.column(source.column(column))).collect::<Result<Vec<_>, _>>()?;
    let first = columns.first().cloned().unwrap_or_default();
    Ok(Sql::atom(match (&columns[..], single) {
        (_, true) => format!("count({first})"),
        ([only], false) => format!("count(DISTINCT {only})"),
        (several, false) if outer => format!("count(DISTINCT ({})) FILTER (WHERE {first} IS NOT NULL)", several.join(", ")),
        (several, false) => format!("count(DISTINCT ({}))", several.join(", ")),
    }))
}

fn aggregate(function: Aggregate, distinct: bool, arg: &Expr, scope: &Scope<'_>) -> Rendered {
    let arg_type = types::of(arg, scope.schema);
    let mut text = expr(arg, scope)?;
    if arg_type.is_money() && matches!(function, Aggregate::Average | Aggregate::Median) {
        text = Sql::atom(format!("{}::numeric", text.at(Level::Atom)));
    }
    let mut sources = std::collections::BTreeSet::new();
    walk::expr_sources(arg, &mut sources);
    let repeated = scope.plan.is_some_and(|plan| !sources.is_empty() && !sources.iter().any(|&source| plan.is_single(source)));
    let distinct = distinct || (function == Aggregate::Count && repeated);
    let mark = if distinct { "DISTINCT " } else { "" };
    let is_text = arg_type.kind == Some(TypeKind::Text);
    Ok(Sql::atom(match function {
        Aggregate::Count => format!("count({mark}{})", text.text),
        Aggregate::Sum => format!("sum({mark}{})", text.text),
        Aggregate::Average => format!("avg({mark}{})", text.text),
        Aggregate::Min => format!("min({})", text.text),
        Aggregate::Max => format!("max({})", text.text),
        Aggregate::Median => format!("percentile_cont(0.5) WITHIN GROUP (ORDER BY {})", text.text),
        Aggregate::List => {
            let item = if is_text { text.text.clone() } else { format!("{}::text", text.clone().at(Level::Atom)) };
            let order = if distinct { &item } else { &text.text };
            format!("string_agg({mark}{item}, ', ' ORDER BY {order})")
        }
    }))
}

/// A literal, written for what it is compared with.
pub(super) fn literal(value: &Literal, other: Option<&Type<'_>>) -> Sql {
    let kind = other.and_then(|other| other.kind);
    let quoted = |digits: &str| Sql::atom(quote::text(digits));
    let number = |digits: &str| {
        let plain = kind.is_none_or(|kind| matches!(kind, TypeKind::Number | TypeKind::Interval | TypeKind::Other))
            || kind.is_some_and(TypeKind::is_calendar);
        if !plain || other.is_some_and(Type::is_money) {
            quoted(digits)
        } else if digits.starts_with('-') {
            Sql::new(digits, Level::Add)
        } else {
            Sql::atom(digits)
        }
    };
    match value {
        Literal::Integer(0) if kind == Some(TypeKind::Boolean) => Sql::atom("false"),
        Literal::Integer(1) if kind == Some(TypeKind::Boolean) => Sql::atom("true"),
        Literal::Integer(value) => number(&value.to_string()),
        Literal::Decimal(digits) if is_number(digits) => number(digits),
        Literal::Decimal(digits) => quoted(digits),
        Literal::Text(text) if kind == Some(TypeKind::Number) && is_number(text) => number(text),
        Literal::Text(text) => match kind {
            Some(TypeKind::Date) if is_day(text) => Sql::atom(format!("DATE {}", quote::text(text))),
            _ => quoted(text),
        },
        Literal::Boolean(value) => match kind {
            Some(TypeKind::Number) => Sql::atom(if *value { "1" } else { "0" }),
            Some(TypeKind::Text) => quoted(if *value { "true" } else { "false" }),
            _ => Sql::atom(if *value { "true" } else { "false" }),
        },
        Literal::Null => Sql::atom("NULL"),
    }
}

/// Digits with at most one point and a sign, as SQL reads them.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
    all_digits(whole) && all_digits(part)
}

fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, letter)| if at == 4 || at == 7 { letter == b'-' } else { letter.is_ascii_digit() })
}

fn arithmetic(op: Arithmetic, left: &Expr, right: &Expr, scope: &Scope<'_>) -> Rendered {
    let (left_type, right_type) = (types::of(left, scope.schema), types::of(right, scope.schema));
    let mut left_text = beside(left, Some(&right_type), scope)?;
    let mut right_text = beside(right, Some(&left_type), scope)?;
    for (text, kind) in [(&mut left_text, &left_type), (&mut right_text, &right_type)] {
        if kind.is_money() {
            *text = Sql::atom(format!("{}::numeric", text.clone().at(Level::Atom)));
        }
    }
    // Whole days are added to a date as they are; to a timestamp they are an interval.
    let is_moment = |kind: &Type<'_>| matches!(kind.kind, Some(TypeKind::Timestamp | TypeKind::TimestampTz));
    if is_moment(&left_type) && right_type.is_number() {
        right_text = Sql::new(format!("{} * INTERVAL '1 day'", right_text.at(Level::Multiply)), Level::Multiply);
    }
    Ok(match op {
        Arithmetic::Add => Sql::new(format!("{} + {}", left_text.at(Level::Add), right_text.at(Level::Multiply)), Level::Add),
        Arithmetic::Subtract => {
            Sql::new(format!("{} - {}", left_text.at(Level::Add), right_text.at(Level::Multiply)), Level::Add)
        }
        Arithmetic::Multiply => {
            Sql::new(format!("{} * {}", left_text.at(Level::Multiply), right_text.at(Level::Atom)), Level::Multiply)
        }
        Arithmetic::Divide => {
            let whole = left_type.whole && right_type.whole;
            let left = if whole { format!("{}::numeric", left_text.at(Level::Atom)) } else { left_text.at(Level::Multiply) };
            let safe = match right {
                Expr::Literal(Literal::Integer(value)) => *value != 0,
                Expr::Literal(_) | Expr::Function { name: Function::NullIfZero, .. } => true,
                _ => !right_type.is_number(),
            };
            let right = if safe { right_text.at(Level::Atom) } else { format!("nullif({}, 0)", right_text.text) };
            Sql::new(format!("{left} / {right}"), Level::Multiply)
        }
    })
}

/// A calendar expression as a timestamp where it is a text.
fn calendar(arg: &Expr, scope: &Scope<'_>) -> Result<String, RenderError> {
    let text = expr(arg, scope)?;
    Ok(match types::of(arg, scope.schema).kind {
        Some(TypeKind::Text) => format!("{}::timestamp", text.at(Level::Atom)),
        _ => text.text,
    })
}

fn truncate(unit: DateUnit, arg: &Expr, scope: &Scope<'_>) -> Rendered {
    let is_date = types::of(arg, scope.schema).kind == Some(TypeKind::Date);
    Ok(match unit {
        DateUnit::Day if is_date => expr(arg, scope)?,
        DateUnit::Day => Sql::atom(format!("{}::date", expr(arg, scope)?.at(Level::Atom))),
        _ => {
            let cast = if unit > DateUnit::Day { "::date" } else { "" };
            Sql::atom(format!("date_trunc('{}', {}){cast}", moment::unit_name(unit), calendar(arg, scope)?))
        }
    })
}

fn extract(field: DateField, arg: &Expr, scope: &Scope<'_>) -> Rendered {
    if types::of(arg, scope.schema).is_number() && field == DateField::Year {
        return expr(arg, scope); // the column holds the year itself
    }
    Ok(Sql::atom(format!("extract({} FROM {})::int", moment::field_name(field).0, calendar(arg, scope)?)))
}

fn elapsed(unit: DateUnit, since: &Expr, scope: &Scope<'_>) -> Rendered {
    let since_type = types::of(since, scope.schema);
    let text = calendar(since, scope)?;
    if since_type.is_number() {
        return Ok(Sql::new(format!("extract(year FROM CURRENT_DATE)::int - {text}"), Level::Add));
    }
    let day = if since_type.kind == Some(TypeKind::Date) { text.clone() } else { format!("({text})::date") };
    let months = format!("extract(year FROM age({text}))::int * 12 + extract(month FROM age({text}))::int");
    let seconds = |length: u32| format!("floor(extract(epoch FROM CURRENT_TIMESTAMP - {text}) / {length})::bigint");
    Ok(match unit {
        DateUnit::Year => Sql::atom(format!("extract(year FROM age({text}))::int")),
        DateUnit::Decade => Sql::new(format!("extract(year FROM age({text}))::int / 10"), Level::Multiply),
        DateUnit::Century => Sql::new(format!("extract(year FROM age({text}))::int / 100"), Level::Multiply),
        DateUnit::Quarter => Sql::new(format!("({months}) / 3"), Level::Multiply),
        DateUnit::Month => Sql::new(months, Level::Add),
        DateUnit::Week => Sql::new(format!("(CURRENT_DATE - {day}) / 7"), Level::Multiply),
        DateUnit::Day => Sql::new(format!("CURRENT_DATE - {day}"), Level::Add),
        DateUnit::Hour => Sql::atom(seconds(3600)),
        DateUnit::Minute => Sql::atom(seconds(60)),
        DateUnit::Second => Sql::atom(seconds(1)),
    })
}

/// From one point in time to another: whole years and months by the calendar, else so many units, with a part of one.
fn between(unit: DateUnit, since: &Expr, until: &Expr, scope: &Scope<'_>) -> Rendered {
    let is_date = |expr: &Expr| types::of(expr, scope.schema).kind == Some(TypeKind::Date);
    let days = is_date(since) && is_date(until);
    let (from, to) = (calendar(since, scope)?, calendar(until, scope)?);
    let age = format!("age({to}, {from})");
    let months = format!("extract(year FROM {age})::int * 12 + extract(month FROM {age})::int");
    let share = |length: u32| {
        if days {
            format!("({to} - {from}) * 86400 / {length}.0")
        } else {
            format!("extract(epoch FROM {to} - {from}) / {length}")
        }
    };
    Ok(match unit {
        DateUnit::Century => Sql::new(format!("extract(year FROM {age})::int / 100"), Level::Multiply),
        DateUnit::Decade => Sql::new(format!("extract(year FROM {age})::int / 10"), Level::Multiply),
        DateUnit::Year => Sql::atom(format!("extract(year FROM {age})::int")),
        DateUnit::Quarter => Sql::new(format!("({months}) / 3"), Level::Multiply),
        DateUnit::Month => Sql::new(months, Level::Add),
        DateUnit::Day if days => Sql::new(format!("{to} - {from}"), Level::Add),
        DateUnit::Week => Sql::new(share(604_800), Level::Multiply),
        DateUnit::Day => Sql::new(share(86_400), Level::Multiply),
        DateUnit::Hour => Sql::new(share(3600), Level::Multiply),
        DateUnit::Minute => Sql::new(share(60), Level::Multiply),
        DateUnit::Second => Sql::new(share(1), Level::Multiply),
    })
}

fn function(name: Function, args: &[Expr], scope: &Scope<'_>) -> Rendered {
    let Some(arg) = args.first() else { return Err(RenderError::Invalid("a function without an argument".to_string())) };
    if name == Function::Round {
        return rounded(arg, scope);
    }
    let kind = types::of(arg, scope.schema);
    let text = expr(arg, scope)?;
    let number = if kind.is_money() { format!("{}::numeric", text.clone().at(Level::Atom)) } else { text.text.clone() };
    let letters = match kind.kind {
        Some(TypeKind::Text) | None => text.text.clone(),
        _ => format!("{}::text", text.at(Level::Atom)),
    };
    Ok(Sql::atom(match name {
        Function::Lower => format!("lower({letters})"),
        Function::Upper => format!("upper({letters})"),
        Function::Length => format!("length({letters})"),
        Function::Abs => format!("abs({number})"),
        Function::ZeroIfNull => format!("coalesce({number}, 0)"),
        Function::NullIfZero | Function::Round => format!("nullif({number}, 0)"),
    }))
}

/// `round(x, 2)`; there is no such function of a double precision or a money.
pub(super) fn rounded(arg: &Expr, scope: &Scope<'_>) -> Rendered {
    let kind = types::of(arg, scope.schema);
    let text = expr(arg, scope)?;
    Ok(Sql::atom(if kind.double || kind.is_money() {
        format!("round({}::numeric, 2)", text.at(Level::Atom))
    } else {
        format!("round({}, 2)", text.text)
    }))
}

fn in_words(parts: &[Expr], scope: &Scope<'_>) -> Rendered {
    let texts = parts.iter().map(|part| expr(part, scope).map(|part| part.text)).collect::<Result<Vec<_>, _>>()?;
    Ok(match &texts[..] {
        [only] => Sql::atom(only.clone()),
        _ => Sql::atom(format!("concat_ws(' ', {})", texts.join(", "))),
    })
}

fn window(function: WindowFunction, arg: Option<&Expr>, partition: &[Expr], order: &[Order], scope: &Scope<'_>) -> Rendered {
    let arg = match arg {
        Some(arg) => expr(arg, scope)?.text,
        None => String::new(),
    };
    let call = match function {
        WindowFunction::Rank => "rank()".to_string(),
        WindowFunction::DenseRank => "dense_rank()".to_string(),
        WindowFunction::RowNumber => "row_number()".to_string(),
        WindowFunction::RunningSum | WindowFunction::Sum => format!("sum({arg})"),
        WindowFunction::Average => format!("avg({arg})"),
        WindowFunction::Lag => format!("lag({arg})"),
    };
    let mut over = Vec::new();
    if !partition.is_empty() {
        let parts = partition.iter().map(|part| expr(part, scope).map(|part| part.text)).collect::<Result<Vec<_>, _>>()?;
        over.push(format!("PARTITION BY {}", parts.join(", ")));
    }
    if !order.is_empty() && !matches!(function, WindowFunction::Sum | WindowFunction::Average) {
        let parts = order.iter().map(|order| ordered(order, scope)).collect::<Result<Vec<_>, _>>()?;
        over.push(format!("ORDER BY {}", parts.join(", ")));
    }
    Ok(Sql::atom(format!("{call} OVER ({})", over.join(" "))))
}

/// A sort key. PostgreSQL puts NULLs first when it descends, and nobody who asks for the highest wants to see them.
pub(super) fn ordered(order: &Order, scope: &Scope<'_>) -> Result<String, RenderError> {
    Ok(format!("{}{}", expr(&order.expr, scope)?.text, direction(order, scope)))
}

pub(super) fn direction(order: &Order, scope: &Scope<'_>) -> &'static str {
    match (order.descending, is_nullable(&order.expr, scope)) {
        (false, _) => "",
        (true, true) => " DESC NULLS LAST",
        (true, false) => " DESC",
    }
}
