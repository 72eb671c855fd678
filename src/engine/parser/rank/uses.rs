//! What a query uses names and values for: shown, compared, measured, grouped by, sorted by; sub-queries included.

use crate::ir::{Aggregate, Comparison, DateRange, Expr, Literal, Moment, Order, Predicate, Query, Select, Source};
use crate::parser::features::Target;

/// A comparison of something that has a name with something that the question says.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub target: Target,
    pub way: Way,
    pub value: Value,
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Same,
    Less,
    Greater,
    /// Not the same, likeness, both ends of a range.
    Other,
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Digits as they go into SQL.
    Number(String),
    /// In lower case.
    Text(String),
    Period(DateRange),
    Day(Moment),
}

/// The names of a query by what they are used for; the same name may stand several times.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    /// Outside of aggregates, by the outer query only.
    pub shown: Vec<Target>,
    pub measured: Vec<(Aggregate, Target)>,
    pub grouped: Vec<Target>,
    pub sorted: Vec<Target>,
    pub compared: Vec<Compared>,
    /// All of the above, and what conditions name beside.
    pub all: Vec<Target>,
}

impl Uses {
    pub fn of(query: &Query) -> Self {
        let mut uses = Uses::default();
        uses.query(query, true);
        uses.all.sort_unstable();
        uses.all.dedup();
        uses
    }

    /// What the rows of the answer show, by itself or within an aggregate.
    pub fn shown_or_measured(&self) -> impl Iterator<Item = &Target> {
        self.shown.iter().chain(self.measured.iter().map(|(_, target)| target))
    }

    fn query(&mut self, query: &Query, outer: bool) {
        match query {
            Query::Select(select) => self.select(select, outer),
            Query::Set { left, right, .. } => {
                self.query(left, outer);
                self.query(right, false);
            }
        }
    }

    fn select(&mut self, select: &Select, outer: bool) {
        for item in &select.items {
            self.expr(&item.expr);
            if outer && let Some(target) = plain(&item.expr) {
                self.shown.push(target);
            }
        }
        for source in select.subject.iter().chain(&select.also).chain(&select.outer) {
            self.source(source);
        }
        for key in &select.group {
            self.expr(key);
            self.grouped.extend(named(key));
        }
        self.order(&select.order);
        select.filter.iter().chain(&select.having).for_each(|filter| self.predicate(filter));
    }

    fn order(&mut self, order: &[Order]) {
        for key in order {
            self.expr(&key.expr);
            self.sorted.extend(named(&key.expr));
        }
    }

    fn source(&mut self, source: &Source) {
        self.all.push(Target::Relation(source.relation));
    }

    fn expr(&mut self, expr: &Expr) {
        self.all.extend(plain(expr));
        match expr {
            Expr::Column(column) => self.source(&column.source),
            Expr::Aggregate { function, arg, .. } => {
                self.measured.extend(named(arg).map(|target| (*function, target)));
                self.expr(arg);
            }
            Expr::Filtered { aggregate, filter } => {
                self.expr(aggregate);
                self.predicate(filter);
            }
            Expr::Arithmetic { left, right, .. } => [left, right].into_iter().for_each(|side| self.expr(side)),
            Expr::Truncate { arg, .. } | Expr::Extract { arg, .. } | Expr::Elapsed { since: arg, .. } => self.expr(arg),
            Expr::Function { args, .. } | Expr::Words(args) => args.iter().for_each(|arg| self.expr(arg)),
            Expr::Scalar(query) => self.query(query, false),
            Expr::Window { arg, partition, order, .. } => {
                arg.iter().for_each(|arg| self.expr(arg));
                partition.iter().for_each(|part| self.expr(part));
                self.order(order);
            }
            Expr::All(_) | Expr::CountRows(_) | Expr::Literal(_) | Expr::Moment(_) => {}
        }
    }

