//! Is a query well typed? Cheap tests that a candidate must pass before joins are looked for.
//!
//! What passes here PostgreSQL's analyser accepts too, as far as types go; what fails could at best be an error, or is a
//! condition that says nothing (`price = price`).

use std::{collections::BTreeSet, fmt};

use nl_query_core::schema::{Schema, TypeKind};

use crate::{
    ir::{Aggregate, Comparison, DateField, DateUnit, Expr, Function, Literal, Moment, Predicate, Query, Select, WindowFunction},
    render::types::{self, Type},
    walk,
};

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeError(pub String);

impl fmt::Display for TypeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for TypeError {}

type Checked = Result<(), TypeError>;

fn refuse<T>(message: impl Into<String>) -> Result<T, TypeError> {
    Err(TypeError(message.into()))
}

/// True queries only: operators fit their operands, aggregates stand where they may, nothing is said twice.
pub fn types(query: &Query, schema: &Schema) -> Result<(), TypeError> {
    Checker { schema }.query(query)
}

struct Checker<'a> {
    schema: &'a Schema,
}

impl<'a> Checker<'a> {
    fn of(&self, expr: &Expr) -> Type<'a> {
        types::of(expr, self.schema)
    }

    fn query(&self, query: &Query) -> Checked {
        match query {
            Query::Select(select) => self.select(select),
            Query::Set { left, right, .. } => {
                self.query(left)?;
                self.query(right)?;
                let (left, right) = (columns(left, self.schema), columns(right, self.schema));
                if left.len() != right.len() {
                    return refuse("the sides of a set operation have different numbers of columns");
                }
                match left.iter().zip(&right).all(|(left, right)| comparable(left, right)) {
                    true => Ok(()),
                    false => refuse("the sides of a set operation have columns of different types"),
                }
            }
        }
    }

    fn select(&self, select: &Select) -> Checked {
        if select.items.is_empty() {
            return refuse("the query shows nothing");
        }
        for (at, item) in select.items.iter().enumerate() {
            if select.items[..at].iter().any(|other| other.expr == item.expr) {
                return refuse("the query shows the same thing twice");
            }
            match item.expr {
                Expr::All(source) if source.relation < self.schema.relations.len() => {}
                Expr::All(_) => return refuse("the query names something that is not in the schema"),
                _ => self.expr(&item.expr, true)?,
            }
        }
        if let Some(filter) = &select.filter {
            self.filter(filter)?;
        }
        for part in &select.group {
            self.expr(part, false)?;
            if walk::has_aggregate(part) {
                return refuse("an aggregate to group by");
            }
        }
        for order in &select.order {
            self.expr(&order.expr, true)?;
            if matches!(order.expr, Expr::Literal(_)) || !is_orderable(self.of(&order.expr).kind) {
                return refuse("there is no order of that");
            }
        }
        match &select.having {
            Some(having) => self.having(having, select),
            None => Ok(()),
        }
    }

    /// A condition on rows has no aggregate; one on a window function over groups is met after them.
    fn filter(&self, filter: &Predicate) -> Checked {
        if let Predicate::And(parts) = filter {
            return parts.iter().try_for_each(|part| self.filter(part));
        }
        let mut window = false;
        walk::predicate(filter, &mut |part| window |= matches!(part, Expr::Window { .. }));
        if !window && walk::predicate_has_aggregate(filter) {
            return refuse("an aggregate in a condition on rows");
        }
        self.predicate(filter, window)
    }

    /// HAVING speaks of groups: each side of each condition is an aggregate, a constant, or grouped by.
    fn having(&self, having: &Predicate, select: &Select) -> Checked {
        self.predicate(having, true)?;
        let mut loose = false;
        let mut inside = 0usize;
        walk::predicate(having, &mut |part| {
            if inside > 0 {
                inside -= 1;
                return;
            }
            match part {
                Expr::CountRows(_) => {}
                Expr::Aggregate { .. } | Expr::Filtered { .. } => inside = size(part) - 1,
                other if select.group.contains(other) => inside = size(other) - 1,
                Expr::Column(_) => loose = true,
                _ => {}
            }
        });
        if loose { refuse("a condition on groups names a column that is not grouped by") } else { Ok(()) }
    }

    fn expr(&self, root: &Expr, aggregates: bool) -> Checked {
        let all = |parts: &[Expr]| parts.iter().try_for_each(|part| self.expr(part, aggregates));
        match root {
            Expr::Column(used) => match types::column(*used, self.schema) {
                Some(_) => Ok(()),
                None => refuse("the query names something that is not in the schema"),
            },
            Expr::All(_) => refuse("all columns of a relation are not a value"),
            Expr::CountRows(_) | Expr::Aggregate { .. } if !aggregates => refuse("an aggregate where there are no groups"),
            Expr::CountRows(source) if source.relation >= self.schema.relations.len() => {
                refuse("the query names something that is not in the schema")
            }
            Expr::CountRows(_) | Expr::Literal(_) | Expr::Moment(_) => Ok(()),
            Expr::Aggregate { function, arg, .. } => self.aggregate(*function, arg),
            Expr::Filtered { aggregate, filter } => {
                if !matches!(**aggregate, Expr::CountRows(_) | Expr::Aggregate { .. }) {
                    return refuse("a condition on something that is no aggregate");
                }
                self.expr(aggregate, aggregates)?;
                self.predicate(filter, false)
            }
            Expr::Arithmetic { op, left, right } => {
                self.expr(left, aggregates)?;
                self.expr(right, aggregates)?;
                self.arithmetic(*op, &self.of(left), &self.of(right))
            }
            Expr::Truncate { unit, arg } => {
                self.expr(arg, aggregates)?;
                let kind = self.of(arg).kind;
                match kind {
                    Some(TypeKind::Date) if *unit < DateUnit::Day => refuse("a day has no hours"),
                    Some(kind) if kind.is_calendar() => Ok(()),
                    _ => refuse("only dates and times can be cut to a unit"),
                }
            }
            Expr::Extract { field, arg } => {
                self.expr(arg, aggregates)?;
                let kind = self.of(arg);
                match kind.kind {
                    Some(TypeKind::Date) if matches!(field, DateField::Hour | DateField::Minute) => refuse("a day has no hours"),
                    Some(TypeKind::Time) if matches!(field, DateField::Hour | DateField::Minute) => Ok(()),
                    Some(TypeKind::Number) if *field == DateField::Year && kind.whole => Ok(()),
                    Some(kind) if kind.is_calendar() => Ok(()),
                    _ => refuse("only dates and times have fields"),
                }
            }
            Expr::Elapsed { unit, since, until } => {
                self.expr(since, aggregates)?;
                if let Some(until) = until {
                    self.expr(until, aggregates)?;
                    let both = self.of(since).is_calendar() && self.of(until).is_calendar();
                    return if both { Ok(()) } else { refuse("time passes between two points in time only") };
                }
                let kind = self.of(since);
                match kind.is_calendar() || (kind.is_number() && kind.whole && *unit == DateUnit::Year) {
                    true => Ok(()),
                    false => refuse("no time has passed since something that is no time"),
                }
            }
            Expr::Function { name, args } => {
                all(args)?;
                self.function(*name, args)
            }
            Expr::Words(parts) => {
                all(parts)?;
                let texts = |part: &Expr| matches!(self.of(part).kind, Some(TypeKind::Text | TypeKind::Enum | TypeKind::Number));
                if parts.iter().all(texts) { Ok(()) } else { refuse("only texts can be joined to words") }
            }
            Expr::Scalar(query) => {
                self.query(query)?;
                if columns(query, self.schema).len() == 1 { Ok(()) } else { refuse("a single value needs a single column") }
            }
            Expr::Window { function, arg, partition, order } => {
                all(partition)?;
                order.iter().try_for_each(|order| self.expr(&order.expr, aggregates))?;
                if let Some(arg) = arg {
                    self.expr(arg, aggregates)?;
                }
                let sums = matches!(function, WindowFunction::RunningSum | WindowFunction::Sum | WindowFunction::Average);
                let number = arg.as_ref().is_some_and(|arg| self.of(arg).is_number());
                let needs_arg = sums || *function == WindowFunction::Lag;
                match (needs_arg, arg.is_some(), sums && !number) {
                    (true, false, _) => refuse("a window function without an argument"),
                    (_, _, true) => refuse("only numbers can be summed"),
                    _ => Ok(()),
                }
            }
        }
    }

    fn aggregate(&self, function: Aggregate, arg: &Expr) -> Checked {
        if walk::has_aggregate(arg) {
            return refuse("an aggregate of an aggregate");
        }
        self.expr(arg, false)?;
        let kind = self.of(arg).kind;
        let fits = match function {
            Aggregate::Count | Aggregate::List => true,
            Aggregate::Sum | Aggregate::Average | Aggregate::Median => {
                matches!(kind, Some(TypeKind::Number | TypeKind::Interval))
            }
            Aggregate::Min | Aggregate::Max => types::has_extremes(kind),
        };
        if fits { Ok(()) } else { refuse("there is no such aggregate of that type") }
    }

    fn arithmetic(&self, op: crate::ir::Arithmetic, left: &Type<'_>, right: &Type<'_>) -> Checked {
        use crate::ir::Arithmetic::{Add, Divide, Multiply, Subtract};
        let calendar_fits = match (left.is_calendar(), right.is_calendar()) {
            (true, true) => op == Subtract,
            (true, false) => {
                matches!(op, Add | Subtract) && matches!(right.kind, Some(TypeKind::Interval))
                    || right.whole && matches!(op, Add | Subtract)
            }
            (false, true) => op == Add && matches!(left.kind, Some(TypeKind::Interval)),
            (false, false) => match (left.kind, right.kind) {
                (Some(TypeKind::Number), Some(TypeKind::Number)) => true,
                (Some(TypeKind::Interval), Some(TypeKind::Interval)) => matches!(op, Add | Subtract),
                (Some(TypeKind::Interval), Some(TypeKind::Number)) => matches!(op, Multiply | Divide),
                (Some(TypeKind::Time), Some(TypeKind::Time)) => op == Subtract,
                _ => false,
            },
        };
        if calendar_fits { Ok(()) } else { refuse("there is no such arithmetic of these types") }
    }

    fn function(&self, name: Function, args: &[Expr]) -> Checked {
        let [arg] = args else { return refuse("a function takes one argument") };
        let kind = self.of(arg).kind;
        let fits = match name {
            Function::Lower | Function::Upper | Function::Length => matches!(kind, None | Some(TypeKind::Text | TypeKind::Enum)),
            Function::Round | Function::Abs | Function::ZeroIfNull | Function::NullIfZero => kind == Some(TypeKind::Number),
        };
        if fits { Ok(()) } else { refuse("there is no such function of that type") }
    }

    fn predicate(&self, root: &Predicate, aggregates: bool) -> Checked {
        match root {
            Predicate::And(parts) | Predicate::Or(parts) => parts.iter().try_for_each(|part| self.predicate(part, aggregates)),
            Predicate::Not(part) => self.predicate(part, aggregates),
            Predicate::Compare { op, left, right } => {
                self.expr(left, aggregates)?;
                self.expr(right, aggregates)?;
                self.compare(*op, left, right)
            }
            Predicate::Between { expr, low, high, .. } => {
                for part in [expr, low, high] {
                    self.expr(part, aggregates)?;
                }
                self.compare(Comparison::GreaterOrEqual, expr, low)?;
                self.compare(Comparison::LessOrEqual, expr, high)
            }
            Predicate::InRange { expr, .. } => {
                self.expr(expr, aggregates)?;
                let kind = self.of(expr);
                match kind.is_calendar() || kind.kind == Some(TypeKind::Text) || kind.is_number() {
                    true => Ok(()),
                    false => refuse("only dates and years lie in a range of time"),
                }
            }
            Predicate::In { expr, values, .. } => {
                self.expr(expr, aggregates)?;
                if values.is_empty() {
                    return refuse("nothing is in an empty list");
                }
                for value in values {
                    self.expr(value, aggregates)?;
                    self.compare(Comparison::Equal, expr, value)?;
                }
                Ok(())
            }
            Predicate::InQuery { expr, query, .. } => {
                self.expr(expr, aggregates)?;
                self.query(query)?;
                match &columns(query, self.schema)[..] {
                    [only] if comparable(&self.of(expr), only) => Ok(()),
                    [_] => refuse("the values of the subquery are of another type"),
                    _ => refuse("a subquery to compare with needs a single column"),
                }
            }
            Predicate::Like { expr, .. } => {
                self.expr(expr, aggregates)?;
                match self.of(expr).kind {
                    Some(TypeKind::Text | TypeKind::Enum | TypeKind::Array) => Ok(()),
                    _ => refuse("only texts have patterns"),
                }
            }
            Predicate::IsNull { expr, .. } => self.expr(expr, aggregates),
            Predicate::IsTrue { expr, .. } => {
                self.expr(expr, aggregates)?;
                if self.of(expr).kind == Some(TypeKind::Boolean) { Ok(()) } else { refuse("only a boolean is true or false") }
            }
            Predicate::Contains { expr, value, .. } => {
                self.expr(expr, aggregates)?;
                self.expr(value, aggregates)?;
                match (self.of(expr).kind, self.of(value).kind) {
                    (Some(TypeKind::Json), Some(TypeKind::Text)) | (Some(TypeKind::Range), _) => Ok(()),
                    (Some(TypeKind::Array), _) if comparable(&types::element(&self.of(expr)), &self.of(value)) => Ok(()),
                    _ => refuse("that contains nothing of that type"),
                }
            }
            Predicate::Related { anchor, target, filter, .. } | Predicate::RelatedCount { anchor, target, filter, .. } => {
                let size = self.schema.relations.len();
                if anchor.relation >= size || target.relation >= size || anchor == target {
                    return refuse("the query names something that is not in the schema");
                }
                filter.as_ref().map_or(Ok(()), |filter| self.predicate(filter, false))
            }
        }
    }

    fn compare(&self, op: Comparison, left: &Expr, right: &Expr) -> Checked {
        if left == right {
            return refuse("something is compared with itself");
        }
        let (left_type, right_type) = (self.of(left), self.of(right));
        let ordered = !matches!(op, Comparison::Equal | Comparison::NotEqual);
        if ordered && (!is_orderable(left_type.kind) || left_type.kind == Some(TypeKind::Boolean)) {
            return refuse("there is no order of that type");
        }
        let fits = match (left, right) {
            (_, Expr::Literal(value)) if !matches!(left, Expr::Literal(_)) => literal_fits(value, &left_type),
            (Expr::Literal(value), _) => literal_fits(value, &right_type),
            (_, Expr::Moment(moment)) => moment_fits(*moment, &left_type),
            (Expr::Moment(moment), _) => moment_fits(*moment, &right_type),
            _ => comparable(&left_type, &right_type),
        };
        if fits { Ok(()) } else { refuse("values of different types are compared") }
    }
}

