//! A query in words: one English sentence that says what the statement returns, no more and no less.

use nl_query_core::schema::Schema;

use super::{
    describe::{humanise, relation_words},
    moment::unit_name,
};
use crate::{
    ir::{
        Aggregate, Arithmetic, Comparison, DateField, DateRange, DateUnit, Day, Expr, Function, Literal, Moment, Order,
        Predicate, Query, Select, SetOp, Source, WindowFunction,
    },
    walk,
};

/// One plain English sentence that says what the SQL returns.
pub fn paraphrase(query: &Query, schema: &Schema) -> String {
    let text = spoken(query, schema);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

fn spoken(query: &Query, schema: &Schema) -> String {
    match query {
        Query::Select(select) => Speaker { schema, subject: select.subject }.select(select),
        Query::Set { op, left, right } => {
            let (left, right) = (spoken(left, schema), spoken(right, schema));
            match op {
                SetOp::Union => format!("{left}, together with {right}, each once"),
                SetOp::Intersect => format!("{left}, but only what is also among {right}"),
                SetOp::Except => format!("{left}, without {right}"),
            }
        }
    }
}

/// Words for one SELECT.
pub(super) struct Speaker<'a> {
    pub schema: &'a Schema,
    /// Columns of the subject are named without it.
    pub subject: Option<Source>,
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[String], word: &str) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

