//! Blocks: terms, groups, order, and which relations take part.

use nl_query_core::schema::Schema;

use super::tree::{self, Block, Condition, Term, Value};
use super::{Seen, Unbuildable, UnknownValue, ways};
use crate::ir::{Aggregate, DateField, Expr, Item, Order, Predicate, Query, Select, Source};
use crate::parser::features::Target;
use crate::prepared::ColumnId;
use crate::walk;

pub(super) struct Builder<'a> {
    pub seen: Seen<'a>,
    pub unknown: Vec<UnknownValue>,
}

impl<'a> Builder<'a> {
    pub fn new(seen: Seen<'a>) -> Self {
        Builder { seen, unknown: Vec::new() }
    }

    pub fn query(&mut self, tree: &tree::Query) -> Result<Query, Unbuildable> {
        match tree {
            tree::Query::Single(block) => Ok(Query::Select(Box::new(self.block(block)?))),
            tree::Query::Set(op, left, right) => {
                let left = Box::new(Query::Select(Box::new(self.block(left)?)));
                Ok(Query::Set { op: *op, left, right: Box::new(self.query(right)?) })
            }
        }
    }

    fn block(&mut self, block: &Block) -> Result<Select, Unbuildable> {
        let terms = block.items.iter().map(|term| self.term(term, true)).collect::<Result<Vec<Expr>, _>>()?;
        let group =
            block.group.iter().map(|item| Ok(Expr::Column(Source::first(self.column(*item)?.0).column(self.column(*item)?.1))));
        let group = group.collect::<Result<Vec<Expr>, Unbuildable>>()?;
        let conditions = self.sorted(block, !group.is_empty())?;
        let mut select = Select {
            distinct: block.distinct,
            subject: self.relation_of(block.items.first()).map(Source::first),
            items: terms.into_iter().map(|expr| Item { expr, alias: None }).collect(),
            also: self.extra(block)?,
            filter: Predicate::all(conditions.0),
            group,
            having: Predicate::all(conditions.1),
            ..Select::default()
        };
        self.order(block, &mut select)?;
        complete_group(&mut select);
        order_by_shown_figures(&mut select);
        count_of_extra(&mut select, self.seen.prepared.schema());
        ways::prefer(&mut select, &said(block), self.seen);
        select.repeats = ways::must_repeat(&select, self.seen.prepared);
        Ok(select)
    }

    /// Conditions on rows and conditions on groups, whichever clause they were written in.
    fn sorted(&mut self, block: &Block, grouped: bool) -> Result<(Vec<Predicate>, Vec<Predicate>), Unbuildable> {
        let mut rows = Vec::new();
        let mut groups = Vec::new();
        for (condition, of_groups) in [(&block.filter, false), (&block.having, true)] {
            for part in condition.iter().flat_map(|condition| self.parts(condition)).collect::<Vec<_>>() {
                let predicate = self.condition(part)?;
                let aggregate = walk::predicate_has_aggregate(&predicate);
                if aggregate || (of_groups && grouped && matches!(predicate, Predicate::Or(_))) {
                    groups.push(predicate);
                } else {
                    rows.push(predicate);
                }
            }
        }
        Ok((rows, groups))
    }

