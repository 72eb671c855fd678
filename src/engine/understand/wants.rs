//! What the answer shows: columns and rows, and the relations that only take part.

use nl_query_core::schema::{RelationId, TypeKind};

use super::context::Wanted;
use super::cues::{Cue, CueWord};
use super::draft::{Draft, Want};
use super::groups::figures_of_groups;
use super::groups::referenced;
use super::measures;
use crate::ir::{Expr, Source};
use crate::lexicon::AggregateWord;
use crate::link::{How, Meaning};

/// The head of the question: columns and rows that are simply asked for.
pub fn columns_and_rows(draft: &mut Draft) {
    let head = head_end(draft);
    let mut entities: Vec<(usize, RelationId)> = Vec::new();
    let mut plain: Vec<Want> = Vec::new();
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) || draft.context.elements[at].things.is_empty() {
            continue;
        }
        let in_head = listed_apart(draft, at)
            || (at < head && stands_as_wish(draft, at, &plain))
            || draft.context.possessed(at)
            || listed_with_wants(draft, at, &plain);
        if !in_head {
            continue;
        }
        if draft.context.lower(at) == "full" && draft.context.has_word(at + 1, at + 2, &["name", "names"]) {
            draft.take(at, "first and last name", 1.0);
            continue;
        }
        if completes_column(draft, at) {
            draft.take(at, "part of the column", 1.0);
            continue;
        }
        let relation = draft.context.relation_meaning(&draft.context.elements[at]);
        let column = draft.context.columns_of(at, Wanted::Any).first().copied();
        let prefers_column = column.is_some_and(|(_, score)| relation.is_none_or(|(_, strength)| score > strength + 0.65));
        if prefers_column {
            let weak = |(column, score): ((RelationId, usize), f32)| score < 0.1 || draft.thing_strength(at, column) < 0.5;
            if column.is_some_and(weak) {
                continue;
            }
            if let Some(column) = draft.take_column(at, Wanted::Any) {
                let want = if is_whole_name(draft, at, column) {
                    Want::Entity(Source::first(column.0))
                } else if is_label_word(draft, at, column) {
                    Want::Column(draft.context.column_use(column))
                } else {
                    referenced(draft, column)
                };
                plain.push(want);
            }
        } else if let Some((relation, _)) = relation {
            entities.push((at, relation));
        }
    }
    if !draft.groups.is_empty() && !draft.wants.iter().any(|want| matches!(want, Want::Expr(_))) {
        figures_of_groups(draft, &mut plain, &entities);
    }
    for (at, relation) in entities {
        let certainty = draft.relation_certainty(at, relation);
        let is_subject = draft.context.subject == Some(relation);
        let already = draft.groups.contains(&Want::Entity(Source::first(relation)));
        let figure = draft.wants.iter().any(|want| matches!(want, Want::Expr(_)));
        let shows = !already
            && (!is_subject
                || (plain.is_empty() && !wants_column(draft) && !counted_as(draft, relation) && !only_figures(draft)))
            && !(figure && is_subject && only_figures(draft))
            && (is_subject || shown_beside(draft, at))
            && !(is_subject && figure && !draft.groups.is_empty());
        if shows {
            let want = Want::Entity(Source::first(relation));
            plain.insert(0, want);
        } else if !is_subject && !already && !covered(draft, &plain, relation) {
            draft.also.push(Source::first(relation));
        }
        draft.take(at, format!("table {}", draft.relation_name(relation)), certainty);
    }
    // "products with their price": the products by name, and the price.
    let with = |at: usize| draft.context.before(at, 2).is_some_and(|prior| draft.context.cue_word(prior) == Some(CueWord::With));
    let theirs = (0..draft.context.elements.len())
        .any(|at| (draft.context.possessed(at) || with(at)) && !draft.context.elements[at].things.is_empty());
    if let (true, Some(subject)) = (theirs && !only_figures(draft), draft.context.subject)
        && !plain.is_empty()
        && draft.context.subject_element.is_some_and(|subject| (0..subject).all(|at| draft.context.elements[at].things.is_empty()))
        && !plain.contains(&Want::Entity(Source::first(subject)))
        && !plain.iter().any(|want| matches!(want, Want::Column(column) if column.source.relation == subject && draft.context.prepared.relations[subject].label.contains(&column.column)))
    {
        plain.insert(0, Want::Entity(Source::first(subject)));
    }
    everything(draft, &mut plain);
    let figures = std::mem::take(&mut draft.wants);
    draft.wants = plain.into_iter().chain(figures).collect();
}

