//! Texts to look for: patterns ("whose name starts with A"), quoted texts, elements of arrays.

use super::context::Wanted;
use super::cues::CueWord;
use super::draft::Draft;
use super::values::negated_before;
use super::values::not_any;
use crate::ir::{ColumnUse, Expr, Literal, Predicate};
use crate::prepared::{ColumnId, Role};
use nl_query_core::schema::TypeKind;

/// "contains 'love'", "starting with A", "named Smith".
pub fn patterns(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let Some(cue @ (CueWord::Contains | CueWord::Starts | CueWord::Ends | CueWord::Named)) = draft.context.cue_word(at)
        else {
            continue;
        };
        let Some(text_at) = (at + 1..(at + 4).min(draft.context.elements.len())).find(|&other| is_text(draft, other)) else {
            continue;
        };
        // "named" is a plain equality where the value is known; the value's own pass does that better.
        if cue == CueWord::Named && !draft.context.elements[text_at].values.is_empty() {
            draft.take(at, "a name", 1.0);
            continue;
        }
        // "albums that contain Jazz tracks" is about what is in them, not about their title.
        let known = draft.context.elements[text_at].quoted.is_none() && !draft.context.elements[text_at].values.is_empty();
        if cue == CueWord::Contains && known && !names_text_column(draft, at) {
            draft.take(at, "linking word", 1.0);
            continue;
        }
        let Some(column) = text_column_behind(draft, text_at).or_else(|| text_column(draft, at)) else { continue };
        let text = pattern_text(draft, text_at);
        if text.is_empty()
            || (cue == CueWord::Contains
                && draft.context.elements[text_at].quoted.is_none()
                && !draft.context.elements[text_at].things.is_empty())
        {
            continue;
        }
        let escaped = like_text(&text);
        let pattern = match cue {
            CueWord::Starts => format!("{escaped}%"),
            CueWord::Ends => format!("%{escaped}"),
            CueWord::Named => escaped,
            _ => format!("%{escaped}%"),
        };
        let negated = negated_before(draft, at);
        let expr = Expr::Column(draft.context.column_use(column));
        let predicate = not_any(draft, column, Predicate::Like { expr, pattern: pattern.clone(), any_case: true, negated });
        draft.condition(at, predicate);
        draft.take(at, format!("{} like '{pattern}'", draft.describe(column)), 1.0);
        take_texts(draft, text_at, "text to look for");
    }
}

/// A column of texts stands directly before the cue: "whose name contains".
fn names_text_column(draft: &Draft, at: usize) -> bool {
    draft.context.before(at, 2).is_some_and(|prior| {
        draft.context.relation_meaning(&draft.context.elements[prior]).is_none()
            && draft.context.columns_of(prior, Wanted::Text).first().is_some_and(|(_, score)| *score > 0.3)
    })
}

/// "albums with live in the title": a word that is to stand in a text.
pub fn words_inside(draft: &mut Draft) {
    for at in 0..draft.context.elements.len().saturating_sub(2) {
        if draft.context.cue_word(at) != Some(CueWord::With)
            || !draft.is_free(at + 1)
            || draft.context.elements[at + 1].quoted.is_some()
        {
            continue;
        }
        let inside = draft.context.lower(at + 2) == "in";
        let place =
            (at + 3..(at + 6).min(draft.context.elements.len())).find(|&other| !draft.context.elements[other].things.is_empty());
        let Some(place) = place.filter(|_| inside) else { continue };
        let text = draft
            .context
            .columns_of(place, Wanted::Text)
            .first()
            .is_some_and(|(column, score)| *score > 0.6 && draft.context.prepared.words(*column).role == Role::Label);
        let strong = draft.context.elements[at + 1].things.first().is_some_and(|mention| mention.strength > 0.9);
        if !text || strong || draft.context.elements[at + 1].number.is_some() {
            continue;
        }
        let word = draft.context.text(at + 1).to_owned();
        let Some(column) = draft.take_column(place, Wanted::Text) else { continue };
        let expr = Expr::Column(draft.context.column_use(column));
        draft.condition(at, Predicate::Like { expr, pattern: format!("%{}%", like_text(&word)), any_case: true, negated: false });
        draft.take(at + 1, "text to look for", 1.0);
    }
}

/// The text as a LIKE pattern that matches itself alone.
fn like_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Words that can be looked for: quoted, unknown, or a value; not a number with a thing behind it.
fn is_text(draft: &Draft, at: usize) -> bool {
    let element = &draft.context.elements[at];
    element.quoted.is_some() || element.is_unknown() || !element.values.is_empty() || single_letter(draft, at)
}

