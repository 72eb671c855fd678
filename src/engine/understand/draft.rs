//! What has been understood so far: wishes, conditions, groups, order; and which elements have been used for it.

use super::context::{Context, Decision, Wanted};
use super::cues::CueWord;
use crate::ir::{Aggregate, ColumnUse, Comparison, Expr, Item, Order, Predicate, Query, Select, Source};
use crate::link::StoredValue;
use crate::prepared::ColumnId;
use nl_query_core::schema::RelationId;

/// Something the answer is to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Want {
    /// A row, by the columns that name it.
    Entity(Source),
    /// Every column of a row.
    Everything(Source),
    Column(ColumnUse),
    /// Computed; aggregates make the other wants groups.
    Expr(Expr),
}

/// A condition with the element that it was read from.
#[derive(Debug, Clone)]
pub struct Condition {
    pub element: usize,
    pub predicate: Predicate,
    /// "or" stands between this condition and the one before it.
    pub or: bool,
}

/// How an element was used.
#[derive(Debug, Clone)]
pub struct Use {
    pub meaning: String,
    /// 0 to 1: how sure this use is.
    pub certainty: f32,
}

/// A number that says how many rows a superlative leaves.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// The superlative's element.
    pub at: usize,
    pub rows: u64,
    /// Rows before them: one for "the second most expensive".
    pub skipped: u64,
}

pub struct Draft<'a> {
    pub context: &'a Context<'a>,
    pub uses: Vec<Option<Use>>,
    pub wants: Vec<Want>,
    pub conditions: Vec<Condition>,
    pub having: Vec<Predicate>,
    pub groups: Vec<Want>,
    pub order: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
    pub limits: Vec<Limit>,
    /// The groups are "each" of something: places are counted in each.
    pub each: bool,
    /// The place that rows must have within their group.
    pub place: Option<Predicate>,
    /// Rows that are kept though nothing belongs to them: "also those without".
    pub outer: Vec<Source>,
    /// Names of computed columns.
    pub names: Vec<(Expr, String)>,
    /// The unit that figures are to be in.
    pub unit: Option<&'static str>,
    /// What a row is, where it is not what the first wish names: copies of a film.
    pub subject_row: Option<Source>,
    /// Figures are of the joined rows.
    pub repeats: bool,
    pub also: Vec<Source>,
    pub via: Vec<(usize, Source)>,
    pub distinct: bool,
    pub decisions: Vec<Decision>,
    /// Product of the certainties of guesses that no word backs.
    pub doubt: f32,
}

/// One value is an equality.
fn plain(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::In { expr, mut values, negated } if values.len() == 1 => match values.pop() {
            Some(right) => {
                Predicate::Compare { op: if negated { Comparison::NotEqual } else { Comparison::Equal }, left: expr, right }
            }
            None => Predicate::In { expr, values, negated },
        },
        Predicate::Or(any) => Predicate::Or(any.into_iter().map(plain).collect()),
        Predicate::Related { anchor, target, filter, negated } => {
            Predicate::Related { anchor, target, filter: filter.map(|filter| Box::new(plain(*filter))), negated }
        }
        other => other,
    }
}

impl<'a> Draft<'a> {
    pub fn new(context: &'a Context<'a>) -> Self {
        Draft {
            context,
            uses: vec![None; context.elements.len()],
            wants: Vec::new(),
            conditions: Vec::new(),
            having: Vec::new(),
            groups: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
            limits: Vec::new(),
            each: false,
            place: None,
            outer: Vec::new(),
            names: Vec::new(),
            unit: None,
            subject_row: None,
            repeats: false,
            also: Vec::new(),
            via: Vec::new(),
            distinct: false,
            decisions: Vec::new(),
            doubt: 1.0,
        }
    }

    pub fn is_free(&self, at: usize) -> bool {
        self.uses.get(at).is_some_and(Option::is_none)
    }

    pub fn take(&mut self, at: usize, meaning: impl Into<String>, certainty: f32) {
        if let Some(slot) = self.uses.get_mut(at)
            && slot.is_none()
        {
            *slot = Some(Use { meaning: meaning.into(), certainty: certainty.clamp(0.05, 1.0) });
        }
    }

