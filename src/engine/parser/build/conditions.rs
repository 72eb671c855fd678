//! Conditions: comparisons with values, columns and queries, patterns, yes and no.

use nl_query_core::schema::TypeKind;

use super::Unbuildable;
use super::blocks::Builder;
use super::tree::{Condition, Shape, Term, Value};
use super::values::{Spelled, Texts};
use crate::ir::{Comparison, DateRange, Expr, Literal, Moment, Predicate};
use crate::prepared::ColumnId;
use crate::question::DateMention;
use crate::render::types;

impl Builder<'_> {
    pub fn condition(&mut self, condition: &Condition) -> Result<Predicate, Unbuildable> {
        match condition {
            Condition::And(left, right) => Ok(joined(self.condition(left)?, self.condition(right)?, self.is_either(left, right))),
            Condition::Or(left, right) => Ok(joined(self.condition(left)?, self.condition(right)?, true)),
            Condition::Value(op, term, value) => self.comparison(self.as_said(*op, *value), term, *value),
            Condition::Query(op, term, query) => {
                let left = self.term(term, false)?;
                Ok(Predicate::Compare { op: *op, left, right: Expr::Scalar(Box::new(self.query(query)?)) })
            }
            Condition::Column(op, term, item) => {
                let left = self.term(term, false)?;
                Ok(Predicate::Compare { op: *op, left, right: self.column_expr(*item)? })
            }
            Condition::Like { shape, negated, term, value } => self.like(*shape, *negated, term, *value),
            Condition::In { negated, term, query } => {
                let expr = self.term(term, false)?;
                Ok(Predicate::InQuery { expr, query: Box::new(self.query(query)?), negated: *negated })
            }
            Condition::Between(term, low, high) => self.between(term, *low, *high),
            Condition::Null { item, negated } => Ok(Predicate::IsNull { expr: self.column_expr(*item)?, negated: *negated }),
            Condition::Truth { item, holds } => self.truth(*item, *holds),
        }
    }

    /// The column whose values a term has, if it has those of one.
    fn column_of(&self, term: &Term) -> Option<ColumnId> {
        match term {
            Term::Plain(item) | Term::Aggregate { item, .. } => self.column(*item).ok(),
            Term::Year(_) | Term::Arithmetic(..) => None,
        }
    }

    fn comparison(&mut self, op: Comparison, term: &Term, value: Value) -> Result<Predicate, Unbuildable> {
        let left = self.term(term, false)?;
        let kind = types::of(&left, self.seen.prepared.schema()).kind.ok_or(Unbuildable::Value)?;
        let column = self.column_of(term);
        match kind {
            TypeKind::Boolean => self.boolean(op, left, value),
            TypeKind::Number => self.number(op, left, column, value),
            TypeKind::Date | TypeKind::Timestamp | TypeKind::TimestampTz => self.moment(op, left, value),
            TypeKind::Array => self.member(op, left, column, value),
            TypeKind::Json | TypeKind::Range | TypeKind::Binary => Err(Unbuildable::Value),
            TypeKind::Time | TypeKind::Interval => self.clock(op, left, value),
            TypeKind::Text | TypeKind::Enum | TypeKind::Uuid | TypeKind::Other => self.text(op, left, column, value),
        }
    }

    fn number(&mut self, op: Comparison, left: Expr, column: Option<ColumnId>, value: Value) -> Result<Predicate, Unbuildable> {
        if let Some(right) = self.numeric(value, column) {
            return Ok(Predicate::Compare { op, left, right: Expr::Literal(right) });
        }
        // "since 1990" of a column that holds years.
        let date = self.date(value).cloned().ok_or(Unbuildable::Value)?;
        in_time(op, left, &date)
    }

    fn moment(&mut self, op: Comparison, left: Expr, value: Value) -> Result<Predicate, Unbuildable> {
        if let Some(text) = self.quoted_moment(value) {
            return Ok(Predicate::Compare { op, left, right: Expr::Literal(Literal::Text(text.to_owned())) });
        }
        if let Some(date) = self.date(value).cloned() {
            if self.says_both_ends(&date) {
                return bounded(op, left, date.range);
            }
            return in_time(op, left, &date);
        }
        if let Some(year) =
            self.whole_number(value).and_then(|year| i32::try_from(year).ok()).filter(|year| (1000..=2999).contains(year))
        {
            let start = |year| Some(Moment::Day(crate::ir::Day { year, month: 1, day: 1 }));
            return compared(op, left, DateRange { from: start(year), to: start(year + 1) });
        }
        match self.quoted(value).filter(|text| text.bytes().any(|letter| letter.is_ascii_digit())) {
            Some(text) => Ok(Predicate::Compare { op, left, right: Expr::Literal(Literal::Text(text.to_owned())) }),
            None => Err(Unbuildable::Value),
        }
    }

    fn clock(&mut self, op: Comparison, left: Expr, value: Value) -> Result<Predicate, Unbuildable> {
        let text = self.quoted(value).map(str::to_owned).or_else(|| self.written(value));
        let text = text.filter(|text| text.bytes().any(|letter| letter.is_ascii_digit())).ok_or(Unbuildable::Value)?;
        Ok(Predicate::Compare { op, left, right: Expr::Literal(Literal::Text(text)) })
    }

    fn boolean(&mut self, op: Comparison, expr: Expr, value: Value) -> Result<Predicate, Unbuildable> {
        let said = match value {
            Value::Constant(constant) => constant.to_string(),
            Value::Word(_) => self.quoted(value).map(str::to_owned).or_else(|| self.bare(value)).ok_or(Unbuildable::Value)?,
        };
        let holds = super::values::yes_or_no(&said).ok_or(Unbuildable::Value)?;
        match op {
            Comparison::Equal => Ok(Predicate::IsTrue { expr, negated: !holds }),
            Comparison::NotEqual => Ok(Predicate::IsTrue { expr, negated: holds }),
            _ => Err(Unbuildable::Value),
        }
    }

    fn member(&mut self, op: Comparison, expr: Expr, column: Option<ColumnId>, value: Value) -> Result<Predicate, Unbuildable> {
        let texts = self.texts(value, column.ok_or(Unbuildable::Value)?)?;
        let value = Expr::Literal(Literal::Text(texts.first()));
        match op {
            Comparison::Equal => Ok(Predicate::Contains { expr, value, negated: false }),
            Comparison::NotEqual => Ok(Predicate::Contains { expr, value, negated: true }),
            _ => Err(Unbuildable::Value),
        }
    }

    fn text(&mut self, op: Comparison, left: Expr, column: Option<ColumnId>, value: Value) -> Result<Predicate, Unbuildable> {
        let column = column.ok_or(Unbuildable::Value)?;
        if let Some(date) = self.spoken_day(value, column) {
            return in_time(op, left, &date);
        }
        let texts = self.texts(value, column)?;
        let literal = |text: String| Expr::Literal(Literal::Text(text));
        let negated = op == Comparison::NotEqual;
        if !matches!(op, Comparison::Equal | Comparison::NotEqual) {
            return Ok(Predicate::Compare { op, left, right: literal(texts.first()) });
        }
        self.note(&texts, column);
        match texts {
            Texts { spelled: Spelled::Named, mut texts, .. } => {
                Ok(Predicate::Like { expr: left, pattern: escaped(&texts.remove(0)), any_case: true, negated })
            }
            Texts { mut texts, .. } if texts.len() == 1 => Ok(Predicate::Compare { op, left, right: literal(texts.remove(0)) }),
            Texts { texts, .. } => Ok(Predicate::In { expr: left, values: texts.into_iter().map(literal).collect(), negated }),
        }
    }

    fn like(&mut self, shape: Shape, negated: bool, term: &Term, value: Value) -> Result<Predicate, Unbuildable> {
        let expr = self.term(term, false)?;
        let text = escaped(&self.part(value, self.column_of(term))?);
        let pattern = match shape {
            Shape::Contains => format!("%{text}%"),
            Shape::Starts => format!("{text}%"),
            Shape::Ends => format!("%{text}"),
        };
        Ok(Predicate::Like { expr, pattern, any_case: true, negated })
    }

    fn between(&mut self, term: &Term, low: Value, high: Value) -> Result<Predicate, Unbuildable> {
        let expr = self.term(term, false)?;
        let kind = types::of(&expr, self.seen.prepared.schema()).kind.ok_or(Unbuildable::Value)?;
        let column = self.column_of(term);
        if kind == TypeKind::Number
            && let (Some(low), Some(high)) = (self.numeric(low, column), self.numeric(high, column))
        {
            return Ok(Predicate::Between { expr, low: Expr::Literal(low), high: Expr::Literal(high), negated: false });
        }
        let from = self.comparison(Comparison::GreaterOrEqual, term, low)?;
        let to = self.comparison(Comparison::LessOrEqual, term, high)?;
        match (from, to) {
            // One mention said both ends: "between 2010 and 2012".
            (from, to) if from == to => Ok(from),
            (Predicate::InRange { range: from, .. }, Predicate::InRange { range: to, .. }) => {
                let range = DateRange { from: from.from.or(to.from), to: to.to.or(from.to) };
                Ok(Predicate::InRange { expr, range, negated: false })
            }
            (Predicate::Compare { right: low, .. }, Predicate::Compare { right: high, .. }) => {
                Ok(Predicate::Between { expr, low, high, negated: false })
            }
            _ => Err(Unbuildable::Value),
        }
    }

    fn truth(&mut self, item: usize, holds: bool) -> Result<Predicate, Unbuildable> {
        let column = self.column(item)?;
        let expr = self.column_expr(item)?;
        if self.seen.prepared.column(column).kind == TypeKind::Boolean {
            return Ok(Predicate::IsTrue { expr, negated: !holds });
        }
        let value = super::values::stored_answer(self.seen.prepared.column(column), holds).ok_or(Unbuildable::Value)?;
        Ok(Predicate::Compare { op: Comparison::Equal, left: expr, right: Expr::Literal(value) })
    }
}