impl Speaker<'_> {
    fn select(&self, select: &Select) -> String {
        let mut text = self.head(select);
        let also: Vec<Source> = select.also.iter().copied().filter(|source| Some(*source) != select.subject).collect();
        let mut conditions = Vec::new();
        let shown = walk::output_sources(select);
        for source in also.iter().filter(|source| !shown.contains(source)) {
            conditions.push(format!("that have {}", self.some(*source)));
        }
        if let Some(filter) = &select.filter {
            conditions.push(format!("where {}", self.predicate(filter)));
        }
        if !conditions.is_empty() {
            text = format!("{text} {}", conditions.join(" and "));
        }
        let groups: Vec<String> = select.group.iter().map(|part| self.expr(part)).collect();
        if !groups.is_empty() {
            text = format!("{text}, for each {}", listed(&groups, "and"));
        }
        if let Some(having) = &select.having {
            text = format!("{text}, only where {}", self.predicate(having));
        }
        if !select.outer.is_empty() {
            let names: Vec<String> = select.outer.iter().map(|source| self.relation(*source)).collect();
            text = format!("{text}, including those without {}", listed(&names, "or"));
        }
        text + &self.ending(select)
    }

    fn head(&self, select: &Select) -> String {
        let all_of: Option<Source> = match &select.items[..] {
            [item] => match item.expr {
                Expr::All(source) => Some(source),
                _ => None,
            },
            _ => None,
        };
        if let Some(source) = all_of {
            return format!("{}{}", if select.distinct { "the different " } else { "all columns of " }, self.relation(source));
        }
        let items: Vec<String> = select.items.iter().map(|item| self.expr(&item.expr)).collect();
        let lead = if select.distinct { "the different combinations of " } else { "the " };
        let lead = if select.distinct && items.len() == 1 { "each different " } else { lead };
        let mut text = format!("{lead}{}", listed(&items, "and"));
        let counts_subject =
            select.items.iter().any(|item| matches!(&item.expr, Expr::CountRows(source) if Some(*source) == self.subject));
        if let Some(subject) = self.subject.filter(|_| !counts_subject) {
            text = format!("{text} of {}", self.relation(subject));
        }
        text
    }

    fn ending(&self, select: &Select) -> String {
        let order: Vec<String> = select
            .order
            .iter()
            .map(|Order { expr, descending }| format!("{} ({} first)", self.expr(expr), self.direction(expr, *descending)))
            .collect();
        let mut text = String::new();
        if !order.is_empty() {
            text = format!(", sorted by {}", listed(&order, "then"));
        }
        let skip = select.offset.filter(|offset| *offset > 0);
        match (select.limit, skip) {
            (Some(1), None) => text.push_str(", only the first"),
            (Some(limit), None) => text.push_str(&format!(", the first {limit} only")),
            (Some(limit), Some(skip)) => text.push_str(&format!(", {limit} after skipping {skip}")),
            (None, Some(skip)) => text.push_str(&format!(", after skipping {skip}")),
            (None, None) => {}
        }
        text
    }

    fn direction(&self, expr: &Expr, descending: bool) -> &'static str {
        let kind = super::types::of(expr, self.schema);
        match (kind.is_calendar(), kind.is_number(), descending) {
            (true, _, true) => "latest",
            (true, _, false) => "earliest",
            (_, true, true) => "highest",
            (_, true, false) => "lowest",
            (_, _, true) => "last in order",
            (_, _, false) => "in order",
        }
    }

    fn relation(&self, source: Source) -> String {
        relation_words(self.schema, source)
    }

    fn some(&self, source: Source) -> String {
        format!("at least one of {}", self.relation(source))
    }

    /// An expression in words.
    pub(super) fn expr(&self, root: &Expr) -> String {
        match root {
            Expr::Column(used) => {
                let name = super::types::column(*used, self.schema).map(|column| humanise(&column.name)).unwrap_or_default();
                if Some(used.source) == self.subject { name } else { format!("{name} of {}", self.relation(used.source)) }
            }
            Expr::All(source) => format!("all columns of {}", self.relation(*source)),
            Expr::CountRows(source) => format!("number of {}", self.relation(*source)),
            Expr::Aggregate { function, distinct, arg } => {
                let of = self.expr(arg);
                let different = if *distinct { "different values of " } else { "" };
                match function {
                    Aggregate::Count if *distinct => format!("number of different values of {of}"),
                    Aggregate::Count => format!("number of known values of {of}"),
                    Aggregate::Sum => format!("total of {different}{of}"),
                    Aggregate::Average => format!("average of {different}{of}"),
                    Aggregate::Min => format!("lowest {of}"),
                    Aggregate::Max => format!("highest {of}"),
                    Aggregate::Median => format!("median of {of}"),
                    Aggregate::List => format!("list of {different}{of}"),
                }
            }
            Expr::Filtered { aggregate, filter } => {
                format!("{} counting only where {}", self.expr(aggregate), self.predicate(filter))
            }
            Expr::Literal(value) => literal(value),
            Expr::Moment(value) => moment(*value),
            Expr::Arithmetic { op, left, right } => {
                let word = match op {
                    Arithmetic::Add => "plus",
                    Arithmetic::Subtract => "minus",
                    Arithmetic::Multiply => "times",
                    Arithmetic::Divide => "divided by",
                };
                let part = |side: &Expr| match side {
                    Expr::Arithmetic { .. } => format!("({})", self.expr(side)),
                    _ => self.expr(side),
                };
                format!("{} {word} {}", part(left), part(right))
            }
            Expr::Truncate { unit, arg } => format!("{} of {}", unit_name(*unit), self.expr(arg)),
            Expr::Extract { field, arg } => format!("{} of {}", field_words(*field), self.expr(arg)),
            Expr::Elapsed { unit, since } => format!("full {} since {}", units(2, *unit), self.expr(since)),
            Expr::Function { name, args } => {
                let arg = args.first().map(|arg| self.expr(arg)).unwrap_or_default();
                match name {
                    Function::Lower => format!("{arg} in lower case"),
                    Function::Upper => format!("{arg} in upper case"),
                    Function::Length => format!("length of {arg}"),
                    Function::Round => format!("{arg} rounded to two digits"),
                    Function::Abs => format!("absolute value of {arg}"),
                    Function::ZeroIfNull => format!("{arg} (zero where unknown)"),
                    Function::NullIfZero => arg,
                }
            }
            Expr::Words(parts) => listed(&parts.iter().map(|part| self.expr(part)).collect::<Vec<_>>(), "and"),
            Expr::Scalar(query) => spoken(query, self.schema),
            Expr::Window { function, arg, partition, order } => self.window(*function, arg.as_deref(), partition, order),
        }
    }

    fn window(&self, function: WindowFunction, arg: Option<&Expr>, partition: &[Expr], order: &[Order]) -> String {
        let arg = arg.map(|arg| self.expr(arg)).unwrap_or_default();
        let mut text = match function {
            WindowFunction::Rank | WindowFunction::DenseRank => "rank".to_string(),
            WindowFunction::RowNumber => "position".to_string(),
            WindowFunction::RunningSum => format!("running total of {arg}"),
            WindowFunction::Sum => format!("overall total of {arg}"),
            WindowFunction::Lag => format!("previous {arg}"),
        };
        if !order.is_empty() {
            let keys: Vec<String> = order
                .iter()
                .map(|order| format!("{} ({} first)", self.expr(&order.expr), self.direction(&order.expr, order.descending)))
                .collect();
            text = format!("{text} by {}", listed(&keys, "then"));
        }
        if !partition.is_empty() {
            let parts: Vec<String> = partition.iter().map(|part| self.expr(part)).collect();
            text = format!("{text} within each {}", listed(&parts, "and"));
        }
        text
    }

    fn predicate(&self, root: &Predicate) -> String {
        let not = |negated: &bool| if *negated { "not " } else { "" };
        match root {
            Predicate::And(parts) => self.joined(parts, "and"),
            Predicate::Or(parts) => self.joined(parts, "or"),
            Predicate::Not(part) => format!("it is not so that {}", self.predicate(part)),
            Predicate::Compare { op, left, right } => {
                let calendar = super::types::of(left, self.schema).is_calendar();
                format!("{} {} {}", self.expr(left), comparison(*op, calendar), self.expr(right))
            }
            Predicate::Between { expr, low, high, negated } => {
                format!("{} is {}between {} and {}", self.expr(expr), not(negated), self.expr(low), self.expr(high))
            }
            Predicate::InRange { expr, range, negated } => {
                format!("{} is {}{}", self.expr(expr), not(negated), range_words(*range))
            }
            Predicate::In { expr, values, negated } => {
                let values: Vec<String> = values.iter().map(|value| self.expr(value)).collect();
                format!("{} is {}{}", self.expr(expr), if *negated { "none of " } else { "" }, listed(&values, "or"))
            }
            Predicate::InQuery { expr, query, negated } => {
                format!("{} is {}among {}", self.expr(expr), not(negated), spoken(query, self.schema))
            }
            Predicate::Like { expr, pattern, any_case, negated } => {
                let verb = like_words(pattern, *negated);
                let case = if *any_case { "" } else { " (in this letter case)" };
                format!("{} {verb}{case}", self.expr(expr))
            }
            Predicate::IsNull { expr, negated } => {
                format!("{} is {}", self.expr(expr), if *negated { "known" } else { "missing" })
            }
            Predicate::IsTrue { expr, negated } => format!("{} is {}", self.expr(expr), if *negated { "false" } else { "true" }),
            Predicate::Contains { expr, value, negated } => {
                format!("{} {} {}", self.expr(expr), if *negated { "does not contain" } else { "contains" }, self.expr(value))
            }
            Predicate::Related { target, filter, negated, .. } => {
                let some = if *negated { "there are no" } else { "there is at least one of" };
                format!("{some} {}{}", self.relation(*target), self.whose(*target, filter.as_deref()))
            }
            Predicate::RelatedCount { target, filter, op, count, .. } => {
                let whose = self.whose(*target, filter.as_deref());
                format!("the number of {}{whose} {} {count}", self.relation(*target), comparison(*op, false))
            }
        }
    }

    fn whose(&self, target: Source, filter: Option<&Predicate>) -> String {
        let inner = Speaker { schema: self.schema, subject: Some(target) };
        filter.map(|filter| format!(" where {}", inner.predicate(filter))).unwrap_or_default()
    }

    fn joined(&self, parts: &[Predicate], word: &str) -> String {
        let texts: Vec<String> = parts
            .iter()
            .map(|part| match part {
                Predicate::Or(inner) if word == "and" && inner.len() > 1 => format!("({})", self.predicate(part)),
                Predicate::And(inner) if word == "or" && inner.len() > 1 => format!("({})", self.predicate(part)),
                _ => self.predicate(part),
            })
            .collect();
        texts.join(&format!(" {word} "))
    }
}

