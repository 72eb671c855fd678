//! What every pass over the elements shares: the question, the schema, who is talked about, and how a word's meaning is chosen
//! among several.

use nl_query_core::schema::{RelationId, RelationKind, TypeKind};

use super::cues::{Cue, CueWord};
use super::elements::Element;
use crate::ir::{ColumnUse, Source};
use crate::lexicon::StopClass;
use crate::link::{How, Meaning};
use crate::prepared::{ColumnId, Prepared, Role};
use crate::question::Question;

/// What a place in the question expects of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Any,
    /// To be added, averaged or compared with a number.
    Number,
    Calendar,
    Text,
    /// To be compared with a number, a text or a date that says which.
    Ordered,
}

/// A meaning that was chosen among several.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub element: usize,
    pub chosen: ColumnId,
    /// How far behind the next best was; large when there was none.
    pub margin: f32,
    pub strength: f32,
    pub rejected: Vec<ColumnId>,
}

/// A reading that is asked for instead of the best one: this element must not mean this column (or relation).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bans {
    pub columns: Vec<(usize, ColumnId)>,
}

pub struct Context<'a> {
    pub question: &'a Question,
    pub prepared: &'a Prepared,
    pub elements: &'a [Element],
    pub bans: &'a Bans,
    /// Relations that the question names, with the element that does and how surely.
    pub named: Vec<(RelationId, usize, f32)>,
    /// What the question is about.
    pub subject: Option<RelationId>,
    /// The element that names the subject.
    pub subject_element: Option<usize>,
    /// Joins from the subject (or the first relation that is named) to every relation: asked for with each column of each reading,
    /// so walked once. Empty where nothing is named.
    hops: Vec<Option<usize>>,
}

impl<'a> Context<'a> {
    pub fn new(question: &'a Question, prepared: &'a Prepared, elements: &'a [Element], bans: &'a Bans) -> Self {
        let mut context = Context {
            question,
            prepared,
            elements,
            bans,
            named: Vec::new(),
            subject: None,
            subject_element: None,
            hops: Vec::new(),
        };
        for (at, element) in elements.iter().enumerate() {
            if let Some((relation, strength)) = context.relation_meaning(element) {
                context.named.push((relation, at, strength));
            }
        }
        context.find_subject();
        if let Some((relation, at)) = context.agent() {
            context.subject = Some(relation);
            context.subject_element = Some(at);
        }
        let from = context.subject.or_else(|| context.named.first().map(|(relation, ..)| *relation));
        context.hops = from.map(|from| prepared.graph().distances(from)).unwrap_or_default();
        context
    }

    /// The relation that an element names, unless a column fits its words clearly better.
    pub fn relation_meaning(&self, element: &Element) -> Option<(RelationId, f32)> {
        let column = element
            .things
            .iter()
            .filter(|mention| matches!(mention.meaning, Meaning::Column(_)))
            .map(|mention| mention.strength)
            .fold(0.0, f32::max);
        element.things.iter().find_map(|mention| match mention.meaning {
            Meaning::Relation(relation) if mention.strength + 0.12 >= column && mention.strength >= 0.4 => {
                Some((relation, mention.strength - if self.prepared.relations[relation].bridge { 0.1 } else { 0.0 }))
            }
            _ => None,
        })
    }

    /// All relations that an element may name, strongest first.
    pub fn relations_of(&self, at: usize) -> Vec<(RelationId, f32)> {
        self.elements[at]
            .things
            .iter()
            .filter_map(|mention| match mention.meaning {
                Meaning::Relation(relation) => Some((relation, mention.strength)),
                _ => None,
            })
            .collect()
    }