    fn predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::And(parts) | Predicate::Or(parts) => parts.iter().for_each(|part| self.predicate(part)),
            Predicate::Not(part) => self.predicate(part),
            Predicate::Compare { op, left, right } => self.compare(left, way(*op), right),
            Predicate::Between { expr, low, high, .. } => {
                self.compare(expr, Way::Other, low);
                self.compare(expr, Way::Other, high);
            }
            Predicate::InRange { expr, range, .. } => {
                self.expr(expr);
                let way = if range.from.is_none() {
                    Way::Less
                } else if range.to.is_none() {
                    Way::Greater
                } else {
                    Way::Same
                };
                let value = Value::Period(*range);
                self.compared.extend(named(expr).map(|target| Compared { target, way, value }));
            }
            Predicate::In { expr, values, negated } => {
                let way = if *negated { Way::Other } else { Way::Same };
                values.iter().for_each(|value| self.compare(expr, way, value));
            }
            Predicate::InQuery { expr, query, .. } => {
                self.expr(expr);
                self.query(query, false);
            }
            Predicate::Like { expr, pattern, .. } => {
                self.expr(expr);
                let value = Value::Text(pattern.trim_matches('%').to_lowercase());
                self.compared.extend(named(expr).map(|target| Compared { target, way: Way::Other, value }));
            }
            Predicate::IsNull { expr, .. } | Predicate::IsTrue { expr, .. } => self.expr(expr),
            Predicate::Contains { expr, value, .. } => self.compare(expr, Way::Other, value),
            Predicate::Related { anchor, target, filter, .. } => {
                [anchor, target].into_iter().for_each(|source| self.source(source));
                filter.iter().for_each(|filter| self.predicate(filter));
            }
            Predicate::RelatedCount { anchor, target, filter, op, count } => {
                [anchor, target].into_iter().for_each(|source| self.source(source));
                let (target, value) = (Target::Relation(target.relation), Value::Number(count.to_string()));
                self.compared.push(Compared { target, way: way(*op), value });
                filter.iter().for_each(|filter| self.predicate(filter));
            }
        }
    }

    fn compare(&mut self, left: &Expr, way: Way, right: &Expr) {
        self.expr(left);
        self.expr(right);
        if let (Some(target), Some(value)) = (named(left), value(right)) {
            self.compared.push(Compared { target, way, value });
        }
    }
}

/// The way of an operator.
pub(super) fn way(op: Comparison) -> Way {
    match op {
        Comparison::Equal => Way::Same,
        Comparison::NotEqual => Way::Other,
        Comparison::Less | Comparison::LessOrEqual => Way::Less,
        Comparison::Greater | Comparison::GreaterOrEqual => Way::Greater,
    }
}

fn value(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Literal(Literal::Integer(number)) => Some(Value::Number(number.to_string())),
        Expr::Literal(Literal::Decimal(digits)) => Some(Value::Number(digits.clone())),
        Expr::Literal(Literal::Text(text)) => Some(Value::Text(text.to_lowercase())),
        Expr::Moment(moment) => Some(Value::Day(*moment)),
        _ => None,
    }
}

/// What an expression is the value of, if it is that alone.
fn plain(expr: &Expr) -> Option<Target> {
    match expr {
        Expr::Column(column) => Some(Target::Column((column.source.relation, column.column))),
        Expr::All(source) | Expr::CountRows(source) => Some(Target::Relation(source.relation)),
        _ => None,
    }
}

/// The name by which a question would speak of an expression: the first that it is made of.
fn named(expr: &Expr) -> Option<Target> {
    match expr {
        Expr::Aggregate { arg, .. }
        | Expr::Truncate { arg, .. }
        | Expr::Extract { arg, .. }
        | Expr::Elapsed { since: arg, .. } => named(arg),
        Expr::Filtered { aggregate, .. } => named(aggregate),
        Expr::Arithmetic { left, right, .. } => named(left).or_else(|| named(right)),
        Expr::Function { args, .. } | Expr::Words(args) => args.iter().find_map(named),
        Expr::Window { arg, .. } => arg.as_deref().and_then(named),
        other => plain(other),
    }
}
