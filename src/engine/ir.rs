//! The intermediate representation: what a question asks for, before joins are chosen and SQL is written.
//!
//! A [`Query`] names columns of sources and says what is done with them. It has no FROM clause: [`crate::joins`] finds the
//! joins over the foreign-key graph, [`crate::render`] writes PostgreSQL. Understanding (by hand today, by a trained scorer
//! later) can only build what this grammar can say. Positions are those of the [`nl_query_core::schema::Schema`] in hand.

use nl_query_core::schema::RelationId;

/// One use of a relation in a query. `role` tells several uses of the same relation apart: 0 is the first, an employee's
/// manager is role 1 of `employee`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    pub relation: RelationId,
    pub role: u8,
}

/// A column of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnUse {
    pub source: Source,
    pub column: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    Select(Box<Select>),
    Set { op: SetOp, left: Box<Query>, right: Box<Query> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOp {
    Union,
    Intersect,
    Except,
}

/// One SELECT without its FROM clause.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    pub distinct: bool,
    pub items: Vec<Item>,
    /// What the answer is about: the FROM clause starts here. A query without any source has constants only and is refused.
    pub subject: Option<Source>,
    /// Sources that must take part though no expression names a column of theirs (`count` of them, "customers with orders").
    pub also: Vec<Source>,
    /// Sources joined by LEFT JOIN, with everything that is reached through them ("including those without").
    pub outer: Vec<Source>,
    /// Foreign keys (positions in the schema) that the question's words prefer where several lead the same way
    /// ("shipping address" against "billing address"), each with the source that it must lead to.
    pub via: Vec<(usize, Source)>,
    pub filter: Option<Predicate>,
    pub group: Vec<Expr>,
    pub having: Option<Predicate>,
    pub order: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
    /// What only conditions name is joined like the rest instead of being asked about, and figures are of the joined rows: a
    /// row may be shown and counted several times, as in a join written by hand.
    pub repeats: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub expr: Expr,
    /// Output name; none lets the renderer choose a short one (`count`, `total_amount`, the column's own).
    pub alias: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub expr: Expr,
    pub descending: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Column(ColumnUse),
    /// All columns of a source; only as a select item.
    All(Source),
    /// `count(*)` of the joined rows, counting rows of this source.
    CountRows(Source),
    Aggregate {
        function: Aggregate,
        distinct: bool,
        arg: Box<Expr>,
    },
    /// An aggregate over the rows that satisfy a condition: `count(*) FILTER (WHERE …)`.
    Filtered {
        aggregate: Box<Expr>,
        filter: Box<Predicate>,
    },
    Literal(Literal),
    Moment(Moment),
    Arithmetic {
        op: Arithmetic,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `date_trunc(unit, arg)`, as a date where the unit is a day or longer.
    Truncate {
        unit: DateUnit,
        arg: Box<Expr>,
    },
    /// `extract(field from arg)` as a whole number.
    Extract {
        field: DateField,
        arg: Box<Expr>,
    },
    /// Whole years (months, days …) from one point in time to another, or to today: `age`-based. Up to a week, between two
    /// times of day, with the part of a unit that is over.
    Elapsed {
        unit: DateUnit,
        since: Box<Expr>,
        until: Option<Box<Expr>>,
    },
    /// `lower(arg)`, `upper(arg)`, `length(arg)`, `round(arg, 2)`, `abs(arg)`, `coalesce(arg, 0)`.
    Function {
        name: Function,
        args: Vec<Expr>,
    },
    /// Texts joined with one blank between them: a person's first and last name.
    Words(Vec<Expr>),
    /// A scalar subquery.
    Scalar(Box<Query>),
    Window {
        function: WindowFunction,
        arg: Option<Box<Expr>>,
        partition: Vec<Expr>,
        order: Vec<Order>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Count,
    Sum,
    Average,
    Min,
    Max,
    Median,
    /// `string_agg(arg, ', ')`.
    List,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowFunction {
    Rank,
    DenseRank,
    RowNumber,
    /// A running total: `sum(arg) OVER (PARTITION BY … ORDER BY …)`.
    RunningSum,
    /// Whole partition: `sum(arg) OVER (PARTITION BY …)`, for shares of a total.
    Sum,
    /// Whole partition: what its rows are on average.
    Average,
    Lag,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    Lower,
    Upper,
    Length,
    /// To two digits after the point.
    Round,
    Abs,
    /// `coalesce(arg, 0)`.
    ZeroIfNull,
    /// `nullif(arg, 0)`, for divisors.
    NullIfZero,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    /// Division that never cuts to a whole number: the renderer casts where both sides are whole.
    Divide,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Integer(i64),
    /// Digits as written, e.g. `12.50`.
    Decimal(String),
    Text(String),
    Boolean(bool),
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DateUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateField {
    Year,
    Quarter,
    /// 1 to 12.
    Month,
    Week,
    /// 1 (Monday) to 7 (Sunday), ISO.
    Weekday,
    Day,
    Hour,
    Minute,
}

/// A day of the proleptic Gregorian calendar. `question::dates` only makes days that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day {
    pub year: i32,
    pub month: u8,
    pub day: u8,
}

/// A point in time, absolute or relative to the moment of execution. Relative ones are rendered with `CURRENT_DATE` or
/// `CURRENT_TIMESTAMP`, so that the statement stays right when it is used again tomorrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    Day(Day),
    /// A day and a time of day.
    DayTime {
        day: Day,
        hour: u8,
        minute: u8,
        second: u8,
    },
    /// `CURRENT_DATE + shift` days.
    Today {
        shift: i32,
    },
    /// `CURRENT_TIMESTAMP` (for a date column `CURRENT_DATE`).
    Now,
    /// Start of the current unit, moved by so many units: `date_trunc('month', CURRENT_DATE) - interval '1 month'`.
    StartOf {
        unit: DateUnit,
        shift: i32,
    },
    /// `CURRENT_DATE - interval 'n units'`; for hours and shorter `CURRENT_TIMESTAMP - interval 'n units'`. Positive is past.
    Ago {
        amount: i32,
        unit: DateUnit,
    },
}

/// A half-open range: `from` belongs to it, `to` does not. A missing end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DateRange {
    pub from: Option<Moment>,
    pub to: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Not(Box<Predicate>),
    Compare {
        op: Comparison,
        left: Expr,
        right: Expr,
    },
    Between {
        expr: Expr,
        low: Expr,
        high: Expr,
        negated: bool,
    },
    /// The expression lies in the range; rendered as comparisons with its ends.
    InRange {
        expr: Expr,
        range: DateRange,
        negated: bool,
    },
    In {
        expr: Expr,
        values: Vec<Expr>,
        negated: bool,
    },
    InQuery {
        expr: Expr,
        query: Box<Query>,
        negated: bool,
    },
    /// `pattern` is a LIKE pattern with its wildcards; `any_case` makes it ILIKE. Of an array: one of its elements is like it.
    Like {
        expr: Expr,
        pattern: String,
        any_case: bool,
        negated: bool,
    },
    IsNull {
        expr: Expr,
        negated: bool,
    },
    /// A boolean expression as a condition.
    IsTrue {
        expr: Expr,
        negated: bool,
    },
    /// An array holds the value, or a json object has the key.
    Contains {
        expr: Expr,
        value: Expr,
        negated: bool,
    },
    /// Rows of `target` exist (or, negated, do not exist) that belong to the row of `anchor`: EXISTS over the join path between
    /// them. `filter` may name the target and anything that is joined to it inside the subquery.
    Related {
        anchor: Source,
        target: Source,
        filter: Option<Box<Predicate>>,
        negated: bool,
    },
    /// The number of rows of `target` that belong to the row of `anchor`, compared: "with more than 3 orders".
    RelatedCount {
        anchor: Source,
        target: Source,
        filter: Option<Box<Predicate>>,
        op: Comparison,
        count: i64,
    },
}

impl Comparison {
    /// The comparison that says the opposite.
    pub fn negated(self) -> Self {
        match self {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::GreaterOrEqual,
            Comparison::LessOrEqual => Comparison::Greater,
            Comparison::Greater => Comparison::LessOrEqual,
            Comparison::GreaterOrEqual => Comparison::Less,
        }
    }
}

impl Source {
    /// The first use of a relation.
    pub fn first(relation: RelationId) -> Self {
        Source { relation, role: 0 }
    }

    pub fn column(self, column: usize) -> ColumnUse {
        ColumnUse { source: self, column }
    }
}

impl Predicate {
    /// Joins the conditions with AND; none for no condition at all.
    pub fn all(mut conditions: Vec<Predicate>) -> Option<Predicate> {
        match conditions.len() {
            0 => None,
            1 => conditions.pop(),
            _ => Some(Predicate::And(conditions)),
        }
    }
}