/// The number of expressions that a walk of this one visits.
fn size(root: &Expr) -> usize {
    let mut count = 0;
    walk::expr(root, &mut |_| count += 1);
    count
}

/// The types of a query's columns.
fn columns<'a>(query: &Query, schema: &'a Schema) -> Vec<Type<'a>> {
    let items = walk::first_select(query).items.iter();
    items
        .flat_map(|item| match &item.expr {
            Expr::All(source) => {
                let width = schema.relations.get(source.relation).map_or(0, |relation| relation.columns.len());
                (0..width).map(|column| types::of(&Expr::Column(source.column(column)), schema)).collect()
            }
            other => vec![types::of(other, schema)],
        })
        .collect()
}

fn is_orderable(kind: Option<TypeKind>) -> bool {
    !matches!(kind, Some(TypeKind::Json | TypeKind::Other))
}

fn comparable(left: &Type<'_>, right: &Type<'_>) -> bool {
    let (Some(left_kind), Some(right_kind)) = (left.kind, right.kind) else { return true };
    let name = |kind: &Type<'_>| kind.column.map(|column| column.type_name.clone());
    match (left_kind, right_kind) {
        (TypeKind::Json, _) | (_, TypeKind::Json) => false,
        (TypeKind::Enum | TypeKind::Array | TypeKind::Other, _) if left_kind == right_kind => match (name(left), name(right)) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        },
        (left, right) => left == right || (left.is_calendar() && right.is_calendar()),
    }
}

