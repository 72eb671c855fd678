//! The grammar of the trained parser: which steps make a query, and what each step leaves to be said.
//!
//! A query is written top down, the leftmost open symbol first. At each step the parser chooses a production of that symbol, or
//! points: at a column or relation ([`Symbol::Column`]), at a relation ([`Symbol::Relation`]), at a word of the question that
//! spells a value ([`Symbol::Value`]). Whatever it chooses is well formed; types are checked by [`super::build`]. There is no FROM:
//! joins are found later. Training reads this table from [`describe`], so that both sides number the productions alike; weights
//! belong to one numbering, and a test holds it.

use std::ops::Range;
use std::sync::OnceLock;

/// What may stand open in a query that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    Query,
    /// One SELECT. It has one production only, which is taken without a step.
    Block,
    Select,
    /// A column, or an aggregate or sum of such.
    Term,
    Filter,
    Condition,
    Group,
    Having,
    Order,
    /// Relations that take part though no column of theirs is named.
    Extra,
    Column,
    Relation,
    Value,
}

use Symbol::{Block, Column, Condition, Extra, Filter, Group, Having, Order, Query, Relation, Select, Term, Value};

/// All symbols that are decided by a step, in the order of their numbers.
pub const SYMBOLS: [Symbol; 12] = [Query, Select, Term, Filter, Condition, Group, Having, Order, Extra, Column, Relation, Value];

/// What a [`Block`] consists of.
pub const BLOCK: [Symbol; 5] = [Select, Filter, Group, Order, Extra];

/// The most items, group keys, sort keys and extra relations that one list may have.
pub const MOST_ITEMS: usize = 6;
pub const MOST_KEYS: usize = 3;

/// Whole numbers that a question may mean without saying them: "the largest" is one row.
pub const CONSTANTS: [i64; 14] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20, 100];

/// Ways of comparing a term with a value, a query or a column.
pub const COMPARISONS: [&str; 6] = ["=", "!=", ">", "<", ">=", "<="];

/// A way to write a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    pub symbol: Symbol,
    /// Its name, unique among those of its symbol; [`super::build`] goes by it.
    pub name: String,
    /// What is left to be written, leftmost first.
    pub opens: Vec<Symbol>,
}

/// All productions; a production's number is its position.
pub fn productions() -> &'static [Production] {
    static ALL: OnceLock<Vec<Production>> = OnceLock::new();
    ALL.get_or_init(all)
}

/// The number of a production.
pub fn number(symbol: Symbol, name: &str) -> Option<usize> {
    productions().iter().position(|production| production.symbol == symbol && production.name == name)
}

/// The numbers of a symbol's productions: they follow one another.
pub fn of(symbol: Symbol) -> Range<usize> {
    static ALL: OnceLock<Vec<Range<usize>>> = OnceLock::new();
    let all = ALL.get_or_init(|| SYMBOLS.iter().map(|symbol| found(*symbol)).collect());
    symbol_number(symbol).and_then(|number| all.get(number)).cloned().unwrap_or(0..0)
}

fn found(symbol: Symbol) -> Range<usize> {
    let is_one = |one: &Production| one.symbol == symbol;
    let first = productions().iter().position(is_one).unwrap_or(0);
    first..first + productions()[first..].iter().take_while(|one| is_one(one)).count()
}

/// The number of a symbol among [`SYMBOLS`]; a [`Block`] has none.
pub fn symbol_number(symbol: Symbol) -> Option<usize> {
    SYMBOLS.iter().position(|known| *known == symbol)
}

