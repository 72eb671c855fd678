//! Follows steps: what stands open behind them, in which place, and what the block has named already.

use super::tree;
use crate::ir::{Aggregate, Comparison};
use crate::parser::grammar::{Choice, Production, Symbol, productions};

/// What stands open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Frame {
    /// A query; of `width` columns where that is known.
    Query {
        width: Option<usize>,
        nested: bool,
    },
    Select {
        width: Option<usize>,
    },
    Filter,
    Group,
    Having,
    Order,
    Extra,
    Condition {
        having: bool,
    },
    Term(Place),
    Column(Column),
    Relation,
    /// The value of a comparison, or (none) of a LIMIT.
    Value {
        left: Option<Left>,
    },
    /// The end of a block: nothing is chosen for it.
    End,
}

/// What a term is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    Item {
        nested: bool,
    },
    Key,
    /// The left side of a condition.
    Left {
        left: Left,
        having: bool,
    },
    Arithmetic,
}

/// What the left side of a condition is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Left {
    Value(Comparison),
    /// A query or a column.
    Other(Comparison),
    Like,
    Between,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Column {
    Of {
        function: Option<(Aggregate, bool)>,
        year: bool,
        place: Place,
    },
    /// The right side of a comparison.
    Right,
    Group,
    Null,
    Truth {
        holds: bool,
    },
}

/// A term that has been written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Written {
    pub function: Option<Aggregate>,
    pub year: bool,
    /// None for what is computed.
    pub item: Option<usize>,
}

/// What a block has named.
#[derive(Debug, Clone, Default)]
struct Scope {
    /// What was pointed at, and for what.
    pointed: Vec<(Column, usize)>,
    extra: Vec<usize>,
    width: usize,
    term: Option<Written>,
}

/// The place behind a prefix.
#[derive(Debug, Clone, Default)]
pub(super) struct Track {
    /// How many of the items are relations: the first ones.
    relations: usize,
    prefix: Vec<(Symbol, Choice)>,
    open: Vec<Frame>,
    scopes: Vec<Scope>,
}

impl Frame {
    pub fn symbol(self) -> Symbol {
        match self {
            Frame::Query { .. } => Symbol::Query,
            Frame::Select { .. } => Symbol::Select,
            Frame::Filter => Symbol::Filter,
            Frame::Group => Symbol::Group,
            Frame::Having => Symbol::Having,
            Frame::Order => Symbol::Order,
            Frame::Extra => Symbol::Extra,
            Frame::Condition { .. } => Symbol::Condition,
            Frame::Term(_) => Symbol::Term,
            Frame::Column(_) => Symbol::Column,
            Frame::Relation => Symbol::Relation,
            Frame::Value { .. } => Symbol::Value,
            Frame::End => Symbol::Block,
        }
    }
}

impl Track {
    pub fn new(relations: usize) -> Self {
        Track { relations, ..Track::default() }
    }

    /// Goes to the place behind these steps.
    pub fn follow(&mut self, prefix: &[(Symbol, Choice)]) {
        let known = self.prefix.len();
        if known > prefix.len() || self.prefix != prefix[..known] || self.open.is_empty() {
            *self = Track::new(self.relations);
            self.open.push(Frame::Query { width: None, nested: false });
        }
        for &(symbol, choice) in &prefix[self.prefix.len()..] {
            self.prefix.push((symbol, choice));
            self.step(symbol, choice);
        }
    }

    pub fn open(&self) -> Option<Frame> {
        self.open.last().copied()
    }

    /// The last term of the block.
    pub fn term(&self) -> Option<Written> {
        self.scopes.last().and_then(|scope| scope.term)
    }

