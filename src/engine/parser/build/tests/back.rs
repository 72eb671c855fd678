//! Queries as steps.

use super::asked;
use crate::ir::{Expr, Item, Predicate, Query, Select, Source};

#[test]
fn steps_come_back_as_they_were() {
    for (question, written) in [
        ("titles of crime books", "single, 1, plain, books.title, where, =, plain, genres.name, 'crime, none, none, none"),
        ("the 3 dearest books", "single, 1, plain, books, none, none, desc 1 limit, plain, books.price, '3, none"),
        (
            "how many loans by member",
            "single, 2, plain, members.full_name, count, loans, none, 1, members.member_id, none, none, none",
        ),
        (
            "branches in York or Leeds",
            "single, 1, plain, branches.branch_name, where, or, =, plain, branches.city, 'York, =, plain, branches.city, 'Leeds, none, none, none",
        ),
        ("titles that start with A", "single, 1, plain, books.title, where, starts, plain, books.title, 'A, none, none, none"),
        ("loans between 5 and 9 dollars", "single, 1, plain, loans, where, between, plain, loans.fine, '5, '9, none, none, none"),
        ("members who borrowed", "single, 1, plain, members.full_name, none, none, none, 1, loans"),
    ] {
        let asked = asked(question);
        let steps = asked.steps(written);
        let query = super::super::query(&steps, &asked.features, &asked.question, &asked.prepared).expect(question);
        let back = super::super::steps(&query, &asked.features, &asked.question, &asked.prepared);
        assert_eq!(back, Some(steps), "{question}");
    }
}

fn members_with(asked: &super::Asked, filter: Predicate) -> Query {
    let position = |name: &str| asked.prepared.schema().relations.iter().position(|relation| relation.name == name);
    let members = Source::first(position("members").expect("members"));
    let items = vec![Item { expr: Expr::Column(members.column(1)), alias: None }];
    Query::Select(Box::new(Select { items, subject: Some(members), filter: Some(filter), ..Select::default() }))
}

#[test]
fn rows_that_do_not_exist_are_in_no_list() {
    let asked = asked("members without loans");
    let source = |name: &str| {
        Source::first(asked.prepared.schema().relations.iter().position(|relation| relation.name == name).expect("known"))
    };
    let filter = Predicate::Related { anchor: source("members"), target: source("loans"), filter: None, negated: true };
    let back = super::super::steps(&members_with(&asked, filter), &asked.features, &asked.question, &asked.prepared);
    let inner = "single, 1, plain, loans.member_id, none, none, none, none";
    let steps = asked.steps(&format!(
        "single, 1, plain, members.full_name, where, not in, plain, members.member_id, {inner}, none, none, none"
    ));
    assert_eq!(back, Some(steps));
}

#[test]
fn what_the_grammar_cannot_say_has_no_steps() {
    let asked = asked("members and their loans");
    let mut query = members_with(&asked, Predicate::And(Vec::new()));
    let Query::Select(select) = &mut query else { panic!("a select") };
    select.filter = None;
    assert!(super::super::steps(&query, &asked.features, &asked.question, &asked.prepared).is_some());
    let Query::Select(select) = &mut query else { panic!("a select") };
    select.outer = select.subject.into_iter().collect();
    assert_eq!(super::super::steps(&query, &asked.features, &asked.question, &asked.prepared), None);
}