    fn find_subject(&mut self) {
        let mut fallback = None;
        for at in 0..self.elements.len() {
            let Some((relation, strength)) = self.named.iter().find(|(_, element, _)| *element == at).map(|(r, _, s)| (*r, *s))
            else {
                continue;
            };
            if strength < 0.45 {
                continue;
            }
            if self.qualifies(at) {
                continue;
            }
            // "bought" may bring the orders in, but nobody asks for orders with it.
            let verb = self.elements[at]
                .things
                .iter()
                .any(|mention| mention.meaning == Meaning::Relation(relation) && mention.how == How::Synonym)
                && self.lower(at).split(' ').count() == 1
                && self.is_verb(at);
            if verb || self.follows_group(at) || self.follows_superlative_of_quantity(at) || self.names_its_value(at, relation) {
                fallback = fallback.or(Some((relation, at)));
                continue;
            }
            self.subject = Some(relation);
            self.subject_element = Some(at);
            return;
        }
        // "which country has the most customers": the thing asked for is a column of what is counted.
        if let Some((relation, at)) = fallback.filter(|(_, at)| !self.is_verb(*at)) {
            self.subject = Some(relation);
            self.subject_element = Some(at);
        }
        self.subject = self.subject.or_else(|| self.subject_of_columns()).or(fallback.map(|(relation, _)| relation));
    }

    /// "who has ordered more than 20 times": the people that what was done refers to.
    fn agent(&self) -> Option<(RelationId, usize)> {
        let who = (0..self.elements.len().min(3)).find(|&at| self.lower(at) == "who")?;
        let named = self.subject_element.is_some();
        if named && self.subject.is_some_and(|subject| self.prepared.relations[subject].is_of_people()) {
            return None;
        }
        let skipped = |at: &usize| {
            self.elements[*at].stop.is_some()
                || matches!(self.cue_word(*at), Some(CueWord::Without | CueWord::Not | CueWord::With))
        };
        let verb = (who + 1..self.elements.len()).find(|at| !skipped(at))?;
        let word = &self.question.tokens[self.elements[verb].tokens.start];
        let done =
            self.is_verb(verb).then(|| crate::link::names::relation_of_verb(&word.stem, self.prepared)).flatten().or_else(
                || self.is_verb(verb).then(|| self.relations_of(verb).first().map(|(relation, _)| *relation)).flatten(),
            )?;
        let keys = self.prepared.graph().keys().iter().filter(|key| key.from == done);
        let people = keys.map(|key| key.to).filter(|&to| self.prepared.relations[to].is_of_people());
        people.min_by_key(|&to| (!self.prepared.relations[to].is_of_customers(), to)).map(|people| (people, who))
    }

    /// A form that only verbs have, or a verb of trade: it says what happened, not what there is.
    pub fn is_verb(&self, at: usize) -> bool {
        let word = self.lower(at);
        let auxiliary = (self.elements[at].tokens.start.saturating_sub(4)..self.elements[at].tokens.start)
            .any(|token| matches!(self.question.tokens[token].lower.as_str(), "did" | "does" | "do"));
        word.ends_with("ed")
            || matches!(word.as_str(), "bought" | "sold" | "paid" | "made" | "spent" | "wrote" | "gave" | "took")
            || auxiliary
                && matches!(word.as_str(), "buy" | "sell" | "pay" | "order" | "rent" | "make" | "write" | "work" | "live")
    }