/// "names of employees": of people that is first and last name.
fn is_whole_name(draft: &Draft, at: usize, column: (RelationId, usize)) -> bool {
    let label = &draft.context.prepared.relations[column.0].label;
    let word = draft.context.lower(at);
    label.len() > 1
        && label.contains(&column.1)
        && matches!(word.split(' ').next_back(), Some("name" | "names"))
        && !word.contains("first")
        && !word.contains("last")
        && !word.contains("sur")
}

/// "… List the participant id and type.": a sentence of its own for what is to be shown.
fn listed_apart(draft: &Draft, at: usize) -> bool {
    let tokens = &draft.context.question.tokens;
    let start = (1..=draft.context.elements[at].tokens.start).rev().find(|&token| {
        tokens[token].after_break
            && matches!(tokens[token].lower.as_str(), "list" | "show" | "give" | "return" | "find" | "display" | "tell" | "also")
    });
    start.is_some_and(|start| {
        (start + 1..draft.context.elements[at].tokens.start).all(|token| {
            !matches!(
                tokens[token].lower.as_str(),
                "who" | "whose" | "with" | "where" | "that" | "by" | "in" | "sorted" | "ordered"
            )
        })
    })
}

/// Behind the subject a column is a wish only where it is joined to it or listed: "banks located in" asks for no location.
fn stands_as_wish(draft: &Draft, at: usize, plain: &[Want]) -> bool {
    let context = draft.context;
    let Some(subject) = context.subject_element.filter(|&subject| subject < at) else { return true };
    if context.is_verb(at) {
        return false;
    }
    if context.relation_meaning(&context.elements[at]).is_some_and(|(_, strength)| strength > 0.7)
        || plain.is_empty() && context.before(at, 3).is_some_and(|prior| context.cue_word(prior) == Some(CueWord::And))
    {
        return true;
    }
    let adjacent = subject + 1 == at;
    let sure = context.elements[at].things.first().is_some_and(|mention| mention.strength > 0.8);
    let verb = context.lower(at).ends_with("ed") || context.lower(at).ends_with("ing");
    (adjacent && !verb && sure)
        || context.cue_word(at.saturating_sub(1)) == Some(CueWord::And)
        || context.question.tokens[context.elements[at].tokens.start].after_break
}

/// "phone numbers", "email addresses": the second word adds nothing.
fn completes_column(draft: &Draft, at: usize) -> bool {
    let word = draft.context.lower(at);
    let adds_nothing =
        matches!(word.as_str(), "number" | "numbers" | "address" | "addresses" | "value" | "values" | "amount" | "amounts");
    let strong = draft.context.elements[at].things.first().is_some_and(|mention| mention.strength > 0.95);
    let Some(prior) = at.checked_sub(1) else { return false };
    let adjacent = draft.context.elements[prior].tokens.end == draft.context.elements[at].tokens.start;
    adds_nothing
        && !strong
        && adjacent
        && !draft.is_free(prior)
        && !draft.context.elements[prior].things.is_empty()
        && draft.context.relation_meaning(&draft.context.elements[prior]).is_none()
}

/// "all the information on the airport": every column where only the row was asked for.
fn everything(draft: &mut Draft, plain: &mut [Want]) {
    let said = (0..draft.context.elements.len())
        .find(|&at| draft.context.cue_word(at) == Some(CueWord::Everything) && draft.is_free(at));
    let Some(said) = said else { return };
    draft.take(said, "every column", 1.0);
    if let [want] = plain
        && let Want::Entity(source) = want
    {
        *want = Want::Everything(*source);
    }
}

/// The mention is by the name of the column and not by that of a reference.
fn is_label_word(draft: &Draft, at: usize, column: (RelationId, usize)) -> bool {
    let words = draft.context.prepared.words(column);
    words.reference.is_none() || draft.context.lower(at).ends_with("id")
}