    /// Chooses the column that an element means at this place and remembers what was rejected. The element is taken.
    pub fn take_column(&mut self, at: usize, wanted: Wanted) -> Option<ColumnId> {
        let columns = self.context.columns_of(at, wanted);
        let (chosen, score) = *columns.first()?;
        if matches!(wanted, Wanted::Number | Wanted::Calendar) && score < 0.0 {
            return None;
        }
        self.decide(at, chosen, &columns);
        let meaning = format!("column {}", self.describe(chosen));
        let certainty = self.thing_certainty(at, chosen);
        self.take(at, meaning, certainty);
        // "which country do we ship to": the verb has said which country.
        if let Some(verb) = self.context.apart(chosen, at) {
            self.take(verb, "part of the column", 1.0);
        }
        Some(chosen)
    }

    fn decide(&mut self, at: usize, chosen: ColumnId, columns: &[(ColumnId, f32)]) {
        let best = columns.first().map_or(0.0, |(_, score)| *score);
        let margin = columns.get(1).map_or(1.0, |(_, score)| best - score);
        let rejected = columns.iter().skip(1).take(4).map(|(column, _)| *column).collect();
        self.decisions.push(Decision { element: at, chosen, margin, strength: best, rejected });
    }

    /// The same for values, which bring their columns with them.
    pub fn decide_value(&mut self, at: usize, ranked: &[(StoredValue, f32)]) {
        let columns: Vec<(ColumnId, f32)> = ranked.iter().map(|(value, score)| (value.column, *score)).collect();
        if let Some((chosen, _)) = columns.first() {
            self.decide(at, *chosen, &columns);
        }
    }

    /// How well the words of the element fit a column by name alone.
    pub fn thing_certainty(&self, at: usize, column: ColumnId) -> f32 {
        use crate::link::{How, Meaning};
        self.context.elements[at].things.iter().find(|mention| mention.meaning == Meaning::Column(column)).map_or(
            0.7,
            |mention| match mention.how {
                How::Exact => 1.0,
                How::Part => 0.93,
                How::Synonym => 0.62 + 0.4 * mention.strength,
                How::Comment => 0.86,
                How::Typo => 0.88,
            },
        )
    }

    /// How well the words of the element fit a column, 0 to 1.
    pub fn thing_strength(&self, at: usize, column: ColumnId) -> f32 {
        use crate::link::Meaning;
        self.context.elements[at]
            .things
            .iter()
            .find(|mention| mention.meaning == Meaning::Column(column))
            .map_or(0.0, |mention| mention.strength)
    }

    pub fn relation_certainty(&self, at: usize, relation: RelationId) -> f32 {
        let strength =
            self.context.relations_of(at).iter().find(|(known, _)| *known == relation).map_or(0.6, |(_, strength)| *strength);
        (0.6 + 0.42 * strength).min(1.0)
    }

    pub fn describe(&self, (relation, column): ColumnId) -> String {
        let relation = &self.context.prepared.schema().relations[relation];
        format!("{}.{}", relation.name, relation.columns[column].name)
    }

    pub fn relation_name(&self, relation: RelationId) -> &str {
        &self.context.prepared.schema().relations[relation].name
    }

    pub fn condition(&mut self, element: usize, predicate: Predicate) {
        self.conditions.push(Condition { element, predicate, or: false });
    }

    /// Relations whose columns or rows take part so far, the subject first.
    pub fn relations(&self) -> Vec<RelationId> {
        let mut relations: Vec<RelationId> = self.context.subject.into_iter().collect();
        let mut add = |relation| {
            if !relations.contains(&relation) {
                relations.push(relation);
            }
        };
        for want in self.wants.iter().chain(&self.groups) {
            match want {
                Want::Entity(source) | Want::Everything(source) => add(source.relation),
                Want::Column(column) => add(column.source.relation),
                Want::Expr(expr) => super::walk::expr_relations(expr, &mut add),
            }
        }
        self.conditions.iter().for_each(|condition| super::walk::predicate_relations(&condition.predicate, &mut add));
        relations
    }

    /// The columns that name a row of a source.
    pub fn label(&self, source: Source) -> Vec<Expr> {
        self.context.prepared.relations[source.relation].label.iter().map(|column| Expr::Column(source.column(*column))).collect()
    }

