//! What type an expression has, as far as rendering and checking need to know.

use nl_query_core::schema::{Column, Schema, TypeKind};

use crate::ir::{Aggregate, ColumnUse, DateUnit, Expr, Function, Literal, Moment, Query, WindowFunction};
use crate::walk;

/// A type and how sure one can be of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Type<'a> {
    /// None for NULL and for what cannot be told.
    pub kind: Option<TypeKind>,
    /// For numbers: true for whole-number types.
    pub whole: bool,
    /// For numbers: true for `real` and `double precision`, which `round(x, 2)` does not take.
    pub double: bool,
    /// The column that the expression is.
    pub column: Option<&'a Column>,
    /// True when the expression cannot be NULL, outer joins apart.
    pub not_null: bool,
}

impl<'a> Type<'a> {
    fn of(kind: TypeKind) -> Self {
        Type { kind: Some(kind), whole: false, double: false, column: None, not_null: false }
    }

    fn number(whole: bool, double: bool) -> Self {
        Type { whole, double, ..Type::of(TypeKind::Number) }
    }

    fn unknown() -> Self {
        Type { kind: None, whole: false, double: false, column: None, not_null: false }
    }

    fn sure(self) -> Self {
        Type { not_null: true, ..self }
    }

    pub fn is_number(&self) -> bool {
        self.kind == Some(TypeKind::Number)
    }

    pub fn is_calendar(&self) -> bool {
        self.kind.is_some_and(TypeKind::is_calendar)
    }

    pub fn is_money(&self) -> bool {
        self.column.is_some_and(|column| column.type_name == "money")
    }
}

pub(crate) fn column(used: ColumnUse, schema: &Schema) -> Option<&Column> {
    schema.relations.get(used.source.relation)?.columns.get(used.column)
}

/// True for types that `min` and `max` take.
pub(crate) fn has_extremes(kind: Option<TypeKind>) -> bool {
    use TypeKind::{Binary, Boolean, Json, Other, Range, Uuid};
    !matches!(kind, None | Some(Boolean | Uuid | Json | Binary | Range | Other))
}

/// The type of an array's elements.
pub(crate) fn element<'a>(array: &Type<'a>) -> Type<'a> {
    let name = array.column.map(|column| column.type_name.trim_end_matches("[]")).unwrap_or_default();
    let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    if starts(&["smallint", "integer", "bigint", "numeric", "real", "double precision"]) {
        Type::number(starts(&["smallint", "integer", "bigint"]), starts(&["real", "double"]))
    } else if starts(&["text", "character", "citext"]) {
        Type::of(TypeKind::Text)
    } else if name == "date" {
        Type::of(TypeKind::Date)
    } else if name == "boolean" {
        Type::of(TypeKind::Boolean)
    } else if name.is_empty() {
        Type::unknown()
    } else {
        Type::of(TypeKind::Enum) // whatever it is, a quoted literal takes its type
    }
}

fn is_double(column: &Column) -> bool {
    column.type_name == "real" || column.type_name == "double precision"
}

/// The type of an expression.
pub(crate) fn of<'a>(expr: &Expr, schema: &'a Schema) -> Type<'a> {
    match expr {
        Expr::Column(used) => match column(*used, schema) {
            Some(column) => Type {
                kind: Some(column.kind),
                whole: column.kind == TypeKind::Number && !column.fractional,
                double: is_double(column),
                column: Some(column),
                not_null: column.not_null,
            },
            None => Type::unknown(),
        },
        Expr::All(_) => Type::unknown(),
        Expr::CountRows(_) => Type::number(true, false).sure(),
        Expr::Aggregate { function, arg, .. } => aggregate(*function, of(arg, schema)),
        Expr::Filtered { aggregate, .. } => {
            let counts = matches!(**aggregate, Expr::CountRows(_) | Expr::Aggregate { function: Aggregate::Count, .. });
            Type { not_null: counts, ..of(aggregate, schema) }
        }
        Expr::Literal(literal) => match literal {
            Literal::Integer(_) => Type::number(true, false).sure(),
            Literal::Decimal(_) => Type::number(false, false).sure(),
            Literal::Text(_) => Type::of(TypeKind::Text).sure(),
            Literal::Boolean(_) => Type::of(TypeKind::Boolean).sure(),
            Literal::Null => Type::unknown(),
        },
        Expr::Moment(moment) => match moment {
            Moment::Day(_) | Moment::Today { .. } => Type::of(TypeKind::Date).sure(),
            Moment::DayTime { .. } => Type::of(TypeKind::Timestamp).sure(),
            Moment::Now | Moment::StartOf { .. } | Moment::Ago { .. } => Type::of(TypeKind::TimestampTz).sure(),
        },
        Expr::Arithmetic { op, left, right } => arithmetic(*op, of(left, schema), of(right, schema)),
        Expr::Truncate { unit, arg } => {
            let arg = of(arg, schema);
            let kind = if *unit >= DateUnit::Day { Some(TypeKind::Date) } else { arg.kind };
            Type { kind, not_null: arg.not_null, ..Type::unknown() }
        }
        Expr::Extract { arg, .. } => Type { not_null: of(arg, schema).not_null, ..Type::number(true, false) },
        Expr::Elapsed { unit, since, until } => {
            let (since, until) = (of(since, schema), until.as_ref().map(|until| of(until, schema)));
            let not_null = since.not_null && until.as_ref().is_none_or(|until| until.not_null);
            let days = |kind: &Type<'_>| kind.kind == Some(TypeKind::Date);
            let whole =
                *unit > DateUnit::Week || until.is_none_or(|until| *unit == DateUnit::Day && days(&since) && days(&until));
            Type { not_null, ..Type::number(whole, false) }
        }
        Expr::Function { name, args } => function(*name, args.first().map_or_else(Type::unknown, |arg| of(arg, schema))),
        Expr::Words(_) => Type::of(TypeKind::Text).sure(),
        Expr::Scalar(query) => Type { not_null: false, column: None, ..of_query(query, schema) },
        Expr::Window { function, arg, .. } => window(*function, arg.as_deref().map_or_else(Type::unknown, |arg| of(arg, schema))),
    }
}