    /// Whether the block has named such an item.
    pub fn uses(&self, is: impl Fn(usize) -> bool) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        scope.pointed.iter().map(|(_, item)| *item).chain(scope.extra.iter().copied()).any(is)
    }

    /// Whether the same stands in the same list already.
    pub fn repeats(&self, column: Column, item: usize) -> bool {
        let listed = matches!(column, Column::Group | Column::Of { place: Place::Item { .. } | Place::Key, .. });
        listed && self.scopes.last().is_some_and(|scope| scope.pointed.contains(&(column, item)))
    }

    fn step(&mut self, symbol: Symbol, choice: Choice) {
        let Some(frame) = self.open.pop_if(|frame| frame.symbol() == symbol) else { return };
        match choice {
            Choice::Production(number) => {
                if let Some(production) = productions().get(number).filter(|production| production.symbol == symbol) {
                    self.write(frame, production);
                }
            }
            Choice::Item(item) => self.point(frame, item),
            Choice::Word(_) => {}
        }
        while self.open.pop_if(|frame| *frame == Frame::End).is_some() {
            self.leave();
        }
    }

    /// A block is over: a second one beside it has as many columns.
    fn leave(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        if let Some(Frame::Query { width: width @ None, .. }) = self.open.last_mut()
            && !scope.pointed.iter().any(|(column, item)| *item < self.relations && is_bare(*column))
        {
            *width = Some(scope.width);
        }
    }

    fn point(&mut self, frame: Frame, item: usize) {
        let Some(scope) = self.scopes.last_mut() else { return };
        match frame {
            Frame::Column(column) => {
                scope.pointed.push((column, item));
                if let Column::Of { function, year, place } = column {
                    let item = (place != Place::Arithmetic).then_some(item);
                    scope.term = Some(Written { function: function.map(|(function, _)| function), year, item });
                }
            }
            Frame::Relation => scope.extra.push(item),
            _ => {}
        }
    }

    /// Opens what the production leaves to be written, the leftmost on top.
    fn write(&mut self, frame: Frame, production: &Production) {
        let name = production.name.as_str();
        let count = |symbol: Symbol| production.opens.iter().filter(|open| **open == symbol).count();
        match frame {
            Frame::Query { width, nested } => {
                if count(Symbol::Query) > 0 {
                    self.open.push(Frame::Query { width, nested });
                }
                self.scopes.push(Scope::default());
                let nested_select = Frame::Select { width: if nested { Some(1) } else { width } };
                self.open.extend([Frame::End, Frame::Extra, Frame::Order, Frame::Group, Frame::Filter, nested_select]);
            }
            Frame::Select { .. } => {
                let nested = self.scopes.len() > 1;
                if let Some(scope) = self.scopes.last_mut() {
                    scope.width = count(Symbol::Term);
                }
                self.terms(count(Symbol::Term), Place::Item { nested });
            }
            Frame::Filter | Frame::Having if !production.opens.is_empty() => {
                self.open.push(Frame::Condition { having: frame == Frame::Having });
            }
            Frame::Group => {
                if count(Symbol::Having) > 0 {
                    self.open.push(Frame::Having);
                }
                self.open.extend(std::iter::repeat_n(Frame::Column(Column::Group), count(Symbol::Column)));
            }
            Frame::Order => {
                if count(Symbol::Value) > 0 {
                    self.open.push(Frame::Value { left: None });
                }
                self.terms(count(Symbol::Term), Place::Key);
            }
            Frame::Extra => self.open.extend(std::iter::repeat_n(Frame::Relation, count(Symbol::Relation))),
            Frame::Condition { having } => self.condition(name, having),
            Frame::Term(_) if count(Symbol::Term) > 0 => self.terms(count(Symbol::Term), Place::Arithmetic),
            Frame::Term(place) => {
                let column = Column::Of { function: tree::function(name), year: name == "year", place };
                self.open.push(Frame::Column(column));
            }
            _ => {}
        }
    }

    fn terms(&mut self, count: usize, place: Place) {
        self.open.extend(std::iter::repeat_n(Frame::Term(place), count));
    }

    fn condition(&mut self, name: &str, having: bool) {
        let left = |left: Left| Frame::Term(Place::Left { left, having });
        match name {
            "and" | "or" => self.open.extend([Frame::Condition { having }; 2]),
            "null" | "not null" => self.open.push(Frame::Column(Column::Null)),
            "true" | "false" => self.open.push(Frame::Column(Column::Truth { holds: name == "true" })),
            "between" => {
                let value = Frame::Value { left: Some(Left::Between) };
                self.open.extend([value, value, left(Left::Between)]);
            }
            "in" | "not in" => {
                let query = Frame::Query { width: None, nested: true };
                self.open.extend([query, left(Left::Other(Comparison::Equal))]);
            }
            _ => {
                if let Some(op) = name.strip_suffix(" query").and_then(tree::operator) {
                    self.open.extend([Frame::Query { width: None, nested: true }, left(Left::Other(op))]);
                } else if let Some(op) = name.strip_suffix(" column").and_then(tree::operator) {
                    self.open.extend([Frame::Column(Column::Right), left(Left::Other(op))]);
                } else {
                    let kind = tree::operator(name).map_or(Left::Like, Left::Value);
                    self.open.extend([Frame::Value { left: Some(kind) }, left(kind)]);
                }
            }
        }
    }
}

/// All columns of a relation, if a relation is what it points at.
fn is_bare(column: Column) -> bool {
    matches!(column, Column::Of { function: None, year: false, place: Place::Item { .. } })
}
