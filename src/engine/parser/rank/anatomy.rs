//! What a query consists of, sub-queries included: counted once, so that the traits of a candidate are simple sums.

use std::collections::BTreeSet;

use nl_query_core::schema::RelationId;

use crate::ir::{
    Aggregate, Arithmetic, Comparison, Expr, Literal, Moment, Predicate, Query, Select, SetOp, Source, WindowFunction,
};
use crate::prepared::ColumnId;

/// The parts of a query, counted.
#[derive(Debug, Clone, Default)]
pub struct Anatomy {
    pub columns: BTreeSet<ColumnId>,
    pub relations: BTreeSet<RelationId>,
    /// Columns in filters with the text that they are compared with.
    pub compared: Vec<(Option<ColumnId>, String)>,
    pub numbers: Vec<String>,
    /// Those of the numbers that counts are compared with.
    pub counted: Vec<String>,
    pub dates: usize,
    pub items: usize,
    pub repeated_items: usize,
    pub stars: usize,
    pub max: usize,
    pub min: usize,
    pub sum: usize,
    pub average: usize,
    pub count: usize,
    pub distinct: usize,
    pub groups: usize,
    pub having: usize,
    pub ascending: usize,
    pub descending: usize,
    pub limits: usize,
    pub greater: usize,
    pub less: usize,
    pub equal: usize,
    pub between: usize,
    pub like: usize,
    pub negations: usize,
    pub and: usize,
    pub or: usize,
    pub intersect: usize,
    pub union: usize,
    pub except: usize,
    pub subqueries: usize,
    pub against_average: usize,
    pub related: usize,
    pub nulls: usize,
    pub truths: usize,
    pub arithmetic: usize,
    pub selects: usize,
    pub extra: usize,
    /// Parts that the trained parser has no words for: windows, date arithmetic, filtered aggregates.
    pub beyond: usize,
}

impl Anatomy {
    pub fn of(query: &Query) -> Self {
        let mut anatomy = Anatomy::default();
        anatomy.query(query);
        anatomy
    }

    fn query(&mut self, query: &Query) {
        match query {
            Query::Select(select) => self.select(select),
            Query::Set { op, left, right } => {
                match op {
                    SetOp::Union => self.union += 1,
                    SetOp::Intersect => self.intersect += 1,
                    SetOp::Except => self.except += 1,
                }
                self.query(left);
                self.query(right);
            }
        }
    }

    fn select(&mut self, select: &Select) {
        self.selects += 1;
        self.distinct += usize::from(select.distinct);
        self.items += select.items.len();
        for (at, item) in select.items.iter().enumerate() {
            self.repeated_items += usize::from(select.items[..at].iter().any(|before| before.expr == item.expr));
            self.expr(&item.expr);
        }
        self.sources(select.subject.iter());
        self.sources(select.also.iter());
        self.sources(select.outer.iter());
        self.extra += select.also.len();
        self.beyond += select.outer.len();
        select.filter.iter().for_each(|filter| self.predicate(filter));
        self.groups += select.group.len();
        select.group.iter().for_each(|key| self.expr(key));
        if let Some(having) = &select.having {
            self.having += 1;
            self.predicate(having);
        }
        let limited = usize::from(select.limit.is_some());
        self.limits += limited;
        for key in &select.order {
            if key.descending {
                self.descending += 1
            } else {
                self.ascending += 1
            }
            self.expr(&key.expr);
        }
        self.beyond += usize::from(select.offset.is_some());
    }