    /// No relation is named: what the first well-named column belongs to, else the first value.
    fn subject_of_columns(&self) -> Option<RelationId> {
        let strongest = |element: &Element| {
            // "our best month" names a stretch of time, no column.
            let columns =
                element.bucket.is_none().then_some(element)?.things.iter().filter_map(|mention| match mention.meaning {
                    Meaning::Column(column) if mention.strength > 0.6 => Some((column.0, mention.strength)),
                    _ => None,
                });
            columns.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(relation, _)| relation)
        };
        let of_value = |element: &Element| element.values.first().map(|value| value.column.0);
        self.elements.iter().find_map(strongest).or_else(|| self.classified()).or_else(|| self.elements.iter().find_map(of_value))
    }

    /// "list the beverages", "comedies": the plural of a category's name asks for the things of that category.
    fn classified(&self) -> Option<RelationId> {
        let element = self.elements.iter().find(|element| !element.values.is_empty())?;
        let word = &self.question.tokens[element.tokens.end - 1];
        let plural = crate::lexicon::morphology::singular(&word.lower) != word.lower;
        let common = word.text.chars().next().is_some_and(char::is_lowercase);
        let category = element.values.first()?.column;
        if !plural || !common || !self.prepared.relations[category.0].label.contains(&category.1) {
            return None;
        }
        let keys = self.prepared.graph().keys();
        let named = |relation: RelationId| !self.prepared.relations[relation].label.is_empty();
        let direct = keys.iter().filter(|key| key.to == category.0 && key.from != category.0).map(|key| key.from);
        let bridged = direct
            .clone()
            .filter(|&bridge| self.prepared.relations[bridge].bridge)
            .flat_map(|bridge| keys.iter().filter(move |key| key.from == bridge && key.to != category.0).map(|key| key.to));
        direct
            .clone()
            .find(|&relation| named(relation) && !self.prepared.relations[relation].bridge)
            .or_else(|| bridged.clone().find(|&relation| named(relation)))
    }

    /// "film categories": a relation's word in the singular directly before another relation only says of what kind it is.
    pub fn qualifies(&self, at: usize) -> bool {
        let Some(next) = self.elements.get(at + 1) else { return false };
        let last = self.elements[at].tokens.end.saturating_sub(1);
        let word = &self.question.tokens[last].lower;
        self.relation_meaning(&self.elements[at]).is_some()
            && next.tokens.start == last + 1
            && !self.question.tokens[next.tokens.start].after_break
            && next.cue.is_none()
            && crate::lexicon::morphology::singular(word) == *word
            && self.relation_meaning(next).is_some_and(|(_, strength)| strength > 0.8)
    }

    /// "the artist Queen": the relation's word only introduces one of its rows.
    fn names_its_value(&self, at: usize, relation: RelationId) -> bool {
        let label = &self.prepared.relations[relation].label;
        self.elements
            .get(at + 1)
            .is_some_and(|next| next.values.iter().any(|value| value.column.0 == relation && label.contains(&value.column.1)))
    }

    /// The element stands behind "per", "by", "for each".
    pub fn follows_group(&self, at: usize) -> bool {
        self.before(at, 3)
            .is_some_and(|prior| matches!(self.elements[prior].cue, Some(Cue::Word(CueWord::Group | CueWord::Each))))
    }

    /// The element stands behind "most", "fewest": it is counted or added, not asked for.
    fn follows_superlative_of_quantity(&self, at: usize) -> bool {
        let Some(prior) = self.before(at, 3) else { return false };
        match &self.elements[prior].cue {
            Some(Cue::Superlative(superlative)) => matches!(superlative.positive, "many" | "much" | "few" | "little"),
            _ => false,
        }
    }

    /// The next element that carries meaning before `at`, at most `reach` elements away.
    pub fn before(&self, at: usize, reach: usize) -> Option<usize> {
        (at.saturating_sub(reach)..at).rev().find(|&other| self.carries(other))
    }

    /// The next element that carries meaning after `at`, at most `reach` elements away.
    pub fn after(&self, at: usize, reach: usize) -> Option<usize> {
        (at + 1..(at + 1 + reach).min(self.elements.len())).find(|&other| self.carries(other))
    }

    fn carries(&self, at: usize) -> bool {
        let element = &self.elements[at];
        element.stop.is_none()
            || element.cue.is_some()
            || !element.things.is_empty()
            || !element.values.is_empty()
            || element.number.is_some()
    }

    /// Whether the lower-case word stands as a token inside the elements `from..to`.
    pub fn has_word(&self, from: usize, to: usize, words: &[&str]) -> bool {
        self.elements[from.min(to)..to.max(from).min(self.elements.len())]
            .iter()
            .any(|element| self.question.tokens[element.tokens.clone()].iter().any(|token| words.contains(&token.lower.as_str())))
    }

    pub fn cue_word(&self, at: usize) -> Option<CueWord> {
        match self.elements.get(at)?.cue {
            Some(Cue::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub fn text(&self, at: usize) -> &str {
        let tokens = &self.elements[at].tokens;
        match (self.question.tokens.get(tokens.start), self.question.tokens.get(tokens.end.saturating_sub(1))) {
            (Some(first), Some(last)) => &self.question.text[first.span.start..last.span.end],
            _ => "",
        }
    }

    pub fn lower(&self, at: usize) -> String {
        self.question.tokens[self.elements[at].tokens.clone()]
            .iter()
            .map(|token| token.lower.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// A preposition or conjunction directly before the element, lower case.
    pub fn preposition(&self, at: usize) -> &str {
        let mut start = self.elements[at].tokens.start;
        while start > 0 {
            start -= 1;
            let token = &self.question.tokens[start];
            if !matches!(token.lower.as_str(), "the" | "a" | "an" | "our" | "their" | "its") {
                return &token.lower;
            }
        }
        ""
    }

    /// Where the elements of a relation are mentioned, nearest to `at` first: the distance in elements.
    fn nearness(&self, relation: RelationId, at: usize) -> Option<usize> {
        self.named.iter().filter(|(named, ..)| *named == relation).map(|(_, element, _)| element.abs_diff(at)).min()
    }

    /// The columns that an element may mean at this place, best first, with how well they fit.
    pub fn columns_of(&self, at: usize, wanted: Wanted) -> Vec<(ColumnId, f32)> {
        let mut columns: Vec<(ColumnId, f32)> = Vec::new();
        // A comment that speaks of products does not make the word mean the column.
        let named = self.relation_meaning(&self.elements[at]).is_some_and(|(_, strength)| strength > 0.85);
        for mention in &self.elements[at].things {
            let (column, strength) = match mention.meaning {
                Meaning::Column(column) => (column, mention.strength - if mention.how == How::Comment { 0.05 } else { 0.0 }),
                _ => continue,
            };
            if self.bans.columns.contains(&(at, column))
                || !self.has_kind(column, wanted)
                || (named && mention.how == How::Comment)
            {
                continue;
            }
            let said = if self.apart(column, at).is_some() { 0.75 } else { 0.0 };
            // "date of the first loan": the date of a row is its main one.
            let main = mention.how == How::Part
                && matches!(self.lower(at).as_str(), "date" | "dates" | "day" | "time")
                && self.prepared.relations[column.0].times.first() == Some(&column.1);
            let said = said + if main { 0.05 } else { 0.0 };
            columns.push((column, strength + said + self.affinity(column, at) + self.suitability(column, wanted)));
        }
        columns.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        columns
    }

    /// "which country do we ship to": the element that holds the other word of `ship_country`, apart from it.
    pub fn apart(&self, column: ColumnId, at: usize) -> Option<usize> {
        let name = &self.prepared.words(column).name;
        let own = &self.elements[at].tokens;
        if name.positions.len() != 2 || own.len() != 1 {
            return None;
        }
        let here = |words: &Vec<String>| words.contains(&self.question.tokens[own.start].stem);
        let other = name.positions.iter().find(|words| !here(words)).filter(|_| name.positions.iter().any(here))?;
        (at + 1..self.elements.len()).find(|&verb| {
            let end = self.elements[verb].tokens.end;
            let to = self.question.tokens.get(end).is_some_and(|next| matches!(next.lower.as_str(), "to" | "from"));
            to && other.contains(&self.question.tokens[end - 1].stem)
        })
    }

    /// "names of the mountains": the relation behind "of".
    fn of_relation(&self, at: usize) -> Option<RelationId> {
        if self.elements.get(at + 1).is_none_or(|_| self.lower(at + 1) != "of") {
            return None;
        }
        let next = (at + 2..(at + 5).min(self.elements.len()))
            .find(|&next| !self.elements[next].things.is_empty() || self.elements[next].stop.is_none())?;
        self.relation_meaning(&self.elements[next]).map(|(relation, _)| relation)
    }

    /// Keys lead from the subject to the relation.
    pub fn is_reachable(&self, relation: RelationId) -> bool {
        self.hops.is_empty() || self.hops[relation].is_some()
    }

    /// How near a column's relation is to what the question talks about.
    pub fn affinity(&self, (relation, _): ColumnId, at: usize) -> f32 {
        let mut affinity = 0.0;
        if self.subject == Some(relation) {
            affinity += 0.22;
        }
        // "track price": the relation's word directly before the column's says whose it is.
        if at > 0
            && self.elements[at - 1].tokens.end == self.elements.get(at).map_or(0, |element| element.tokens.start)
            && self.named.iter().any(|(named, element, _)| *named == relation && *element == at - 1)
        {
            affinity += 0.35;
        }
        if self.of_relation(at) == Some(relation) {
            affinity += 0.45;
        }
        match self.nearness(relation, at) {
            Some(0..=2) => affinity += 0.3,
            Some(3..=5) => affinity += 0.2,
            Some(_) => affinity += 0.14,
            None => {}
        }
        if !self.hops.is_empty() {
            affinity -= match self.hops[relation] {
                Some(distance) => 0.06 * distance.min(5) as f32,
                None => 0.6,
            };
        }
        // A view repeats what its tables say; ask those unless the view is named.
        let view = matches!(self.prepared.schema().relations[relation].kind, RelationKind::View | RelationKind::MaterializedView);
        if view && !self.named.iter().any(|(named, ..)| *named == relation) {
            affinity -= 0.3;
        }
        if !self.prepared.schema().relations[relation].visible {
            affinity -= 0.15;
        }
        affinity
    }

    fn has_kind(&self, column: ColumnId, wanted: Wanted) -> bool {
        let kind = self.prepared.column(column).kind;
        match wanted {
            Wanted::Number => matches!(kind, TypeKind::Number | TypeKind::Interval),
            Wanted::Calendar => kind.is_calendar(),
            Wanted::Text => matches!(kind, TypeKind::Text | TypeKind::Enum | TypeKind::Array),
            Wanted::Any | Wanted::Ordered => true,
        }
    }

    /// How well a column's type and role fit what the place expects.
    fn suitability(&self, column: ColumnId, wanted: Wanted) -> f32 {
        let kind = self.prepared.column(column).kind;
        let role = self.prepared.words(column).role;
        match wanted {
            Wanted::Any => match role {
                Role::Key if self.prepared.words(column).reference.is_some() && self.subject != Some(column.0) => -0.35,
                Role::Key => -0.12,
                _ if self.prepared.relations[column.0].label.contains(&column.1) => 0.1,
                Role::Label => 0.03,
                _ => 0.0,
            },
            Wanted::Number => match (kind, role) {
                (TypeKind::Number | TypeKind::Interval, Role::Key) => -0.4,
                (TypeKind::Number | TypeKind::Interval, _) => 0.25,
                _ => -0.8,
            },
            Wanted::Calendar => {
                if kind.is_calendar() {
                    0.25
                } else {
                    -0.8
                }
            }
            Wanted::Text => {
                if matches!(kind, TypeKind::Text | TypeKind::Enum) {
                    0.15
                } else {
                    -0.4
                }
            }
            Wanted::Ordered => match (kind, role) {
                (_, Role::Key) => -0.2,
                (TypeKind::Number | TypeKind::Interval, _) => 0.2,
                (kind, _) if kind.is_calendar() => 0.1,
                _ => -0.2,
            },
        }
    }

    /// The element says "their", "its", "his" directly before it: it belongs to what was named before.
    pub fn possessed(&self, at: usize) -> bool {
        let start = self.elements[at].tokens.start;
        start > 0 && matches!(self.question.tokens[start - 1].lower.as_str(), "their" | "its" | "his" | "her" | "respective")
            || start > 1
                && matches!(self.question.tokens[start - 2].lower.as_str(), "their" | "its" | "his" | "her" | "respective")
    }

    pub fn is_stop(&self, at: usize, class: StopClass) -> bool {
        self.elements[at].stop == Some(class) && self.elements[at].cue.is_none()
    }

    pub fn column_use(&self, (relation, column): ColumnId) -> ColumnUse {
        Source::first(relation).column(column)
    }
}
