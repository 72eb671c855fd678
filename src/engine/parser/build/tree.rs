//! Steps as a tree, and a tree as steps: what was chosen, with the grammar's names read and nothing resolved yet.

use super::Unbuildable;
use crate::ir::{Aggregate, Arithmetic, Comparison, SetOp};
use crate::parser::grammar::{COMPARISONS, CONSTANTS, Choice, Production, Symbol, number, productions};

/// The most steps that are read: bounds the depth of the tree.
const MOST_STEPS: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Query {
    Single(Block),
    Set(SetOp, Block, Box<Query>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub distinct: bool,
    pub items: Vec<Term>,
    pub filter: Option<Condition>,
    /// Positions of items of the features, as everywhere below.
    pub group: Vec<usize>,
    pub having: Option<Condition>,
    pub order: Option<Order>,
    pub extra: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub descending: bool,
    pub keys: Vec<Term>,
    pub limit: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Plain(usize),
    Aggregate { function: Aggregate, distinct: bool, item: usize },
    Year(usize),
    Arithmetic(Arithmetic, Box<Term>, Box<Term>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Value(Comparison, Term, Value),
    Query(Comparison, Term, Box<Query>),
    Column(Comparison, Term, usize),
    Like { shape: Shape, negated: bool, term: Term, value: Value },
    In { negated: bool, term: Term, query: Box<Query> },
    Between(Term, Value, Value),
    Null { item: usize, negated: bool },
    Truth { item: usize, holds: bool },
}

/// Where in the column's text the value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Contains,
    Starts,
    Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Word(usize),
    Constant(i64),
}

const FUNCTIONS: [(&str, Aggregate); 5] = [
    ("max", Aggregate::Max),
    ("min", Aggregate::Min),
    ("count", Aggregate::Count),
    ("sum", Aggregate::Sum),
    ("avg", Aggregate::Average),
];
const ARITHMETIC: [(&str, Arithmetic); 4] = [
    ("add", Arithmetic::Add),
    ("subtract", Arithmetic::Subtract),
    ("multiply", Arithmetic::Multiply),
    ("divide", Arithmetic::Divide),
];
const SETS: [(&str, SetOp); 3] = [("intersect", SetOp::Intersect), ("union", SetOp::Union), ("except", SetOp::Except)];
const SHAPES: [(&str, Shape); 3] = [("contains", Shape::Contains), ("starts", Shape::Starts), ("ends", Shape::Ends)];
/// In the order of [`COMPARISONS`].
const OPERATORS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Greater,
    Comparison::Less,
    Comparison::GreaterOrEqual,
    Comparison::LessOrEqual,
];

fn named<T: Copy>(list: &[(&str, T)], name: &str) -> Option<T> {
    list.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning)
}

