//! A query in words: one English sentence that says what the statement returns, no more and no less.

use nl_query_core::schema::Schema;

use super::{
    describe::{humanise, relation_words},
    moment::unit_name,
    phrases::{amount, comparison, field_words, like_words, literal, moment, range_words, units},
};
use crate::{
    ir::{Aggregate, Arithmetic, Expr, Function, Item, Order, Predicate, Query, Select, SetOp, Source, WindowFunction},
    walk,
};

/// One plain English sentence that says what the SQL returns.
pub fn paraphrase(query: &Query, schema: &Schema) -> String {
    let text = spoken(query, schema);
    let text = text.replace(['\n', '\r', '\t'], " ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

fn spoken(query: &Query, schema: &Schema) -> String {
    match query {
        Query::Select(select) => {
            let subject = select.subject.or_else(|| walk::output_sources(select).first().copied());
            Speaker { schema, subject }.select(select)
        }
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
        text.push_str(&self.conditions(select));
        if let Some(having) = &select.having {
            text = format!("{text}, only where {}", self.predicate(having));
        }
        if !select.outer.is_empty() {
            let names: Vec<String> = select.outer.iter().map(|source| self.relation(*source)).collect();
            text = format!("{text}, including those without {}", listed(&names, "or"));
        }
        text + &self.ending(select)
    }

    /// What is shown: values, or aggregates for each value.
    fn head(&self, select: &Select) -> String {
        if let [Item { expr: Expr::All(source), .. }] = &select.items[..] {
            return format!("{}{}", if select.distinct { "the different " } else { "all columns of " }, self.relation(*source));
        }
        let (aggregates, plain): (Vec<&Item>, Vec<&Item>) = select.items.iter().partition(|item| walk::has_aggregate(&item.expr));
        let plain: Vec<&Expr> = plain.into_iter().map(|item| &item.expr).collect();
        let different = if select.distinct { "the different " } else { "the " };
        if aggregates.is_empty() {
            let mut text = format!("{different}{}", self.values(&plain));
            if let Some(subject) = self.subject.filter(|subject| !plain.iter().any(|part| uses(part, *subject))) {
                text = format!("{text} for {}", self.relation(subject));
            }
            let hidden: Vec<&Expr> = select.group.iter().filter(|part| !plain.contains(part)).collect();
            return if hidden.is_empty() { text } else { format!("{text}, once for each {}", self.values(&hidden)) };
        }
        let shown: Vec<String> = aggregates.iter().map(|item| format!("the {}", self.expr(&item.expr))).collect();
        let mut each = plain;
        each.extend(select.group.iter().filter(|part| !select.items.iter().any(|item| item.expr == **part)));
        let mut text = listed(&shown, "and");
        if !each.is_empty() {
            text = format!("{text} for each {}", self.values(&each));
            let counted = aggregates.iter().filter_map(|item| match item.expr {
                Expr::CountRows(source) if !select.outer.contains(&source) => Some(source),
                _ => None,
            });
            let elsewhere = |source: &Source| !each.iter().any(|part| uses(part, *source));
            if select.having.is_none()
                && each.iter().all(|part| walk_sources(part) > 0)
                && counted.clone().any(|source| elsewhere(&source))
            {
                text.push_str(" with any");
            }
        }
        text
    }

    /// `name and city of customers and name of countries`: columns of one source share its name.
    fn values(&self, parts: &[&Expr]) -> String {
        let mut texts: Vec<String> = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let Expr::Column(first) = parts[at] else {
                texts.push(self.expr(parts[at]));
                at += 1;
                continue;
            };
            let mut names = Vec::new();
            while let Some(Expr::Column(used)) =
                parts.get(at).filter(|part| matches!(part, Expr::Column(used) if used.source == first.source))
            {
                names.push(self.column(used.source.relation, used.column));
                at += 1;
            }
            texts.push(format!("{} of {}", listed(&names, "and"), self.relation(first.source)));
        }
        listed(&texts, "and")
    }

    fn column(&self, relation: usize, column: usize) -> String {
        let name = self
            .schema
            .relations
            .get(relation)
            .and_then(|relation| relation.columns.get(column))
            .map(|column| humanise(&column.name));
        name.unwrap_or_default()
    }

    /// The conditions, those on the subject first: `whose country is 'Germany' and that have more than 3 orders`.
    fn conditions(&self, select: &Select) -> String {
        let mut flat = Vec::new();
        select.filter.iter().for_each(|filter| super::predicate::conjuncts(filter, &mut flat));
        let named = |part: &Predicate| {
            let mut found = std::collections::BTreeSet::new();
            walk::predicate_sources(part, &mut found);
            found
        };
        let aggregated = select.items.iter().all(|item| walk::has_aggregate(&item.expr));
        let mut whose = Vec::new();
        let mut others = Vec::new();
        for part in &flat {
            match (self.related(part), self.subject) {
                (Some(text), _) => others.push(text),
                (None, Some(subject)) if named(part).len() == 1 && named(part).contains(&subject) && !aggregated => {
                    whose.push(if flat.len() > 1 { self.predicate_within(part, "and") } else { self.predicate(part) });
                }
                _ => others.push(format!("where {}", self.predicate_within(part, "and"))),
            }
        }
        let mentioned: Vec<Source> = flat.iter().flat_map(|part| named(part)).chain(walk::output_sources(select)).collect();
        for source in select.also.iter().filter(|source| Some(**source) != self.subject && !mentioned.contains(source)) {
            others.insert(0, format!("that have {}", self.some(*source)));
        }
        let mut text = String::new();
        if !whose.is_empty() {
            text = format!(" whose {}", whose.join(" and "));
        }
        for (at, other) in others.iter().enumerate() {
            let other = if at > 0 { other.strip_prefix("where ").filter(|_| others[at - 1].starts_with("where ")) } else { None }
                .unwrap_or(other);
            let join = if at > 0 || !text.is_empty() { " and " } else { " " };
            text = format!("{text}{join}{other}");
        }
        text
    }

    /// `that have at least one of orders …` where the condition is about rows that belong to the subject.
    fn related(&self, part: &Predicate) -> Option<String> {
        match part {
            Predicate::Related { anchor, target, filter, negated } if Some(*anchor) == self.subject => {
                let some = if *negated { format!("no {}", self.relation(*target)) } else { self.some(*target) };
                Some(format!("that have {some}{}", self.whose(*target, filter.as_deref())))
            }
            Predicate::RelatedCount { anchor, target, filter, op, count } if Some(*anchor) == self.subject => {
                let whose = self.whose(*target, filter.as_deref());
                Some(format!("that have {} {count} {}{whose}", amount(*op), self.relation(*target)))
            }
            _ => None,
        }
    }

    /// Order and limit together are a choice: `the 5 with the highest total freight of orders`.
    fn ending(&self, select: &Select) -> String {
        let skip = select.offset.filter(|offset| *offset > 0).map(|skip| format!(", after skipping {skip}")).unwrap_or_default();
        let Some((first, rest)) = select.order.split_first() else {
            return select.limit.map(|limit| format!(", at most {limit} of them")).unwrap_or_default() + &skip;
        };
        let key = |order: &Order| format!("{} ({} first)", self.expr(&order.expr), self.direction(&order.expr, order.descending));
        let further: Vec<String> = rest.iter().map(key).collect();
        let further = if further.is_empty() { String::new() } else { format!(", then by {}", listed(&further, "then")) };
        let (what, end) = (self.expr(&first.expr), self.direction(&first.expr, first.descending));
        match select.limit {
            Some(limit) if matches!(end, "last in order" | "in order") => {
                let way = if first.descending { "reverse order" } else { "order" };
                format!(", the first {limit} in {way} of {what}{further}{skip}")
            }
            Some(1) => format!(", the one with the {end} {what}{further}{skip}"),
            Some(limit) => format!(", the {limit} with the {end} {what}{further}{skip}"),
            None => format!(", sorted by {}{further}{skip}", key(first)),
        }
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
        format!("at least one {}", super::output::singular(&self.relation(source)))
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
                let of = Speaker { schema: self.schema, subject: None }.expr(arg);
                match function {
                    Aggregate::Count if *distinct => format!("number of different values of {of}"),
                    Aggregate::Count => format!("number of known values of {of}"),
                    Aggregate::Sum if *distinct => format!("total of the different values of {of}"),
                    Aggregate::Average if *distinct => format!("average of the different values of {of}"),
                    Aggregate::Sum => format!("total {of}"),
                    Aggregate::Average => format!("average {of}"),
                    Aggregate::Min if super::types::of(arg, self.schema).is_calendar() => format!("earliest {of}"),
                    Aggregate::Max if super::types::of(arg, self.schema).is_calendar() => format!("latest {of}"),
                    Aggregate::Min => format!("lowest {of}"),
                    Aggregate::Max => format!("highest {of}"),
                    Aggregate::Median => format!("median {of}"),
                    Aggregate::List => format!("list of the {of}"),
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
            Expr::Elapsed { unit, since, until: None } => format!("full {} since {}", units(2, *unit), self.expr(since)),
            Expr::Elapsed { unit, since, until: Some(until) } => {
                format!("{} from {} to {}", units(2, *unit), self.expr(since), self.expr(until))
            }
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
            Expr::Words(parts) => self.values(&parts.iter().collect::<Vec<_>>()),
            Expr::Scalar(query) => {
                let text = spoken(query, self.schema);
                text.strip_prefix("the ").map(str::to_string).unwrap_or(text)
            }
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
            WindowFunction::Average => format!("average of {arg}"),
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
                format!("{} {} {}", self.expr(left), comparison(*op, calendar), self.operand(right))
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
                let some = if *negated { "there are no" } else { "there is at least one" };
                let what = if *negated { self.relation(*target) } else { super::output::singular(&self.relation(*target)) };
                format!("{some} {what}{}", self.whose(*target, filter.as_deref()))
            }
            Predicate::RelatedCount { target, filter, op, count, .. } => {
                let whose = self.whose(*target, filter.as_deref());
                format!("the number of {}{whose} {} {count}", self.relation(*target), comparison(*op, false))
            }
        }
    }

    fn whose(&self, target: Source, filter: Option<&Predicate>) -> String {
        let inner = Speaker { schema: self.schema, subject: Some(target) };
        filter.map(|filter| format!(" whose {}", inner.predicate(filter))).unwrap_or_default()
    }

    fn joined(&self, parts: &[Predicate], word: &str) -> String {
        let texts: Vec<String> = parts.iter().map(|part| self.predicate_within(part, word)).collect();
        texts.join(&format!(" {word} "))
    }

    /// The right side of a comparison: a value that a query finds has an article.
    fn operand(&self, root: &Expr) -> String {
        let article = if matches!(root, Expr::Scalar(_)) { "the " } else { "" };
        format!("{article}{}", self.expr(root))
    }

    /// A condition beside others that `word` joins.
    fn predicate_within(&self, part: &Predicate, word: &str) -> String {
        match part {
            Predicate::Or(inner) if word == "and" && inner.len() > 1 => format!("({})", self.predicate(part)),
            Predicate::And(inner) if word == "or" && inner.len() > 1 => format!("({})", self.predicate(part)),
            _ => self.predicate(part),
        }
    }
}

fn uses(part: &Expr, source: Source) -> bool {
    let mut found = std::collections::BTreeSet::new();
    walk::expr_sources(part, &mut found);
    found.contains(&source)
}

fn walk_sources(part: &Expr) -> usize {
    let mut found = std::collections::BTreeSet::new();
    walk::expr_sources(part, &mut found);
    found.len()
}