/// "albums with their artists", "orders and customers": rows of another relation that are shown too.
fn shown_beside(draft: &Draft, at: usize) -> bool {
    draft.context.possessed(at)
        || matches!(draft.context.before(at, 2).and_then(|prior| draft.context.cue_word(prior)), Some(CueWord::And))
        || draft.context.subject_element.is_some_and(|subject| at < subject)
}

fn covered(draft: &Draft, plain: &[Want], relation: RelationId) -> bool {
    plain.iter().chain(&draft.wants).chain(&draft.groups).any(|want| match want {
        Want::Entity(source) | Want::Everything(source) => source.relation == relation,
        Want::Column(column) => column.source.relation == relation,
        Want::Expr(expr) => {
            let mut found = false;
            super::walk::expr_relations(expr, &mut |other| found |= other == relation);
            found
        }
    })
}

fn wants_column(draft: &Draft) -> bool {
    draft.wants.iter().any(|want| matches!(want, Want::Column(_)))
}

fn counted_as(draft: &Draft, relation: RelationId) -> bool {
    draft.wants.iter().any(|want| matches!(want, Want::Expr(Expr::CountRows(source)) if source.relation == relation))
}

/// The question asks for a figure over all rows, not for rows with a figure beside them.
fn only_figures(draft: &Draft) -> bool {
    !draft.wants.is_empty()
        && draft.context.elements.iter().enumerate().any(|(at, element)| {
            matches!(element.cue, Some(Cue::Aggregate(_) | Cue::Superlative(_) | Cue::Word(CueWord::Share)))
                && draft.context.subject_element.is_none_or(|subject| at < subject)
        })
}

/// Where the wishes end and the conditions begin: at the first relative word, condition or order.
fn head_end(draft: &Draft) -> usize {
    let mut seen_thing = false;
    for at in 0..draft.context.elements.len() {
        let element = &draft.context.elements[at];
        seen_thing |= !element.things.is_empty();
        let opens = match draft.context.cue_word(at) {
            Some(CueWord::Who) => seen_thing,
            Some(CueWord::With) => {
                seen_thing
                    && !draft.context.has_word(at, at + 2, &["their", "its"])
                    && !draft.context.has_word(0, at, &["how", "many"])
            }
            Some(CueWord::Without | CueWord::Group | CueWord::Order | CueWord::Except) => seen_thing,
            _ => false,
        };
        if opens {
            return at;
        }
    }
    draft.context.elements.len()
}

/// "with name, price and category": a column behind another one that is shown.
fn listed_with_wants(draft: &Draft, at: usize, plain: &[Want]) -> bool {
    !plain.is_empty() && matches!(draft.context.before(at, 2).and_then(|prior| draft.context.cue_word(prior)), Some(CueWord::And))
        || draft.context.before(at, 2).is_some_and(|prior| draft.context.cue_word(prior) == Some(CueWord::With))
            && plain.is_empty()
            && draft.context.relation_meaning(&draft.context.elements[at]).is_none()
}

/// "films that come with …", "how many copies do we own": verbs that say that something is so, whatever else they are akin to.
pub fn light_verbs(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let word = draft.context.lower(at);
        let element = &draft.context.elements[at];
        let akin = element.things.iter().all(|mention| mention.how == How::Synonym) && element.values.is_empty();
        let light =
            matches!(word.as_str(), "come" | "comes" | "came" | "go" | "goes" | "went" | "own" | "owns" | "get" | "gets" | "got");
        if light && akin && element.cue.is_none() {
            draft.take(at, "says how they belong together", 1.0);
        }
    }
}

/// "distinct", "different": no row twice.
pub fn distinct(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if draft.is_free(at) && draft.context.elements[at].cue == Some(Cue::Aggregate(AggregateWord::Distinct)) {
            draft.take(at, "distinct", 1.0);
            // "with more than 5 different products": those are counted once anyway.
            let counted = at > 0 && draft.context.elements[at - 1].number.is_some();
            draft.distinct = !counted && !draft.wants.iter().any(|want| matches!(want, Want::Expr(_)));
        }
    }
}