fn name_of<T: PartialEq>(list: &[(&'static str, T)], meaning: &T) -> Option<&'static str> {
    list.iter().find(|(_, known)| known == meaning).map(|(name, _)| *name)
}

/// The comparison that a production's name begins with.
pub(super) fn operator(name: &str) -> Option<Comparison> {
    COMPARISONS.iter().position(|known| *known == name).map(|at| OPERATORS[at])
}

/// The aggregate that a term's name says, and whether it is of distinct values.
pub(super) fn function(name: &str) -> Option<(Aggregate, bool)> {
    let (name, distinct) = name.strip_suffix(" distinct").map_or((name, false), |name| (name, true));
    named(&FUNCTIONS, name).map(|function| (function, distinct))
}

/// Reads all steps as one query.
pub(super) fn read(steps: &[(Symbol, Choice)]) -> Result<Query, Unbuildable> {
    if steps.len() > MOST_STEPS {
        return Err(Unbuildable::Steps);
    }
    let mut reader = Reader { steps, at: 0 };
    let query = reader.query()?;
    if reader.at == steps.len() { Ok(query) } else { Err(Unbuildable::Steps) }
}

struct Reader<'a> {
    steps: &'a [(Symbol, Choice)],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self, symbol: Symbol) -> Result<Choice, Unbuildable> {
        let (open, choice) = self.steps.get(self.at).ok_or(Unbuildable::Steps)?;
        self.at += 1;
        if *open == symbol { Ok(*choice) } else { Err(Unbuildable::Steps) }
    }

    fn production(&mut self, symbol: Symbol) -> Result<&'static Production, Unbuildable> {
        let Choice::Production(number) = self.next(symbol)? else { return Err(Unbuildable::Steps) };
        productions().get(number).filter(|production| production.symbol == symbol).ok_or(Unbuildable::Steps)
    }

    fn item(&mut self, symbol: Symbol) -> Result<usize, Unbuildable> {
        match self.next(symbol)? {
            Choice::Item(item) => Ok(item),
            _ => Err(Unbuildable::Steps),
        }
    }

    fn items(&mut self, symbol: Symbol, count: usize) -> Result<Vec<usize>, Unbuildable> {
        (0..count).map(|_| self.item(symbol)).collect()
    }

    fn query(&mut self) -> Result<Query, Unbuildable> {
        let name = &self.production(Symbol::Query)?.name;
        let block = self.block()?;
        match named(&SETS, name) {
            Some(op) => Ok(Query::Set(op, block, Box::new(self.query()?))),
            None => Ok(Query::Single(block)),
        }
    }

    fn block(&mut self) -> Result<Block, Unbuildable> {
        let select = self.production(Symbol::Select)?;
        let items = self.terms(&select.opens)?;
        let filter = self.optional(Symbol::Filter)?;
        let group = self.production(Symbol::Group)?;
        let keys = self.items(Symbol::Column, group.opens.len().saturating_sub(1))?;
        let having = if keys.is_empty() { None } else { self.optional(Symbol::Having)? };
        let order = self.order()?;
        let extra = self.production(Symbol::Extra)?;
        let extra = self.items(Symbol::Relation, extra.opens.len())?;
        let distinct = select.name.starts_with("distinct");
        Ok(Block { distinct, items, filter, group: keys, having, order, extra })
    }

    fn optional(&mut self, symbol: Symbol) -> Result<Option<Condition>, Unbuildable> {
        let empty = self.production(symbol)?.opens.is_empty();
        if empty { Ok(None) } else { self.condition().map(Some) }
    }

    fn terms(&mut self, opens: &[Symbol]) -> Result<Vec<Term>, Unbuildable> {
        let count = opens.iter().filter(|symbol| **symbol == Symbol::Term).count();
        (0..count).map(|_| self.term()).collect()
    }

    fn order(&mut self) -> Result<Option<Order>, Unbuildable> {
        let order = self.production(Symbol::Order)?;
        if order.opens.is_empty() {
            return Ok(None);
        }
        let keys = self.terms(&order.opens)?;
        let limit = if order.opens.last() == Some(&Symbol::Value) { Some(self.value()?) } else { None };
        Ok(Some(Order { descending: order.name.starts_with("desc"), keys, limit }))
    }

    fn term(&mut self) -> Result<Term, Unbuildable> {
        let name = &self.production(Symbol::Term)?.name;
        if let Some(op) = named(&ARITHMETIC, name) {
            return Ok(Term::Arithmetic(op, Box::new(self.term()?), Box::new(self.term()?)));
        }
        let item = self.item(Symbol::Column)?;
        match (name.as_str(), function(name)) {
            ("plain", _) => Ok(Term::Plain(item)),
            ("year", _) => Ok(Term::Year(item)),
            (_, Some((function, distinct))) => Ok(Term::Aggregate { function, distinct, item }),
            _ => Err(Unbuildable::Steps),
        }
    }

    fn value(&mut self) -> Result<Value, Unbuildable> {
        match self.next(Symbol::Value)? {
            Choice::Word(word) => Ok(Value::Word(word)),
            Choice::Production(number) => {
                let name = productions().get(number).filter(|production| production.symbol == Symbol::Value);
                name.and_then(|production| production.name.parse().ok()).map(Value::Constant).ok_or(Unbuildable::Steps)
            }
            Choice::Item(_) => Err(Unbuildable::Steps),
        }
    }

    fn condition(&mut self) -> Result<Condition, Unbuildable> {
        let name = self.production(Symbol::Condition)?.name.as_str();
        match name {
            "and" => return Ok(Condition::And(Box::new(self.condition()?), Box::new(self.condition()?))),
            "or" => return Ok(Condition::Or(Box::new(self.condition()?), Box::new(self.condition()?))),
            "between" => return Ok(Condition::Between(self.term()?, self.value()?, self.value()?)),
            "null" | "not null" => {
                return Ok(Condition::Null { item: self.item(Symbol::Column)?, negated: name != "null" });
            }
            "true" | "false" => {
                return Ok(Condition::Truth { item: self.item(Symbol::Column)?, holds: name == "true" });
            }
            _ => {}
        }
        if let Some(op) = name.strip_suffix(" query").and_then(operator) {
            return Ok(Condition::Query(op, self.term()?, Box::new(self.query()?)));
        }
        if let Some(op) = name.strip_suffix(" column").and_then(operator) {
            return Ok(Condition::Column(op, self.term()?, self.item(Symbol::Column)?));
        }
        if let Some(op) = operator(name) {
            return Ok(Condition::Value(op, self.term()?, self.value()?));
        }
        let (kind, negated) = name.strip_prefix("not ").map_or((name, false), |kind| (kind, true));
        if kind == "in" {
            return Ok(Condition::In { negated, term: self.term()?, query: Box::new(self.query()?) });
        }
        let shape = named(&SHAPES, kind).ok_or(Unbuildable::Steps)?;
        Ok(Condition::Like { shape, negated, term: self.term()?, value: self.value()? })
    }
}