/// The type of the first column of a query.
pub(crate) fn of_query<'a>(query: &Query, schema: &'a Schema) -> Type<'a> {
    walk::first_select(query).items.first().map_or_else(Type::unknown, |item| of(&item.expr, schema))
}

fn aggregate<'a>(function: Aggregate, arg: Type<'a>) -> Type<'a> {
    match function {
        Aggregate::Count => Type::number(true, false).sure(),
        Aggregate::Sum => Type { column: arg.column.filter(|_| arg.is_money()), not_null: false, ..arg },
        Aggregate::Average if arg.kind == Some(TypeKind::Interval) => arg,
        Aggregate::Average => Type::number(false, arg.double),
        Aggregate::Median if arg.is_number() => Type::number(false, true),
        Aggregate::Median => Type { column: None, ..arg },
        Aggregate::Min | Aggregate::Max => Type { not_null: false, ..arg },
        Aggregate::List => Type::of(TypeKind::Text),
    }
}

fn arithmetic<'a>(op: crate::ir::Arithmetic, left: Type<'a>, right: Type<'a>) -> Type<'a> {
    use crate::ir::Arithmetic::{Divide, Subtract};
    let not_null = left.not_null && right.not_null;
    let result = match (left.kind, right.kind) {
        (Some(TypeKind::Date), Some(TypeKind::Date)) if op == Subtract => Type::number(true, false),
        (Some(a), Some(b)) if a.is_calendar() && b.is_calendar() => Type::of(TypeKind::Interval),
        (Some(TypeKind::Time), Some(TypeKind::Time)) => Type::of(TypeKind::Interval),
        (Some(a), _) if a.is_calendar() => Type::of(a),
        (_, Some(b)) if b.is_calendar() => Type::of(b),
        (Some(TypeKind::Interval), _) | (_, Some(TypeKind::Interval)) => Type::of(TypeKind::Interval),
        _ => Type::number(left.whole && right.whole && op != Divide, left.double || right.double),
    };
    Type { not_null, ..result }
}

fn function<'a>(name: Function, arg: Type<'a>) -> Type<'a> {
    match name {
        Function::Lower | Function::Upper => Type { not_null: arg.not_null, ..Type::of(TypeKind::Text) },
        Function::Length => Type { not_null: arg.not_null, ..Type::number(true, false) },
        Function::Round => Type { not_null: arg.not_null, ..Type::number(false, false) },
        Function::Abs => Type { column: None, ..arg },
        Function::ZeroIfNull => Type { column: None, ..arg.sure() },
        Function::NullIfZero => Type { column: None, not_null: false, ..arg },
    }
}

fn window<'a>(function: WindowFunction, arg: Type<'a>) -> Type<'a> {
    match function {
        WindowFunction::Rank | WindowFunction::DenseRank | WindowFunction::RowNumber => Type::number(true, false).sure(),
        WindowFunction::Average => Type::number(false, arg.double),
        WindowFunction::RunningSum | WindowFunction::Sum | WindowFunction::Lag => Type { column: None, not_null: false, ..arg },
    }
}