    /// The conditions that a condition joins with AND.
    fn parts<'c>(&self, condition: &'c Condition) -> Vec<&'c Condition> {
        match condition {
            Condition::And(left, right) if !self.is_either(left, right) => {
                self.parts(left).into_iter().chain(self.parts(right)).collect()
            }
            other => vec![other],
        }
    }

    fn order(&mut self, block: &Block, select: &mut Select) -> Result<(), Unbuildable> {
        let Some(order) = &block.order else { return Ok(()) };
        for key in &order.keys {
            let expr = self.term(key, false)?;
            if !select.order.iter().any(|known| known.expr == expr) {
                select.order.push(Order { expr, descending: order.descending });
            }
        }
        select.limit = order.limit.map(|limit| self.limit(limit)).transpose()?;
        Ok(())
    }

    fn limit(&self, value: Value) -> Result<u64, Unbuildable> {
        let number = self.whole_number(value).ok_or(Unbuildable::Value)?;
        u64::try_from(number).ok().filter(|number| *number > 0).ok_or(Unbuildable::Value)
    }

    fn extra(&self, block: &Block) -> Result<Vec<Source>, Unbuildable> {
        block.extra.iter().map(|item| Ok(Source::first(self.relation(*item)?))).collect()
    }

    pub fn target(&self, item: usize) -> Result<Target, Unbuildable> {
        self.seen.features.items.get(item).map(|item| item.target).ok_or(Unbuildable::Steps)
    }

    pub fn column(&self, item: usize) -> Result<ColumnId, Unbuildable> {
        match self.target(item)? {
            Target::Column(column) => Ok(column),
            Target::Relation(_) => Err(Unbuildable::Item),
        }
    }

    fn relation(&self, item: usize) -> Result<usize, Unbuildable> {
        match self.target(item)? {
            Target::Relation(relation) => Ok(relation),
            Target::Column(_) => Err(Unbuildable::Item),
        }
    }

    pub fn column_expr(&self, item: usize) -> Result<Expr, Unbuildable> {
        let (relation, column) = self.column(item)?;
        Ok(Expr::Column(Source::first(relation).column(column)))
    }

    /// The relation of the first item that a term points at.
    fn relation_of(&self, term: Option<&Term>) -> Option<usize> {
        let item = match term? {
            Term::Plain(item) | Term::Year(item) | Term::Aggregate { item, .. } => *item,
            Term::Arithmetic(_, left, _) => return self.relation_of(Some(left)),
        };
        match self.target(item).ok()? {
            Target::Relation(relation) | Target::Column((relation, _)) => Some(relation),
        }
    }

    /// A term as an expression; `shown` ones may be all columns of a relation.
    pub fn term(&mut self, term: &Term, shown: bool) -> Result<Expr, Unbuildable> {
        match term {
            Term::Plain(item) => match self.target(*item)? {
                Target::Relation(relation) if shown => Ok(Expr::All(Source::first(relation))),
                Target::Relation(_) => Err(Unbuildable::Item),
                Target::Column(_) => self.column_expr(*item),
            },
            Term::Year(item) => Ok(Expr::Extract { field: DateField::Year, arg: Box::new(self.column_expr(*item)?) }),
            Term::Aggregate { function, distinct, item } => match self.target(*item)? {
                Target::Relation(relation) if *function == Aggregate::Count => {
                    Ok(self.counted(Source::first(relation), *distinct))
                }
                Target::Relation(_) => Err(Unbuildable::Item),
                Target::Column(_) => {
                    let distinct = *distinct && !matches!(function, Aggregate::Min | Aggregate::Max);
                    Ok(Expr::Aggregate { function: *function, distinct, arg: Box::new(self.column_expr(*item)?) })
                }
            },
            Term::Arithmetic(op, left, right) => Ok(Expr::Arithmetic {
                op: *op,
                left: Box::new(self.term(left, false)?),
                right: Box::new(self.term(right, false)?),
            }),
        }
    }

    /// Rows are distinct by themselves; where they are reached through others their key is counted.
    fn counted(&self, source: Source, distinct: bool) -> Expr {
        match self.seen.prepared.schema().relations[source.relation].primary_key.as_slice() {
            [key] if distinct => {
                let arg = Box::new(Expr::Column(source.column(*key)));
                Expr::Aggregate { function: Aggregate::Count, distinct: true, arg }
            }
            _ => Expr::CountRows(source),
        }
    }
}

/// The words that the values of a block's own conditions point at.
fn said(block: &Block) -> Vec<usize> {
    fn words(condition: &Condition, found: &mut Vec<usize>) {
        let mut note = |value: &Value| {
            if let Value::Word(word) = value {
                found.push(*word);
            }
        };
        match condition {
            Condition::Value(_, _, value) | Condition::Like { value, .. } => note(value),
            Condition::Between(_, low, high) => [low, high].into_iter().for_each(note),
            Condition::And(left, right) | Condition::Or(left, right) => {
                words(left, found);
                words(right, found);
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    block.filter.iter().chain(&block.having).for_each(|condition| words(condition, &mut found));
    found
}

/// The number of keys of a row that has been joined with others is the number of those others.
fn count_of_extra(select: &mut Select, schema: &Schema) {
    let Some(extra) = select.also.first().copied() else { return };
    let rows = |expr: &mut Expr| {
        if let Expr::Aggregate { function: Aggregate::Count, distinct: false, arg } = expr
            && let Expr::Column(used) = **arg
            && used.source != extra
            && schema.relations[used.source.relation].primary_key == [used.column]
        {
            *expr = Expr::CountRows(extra);
        }
    };
    select.items.iter_mut().map(|item| &mut item.expr).chain(select.order.iter_mut().map(|key| &mut key.expr)).for_each(rows);
    for part in select.having.iter_mut().flat_map(conjuncts) {
        if let Predicate::Compare { left, .. } | Predicate::Between { expr: left, .. } = part {
            rows(left);
        }
    }
}

fn conjuncts(predicate: &mut Predicate) -> Vec<&mut Predicate> {
    match predicate {
        Predicate::And(parts) => parts.iter_mut().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// Groups that show a figure of a column and are put in order by that column are put in order by the figure: the column itself has many
/// values in a group, and one row for each of them would be the end of the group ("total amount paid by each customer, top 10").
fn order_by_shown_figures(select: &mut Select) {
    if select.group.is_empty() {
        return;
    }
    for key in select.order.iter_mut().filter(|key| !select.group.contains(&key.expr)) {
        let of_key = |expr: &&Expr| matches!(expr, Expr::Aggregate { arg, .. } if **arg == key.expr);
        if let Some(figure) = select.items.iter().map(|item| &item.expr).find(of_key) {
            key.expr = figure.clone();
        }
    }
}

/// Figures beside plain items without a group are figures of each such item.
fn complete_group(select: &mut Select) {
    if !walk::is_grouped(select) || !select.group.is_empty() {
        return;
    }
    let plain = select.items.iter().map(|item| &item.expr);
    select.group = plain.filter(|expr| !walk::has_aggregate(expr) && !matches!(expr, Expr::All(_))).cloned().collect();
}