/// Writes a tree as steps; none where a list is longer than the grammar has it.
pub(super) fn write(query: &Query) -> Option<Vec<(Symbol, Choice)>> {
    let mut writer = Writer { steps: Vec::new() };
    writer.query(query)?;
    Some(writer.steps)
}

struct Writer {
    steps: Vec<(Symbol, Choice)>,
}

impl Writer {
    fn put(&mut self, symbol: Symbol, name: &str) -> Option<()> {
        self.steps.push((symbol, Choice::Production(number(symbol, name)?)));
        Some(())
    }

    fn point(&mut self, symbol: Symbol, item: usize) -> Option<()> {
        self.steps.push((symbol, Choice::Item(item)));
        Some(())
    }

    fn query(&mut self, query: &Query) -> Option<()> {
        match query {
            Query::Single(block) => {
                self.put(Symbol::Query, "single")?;
                self.block(block)
            }
            Query::Set(op, block, rest) => {
                self.put(Symbol::Query, name_of(&SETS, op)?)?;
                self.block(block)?;
                self.query(rest)
            }
        }
    }

    fn block(&mut self, block: &Block) -> Option<()> {
        let distinct = if block.distinct { "distinct " } else { "" };
        self.put(Symbol::Select, &format!("{distinct}{}", block.items.len()))?;
        block.items.iter().try_for_each(|term| self.term(term))?;
        self.optional(Symbol::Filter, block.filter.as_ref())?;
        self.put(Symbol::Group, &counted(block.group.len()))?;
        block.group.iter().try_for_each(|item| self.point(Symbol::Column, *item))?;
        match block.group.is_empty() {
            false => self.optional(Symbol::Having, block.having.as_ref())?,
            true if block.having.is_some() => return None,
            true => {}
        }
        self.order(block.order.as_ref())?;
        self.put(Symbol::Extra, &counted(block.extra.len()))?;
        block.extra.iter().try_for_each(|item| self.point(Symbol::Relation, *item))
    }

