//! A query as steps, so that the network can tell what it thinks of a reading that others made.
//!
//! What the grammar has no words for has no steps: second roles, LEFT JOIN, windows, conditions of a single figure, time told from
//! now. EXISTS becomes what the grammar says for it: a plain condition, or `in` with a query where it is denied.

use super::blocks::Builder;
use super::tree::{self, Block, Condition, Order, Shape, Term, Value};
use super::{Seen, values};
use crate::ir::{Aggregate, Comparison, DateField, DateRange, Expr, Literal, Moment, Predicate, Query, Select, SetOp, Source};
use crate::parser::features::{CandidateKind, Target};
use crate::parser::grammar::CONSTANTS;
use crate::prepared::ColumnId;
use crate::walk;

/// The tree of a query; none where the grammar cannot say it.
pub(super) fn tree(query: &Query, seen: Seen<'_>) -> Option<tree::Query> {
    Reader { builder: Builder::new(seen) }.query(query)
}

struct Reader<'a> {
    /// Knows what a word would be built to.
    builder: Builder<'a>,
}

impl<'a> Reader<'a> {
    fn seen(&self) -> Seen<'a> {
        self.builder.seen
    }

    fn query(&self, query: &Query) -> Option<tree::Query> {
        match query {
            Query::Select(select) => Some(tree::Query::Single(self.block(select)?)),
            Query::Set { op, left, right } => match &**left {
                Query::Select(select) => Some(tree::Query::Set(*op, self.block(select)?, Box::new(self.query(right)?))),
                // (a or b) or c is a or (b or c); for EXCEPT it is not.
                Query::Set { op: inner, left: first, right: second } if inner == op && *op != SetOp::Except => {
                    let rest = Query::Set { op: *op, left: second.clone(), right: right.clone() };
                    self.query(&Query::Set { op: *op, left: first.clone(), right: Box::new(rest) })
                }
                Query::Set { .. } => None,
            },
        }
    }

    fn block(&self, select: &Select) -> Option<Block> {
        if !select.outer.is_empty() || select.offset.is_some() || (select.limit.is_some() && select.order.is_empty()) {
            return None;
        }
        let items = select.items.iter().flat_map(|item| parts(&item.expr)).map(|expr| self.term(expr)).collect::<Option<_>>()?;
        let group = self.group(select)?;
        let mut extra = Vec::new();
        let mut having: Vec<Condition> =
            select.having.iter().flat_map(conjuncts).map(|part| self.condition(part)).collect::<Option<_>>()?;
        let mut filter = Vec::new();
        let mut counted = None;
        for part in select.filter.iter().flat_map(conjuncts) {
            match part {
                Predicate::Related { target, filter: None, negated: false, .. } => extra.push(*target),
                Predicate::RelatedCount { anchor, target, filter: None, op, count } if counted.is_none() => {
                    counted = Some((*anchor, *target, *op, *count));
                }
                other => filter.push(self.condition(other)?),
            }
        }
        let mut block = Block {
            distinct: select.distinct,
            items,
            filter: None,
            group,
            having: None,
            order: self.order(select)?,
            extra: Vec::new(),
        };
        if let Some((anchor, target, op, count)) = counted {
            having.push(self.count(&mut block, select, anchor, target, op, count)?);
        }
        if block.group.is_empty() {
            filter.append(&mut having); // building sorts the conditions by what they are about
        }
        block.filter = all(filter);
        block.having = all(having);
        extra.extend(select.also.iter().copied());
        extra.extend(select.subject);
        block.extra = self.extra(&extra, select)?;
        Some(block)
    }

    /// "with more than 3 orders": groups of the anchor's rows, of which the others are counted.
    fn count(
        &self,
        block: &mut Block,
        select: &Select,
        anchor: Source,
        target: Source,
        op: Comparison,
        count: i64,
    ) -> Option<Condition> {
        let [key] = self.seen().prepared.schema().relations.get(anchor.relation)?.primary_key[..] else { return None };
        if walk::is_grouped(select) || select.distinct {
            return None;
        }
        block.group = vec![self.column((anchor.relation, key))?];
        let item = self.relation(target)?;
        let term = Term::Aggregate { function: Aggregate::Count, distinct: false, item };
        Some(Condition::Value(op, term, self.number(&Literal::Integer(count), None)?))
    }

    fn item(&self, target: Target) -> Option<usize> {
        self.seen().features.item(target)
    }

    fn column(&self, column: ColumnId) -> Option<usize> {
        self.item(Target::Column(column))
    }

    fn relation(&self, source: Source) -> Option<usize> {
        if source.role > 0 { None } else { self.item(Target::Relation(source.relation)) }
    }

    fn plain(&self, expr: &Expr) -> Option<(usize, ColumnId)> {
        match expr {
            Expr::Column(used) if used.source.role == 0 => {
                let column = (used.source.relation, used.column);
                Some((self.column(column)?, column))
            }
            _ => None,
        }
    }

    /// Columns to group by, without those that only complete a key.
    fn group(&self, select: &Select) -> Option<Vec<usize>> {
        let keys: Vec<(usize, ColumnId)> = select.group.iter().map(|expr| self.plain(expr)).collect::<Option<_>>()?;
        let is_key = |(relation, column): ColumnId| self.seen().prepared.schema().relations[relation].primary_key == [column];
        let keyed = |relation: usize| keys.iter().any(|(_, key)| key.0 == relation && is_key(*key));
        Some(keys.iter().filter(|(_, key)| is_key(*key) || !keyed(key.0)).map(|(item, _)| *item).collect())
    }

    /// Relations that nothing else of the block names.
    fn extra(&self, wanted: &[Source], select: &Select) -> Option<Vec<usize>> {
        let mut used = walk::output_sources(select);
        if let Some(filter) = &select.filter {
            walk::predicate_sources(filter, &mut used);
        }
        let mut extra = Vec::new();
        for source in wanted {
            let item = self.relation(*source)?;
            if !used.contains(source) && !extra.contains(&item) {
                extra.push(item);
            }
        }
        Some(extra)
    }

    fn order(&self, select: &Select) -> Option<Option<Order>> {
        let Some(first) = select.order.first() else { return Some(None) };
        if select.order.iter().any(|key| key.descending != first.descending) {
            return None;
        }
        let keys = select.order.iter().map(|key| self.term(&key.expr)).collect::<Option<_>>()?;
        let limit = match select.limit {
            None => None,
            Some(1) => Some(Value::Constant(1)),
            Some(limit) => Some(self.number(&Literal::Integer(i64::try_from(limit).ok()?), None)?),
        };
        Some(Some(Order { descending: first.descending, keys, limit }))
    }

    fn term(&self, expr: &Expr) -> Option<Term> {
        match expr {
            Expr::Column(_) => Some(Term::Plain(self.plain(expr)?.0)),
            Expr::All(source) => Some(Term::Plain(self.relation(*source)?)),
            Expr::CountRows(source) => {
                Some(Term::Aggregate { function: Aggregate::Count, distinct: false, item: self.relation(*source)? })
            }
            Expr::Aggregate { function, distinct, arg } => {
                Some(Term::Aggregate { function: *function, distinct: *distinct, item: self.plain(arg)?.0 })
            }
            Expr::Extract { field: DateField::Year, arg } => Some(Term::Year(self.plain(arg)?.0)),
            Expr::Arithmetic { op, left, right } => {
                Some(Term::Arithmetic(*op, Box::new(self.term(left)?), Box::new(self.term(right)?)))
            }
            _ => None,
        }
    }

    fn condition(&self, predicate: &Predicate) -> Option<Condition> {
        match predicate {
            Predicate::And(list) => all(list.iter().map(|part| self.condition(part)).collect::<Option<_>>()?),
            Predicate::Or(list) => either(list.iter().map(|part| self.condition(part)).collect::<Option<_>>()?),
            Predicate::Not(inner) => self.condition(&denied(inner)?),
            Predicate::Compare { op, left, right } => self.comparison(*op, left, right),
            Predicate::Between { expr, low: Expr::Literal(low), high: Expr::Literal(high), negated: false } => {
                let column = self.valued(expr);
                Some(Condition::Between(self.term(expr)?, self.value(low, column)?, self.value(high, column)?))
            }
            Predicate::InRange { expr, range, negated } => self.in_range(expr, *range, *negated),
            Predicate::In { expr, values, negated } => self.listed(expr, values, *negated),
            Predicate::InQuery { expr, query, negated } => {
                Some(Condition::In { negated: *negated, term: self.term(expr)?, query: Box::new(self.query(query)?) })
            }
            Predicate::Like { expr, pattern, negated, .. } => self.like(expr, pattern, *negated),
            Predicate::IsNull { expr, negated } => Some(Condition::Null { item: self.plain(expr)?.0, negated: *negated }),
            Predicate::IsTrue { expr, negated } => Some(Condition::Truth { item: self.plain(expr)?.0, holds: !negated }),
            Predicate::Contains { expr, value: Expr::Literal(value), negated } => {
                let op = if *negated { Comparison::NotEqual } else { Comparison::Equal };
                Some(Condition::Value(op, self.term(expr)?, self.value(value, self.valued(expr))?))
            }
            Predicate::Related { filter: Some(filter), negated: false, .. } => self.condition(filter),
            Predicate::Related { anchor, target, filter, negated } => self.related(*anchor, *target, filter.as_deref(), *negated),
            _ => None,
        }
    }

    fn comparison(&self, op: Comparison, left: &Expr, right: &Expr) -> Option<Condition> {
        let term = self.term(left)?;
        match right {
            Expr::Literal(value) => match self.value(value, self.valued(left)) {
                Some(word) => Some(Condition::Value(op, term, word)),
                None => self.flag(op, left, value),
            },
            Expr::Column(_) => Some(Condition::Column(op, term, self.plain(right)?.0)),
            Expr::Scalar(query) => Some(Condition::Query(op, term, Box::new(self.query(query)?))),
            _ => None,
        }
    }

    /// Yes and no that the question does not say.
    fn flag(&self, op: Comparison, left: &Expr, value: &Literal) -> Option<Condition> {
        let said = match value {
            Literal::Text(text) => text.clone(),
            Literal::Integer(number) => number.to_string(),
            _ => return None,
        };
        let holds = values::yes_or_no(said.trim())?;
        match op {
            Comparison::Equal => Some(Condition::Truth { item: self.plain(left)?.0, holds }),
            Comparison::NotEqual => Some(Condition::Truth { item: self.plain(left)?.0, holds: !holds }),
            _ => None,
        }
    }

    /// The column whose values an expression has.
    fn valued(&self, expr: &Expr) -> Option<ColumnId> {
        match expr {
            Expr::Aggregate { function: Aggregate::Count, .. } => None,
            Expr::Aggregate { arg, .. } => self.plain(arg).map(|(_, column)| column),
            other => self.plain(other).map(|(_, column)| column),
        }
    }

    fn listed(&self, expr: &Expr, list: &[Expr], negated: bool) -> Option<Condition> {
        let op = if negated { Comparison::NotEqual } else { Comparison::Equal };
        let mut words: Vec<Value> = Vec::new();
        for value in list {
            let Expr::Literal(value) = value else { return None };
            let word = self.value(value, self.valued(expr))?;
            // Two spellings of one value are said by one word.
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let term = self.term(expr)?;
        let mut rest = words.into_iter().rev().map(|word| Condition::Value(op, term.clone(), word));
        let last = rest.next()?;
        Some(rest.fold(last, |rest, one| match negated {
            true => Condition::And(Box::new(one), Box::new(rest)),
            false => Condition::Or(Box::new(one), Box::new(rest)),
        }))
    }

    fn like(&self, expr: &Expr, pattern: &str, negated: bool) -> Option<Condition> {
        let term = self.term(expr)?;
        let (open, rest) = pattern.strip_prefix('%').map_or((false, pattern), |rest| (true, rest));
        let (close, core) =
            rest.strip_suffix('%').filter(|core| !core.ends_with('\\')).map_or((false, rest), |core| (true, core));
        let text = core.replace("\\%", "%").replace("\\_", "_").replace("\\\\", "\\");
        let shape = match (open, close) {
            (true, true) => Shape::Contains,
            (false, true) => Shape::Starts,
            (true, false) => Shape::Ends,
            (false, false) => {
                let op = if negated { Comparison::NotEqual } else { Comparison::Equal };
                return Some(Condition::Value(op, term, self.text(&text, self.valued(expr)?)?));
            }
        };
        let column = self.valued(expr);
        let same = |word: &usize| {
            let part = self.builder.part(Value::Word(*word), column);
            part.is_ok_and(|part| part.to_lowercase() == text.to_lowercase())
        };
        let value = self.starts().into_iter().find(same).map(Value::Word).or_else(|| self.spelled(&text))?;
        Some(Condition::Like { shape, negated, term, value })
    }

    /// A stretch of time that a mention of the question says, by itself or by one of its ends.
    fn in_range(&self, expr: &Expr, range: DateRange, negated: bool) -> Option<Condition> {
        let absolute = |moment: Option<Moment>| matches!(moment, None | Some(Moment::Day(_) | Moment::DayTime { .. }));
        if !absolute(range.from) || !absolute(range.to) {
            return None;
        }
        let term = self.term(expr)?;
        for candidate in &self.seen().features.candidates {
            let CandidateKind::Date(at) = candidate.kind else { continue };
            let Some(said) = self.seen().question.dates.get(at).map(|date| date.range) else { continue };
            let op = match (range.from, range.to) {
                _ if said == range && negated => Comparison::NotEqual,
                (Some(_), None) if said == range => Comparison::GreaterOrEqual,
                (None, Some(_)) if said == range => Comparison::LessOrEqual,
                _ if said == range => Comparison::Equal,
                (Some(from), None) if !negated && said.from == Some(from) => Comparison::GreaterOrEqual,
                (Some(from), None) if !negated && said.to == Some(from) => Comparison::Greater,
                (None, Some(to)) if !negated && said.from == Some(to) => Comparison::Less,
                (None, Some(to)) if !negated && said.to == Some(to) => Comparison::LessOrEqual,
                _ => continue,
            };
            return Some(Condition::Value(op, term, Value::Word(candidate.words.start)));
        }
        None
    }

    /// No row belongs to the anchor's: its key is not in those of the others.
    fn related(&self, anchor: Source, target: Source, filter: Option<&Predicate>, negated: bool) -> Option<Condition> {
        let keys = self.seen().prepared.graph().keys();
        let single = |from: usize, to: usize| {
            keys.iter().find(|key| key.from == from && key.to == to && key.from_columns.len() == 1 && key.to_columns.len() == 1)
        };
        let (outer, inner) = if let Some(key) = single(target.relation, anchor.relation) {
            ((key.to, key.to_columns[0]), (key.from, key.from_columns[0]))
        } else if let Some(key) = single(anchor.relation, target.relation) {
            ((key.from, key.from_columns[0]), (key.to, key.to_columns[0]))
        } else {
            let bridge = (0..self.seen().prepared.schema().relations.len())
                .find(|&bridge| single(bridge, anchor.relation).is_some() && single(bridge, target.relation).is_some())?;
            let key = single(bridge, anchor.relation)?;
            ((key.to, key.to_columns[0]), (key.from, key.from_columns[0]))
        };
        let filter = filter.map(|filter| self.condition(filter));
        let filter = match filter {
            Some(None) => return None,
            Some(condition) => condition,
            None => None,
        };
        let extra = if inner.0 != target.relation && filter.is_none() { vec![self.relation(target)?] } else { Vec::new() };
        let items = vec![Term::Plain(self.column(inner)?)];
        let block = Block { distinct: false, items, filter, group: Vec::new(), having: None, order: None, extra };
        let query = Box::new(tree::Query::Single(block));
        Some(Condition::In { negated, term: Term::Plain(self.column(outer)?), query })
    }

    /// The word that spells a literal, or a constant.
    fn value(&self, value: &Literal, column: Option<ColumnId>) -> Option<Value> {
        match value {
            Literal::Integer(_) | Literal::Decimal(_) => self.number(value, column),
            Literal::Text(text) => match column {
                Some(column) => self.text(text, column),
                None => None,
            },
            Literal::Boolean(_) | Literal::Null => None,
        }
    }

    fn number(&self, value: &Literal, column: Option<ColumnId>) -> Option<Value> {
        let said = |word: &usize| self.builder.numeric(Value::Word(*word), column).as_ref() == Some(value);
        if let Some(word) = self.starts().into_iter().find(said) {
            return Some(Value::Word(word));
        }
        match value {
            Literal::Integer(constant) if CONSTANTS.contains(constant) => Some(Value::Constant(*constant)),
            _ => None,
        }
    }

    fn text(&self, text: &str, column: ColumnId) -> Option<Value> {
        let exact = self.seen().features.candidates.iter().find(|candidate| match &candidate.kind {
            CandidateKind::Stored(stored) => stored.column == column && stored.text == text,
            CandidateKind::Quoted(quoted) => quoted == text,
            _ => false,
        });
        let built = |word: &usize| {
            let texts = self.builder.texts(Value::Word(*word), column);
            texts.is_ok_and(|texts| texts.texts.iter().any(|built| built == text))
        };
        let words = exact.map(|candidate| candidate.words.start).into_iter().chain(self.starts());
        let word = words.into_iter().find(built).map(Value::Word);
        word.or_else(|| match text.parse() {
            Ok(constant) if CONSTANTS.contains(&constant) => Some(Value::Constant(constant)),
            _ => None,
        })
    }

    /// Words that begin something first, then the others.
    fn starts(&self) -> Vec<usize> {
        let mut words: Vec<usize> = self.seen().features.candidates.iter().map(|candidate| candidate.words.start).collect();
        words.extend(0..self.seen().features.words.len());
        words
    }

    /// The first word of a text that the question spells out.
    fn spelled(&self, text: &str) -> Option<Value> {
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let tokens = &self.seen().question.tokens;
        let here = |at: usize| (0..words.len()).all(|next| tokens.get(at + next).is_some_and(|token| token.lower == words[next]));
        (0..self.seen().features.words.len()).find(|&at| !words.is_empty() && here(at)).map(Value::Word)
    }
}