fn all() -> Vec<Production> {
    let mut list = Vec::new();
    let mut add = |symbol, name: &str, opens: Vec<Symbol>| list.push(Production { symbol, name: name.to_owned(), opens });
    add(Query, "single", vec![Block]);
    for operation in ["intersect", "union", "except"] {
        add(Query, operation, vec![Block, Query]);
    }
    for distinct in ["", "distinct "] {
        (1..=MOST_ITEMS).for_each(|count| add(Select, &format!("{distinct}{count}"), vec![Term; count]));
    }
    add(Term, "plain", vec![Column]);
    for distinct in ["", " distinct"] {
        for function in ["max", "min", "count", "sum", "avg"] {
            add(Term, &format!("{function}{distinct}"), vec![Column]);
        }
    }
    for operation in ["add", "subtract", "multiply", "divide"] {
        add(Term, operation, vec![Term, Term]);
    }
    add(Term, "year", vec![Column]);
    add(Filter, "none", vec![]);
    add(Filter, "where", vec![Condition]);
    add(Condition, "and", vec![Condition, Condition]);
    add(Condition, "or", vec![Condition, Condition]);
    for comparison in COMPARISONS {
        add(Condition, comparison, vec![Term, Value]);
    }
    for comparison in COMPARISONS {
        add(Condition, &format!("{comparison} query"), vec![Term, Query]);
    }
    for comparison in COMPARISONS {
        add(Condition, &format!("{comparison} column"), vec![Term, Column]);
    }
    for negated in ["", "not "] {
        for kind in ["contains", "starts", "ends"] {
            add(Condition, &format!("{negated}{kind}"), vec![Term, Value]);
        }
        add(Condition, &format!("{negated}in"), vec![Term, Query]);
    }
    add(Condition, "between", vec![Term, Value, Value]);
    for name in ["null", "not null", "true", "false"] {
        add(Condition, name, vec![Column]);
    }
    add(Group, "none", vec![]);
    (1..=MOST_KEYS).for_each(|count| {
        let mut opens = vec![Column; count];
        opens.push(Having);
        add(Group, &count.to_string(), opens);
    });
    add(Having, "none", vec![]);
    add(Having, "where", vec![Condition]);
    add(Order, "none", vec![]);
    for direction in ["asc", "desc"] {
        for count in 1..=MOST_KEYS {
            add(Order, &format!("{direction} {count}"), vec![Term; count]);
            let mut opens = vec![Term; count];
            opens.push(Value);
            add(Order, &format!("{direction} {count} limit"), opens);
        }
    }
    add(Extra, "none", vec![]);
    (1..=MOST_KEYS).for_each(|count| add(Extra, &count.to_string(), vec![Relation; count]));
    for constant in CONSTANTS {
        add(Value, &constant.to_string(), vec![]);
    }
    list
}

/// The grammar as json, for training: symbols, productions with what they open, the parts of a block.
pub fn describe() -> serde_json::Value {
    let name = |symbol: &Symbol| format!("{symbol:?}").to_lowercase();
    let productions: Vec<_> = productions()
        .iter()
        .map(|one| serde_json::json!([name(&one.symbol), one.name, one.opens.iter().map(name).collect::<Vec<_>>()]))
        .collect();
    serde_json::json!({
        "symbols": SYMBOLS.iter().map(name).collect::<Vec<_>>(),
        "block": BLOCK.iter().map(name).collect::<Vec<_>>(),
        "productions": productions,
    })
}

/// A step: the production that was chosen, or the word or item (positions in the features) that was pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Choice {
    Production(usize),
    Word(usize),
    Item(usize),
}

/// A step with the symbol that it writes.
pub type Step = (Symbol, Choice);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_within_a_symbol() {
        for (at, one) in productions().iter().enumerate() {
            assert_eq!(number(one.symbol, &one.name), Some(at), "{one:?}");
        }
    }

    /// The weights are numbered like this: a change here needs new weights.
    #[test]
    fn the_numbering_holds() {
        assert_eq!(productions().len(), 104);
        assert_eq!(number(Symbol::Query, "single"), Some(0));
        assert_eq!(number(Symbol::Condition, "and"), Some(34));
        assert_eq!(number(Symbol::Value, "0"), Some(90));
    }
}