    /// The key of a row that has no name; all its columns where it has no key either.
    fn key(&self, source: Source) -> Vec<Expr> {
        let relation = &self.context.prepared.schema().relations[source.relation];
        let columns =
            if relation.primary_key.is_empty() { (0..relation.columns.len()).collect() } else { relation.primary_key.clone() };
        columns.into_iter().map(|column| Expr::Column(source.column(column))).collect()
    }

    /// "the invoice, with its date and total": of a row without a name the key, beside what is named of it.
    fn shows_columns_of(&self, source: Source) -> bool {
        let keyed = !self.context.prepared.schema().relations[source.relation].primary_key.is_empty();
        keyed && self.wants.iter().any(|want| matches!(want, Want::Column(column) if column.source == source))
    }

    fn want_exprs(&self, want: &Want, grouped: bool) -> Vec<Expr> {
        match want {
            Want::Entity(source) if !self.label(*source).is_empty() => self.label(*source),
            Want::Entity(source) if grouped || self.shows_columns_of(*source) => self.key(*source),
            Want::Entity(source) | Want::Everything(source) => vec![Expr::All(*source)],
            Want::Column(column) => vec![Expr::Column(*column)],
            Want::Expr(expr) => vec![expr.clone()],
        }
    }

    /// The finished query.
    pub fn assemble(mut self) -> (Query, Draft<'a>) {
        let aggregated = self.wants.iter().any(|want| matches!(want, Want::Expr(expr) if crate::walk::has_aggregate(expr)))
            || self.order.iter().any(|order| crate::walk::has_aggregate(&order.expr))
            || !self.having.is_empty()
            || self.place.as_ref().is_some_and(crate::walk::predicate_has_aggregate);
        // "for each party, its theme": without a figure every row is its own group.
        if !aggregated {
            let groups = std::mem::take(&mut self.groups);
            self.wants.splice(0..0, groups);
        }
        let mut items: Vec<Expr> = Vec::new();
        let mut group: Vec<Expr> = Vec::new();
        let push = |list: &mut Vec<Expr>, expr: Expr| {
            if !list.contains(&expr) {
                list.push(expr);
            }
        };
        for want in &self.groups {
            for expr in self.want_exprs(want, true) {
                push(&mut items, expr.clone());
                push(&mut group, expr);
            }
            self.group_by_key(want, &mut group);
        }
        for want in &self.wants {
            let plain = !matches!(want, Want::Expr(expr) if crate::walk::has_aggregate(expr) || super::walk::is_constant(expr));
            for expr in self.want_exprs(want, aggregated) {
                if aggregated && plain {
                    push(&mut group, expr.clone());
                }
                push(&mut items, expr);
            }
            if aggregated && plain {
                self.group_by_key(want, &mut group);
            }
        }
        // Things first, figures after: "number of orders per customer" reads customer, count.
        let (plain, figures): (Vec<Expr>, Vec<Expr>) = items.into_iter().partition(|expr| !crate::walk::has_aggregate(expr));
        let named = |expr: &Expr| self.names.iter().find(|(known, _)| known == expr).map(|(_, name)| name.clone());
        let items = plain.into_iter().chain(figures).map(|expr| Item { alias: named(&expr), expr }).collect();
        let subject = self.subject_source();
        // A row for each month reads best in the order of the months.
        if self.order.is_empty() && aggregated {
            let bucket = group.iter().find(|expr| matches!(expr, Expr::Truncate { .. } | Expr::Extract { .. })).cloned();
            self.order.extend(bucket.map(|expr| Order { expr, descending: false }));
        }
        let select = Select {
            distinct: self.distinct,
            items,
            subject,
            also: std::mem::take(&mut self.also),
            outer: std::mem::take(&mut self.outer),
            via: self.via.clone(),
            filter: self.whole_filter(&group),
            group,
            having: Predicate::all(self.having.clone()),
            order: self.order.clone(),
            limit: self.limit,
            offset: self.offset.filter(|skipped| *skipped > 0),
            repeats: self.repeats,
        };
        (Query::Select(Box::new(select)), self)
    }