/// Conditions joined with AND or OR, in one list where one of them is such a list.
fn joined(left: Predicate, right: Predicate, or: bool) -> Predicate {
    let open = |side: Predicate| match side {
        Predicate::And(parts) if !or => parts,
        Predicate::Or(parts) if or => parts,
        other => vec![other],
    };
    let mut parts = open(left);
    for part in open(right) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    match (parts.len(), or) {
        (1, _) => parts.remove(0),
        (_, true) => Predicate::Or(parts),
        (_, false) => Predicate::And(parts),
    }
}

/// The text as a LIKE pattern that matches itself alone.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// A comparison with a stretch of time.
fn in_time(op: Comparison, left: Expr, date: &DateMention) -> Result<Predicate, Unbuildable> {
    let Some((field, value)) = date.field else { return compared(op, left, date.range) };
    let left = Expr::Extract { field, arg: Box::new(left) };
    let literal = |value| Expr::Literal(Literal::Integer(value));
    match (op, date.field_to) {
        (Comparison::Equal | Comparison::NotEqual, Some(to)) => {
            let negated = op == Comparison::NotEqual;
            Ok(Predicate::Between { expr: left, low: literal(value), high: literal(to), negated })
        }
        _ => Ok(Predicate::Compare { op, left, right: literal(value) }),
    }
}

