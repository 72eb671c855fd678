//! What kind of thing a question asks for ("how many", "who", "when", all details) and what a candidate shows.

use nl_query_core::schema::TypeKind;

use crate::ir::{Aggregate, Comparison, Expr, Item, Predicate, Query};
use crate::prepared::{ColumnId, Prepared, Role};
use crate::walk::first_select;

/// Names of [`Shown::numbers`], in their order.
pub const SHOWN: [&str; 9] = [
    "counts figures",
    "figures of keys",
    "figures of texts",
    "first is count",
    "first is number",
    "first is label",
    "first is time",
    "first is place",
    "first is key",
];

/// Stems of names of places.
const PLACES: [&str; 16] = [
    "locat", "place", "citi", "city", "countri", "country", "address", "venu", "stadium", "state", "town", "region", "site",
    "counti", "street", "where",
];

/// Stems of names of times that have no such type.
const TIMES: [&str; 6] = ["year", "date", "time", "month", "day", "season"];

/// What a candidate shows.
pub struct Shown {
    kinds: Vec<Kind>,
}

impl Shown {
    pub fn of(query: &Query, prepared: &Prepared) -> Self {
        Shown { kinds: first_select(query).items.iter().map(|item| kind(item, prepared)).collect() }
    }

    /// Beginning with the first item.
    pub fn numbers(&self) -> [f32; SHOWN.len()] {
        let count = |is: fn(&Kind) -> bool| self.kinds.iter().filter(|kind| is(kind)).count() as f32;
        let first = self.kinds.first().copied().unwrap_or_default();
        [
            count(|kind| kind.function == Some(Aggregate::Count) && kind.number),
            count(|kind| kind.key && !matches!(kind.function, None | Some(Aggregate::Count))),
            count(|kind| kind.text && !matches!(kind.function, None | Some(Aggregate::Count))),
            f32::from(first.function == Some(Aggregate::Count)),
            f32::from(first.number && first.function != Some(Aggregate::Count)),
            f32::from(first.label && first.function.is_none()),
            f32::from(first.time && first.function != Some(Aggregate::Count)),
            f32::from(first.place && first.function.is_none()),
            f32::from(first.key && first.function.is_none()),
        ]
    }

    /// Keys among it.
    pub fn keys(&self) -> usize {
        self.plain(|kind| kind.key)
    }

    /// Columns that name rows among it.
    pub fn labels(&self) -> usize {
        self.plain(|kind| kind.label)
    }

    /// Columns that say where something is among it.
    pub fn places(&self) -> usize {
        self.plain(|kind| kind.place)
    }

    fn plain(&self, is: fn(&Kind) -> bool) -> usize {
        self.kinds.iter().filter(|kind| kind.function.is_none() && is(kind)).count()
    }
}

/// What an item is.
#[derive(Debug, Clone, Copy, Default)]
struct Kind {
    function: Option<Aggregate>,
    /// A number that is no key.
    number: bool,
    text: bool,
    label: bool,
    time: bool,
    place: bool,
    key: bool,
}

fn kind(item: &Item, prepared: &Prepared) -> Kind {
    match &item.expr {
        Expr::CountRows(_) => Kind { function: Some(Aggregate::Count), ..Kind::default() },
        Expr::Aggregate { function, arg, .. } => match arg.as_ref() {
            Expr::Column(column) => {
                Kind { function: Some(*function), ..of_column((column.source.relation, column.column), prepared) }
            }
            _ => Kind { function: Some(*function), ..Kind::default() },
        },
        Expr::Column(column) => of_column((column.source.relation, column.column), prepared),
        _ => Kind::default(),
    }
}

fn of_column(id: ColumnId, prepared: &Prepared) -> Kind {
    let (column, words) = (prepared.column(id), prepared.words(id));
    let relation = &prepared.schema().relations[id.0];
    let named = |stems: &[&str]| words.name.stems().any(|stem| stems.contains(&stem));
    let key = words.role == Role::Key || words.reference.is_some() || relation.primary_key.contains(&id.1);
    Kind {
        function: None,
        number: column.kind == TypeKind::Number && !key,
        text: column.kind == TypeKind::Text,
        label: prepared.relations[id.0].label.contains(&id.1),
        time: column.kind.is_calendar() || named(&TIMES),
        place: named(&PLACES),
        key,
    }
}

/// Comparisons that include their limit, of the outer query.
pub fn inclusive(query: &Query) -> usize {
    let select = first_select(query);
    select.filter.iter().chain(&select.having).map(inclusive_inside).sum()
}

fn inclusive_inside(predicate: &Predicate) -> usize {
    match predicate {
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().map(inclusive_inside).sum(),
        Predicate::Compare { op: Comparison::GreaterOrEqual | Comparison::LessOrEqual, .. }
        | Predicate::RelatedCount { op: Comparison::GreaterOrEqual | Comparison::LessOrEqual, .. }
        | Predicate::Between { .. } => 1,
        _ => 0,
    }
}
