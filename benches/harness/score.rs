//! When two results say the same: execution accuracy as benchmarks of text to SQL count it.
//!
//! Rows compare as a multiset, in order only where the question orders them; columns may stand in any order and have any names, but
//! there must be as many; numbers compare with a tolerance of 1e-5, and a number is not a text that looks like it.

use std::cmp::Ordering;

/// Relative, and absolute below one.
const TOLERANCE: f64 = 1e-5;
/// Orders of columns that are tried. Five columns of equal values have 120.
const MOST_ORDERS: usize = 2_000;

/// A value as it is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    /// NaN is equal to itself.
    Number(f64),
    /// A moment, or the midnight that a day begins with.
    Time(String),
    Text(String),
}

/// A result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    pub width: usize,
    pub rows: Vec<Vec<Cell>>,
}

/// How PostgreSQL's types compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Number,
    Time,
    Text,
}

impl Kind {
    /// By the name of the type.
    pub fn of(type_name: &str) -> Kind {
        match type_name {
            "bool" => Kind::Bool,
            "int2" | "int4" | "int8" | "float4" | "float8" | "numeric" | "oid" => Kind::Number,
            "date" | "timestamp" | "timestamptz" => Kind::Time,
            _ => Kind::Text,
        }
    }
}

impl Cell {
    /// From the text that the server prints, in UTC and ISO style.
    pub fn of(kind: Kind, text: Option<&str>) -> Cell {
        let Some(text) = text else { return Cell::Null };
        match kind {
            Kind::Bool => Cell::Bool(text == "t"),
            Kind::Number => text.parse().map_or_else(|_| Cell::Text(text.to_owned()), |number| Cell::Number(rounded(number))),
            Kind::Time => {
                let moment = text.trim_end_matches("+00");
                let midnight = if moment.contains(' ') { "" } else { " 00:00:00" };
                Cell::Time(format!("{moment}{midnight}"))
            }
            Kind::Text => Cell::Text(text.to_owned()),
        }
    }

    fn is_close_to(&self, other: &Cell) -> bool {
        match (self, other) {
            (Cell::Number(a), Cell::Number(b)) if a.is_finite() && b.is_finite() => {
                (a - b).abs() <= TOLERANCE * 1_f64.max(a.abs()).max(b.abs())
            }
            _ => self.order(other) == Ordering::Equal,
        }
    }