/// First and last name are two items.
fn parts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Words(parts) => parts.iter().collect(),
        other => vec![other],
    }
}

fn conjuncts(predicate: &Predicate) -> Vec<&Predicate> {
    match predicate {
        Predicate::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

fn all(conditions: Vec<Condition>) -> Option<Condition> {
    conditions.into_iter().reduce(|left, right| Condition::And(Box::new(left), Box::new(right)))
}

fn either(conditions: Vec<Condition>) -> Option<Condition> {
    conditions.into_iter().reduce(|left, right| Condition::Or(Box::new(left), Box::new(right)))
}

/// The opposite of a condition, where one condition says it.
fn denied(predicate: &Predicate) -> Option<Predicate> {
    let mut opposite = predicate.clone();
    match &mut opposite {
        Predicate::Compare { op, .. } => *op = op.negated(),
        Predicate::In { negated, .. }
        | Predicate::InQuery { negated, .. }
        | Predicate::InRange { negated, .. }
        | Predicate::Like { negated, .. }
        | Predicate::IsNull { negated, .. }
        | Predicate::IsTrue { negated, .. }
        | Predicate::Contains { negated, .. }
        | Predicate::Related { negated, .. } => *negated = !*negated,
        Predicate::Not(inner) => return Some((**inner).clone()),
        _ => return None,
    }
    Some(opposite)
}