    /// The conditions, with the place in the group, and that a column that is asked for as a thing has a value: "which composers
    /// have more than 30 tracks" does not ask for tracks without one.
    fn whole_filter(&self, group: &[Expr]) -> Option<Predicate> {
        let mut all: Vec<Predicate> = match self.filter() {
            Some(Predicate::And(parts)) => parts,
            other => other.into_iter().collect(),
        };
        let selected = !self.having.is_empty() || self.limit.is_some();
        if let (true, [Want::Column(column)]) = (selected && self.groups.is_empty(), self.wants.as_slice()) {
            let expr = Expr::Column(*column);
            let id = (column.source.relation, column.column);
            let told = all.iter().any(|part| super::walk::mentions(part, &expr));
            if group.contains(&expr) && !self.context.prepared.column(id).not_null && !told {
                all.push(Predicate::IsNull { expr, negated: true });
            }
        }
        all.extend(self.place.clone());
        Predicate::all(all)
    }

    /// What tells the groups of a wish apart.
    pub fn identity(&self, want: &Want) -> Vec<Expr> {
        match want {
            Want::Entity(source) => self.key(*source),
            other => self.want_exprs(other, true),
        }
    }

    /// Rows of one name are not one thing: two customers called Smith stay two. The key joins the group where the name is not
    /// known to be unique.
    fn group_by_key(&self, want: &Want, group: &mut Vec<Expr>) {
        let Want::Entity(source) = want else { return };
        let relation = &self.context.prepared.schema().relations[source.relation];
        let label = &self.context.prepared.relations[source.relation].label;
        let unique = relation.unique_keys.iter().any(|key| key.iter().all(|column| label.contains(column)));
        if relation.primary_key.is_empty() || unique {
            return;
        }
        for column in &relation.primary_key {
            let expr = Expr::Column(source.column(*column));
            if !group.contains(&expr) {
                group.push(expr);
            }
        }
    }

    fn subject_source(&self) -> Option<Source> {
        let of_want = |want: &Want| match want {
            Want::Entity(source) | Want::Everything(source) => Some(*source),
            Want::Column(column) => Some(column.source),
            Want::Expr(_) => None,
        };
        let aggregate_source = self.wants.iter().find_map(|want| match want {
            Want::Expr(expr) => super::walk::first_source(expr),
            _ => None,
        });
        let source = self
            .wants
            .iter()
            .chain(&self.groups)
            .find_map(of_want)
            .or(aggregate_source)
            .or(self.context.subject.map(Source::first));
        if let Some(row) = self.subject_row {
            return Some(row);
        }
        // A manager is reached from the employee, never the other way round.
        source.map(|source| Source::first(source.relation))
    }

    /// "height over 200 or under 190": "or" and no "and" between two conditions.
    fn joined_by_or(&self, from: usize, to: usize) -> bool {
        let between = from + 1..to;
        let says = |word: CueWord| between.clone().any(|at| self.context.cue_word(at) == Some(word));
        says(CueWord::Or) && !says(CueWord::And) && !says(CueWord::Who)
    }

    /// Conditions joined by AND, neighbours with "or" between them by OR; values of one column become one IN.
    pub fn filter(&self) -> Option<Predicate> {
        let mut sorted = self.conditions.clone();
        sorted.sort_by_key(|condition| condition.element);
        let mut all: Vec<Predicate> = Vec::new();
        let mut before: Option<usize> = None;
        for condition in sorted {
            let denied = matches!(condition.predicate, Predicate::In { negated: true, .. } | Predicate::Not(_));
            let or = condition.or || !denied && before.is_some_and(|before| self.joined_by_or(before, condition.element));
            before = Some(condition.element);
            match all.pop() {
                Some(last) if or => all.push(super::walk::either(last, condition.predicate)),
                Some(last) => {
                    all.push(last);
                    all.push(condition.predicate);
                }
                None => all.push(condition.predicate),
            }
        }
        all.dedup();
        Predicate::all(all.into_iter().map(plain).collect())
    }

    /// A measure over rows: `sum`, `avg` and so on of a column.
    pub fn aggregate(function: Aggregate, column: ColumnUse) -> Expr {
        Expr::Aggregate { function, distinct: false, arg: Box::new(Expr::Column(column)) }
    }
}