    fn order(&self, other: &Cell) -> Ordering {
        match (self, other) {
            (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
            (Cell::Number(a), Cell::Number(b)) => a.total_cmp(b),
            (Cell::Time(a), Cell::Time(b)) | (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Cell::Null => 0,
            Cell::Bool(_) => 1,
            Cell::Number(_) => 2,
            Cell::Time(_) => 3,
            Cell::Text(_) => 4,
        }
    }
}

/// To ten digits, and minus zero is zero: what adding up in another order changes is gone.
fn rounded(number: f64) -> f64 {
    if !number.is_finite() {
        return if number.is_nan() { f64::NAN } else { number };
    }
    format!("{number:.9e}").parse::<f64>().unwrap_or(number) + 0.0
}

/// Does a result answer what the gold's answers? `ordered`: the order of the rows counts.
pub fn is_same(gold: &Rows, answer: &Rows, ordered: bool) -> bool {
    if gold.width != answer.width || gold.rows.len() != answer.rows.len() {
        return false;
    }
    if gold.rows.is_empty() {
        return true;
    }
    let candidates = candidates(gold, answer);
    let mut left = MOST_ORDERS;
    try_orders(gold, answer, ordered, &candidates, &mut Vec::new(), &mut left)
}

/// For each column of the gold: the columns of the answer that could be it.
fn candidates(gold: &Rows, answer: &Rows) -> Vec<Vec<usize>> {
    let of_answer: Vec<Signature> = (0..answer.width).map(|column| Signature::of(answer, column)).collect();
    let could_be = |column: usize| {
        let wanted = Signature::of(gold, column);
        // Its own place first: most answers have their columns in the gold's order.
        let mut places: Vec<usize> = (0..answer.width).filter(|place| wanted.could_be(&of_answer[*place])).collect();
        places.sort_by_key(|place| *place != column);
        places
    };
    (0..gold.width).map(could_be).collect()
}

fn try_orders(
    gold: &Rows,
    answer: &Rows,
    ordered: bool,
    candidates: &[Vec<usize>],
    chosen: &mut Vec<usize>,
    left: &mut usize,
) -> bool {
    if chosen.len() == gold.width {
        *left = left.saturating_sub(1);
        return rows_are_same(gold, answer, chosen, ordered);
    }
    for place in &candidates[chosen.len()] {
        if *left > 0 && !chosen.contains(place) {
            chosen.push(*place);
            if try_orders(gold, answer, ordered, candidates, chosen, left) {
                return true;
            }
            chosen.pop();
        }
    }
    false
}

fn rows_are_same(gold: &Rows, answer: &Rows, order: &[usize], ordered: bool) -> bool {
    let mut left: Vec<Vec<&Cell>> = gold.rows.iter().map(|row| row.iter().collect()).collect();
    let mut right: Vec<Vec<&Cell>> =
        answer.rows.iter().map(|row| order.iter().filter_map(|place| row.get(*place)).collect()).collect();
    if !ordered {
        left.sort_by(|a, b| order_of(a, b));
        right.sort_by(|a, b| order_of(a, b));
    }
    left.iter().zip(&right).all(|(left, right)| left.iter().zip(right).all(|(a, b)| a.is_close_to(b)))
}

fn order_of(left: &[&Cell], right: &[&Cell]) -> Ordering {
    left.iter().zip(right).map(|(a, b)| a.order(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// What a column holds, in any order of the rows.
struct Signature {
    numbers: Vec<Cell>,
    others: Vec<(u8, String)>,
}

impl Signature {
    fn of(rows: &Rows, column: usize) -> Signature {
        let mut signature = Signature { numbers: Vec::new(), others: Vec::new() };
        for cell in rows.rows.iter().filter_map(|row| row.get(column)) {
            match cell {
                Cell::Number(_) => signature.numbers.push(cell.clone()),
                Cell::Null => signature.others.push((cell.rank(), String::new())),
                Cell::Bool(value) => signature.others.push((cell.rank(), value.to_string())),
                Cell::Time(text) | Cell::Text(text) => signature.others.push((cell.rank(), text.clone())),
            }
        }
        signature.numbers.sort_by(Cell::order);
        signature.others.sort();
        signature
    }

    fn could_be(&self, other: &Signature) -> bool {
        self.others == other.others
            && self.numbers.len() == other.numbers.len()
            && self.numbers.iter().zip(&other.numbers).all(|(a, b)| a.is_close_to(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(kinds: &[Kind], rows: &[&[&str]]) -> Rows {
        let cell = |(kind, text): (&Kind, &&str)| Cell::of(*kind, Some(*text).filter(|text| *text != "NULL"));
        let rows = rows.iter().map(|row| kinds.iter().zip(row.iter()).map(cell).collect()).collect();
        Rows { width: kinds.len(), rows }
    }

    const TN: &[Kind] = &[Kind::Text, Kind::Number];
    const NT: &[Kind] = &[Kind::Number, Kind::Text];

    #[test]
    fn rows_in_any_order_unless_it_matters() {
        let gold = rows(TN, &[&["a", "1"], &["b", "2"]]);
        let other = rows(TN, &[&["b", "2"], &["a", "1"]]);
        assert!(is_same(&gold, &other, false) && !is_same(&gold, &other, true));
        assert!(!is_same(&gold, &rows(TN, &[&["b", "1"], &["a", "2"]]), false), "values of a row belong together");
    }

    #[test]
    fn columns_in_any_order_but_as_many() {
        let gold = rows(TN, &[&["a", "1"], &["b", "2"]]);
        assert!(is_same(&gold, &rows(NT, &[&["1", "a"], &["2", "b"]]), true));
        assert!(!is_same(&gold, &rows(&[Kind::Text], &[&["a"], &["b"]]), false));
        let wide = rows(&[Kind::Text, Kind::Number, Kind::Number], &[&["a", "1", "7"], &["b", "2", "7"]]);
        assert!(!is_same(&gold, &wide, false));
        // Two columns of the same values need the right one of their orders.
        let two = rows(&[Kind::Number; 3], &[&["1", "2", "9"], &["2", "1", "8"]]);
        assert!(is_same(&two, &rows(&[Kind::Number; 3], &[&["9", "2", "1"], &["8", "1", "2"]]), true));
        assert!(!is_same(&two, &rows(&[Kind::Number; 3], &[&["9", "2", "1"], &["8", "2", "1"]]), false));
    }

    #[test]
    fn multiplicity_counts() {
        let kinds = &[Kind::Text];
        assert!(!is_same(&rows(kinds, &[&["a"], &["a"], &["b"]]), &rows(kinds, &[&["a"], &["b"], &["b"]]), false));
        assert!(!is_same(&rows(kinds, &[&["a"]]), &rows(kinds, &[&["a"], &["a"]]), false));
        assert!(is_same(&rows(kinds, &[]), &rows(kinds, &[]), true));
        assert!(!is_same(&rows(kinds, &[]), &rows(kinds, &[&["NULL"]]), false));
    }

    #[test]
    fn numbers_within_a_hundred_thousandth() {
        let kinds = &[Kind::Number];
        let same = |a: &str, b: &str| is_same(&rows(kinds, &[&[a]]), &rows(kinds, &[&[b]]), false);
        assert!(same("3.1415926", "3.14159") && same("100000", "100000.5") && same("0", "-0") && same("1", "1.000"));
        assert!(!same("3.142", "3.141") && !same("100000", "100002") && same("NaN", "NaN") && !same("NaN", "1"));
        assert!(same("Infinity", "Infinity") && !same("Infinity", "-Infinity"));
    }

    #[test]
    fn kinds_differ_and_days_are_midnights() {
        let one = |kind: Kind, text: &str| rows(&[kind], &[&[text]]);
        assert!(!is_same(&one(Kind::Number, "1"), &one(Kind::Text, "1"), false));
        assert!(!is_same(&one(Kind::Text, ""), &one(Kind::Text, "NULL"), false));
        assert!(is_same(&one(Kind::Time, "2023-01-01"), &one(Kind::Time, "2023-01-01 00:00:00+00"), false));
        assert!(!is_same(&one(Kind::Time, "2023-01-01"), &one(Kind::Time, "2023-01-01 00:00:01"), false));
        assert!(is_same(&one(Kind::Bool, "t"), &one(Kind::Bool, "t"), false));
    }

    #[test]
    fn many_equal_columns_end_soon() {
        let kinds = vec![Kind::Number; 12];
        let row: Vec<String> = (0..12).map(|n| n.to_string()).collect();
        let row: Vec<&str> = row.iter().map(String::as_str).collect();
        let turned: Vec<&str> = row.iter().rev().copied().collect();
        // Each column could be each other one, and none of the orders is right.
        let gold = rows(&kinds, &[&["0"; 12], &["1"; 12]]);
        let mut first = ["0"; 12];
        first[0] = "1";
        let mut second = ["1"; 12];
        second[0] = "0";
        assert!(!is_same(&gold, &rows(&kinds, &[&first, &second]), false));
        assert!(is_same(&rows(&kinds, &[&row]), &rows(&kinds, &[&turned]), false));
    }
}