    fn optional(&mut self, symbol: Symbol, condition: Option<&Condition>) -> Option<()> {
        match condition {
            None => self.put(symbol, "none"),
            Some(condition) => {
                self.put(symbol, "where")?;
                self.condition(condition)
            }
        }
    }

    fn order(&mut self, order: Option<&Order>) -> Option<()> {
        let Some(order) = order else { return self.put(Symbol::Order, "none") };
        let direction = if order.descending { "desc" } else { "asc" };
        let limit = if order.limit.is_some() { " limit" } else { "" };
        self.put(Symbol::Order, &format!("{direction} {}{limit}", order.keys.len()))?;
        order.keys.iter().try_for_each(|key| self.term(key))?;
        order.limit.map_or(Some(()), |limit| self.value(limit))
    }

    fn term(&mut self, term: &Term) -> Option<()> {
        let (name, item) = match term {
            Term::Plain(item) => ("plain".to_owned(), item),
            Term::Year(item) => ("year".to_owned(), item),
            Term::Aggregate { function, distinct, item } => {
                let name = name_of(&FUNCTIONS, function)?;
                (if *distinct { format!("{name} distinct") } else { name.to_owned() }, item)
            }
            Term::Arithmetic(op, left, right) => {
                self.put(Symbol::Term, name_of(&ARITHMETIC, op)?)?;
                self.term(left)?;
                return self.term(right);
            }
        };
        self.put(Symbol::Term, &name)?;
        self.point(Symbol::Column, *item)
    }

    fn value(&mut self, value: Value) -> Option<()> {
        match value {
            Value::Word(word) => {
                self.steps.push((Symbol::Value, Choice::Word(word)));
                Some(())
            }
            Value::Constant(constant) if CONSTANTS.contains(&constant) => self.put(Symbol::Value, &constant.to_string()),
            Value::Constant(_) => None,
        }
    }

    fn condition(&mut self, condition: &Condition) -> Option<()> {
        let sign = |op: &Comparison| OPERATORS.iter().position(|known| known == op).map(|at| COMPARISONS[at]);
        match condition {
            Condition::And(left, right) | Condition::Or(left, right) => {
                self.put(Symbol::Condition, if matches!(condition, Condition::And(..)) { "and" } else { "or" })?;
                self.condition(left)?;
                self.condition(right)
            }
            Condition::Value(op, term, value) => {
                self.put(Symbol::Condition, sign(op)?)?;
                self.term(term)?;
                self.value(*value)
            }
            Condition::Query(op, term, query) => {
                self.put(Symbol::Condition, &format!("{} query", sign(op)?))?;
                self.term(term)?;
                self.query(query)
            }
            Condition::Column(op, term, item) => {
                self.put(Symbol::Condition, &format!("{} column", sign(op)?))?;
                self.term(term)?;
                self.point(Symbol::Column, *item)
            }
            Condition::Like { shape, negated, term, value } => {
                let name = name_of(&SHAPES, shape)?;
                self.put(Symbol::Condition, &format!("{}{name}", not(*negated)))?;
                self.term(term)?;
                self.value(*value)
            }
            Condition::In { negated, term, query } => {
                self.put(Symbol::Condition, &format!("{}in", not(*negated)))?;
                self.term(term)?;
                self.query(query)
            }
            Condition::Between(term, low, high) => {
                self.put(Symbol::Condition, "between")?;
                self.term(term)?;
                self.value(*low)?;
                self.value(*high)
            }
            Condition::Null { item, negated } => {
                self.put(Symbol::Condition, &format!("{}null", not(*negated)))?;
                self.point(Symbol::Column, *item)
            }
            Condition::Truth { item, holds } => {
                self.put(Symbol::Condition, if *holds { "true" } else { "false" })?;
                self.point(Symbol::Column, *item)
            }
        }
    }
}

fn counted(count: usize) -> String {
    if count == 0 { "none".to_owned() } else { count.to_string() }
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}