/// "starts with A": the letter is an article to the reader of words.
fn single_letter(draft: &Draft, at: usize) -> bool {
    let tokens = &draft.context.elements[at].tokens;
    tokens.len() == 1
        && draft.context.question.tokens[tokens.start].text.chars().count() == 1
        && draft.context.text(at).chars().all(char::is_uppercase)
}

fn pattern_text(draft: &Draft, at: usize) -> String {
    match draft.context.elements[at].quoted {
        Some(quoted) => draft.context.question.quoted[quoted].content.trim().to_owned(),
        None => {
            let mut last = at;
            while draft.context.elements.get(last + 1).is_some_and(super::elements::Element::is_unknown) {
                last += 1;
            }
            let tokens = &draft.context.question.tokens;
            let from = tokens[draft.context.elements[at].tokens.start].span.start;
            let to = tokens[draft.context.elements[last].tokens.end - 1].span.end;
            draft.context.question.text.get(from..to).unwrap_or_default().to_owned()
        }
    }
}

fn take_texts(draft: &mut Draft, at: usize, meaning: &str) {
    draft.take(at, meaning, 1.0);
    let mut next = at + 1;
    while draft.context.elements[at].quoted.is_none()
        && next < draft.context.elements.len()
        && draft.context.elements[next].is_unknown()
    {
        draft.take(next, meaning, 1.0);
        next += 1;
    }
}

/// "have the word 'Dummy' in their titles".
fn text_column_behind(draft: &mut Draft, at: usize) -> Option<ColumnId> {
    if draft.context.elements.get(at + 1).is_none_or(|_| draft.context.lower(at + 1) != "in") {
        return None;
    }
    let place =
        (at + 2..(at + 5).min(draft.context.elements.len())).find(|&other| !draft.context.elements[other].things.is_empty())?;
    draft.context.columns_of(place, Wanted::Text).first().filter(|(_, score)| *score > 0.5)?;
    draft.take_column(place, Wanted::Text)
}

/// The text column that stands before the cue, else the label of what is talked about.
fn text_column(draft: &mut Draft, at: usize) -> Option<ColumnId> {
    for other in (at.saturating_sub(4)..at).rev() {
        if draft.context.elements[other].things.is_empty() {
            continue;
        }
        let columns = draft.context.columns_of(other, Wanted::Text);
        if columns
            .first()
            .is_some_and(|(column, score)| *score > 0.3 && draft.context.prepared.column(*column).kind == TypeKind::Text)
        {
            return draft.take_column(other, Wanted::Text);
        }
        if let Some((relation, _)) = draft.context.relation_meaning(&draft.context.elements[other]) {
            return text_label(draft, relation);
        }
    }
    text_label(draft, draft.context.subject?)
}

fn text_label(draft: &Draft, relation: usize) -> Option<ColumnId> {
    let label = &draft.context.prepared.relations[relation].label;
    label.iter().map(|&column| (relation, column)).rfind(|&column| draft.context.prepared.column(column).kind == TypeKind::Text)
}

/// "films that come with deleted scenes but without trailers": words that name nothing are elements of the only array that the
/// rows have.
pub fn elements_of_arrays(draft: &mut Draft) {
    let context = draft.context;
    let Some(subject) = context.subject else { return };
    let columns = &context.prepared.schema().relations[subject].columns;
    let mut arrays =
        columns.iter().enumerate().filter(|(_, column)| column.kind == TypeKind::Array && column.type_name.starts_with("text"));
    let (Some((only, _)), None) = (arrays.next(), arrays.next()) else { return };
    let column = (subject, only);
    let mut at = 0;
    while at + 1 < context.elements.len() {
        let cue = context.cue_word(at);
        let opens = matches!(cue, Some(CueWord::With | CueWord::Without | CueWord::Contains | CueWord::And | CueWord::Or));
        let first = (at + 1..(at + 4).min(context.elements.len()))
            .find(|&other| context.elements[other].stop.is_none() || context.elements[other].cue.is_some());
        let last = first.map(|first| (first..context.elements.len()).take_while(|&other| may_be_element(draft, other)).last());
        let (Some(first), Some(Some(last)), true) = (first, last, opens) else {
            at += 1;
            continue;
        };
        let listed = matches!(cue, Some(CueWord::And | CueWord::Or));
        if listed
            && !draft.conditions.iter().any(
                |one| matches!(&one.predicate, Predicate::Like { expr, .. } if *expr == Expr::Column(context.column_use(column))),
            )
        {
            at += 1;
            continue;
        }
        let words: Vec<String> = (first..=last).map(|other| context.lower(other)).collect();
        let pattern = format!("{}%", like_text(&common_beginning(&words.join(" "))));
        let expr = Expr::Column(context.column_use(column));
        let negated = cue == Some(CueWord::Without);
        let or = cue == Some(CueWord::Or);
        let predicate = Predicate::Like { expr, pattern, any_case: true, negated };
        draft.conditions.push(super::draft::Condition { element: first, predicate, or });
        let meaning = format!("element of {}", draft.describe(column));
        (first..=last).for_each(|other| draft.take(other, meaning.clone(), 0.88));
        draft.take(at, if negated { "not among them" } else { "among them" }, 1.0);
        at = last + 1;
    }
}