/// A stretch that the words told by both its ends ("between May and July") bounds a comparison with the end that it is about.
fn bounded(op: Comparison, expr: Expr, range: DateRange) -> Result<Predicate, Unbuildable> {
    match op {
        Comparison::Greater | Comparison::GreaterOrEqual => {
            Ok(Predicate::InRange { expr, range: DateRange { to: None, ..range }, negated: false })
        }
        Comparison::Less | Comparison::LessOrEqual => {
            Ok(Predicate::InRange { expr, range: DateRange { from: None, ..range }, negated: false })
        }
        _ => compared(op, expr, range),
    }
}

/// After a stretch is behind its end, before it is before its start. Words that hold an open end ("since May") have said the
/// comparison already.
fn compared(op: Comparison, expr: Expr, range: DateRange) -> Result<Predicate, Unbuildable> {
    let DateRange { from, to } = range;
    let negated = op == Comparison::NotEqual;
    let (from, to) = match op {
        Comparison::Equal | Comparison::NotEqual => (from, to),
        Comparison::Greater => (to.or(from), None),
        Comparison::GreaterOrEqual => (from.or(to), None),
        Comparison::Less => (None, from.or(to)),
        Comparison::LessOrEqual => (None, to.or(from)),
    };
    if from.is_none() && to.is_none() {
        return Err(Unbuildable::Value);
    }
    Ok(Predicate::InRange { expr, range: DateRange { from, to }, negated })
}