fn comparison(op: Comparison, calendar: bool) -> &'static str {
    match (op, calendar) {
        (Comparison::Equal, _) => "is",
        (Comparison::NotEqual, _) => "is not",
        (Comparison::Less, false) => "is less than",
        (Comparison::LessOrEqual, false) => "is at most",
        (Comparison::Greater, false) => "is more than",
        (Comparison::GreaterOrEqual, false) => "is at least",
        (Comparison::Less, true) => "is before",
        (Comparison::LessOrEqual, true) => "is not after",
        (Comparison::Greater, true) => "is after",
        (Comparison::GreaterOrEqual, true) => "is not before",
    }
}

fn like_words(pattern: &str, negated: bool) -> String {
    let inner = pattern.trim_matches('%');
    let plain = !inner.contains(['%', '_', '\\']);
    let (starts, ends) = (!pattern.starts_with('%'), !pattern.ends_with('%'));
    let (does, does_not) = match (plain, starts, ends) {
        (true, false, false) => ("contains", "does not contain"),
        (true, true, false) => ("starts with", "does not start with"),
        (true, false, true) => ("ends with", "does not end with"),
        (true, true, true) => ("is", "is not"),
        (false, ..) => ("is like", "is not like"),
    };
    format!("{} '{}'", if negated { does_not } else { does }, if plain { inner } else { pattern })
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(digits) => digits.clone(),
        Literal::Text(text) => format!("'{text}'"),
        Literal::Boolean(true) => "true".to_string(),
        Literal::Boolean(false) => "false".to_string(),
        Literal::Null => "unknown".to_string(),
    }
}