/// "what countries are our customers from": each once. A value that many rows share is not asked for row by row.
pub fn each_once(draft: &mut Draft) {
    let [Want::Column(column)] = draft.wants.as_slice() else { return };
    let id = (column.source.relation, column.column);
    let description = draft.context.prepared.column(id);
    let first = draft.context.question.tokens.first().map(|token| token.lower.as_str()).unwrap_or_default();
    let repeats = description.stats.as_ref().is_some_and(|stats| {
        let share = if stats.n_distinct < 0.0 {
            -stats.n_distinct
        } else {
            stats.n_distinct / draft.context.prepared.schema().relations[id.0].rows.max(1.0)
        };
        share < 0.7
    });
    let shared = matches!(description.kind, TypeKind::Text | TypeKind::Enum) && repeats;
    if matches!(first, "what" | "which" | "where" | "in" | "from")
        && shared
        && draft.order.is_empty()
        && draft.groups.is_empty()
        && draft.having.is_empty()
    {
        draft.distinct = true;
    }
}

/// "who bought something from the Knives category": what was bought was ordered, whatever else connects the two.
pub fn trade(draft: &mut Draft) {
    let Some(subject) = draft.context.subject else { return };
    for at in 0..draft.context.elements.len() {
        let word = draft.context.lower(at);
        if !draft.is_free(at)
            || !matches!(word.as_str(), "bought" | "buy" | "purchased" | "purchase" | "ordered" | "sold" | "sell")
        {
            continue;
        }
        // "never sold" has been said already.
        let denied = (at.saturating_sub(4)..at)
            .any(|prior| matches!(draft.context.cue_word(prior), Some(CueWord::Without | CueWord::Not)));
        if denied {
            draft.take(at, "what there is none of", 1.0);
            continue;
        }
        let named = draft.context.relations_of(at).first().copied().filter(|(_, strength)| *strength > 0.6);
        if named.is_some_and(|(relation, _)| measures::is_trade(draft.context.prepared, relation)) {
            continue;
        }
        let Some(money) = measures::money(draft.context.prepared, &[subject]) else { return };
        if money.relation != subject {
            draft.also.push(Source::first(money.relation));
            let meaning = format!("table {}", draft.relation_name(money.relation));
            draft.take(at, meaning, 0.93);
        }
    }
}

/// "how many products does each supplier deliver": a verb that only reminds of a relation (shippers) brings none in.
fn akin_verb(draft: &Draft, at: usize, relation: RelationId) -> bool {
    let context = draft.context;
    let element = &context.elements[at];
    let akin = element.tokens.len() == 1
        && element.things.iter().all(|mention| mention.meaning != Meaning::Relation(relation) || mention.how == How::Synonym);
    let token = &context.question.tokens[element.tokens.start];
    let plural = crate::lexicon::morphology::singular(&token.lower) != token.lower;
    let before = |words: &[&str]| {
        let tokens = &context.question.tokens[element.tokens.start.saturating_sub(6)..element.tokens.start];
        tokens.iter().any(|token| words.contains(&token.lower.as_str()))
    };
    let who = at > 0 && context.cue_word(at - 1) == Some(CueWord::Who);
    akin && !plural
        && (who || before(&["do", "does", "did"]))
        && crate::link::names::relation_of_verb(&token.stem, context.prepared) != Some(relation)
}

/// Relations that nothing used yet take part in the joins: "customers who ordered", "tracks in playlists".
pub fn leftovers(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        if !draft.is_free(at) {
            continue;
        }
        let Some((relation, strength)) = draft.context.relation_meaning(&draft.context.elements[at]) else { continue };
        if strength < 0.5 {
            continue;
        }
        if akin_verb(draft, at, relation) {
            draft.take(at, "says how they belong together", 0.93);
            continue;
        }
        let certainty = draft.relation_certainty(at, relation);
        if draft.context.subject != Some(relation) && !draft.relations().contains(&relation) {
            draft.also.push(Source::first(relation));
        }
        draft.take(at, format!("table {}", draft.relation_name(relation)), certainty);
    }
    if draft.wants.is_empty()
        && draft.groups.is_empty()
        && let Some(subject) = draft.context.subject
    {
        draft.wants.push(Want::Entity(Source::first(subject)));
    }
    if draft.wants.is_empty()
        && !draft.groups.is_empty()
        && let Some(subject) = draft.context.subject
        && !draft.order.iter().any(|order| crate::walk::has_aggregate(&order.expr))
    {
        draft.wants.push(Want::Expr(Expr::CountRows(Source::first(subject))));
        draft.doubt *= 0.9;
    }
}