fn literal_fits(value: &Literal, beside: &Type<'_>) -> bool {
    let Some(kind) = beside.kind else { return true };
    let digits = |text: &str| {
        let text = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        [whole, part].iter().all(|part| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_digit()))
    };
    match (value, kind) {
        (Literal::Null, _) => true,
        (_, TypeKind::Json | TypeKind::Binary | TypeKind::Range | TypeKind::Array) => false,
        (Literal::Integer(_) | Literal::Decimal(_), TypeKind::Number | TypeKind::Text) => true,
        (Literal::Integer(value), TypeKind::Boolean) => matches!(value, 0 | 1),
        (Literal::Integer(_) | Literal::Decimal(_), _) => false,
        (Literal::Text(text), TypeKind::Number) => digits(text),
        (Literal::Text(text), TypeKind::Enum) => {
            let labels = beside.column.map(|column| column.enum_labels.as_slice()).unwrap_or_default();
            labels.is_empty() || labels.contains(text)
        }
        (Literal::Text(text), TypeKind::Uuid) => text.bytes().filter(u8::is_ascii_hexdigit).count() == 32,
        (Literal::Text(text), TypeKind::Boolean) => {
            matches!(
                text.to_lowercase().as_str(),
                "t" | "true" | "y" | "yes" | "on" | "1" | "f" | "false" | "n" | "no" | "off" | "0"
            )
        }
        (Literal::Text(text), kind) if kind.is_calendar() || matches!(kind, TypeKind::Time | TypeKind::Interval) => {
            text.bytes().any(|letter| letter.is_ascii_digit())
        }
        (Literal::Text(_), _) => true,
        (Literal::Boolean(_), TypeKind::Boolean | TypeKind::Text) => true,
        (Literal::Boolean(_), TypeKind::Number) => beside.whole,
        (Literal::Boolean(_), _) => false,
    }
}

fn moment_fits(moment: Moment, beside: &Type<'_>) -> bool {
    match beside.kind {
        None => true,
        Some(TypeKind::Text) => true,
        Some(TypeKind::Time) => moment == Moment::Now,
        Some(kind) => kind.is_calendar(),
    }
}

/// Sources that a query names, for callers that want to know what a reading touches.
pub fn relations(query: &Query) -> BTreeSet<usize> {
    match query {
        Query::Set { left, right, .. } => relations(left).into_iter().chain(relations(right)).collect(),
        Query::Select(select) => {
            let mut sources = walk::output_sources(select);
            sources.extend(select.subject);
            sources.extend(select.also.iter().chain(&select.outer));
            select.filter.iter().for_each(|filter| walk::predicate_sources(filter, &mut sources));
            sources.into_iter().map(|source| source.relation).collect()
        }
    }
}