/// A word that nothing else explains; an adjective of state before one ("deleted scenes").
fn may_be_element(draft: &Draft, at: usize) -> bool {
    let context = draft.context;
    let unknown = |at: usize| {
        context.elements.get(at).is_some_and(super::elements::Element::is_unknown)
            && draft.is_free(at)
            && super::figures::copies(draft, at).is_none()
    };
    let state = matches!(context.elements[at].cue, Some(super::cues::Cue::State(_))) && context.elements[at].things.is_empty();
    unknown(at) || state && draft.is_free(at) && unknown(at + 1)
}

/// What singular and plural of a word begin with.
fn common_beginning(words: &str) -> String {
    let one = crate::lexicon::morphology::singular(words);
    let many = crate::lexicon::morphology::plural(&one);
    one.chars().zip(many.chars()).take_while(|(a, b)| a == b).map(|(letter, _)| letter).collect()
}

/// "with the special feature Trailers": an unexplained word behind a column of arrays is one of their elements.
pub fn members(draft: &mut Draft) {
    for at in 1..draft.context.elements.len() {
        if !draft.is_free(at) || !draft.context.elements[at].is_unknown() {
            continue;
        }
        let Some(prior) = draft.context.before(at, 3).filter(|&prior| draft.is_free(prior)) else { continue };
        let column = draft.context.columns_of(prior, Wanted::Any).first().map(|(column, _)| *column);
        let Some(column) = column.filter(|column| draft.context.prepared.column(*column).kind == TypeKind::Array) else {
            continue;
        };
        let expr = Expr::Column(draft.context.column_use(column));
        let mut words = draft.context.text(at).to_owned();
        let mut last = at;
        while draft.context.elements.get(last + 1).is_some_and(super::elements::Element::is_unknown) {
            last += 1;
            words = format!("{words} {}", draft.context.text(last));
        }
        draft.condition(at, Predicate::Contains { expr, value: Expr::Literal(Literal::Text(words)), negated: false });
        let meaning = format!("column {}", draft.describe(column));
        draft.take(prior, meaning, 1.0);
        (at..=last).for_each(|one| draft.take(one, "element of the array", 0.9));
    }
}

/// Quoted texts that no stored value matches: compared with the column beside them, else with the label of what is talked about.
pub fn quoted(draft: &mut Draft) {
    for at in 0..draft.context.elements.len() {
        let Some(quoted) = draft.context.elements[at].quoted else { continue };
        if !draft.is_free(at) {
            continue;
        }
        let Some(column) = text_column(draft, at) else { continue };
        let content = draft.context.question.quoted[quoted].content.trim().to_owned();
        let negated = negated_before(draft, at);
        let expr = Expr::Column(draft.context.column_use(column));
        let inside = draft.context.has_word(at + 1, at + 4, &["them", "it", "name", "names", "title", "titles"])
            && draft.context.has_word(at + 1, at + 2, &["in"]);
        let predicate = if inside {
            let escaped = like_text(&content);
            Predicate::Like { expr, pattern: format!("%{escaped}%"), any_case: true, negated }
        } else if draft.context.prepared.column(column).kind == TypeKind::Array {
            Predicate::Contains { expr, value: Expr::Literal(Literal::Text(content.clone())), negated }
        } else {
            Predicate::In { expr, values: vec![Expr::Literal(Literal::Text(content.clone()))], negated }
        };
        draft.condition(at, predicate);
        draft.take(at, format!("value '{content}' of {}", draft.describe(column)), 0.9);
    }
}

/// The text column that names the rows of a relation.
pub fn column_of_label(draft: &Draft, relation: usize) -> Option<ColumnUse> {
    text_label(draft, relation).map(|column| draft.context.column_use(column))
}
