//! What is cut out of a question, what stays, and that nothing is lost.

use super::*;
use crate::question::normalise;

/// The template with `{i}` for an integer's mark and so on, and the slots.
fn shown(question: &str) -> (String, Vec<(SlotKind, String)>) {
    let template = Template::cut(question);
    let mut text = template.text.clone();
    for letter in ['i', 'd', 'D', 't'] {
        text = text.replace(&format!("{MARK}{letter}"), &format!("{{{letter}}}"));
    }
    (text, template.slots.into_iter().map(|slot| (slot.kind, slot.text)).collect())
}

#[test]
fn values_that_stand_alone_are_slots() {
    use SlotKind::{Date, Decimal, Integer, Text};
    for (question, template, slots) in [
        ("top 5 customers", "top {i} customers", vec![(Integer, "5")]),
        ("Top 10 customers?", "Top {i} customers", vec![(Integer, "10")]),
        ("products over 12.50 or under 3", "products over {d} or under {i}", vec![(Decimal, "12.50"), (Integer, "3")]),
        ("orders after 2024-02-29, please", "orders after {D}, please", vec![(Date, "2024-02-29")]),
        ("films named \"The 39 Steps\"", "films named \"{t}\"", vec![(Text, "The 39 Steps")]),
        ("films named 'Up' with 2 actors", "films named '{t}' with {i} actors", vec![(Text, "Up"), (Integer, "2")]),
        ("films named 'It's' 3", "films named 'It's' {i}", vec![(Integer, "3")]),
        ("in “New York”.", "in “{t}”.", vec![(Text, "New York")]),
        ("rows (5) or 6.", "rows ({i}) or {i}", vec![(Integer, "5"), (Integer, "6")]),
        ("0 or 1", "{i} or {i}", vec![(Integer, "0"), (Integer, "1")]),
    ] {
        let slots: Vec<_> = slots.into_iter().map(|(kind, text)| (kind, text.to_owned())).collect();
        assert_eq!(shown(question), (template.to_owned(), slots), "{question}");
    }
}

#[test]
fn numbers_that_belong_to_something_stay() {
    for question in [
        "q1 revenue",
        "mp3 tracks",
        "version 1.2.3",
        "in 2024-03",
        "the 3rd order",
        "top five customers",
        "price -5",
        "price +5",
        "5% of all",
        "$5 products",
        "5€ products",
        "5kg",
        "1,000 rows",
        "007",
        "agent 00.5",
        "PG-13 films",
        "2024-13-01",
        "2024-1-1",
        "2024-01-01T10:00",
        "10:30",
        "1/2",
        "the 90s",
        "1990s",
        "9999999999999999999",
        "#5",
        "C++ 5th",
        "5'",
        "\"\"",
        "' '",
        "5km away",
    ] {
        let template = Template::cut(question);
        assert!(template.slots.is_empty(), "{question}: {:?}", template.slots);
        assert_eq!(template.text, question);
    }
}

#[test]
fn what_is_no_slot_tells_templates_apart() {
    let questions = [
        "top 5 customers by revenue",
        "top 5 Customers by revenue",
        "bottom 5 customers by revenue",
        "top 5 revenue by customers",
        "top 5 customers not by revenue",
        "top five customers by revenue",
        "top 5.0 customers by revenue",
        "top \"5\" customers by revenue",
        "top -5 customers by revenue",
        "customers in US",
        "customers in us",
        "orders with more than 5 items",
        "orders with no more than 5 items",
        "orders with less than 5 items",
        "employees who report to Ann",
        "Ann reports to employees who",
    ];
    for (at, question) in questions.iter().enumerate() {
        for other in &questions[at + 1..] {
            assert_ne!(Template::cut(question).text, Template::cut(other).text, "{question} / {other}");
        }
    }
    assert_eq!(Template::cut("top 5 customers").text, Template::cut("top  500 customers ?").text);
}

#[test]
fn a_question_is_tidied_only_where_nothing_is_quoted() {
    for (question, tidied) in [
        ("how  many   customers ?", "how many customers"),
        ("how many?!", "how many"),
        ("how many...", "how many"),
        ("films called \"A  B\"?", "films called \"A  B\"?"),
        ("the customer's  orders?", "the customer's  orders?"),
        ("customers in the U.S.", "customers in the U.S."),
        ("customers in the U.S.?", "customers in the U.S.?"),
        ("after 5 p.m.", "after 5 p.m."),
        ("category A?", "category A"),
        ("category A.", "category A."),
        ("more than 5.", "more than 5"),
        ("version 1.2.", "version 1.2"),
        ("written in C#.", "written in C#."),
        ("¿cuántos?", "¿cuántos"),
    ] {
        assert_eq!(tidy(question), tidied);
    }
}

#[test]
fn slots_go_back_only_where_they_belong() {
    let template = Template::cut("top 5 customers over 2.5");
    assert_eq!(template.question(), "top 5 customers over 2.5");
    assert_eq!(template.slots[0].integer(), Some(5));
    assert_eq!(template.slots[1].integer(), None);
    assert_eq!(fill(&template.text, &template.slots[..1]), None);
    let swapped = [template.slots[1].clone(), template.slots[0].clone()];
    assert_eq!(fill(&template.text, &swapped), None);
    let more = [template.slots.clone(), template.slots.clone()].concat();
    assert_eq!(fill(&template.text, &more), None);
    let other = Template::cut("top 77 customers over 1.25");
    assert_eq!(fill(&template.text, &other.slots).as_deref(), Some("top 77 customers over 1.25"));
}

#[test]
fn a_template_survives_its_way_through_bytes() {
    let template = Template::cut("top 5 customers named \"Ann\" since 2024-01-31");
    let bytes = serde_json::to_string(&template).expect("json");
    assert_eq!(serde_json::from_str::<Template>(&bytes).expect("json"), template);
}

/// A small deterministic generator (xorshift).
fn random(state: &mut u64, below: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap_or(0) % below
}

#[test]
fn any_text_comes_back_from_its_template_and_slots() {
    let pieces = [
        "5",
        "0",
        "12",
        "3.5",
        "2024-02-29",
        "1.2.3",
        " ",
        " ",
        " ",
        "  ",
        "top",
        "Ä",
        "売上",
        "ß",
        "\"",
        "'",
        "“",
        "”",
        "`",
        "«",
        "»",
        "?",
        ".",
        "!",
        ",",
        ";",
        "(",
        ")",
        "-",
        "+",
        "$",
        "%",
        "i",
        "d",
        "t",
        "\u{1}",
        "\u{1}i",
        "\u{301}",
        "🙂",
        "U.S.",
    ];
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let mut cut = 0;
    for round in 0..40_000 {
        let text: String = (0..random(&mut state, 14)).map(|_| pieces[random(&mut state, pieces.len())]).collect();
        let question = match normalise(&text, 2000) {
            Ok(question) if round % 8 > 0 => question,
            _ => text,
        };
        let template = Template::cut(&question);
        let back = template.question();
        assert_eq!(back, tidy(&question), "{question:?}");
        // Cutting what came back changes nothing: the key of a key's question is the key.
        assert_eq!(Template::cut(&back), template, "{question:?}");
        for slot in &template.slots {
            assert_eq!(&back[slot.span.clone()], slot.text, "{question:?}");
        }
        cut += usize::from(!template.slots.is_empty());
    }
    assert!(cut > 2_000, "{cut}");
}
