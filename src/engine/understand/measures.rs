//! Figures: which rows a sum may run over, and what "revenue" means in a schema that has no column of that name.

use std::collections::BTreeSet;

use nl_query_core::schema::{RelationId, TypeKind};

use crate::ir::{Arithmetic, Expr, Literal, Source};
use crate::lexicon::morphology::words_of_identifier;
use crate::prepared::{Prepared, Role};

/// Relations of which a row of `from` has at most one row: reached by references only.
fn to_one(prepared: &Prepared, from: RelationId) -> BTreeSet<RelationId> {
    let mut reached = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(relation) = open.pop() {
        for key in prepared.graph().keys().iter().filter(|key| key.from == relation) {
            if reached.insert(key.to) {
                open.push(key.to);
            }
        }
    }
    reached
}

/// A row of `from` may have many rows of `other`.
pub fn is_to_many(prepared: &Prepared, from: RelationId, other: RelationId) -> bool {
    !to_one(prepared, from).contains(&other)
}

/// Words that ask for money that came in.
pub fn is_money_word(words: &str) -> bool {
    matches!(
        words.rsplit(' ').next().unwrap_or_default(),
        "revenue"
            | "revenues"
            | "sales"
            | "spend"
            | "spends"
            | "spent"
            | "spending"
            | "turnover"
            | "earnings"
            | "earned"
            | "earn"
            | "income"
            | "paid"
            | "proceeds"
            | "grossed"
            | "money"
            | "takings"
            | "expenditure"
    )
}

/// Rows of the relation are sales: orders, invoices and their lines.
pub fn is_trade(prepared: &Prepared, relation: RelationId) -> bool {
    let trades = |stem: &str| matches!(stem, "order" | "sale" | "sell" | "invoic" | "purchas" | "line" | "item" | "transact");
    prepared.relations[relation].name.stems().any(trades)
}

/// A total of these is money, not a number of rows: payments, sales, expenses.
pub fn is_money_relation(prepared: &Prepared, relation: RelationId) -> bool {
    prepared.relations[relation]
        .name
        .stems()
        .any(|stem| matches!(stem, "payment" | "pay" | "sale" | "expens" | "donat" | "purchas" | "refund"))
}

/// An expression for the money of a row, and the relation whose rows it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Money {
    pub relation: RelationId,
    pub expr: Expr,
    rank: u8,
}

/// What money is in this schema, for a question that also names `involved` relations. Rows must not be repeated by the joins, so
/// the relation has to reach each involved relation by references alone; a total per order comes before price times quantity per line.
pub fn money(prepared: &Prepared, involved: &[RelationId]) -> Option<Money> {
    let hops: Vec<Vec<Option<usize>>> = involved.iter().map(|&relation| prepared.graph().distances(relation)).collect();
    let near = |relation: RelationId| hops.iter().map(|hops| hops[relation].unwrap_or(9)).sum::<usize>();
    let mut found: Vec<Money> = Vec::new();
    // What no key leads to is not looked at: taking the names of a thousand tables apart takes 20 ms.
    for relation in (0..prepared.schema().relations.len()).filter(|&relation| hops.iter().all(|hops| hops[relation].is_some())) {
        found.extend(total_column(prepared, relation));
        found.extend(line_product(prepared, relation));
    }
    found.sort_by_key(|money| {
        let reach = to_one(prepared, money.relation);
        let repeated = involved.iter().any(|other| !reach.contains(other));
        (repeated, money.rank, near(money.relation), money.relation)
    });
    found.into_iter().next()
}

fn total_column(prepared: &Prepared, relation: RelationId) -> Option<Money> {
    let description = &prepared.schema().relations[relation];
    let owner = &prepared.relations[relation].name;
    // A product's or a person's "total" is not a sale: what is sold has a time or refers to something.
    let referring = prepared.graph().keys().iter().any(|key| key.from == relation);
    if !referring || description.kind == nl_query_core::schema::RelationKind::View {
        return None;
    }
    let mut best: Option<(u8, usize)> = None;
    for (at, column) in description.columns.iter().enumerate() {
        if column.kind != TypeKind::Number || prepared.columns[relation][at].role == Role::Key {
            continue;
        }
        let words = words_of_identifier(&column.name);
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        let rank = if has(&["revenue", "sales", "turnover"]) {
            0
        } else if has(&["total"]) && !has(&["count", "quantity", "number", "items"]) {
            1
        } else if has(&["amount", "amt"]) && !has(&["discount", "tax", "refund"]) {
            2
        } else if has(&["payment", "paid", "spent", "subtotal"]) && column.fractional {
            3
        } else {
            continue;
        };
        if best.is_none_or(|(known, _)| rank < known) {
            best = Some((rank, at));
        }
    }
    let (rank, at) = best?;
    let sale = owner
        .stems()
        .any(|stem| matches!(stem, "order" | "sale" | "invoic" | "payment" | "pay" | "purchas" | "transact" | "receipt"));
    Some(Money { relation, expr: Expr::Column(Source::first(relation).column(at)), rank: rank + if sale { 0 } else { 3 } })
}

/// Price times quantity in one row, less a discount that is a share of one.
fn line_product(prepared: &Prepared, relation: RelationId) -> Option<Money> {
    let description = &prepared.schema().relations[relation];
    let named = |known: &[&str]| {
        description.columns.iter().position(|column| {
            column.kind == TypeKind::Number
                && words_of_identifier(&column.name).last().is_some_and(|word| known.contains(&word.as_str()))
        })
    };
    let price = named(&["price", "cost", "rate"])?;
    let quantity = named(&["quantity", "qty", "units", "pieces"])?;
    // A product has a price and units in stock; only what refers to a product sells it.
    let referring = prepared.graph().keys().iter().filter(|key| key.from == relation).count();
    if referring < 2 {
        return None;
    }
    let column = |at: usize| Expr::Column(Source::first(relation).column(at));
    let times =
        |left: Expr, right: Expr| Expr::Arithmetic { op: Arithmetic::Multiply, left: Box::new(left), right: Box::new(right) };
    let mut expr = times(column(price), column(quantity));
    let discount = description.columns.iter().position(|column| {
        column.kind == TypeKind::Number
            && words_of_identifier(&column.name).first().is_some_and(|word| word == "discount")
            && column.stats.as_ref().is_none_or(|stats| {
                stats
                    .common_values
                    .iter()
                    .chain(&stats.bounds)
                    .all(|value| value.parse::<f64>().is_ok_and(|share| (0.0..=1.0).contains(&share)))
            })
    });
    if let Some(discount) = discount {
        let one = Expr::Literal(Literal::Integer(1));
        let kept = Expr::Arithmetic { op: Arithmetic::Subtract, left: Box::new(one), right: Box::new(column(discount)) };
        expr = times(expr, kept);
    }
    Some(Money { relation, expr, rank: 4 })
}