fn field_words(field: DateField) -> &'static str {
    match field {
        DateField::Weekday => "weekday (1 is Monday)",
        DateField::Day => "day of the month",
        other => super::moment::field_name(other).1,
    }
}

fn units(amount: u32, unit: DateUnit) -> String {
    match (amount, unit) {
        (1, unit) => unit_name(unit).to_string(),
        (_, DateUnit::Century) => "centuries".to_string(),
        (_, unit) => format!("{}s", unit_name(unit)),
    }
}

fn day(day: Day) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

fn moment(moment: Moment) -> String {
    match moment {
        Moment::Day(value) => day(value),
        Moment::DayTime { day: value, hour, minute, second } => format!("{} {hour:02}:{minute:02}:{second:02}", day(value)),
        Moment::Today { shift: 0 } => "today".to_string(),
        Moment::Today { shift: -1 } => "yesterday".to_string(),
        Moment::Today { shift: 1 } => "tomorrow".to_string(),
        Moment::Today { shift } if shift < 0 => format!("{} days ago", shift.unsigned_abs()),
        Moment::Today { shift } => format!("{shift} days from today"),
        Moment::Now => "now".to_string(),
        Moment::StartOf { unit, shift } => match shift {
            0 => format!("the start of this {}", unit_name(unit)),
            -1 => format!("the start of last {}", unit_name(unit)),
            1 => format!("the start of next {}", unit_name(unit)),
            _ if shift < 0 => format!("the start of the {} {} ago", unit_name(unit), count(shift.unsigned_abs(), unit)),
            _ => format!("the start of the {} {} ahead", unit_name(unit), count(shift.unsigned_abs(), unit)),
        },
        Moment::Ago { amount, unit } if amount < 0 => format!("{} from now", count(amount.unsigned_abs(), unit)),
        Moment::Ago { amount, unit } => format!("{} ago", count(amount.unsigned_abs(), unit)),
    }
}

fn count(amount: u32, unit: DateUnit) -> String {
    format!("{amount} {}", units(amount, unit))
}

fn range_words(range: DateRange) -> String {
    if let (Some(Moment::Day(from)), Some(Moment::Day(to))) = (range.from, range.to) {
        if (from.month, from.day, to.month, to.day) == (1, 1, 1, 1) && to.year == from.year + 1 {
            return format!("in {}", from.year);
        }
        if super::moment::next_day(from) == to {
            return format!("on {}", day(from));
        }
    }
    if let (Some(Moment::StartOf { unit, shift }), Some(Moment::StartOf { unit: end, shift: next })) = (range.from, range.to)
        && unit == end
        && next == shift + 1
    {
        return match shift {
            0 => format!("in this {}", unit_name(unit)),
            -1 => format!("in last {}", unit_name(unit)),
            1 => format!("in next {}", unit_name(unit)),
            _ => format!("in the {} that begins at {}", unit_name(unit), moment(Moment::StartOf { unit, shift })),
        };
    }
    match (range.from, range.to) {
        (Some(from), Some(to)) => format!("from {} until before {}", moment(from), moment(to)),
        (Some(from), None) => format!("on or after {}", moment(from)),
        (None, Some(to)) => format!("before {}", moment(to)),
        (None, None) => "at any time".to_string(),
    }
}