    fn sources<'a>(&mut self, sources: impl Iterator<Item = &'a Source>) {
        self.relations.extend(sources.map(|source| source.relation));
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Column(column) => {
                self.columns.insert((column.source.relation, column.column));
                self.sources([&column.source].into_iter());
            }
            Expr::All(source) => {
                self.stars += 1;
                self.sources([source].into_iter());
            }
            Expr::CountRows(source) => {
                self.count += 1;
                self.sources([source].into_iter());
            }
            Expr::Aggregate { function, distinct, arg } => {
                self.aggregate(*function);
                self.distinct += usize::from(*distinct);
                self.expr(arg);
            }
            Expr::Filtered { aggregate, filter } => {
                self.beyond += 1;
                self.expr(aggregate);
                self.predicate(filter);
            }
            Expr::Literal(literal) => self.literal(None, literal),
            Expr::Moment(moment) => self.moment(moment),
            Expr::Arithmetic { op, left, right } => {
                self.arithmetic += 1;
                self.beyond += usize::from(*op == Arithmetic::Multiply);
                self.expr(left);
                self.expr(right);
            }
            Expr::Truncate { arg, .. } | Expr::Extract { arg, .. } | Expr::Elapsed { since: arg, .. } => {
                self.beyond += 1;
                self.expr(arg);
            }
            Expr::Function { args, .. } | Expr::Words(args) => args.iter().for_each(|arg| self.expr(arg)),
            Expr::Scalar(query) => {
                self.subqueries += 1;
                self.query(query);
            }
            Expr::Window { function, arg, partition, order } => {
                self.beyond += 1;
                self.sum += usize::from(matches!(function, WindowFunction::RunningSum | WindowFunction::Sum));
                arg.iter().for_each(|arg| self.expr(arg));
                partition.iter().for_each(|part| self.expr(part));
                order.iter().for_each(|key| self.expr(&key.expr));
            }
        }
    }

    fn aggregate(&mut self, function: Aggregate) {
        match function {
            Aggregate::Count => self.count += 1,
            Aggregate::Sum => self.sum += 1,
            Aggregate::Average => self.average += 1,
            Aggregate::Min => self.min += 1,
            Aggregate::Max => self.max += 1,
            Aggregate::Median | Aggregate::List => self.beyond += 1,
        }
    }

    fn literal(&mut self, column: Option<ColumnId>, literal: &Literal) {
        match literal {
            Literal::Integer(number) => self.numbers.push(number.to_string()),
            Literal::Decimal(number) => self.numbers.push(number.clone()),
            Literal::Text(text) => self.compared.push((column, text.to_lowercase())),
            Literal::Boolean(_) | Literal::Null => {}
        }
    }

    fn moment(&mut self, moment: &Moment) {
        self.dates += 1;
        self.beyond += usize::from(!matches!(moment, Moment::Day(_) | Moment::DayTime { .. }));
    }

    fn predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::And(parts) => {
                self.and += parts.len().saturating_sub(1);
                parts.iter().for_each(|part| self.predicate(part));
            }
            Predicate::Or(parts) => {
                self.or += parts.len().saturating_sub(1);
                parts.iter().for_each(|part| self.predicate(part));
            }
            Predicate::Not(part) => {
                self.negations += 1;
                self.predicate(part);
            }
            Predicate::Compare { op, left, right } => self.compare(*op, left, right),
            Predicate::Between { expr, low, high, negated } => {
                self.between += 1;
                self.negations += usize::from(*negated);
                [expr, low, high].into_iter().for_each(|part| self.expr(part));
            }
            Predicate::InRange { expr, range, negated } => {
                self.negations += usize::from(*negated);
                self.expr(expr);
                self.dates += 1;
                let ends = range.from.iter().chain(range.to.iter());
                self.beyond += usize::from(ends.clone().any(|end| !matches!(end, Moment::Day(_) | Moment::DayTime { .. })));
            }
            Predicate::In { expr, values, negated } => {
                self.negations += usize::from(*negated);
                self.or += values.len().saturating_sub(1);
                self.expr(expr);
                values.iter().for_each(|value| self.compared_with(expr, value));
            }
            Predicate::InQuery { expr, query, negated } => {
                self.subqueries += 1;
                self.negations += usize::from(*negated);
                self.expr(expr);
                self.query(query);
            }
            Predicate::Like { expr, pattern, negated, .. } => {
                self.like += 1;
                self.negations += usize::from(*negated);
                self.compared.push((column_of(expr), pattern.trim_matches('%').to_lowercase()));
                self.expr(expr);
            }
            Predicate::IsNull { expr, negated } => {
                self.nulls += 1;
                self.negations += usize::from(!*negated);
                self.expr(expr);
            }
            Predicate::IsTrue { expr, negated } => {
                self.truths += 1;
                self.negations += usize::from(*negated);
                self.expr(expr);
            }
            Predicate::Contains { expr, value, negated } => {
                self.negations += usize::from(*negated);
                self.expr(expr);
                self.compared_with(expr, value);
            }
            Predicate::Related { anchor, target, filter, negated } => {
                self.related += 1;
                self.negations += usize::from(*negated);
                self.sources([anchor, target].into_iter());
                filter.iter().for_each(|filter| self.predicate(filter));
            }
            Predicate::RelatedCount { anchor, target, filter, op, count } => {
                self.related += 1;
                self.having += 1;
                self.comparison(*op);
                self.numbers.push(count.to_string());
                self.counted.push(count.to_string());
                self.sources([anchor, target].into_iter());
                filter.iter().for_each(|filter| self.predicate(filter));
            }
        }
    }

    fn compare(&mut self, op: Comparison, left: &Expr, right: &Expr) {
        self.comparison(op);
        self.expr(left);
        if let Expr::Scalar(query) = right
            && let Query::Select(select) = query.as_ref()
            && select.items.iter().any(|item| matches!(item.expr, Expr::Aggregate { function: Aggregate::Average, .. }))
        {
            self.against_average += 1;
        }
        self.compared_with(left, right);
    }

    fn compared_with(&mut self, left: &Expr, right: &Expr) {
        match (left, right) {
            (Expr::CountRows(_), Expr::Literal(Literal::Integer(number))) => self.counted.push(number.to_string()),
            (Expr::CountRows(_), Expr::Literal(Literal::Decimal(number))) => self.counted.push(number.clone()),
            _ => {}
        }
        match right {
            Expr::Literal(literal) => self.literal(column_of(left), literal),
            other => self.expr(other),
        }
    }

    fn comparison(&mut self, op: Comparison) {
        match op {
            Comparison::Equal => self.equal += 1,
            Comparison::NotEqual => self.negations += 1,
            Comparison::Less | Comparison::LessOrEqual => self.less += 1,
            Comparison::Greater | Comparison::GreaterOrEqual => self.greater += 1,
        }
    }
}

fn column_of(expr: &Expr) -> Option<ColumnId> {
    match expr {
        Expr::Column(column) => Some((column.source.relation, column.column)),
        Expr::Function { args, .. } => args.first().and_then(column_of),
        _ => None,
    }
}
