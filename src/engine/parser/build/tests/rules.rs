//! What a search may not do.

use super::{Asked, asked};
use crate::parser::build::constraints;
use crate::parser::constraints::Constraints;

/// Whether every step is allowed; the first that is not.
fn first_forbidden(asked: &Asked, written: &str) -> Option<usize> {
    let rules = constraints(&asked.features, &asked.question, &asked.prepared);
    let steps = asked.steps(written);
    (0..steps.len()).find(|&at| !rules.allowed(&steps[..at], steps[at].0, steps[at].1))
}

#[test]
fn sound_steps_are_allowed() {
    let asked = asked("titles of crime books over 300 pages");
    for written in [
        "single, 1, plain, books.title, where, =, plain, genres.name, 'crime, none, none, none",
        "single, 2, plain, books.title, count, loans, where, >, plain, books.pages, '300, 1, books.book_id, where, >=, count, loans, 2, desc 1 limit, count, loans, 1, none",
        "single, 1, plain, books, none, none, none, 1, loans",
        "single, 1, plain, books.title, where, > query, plain, books.pages, single, 1, avg, books.pages, none, none, none, none, none, none, none",
    ] {
        assert_eq!(first_forbidden(&asked, written), None, "{written}");
    }
}

#[test]
fn senseless_steps_are_not() {
    let asked = asked("titles of crime books over 300 pages since 2010");
    for (written, at) in [
        // The same item twice.
        ("single, 2, plain, books.title, plain, books.title, none, none, none, none", 5),
        // A text is summed.
        ("single, 1, sum, books.title, none, none, none, none", 3),
        // A whole relation as a value to sort by.
        ("single, 1, plain, books.title, none, none, asc 1, plain, loans, none", 8),
        // A column with itself.
        ("single, 1, plain, books.title, where, = column, plain, books.pages, books.pages, none, none, none", 8),
        // A word that is no number for a column of numbers, a number that is no date.
        ("single, 1, plain, books.title, where, >, plain, books.pages, 'crime, none, none, none", 8),
        ("single, 1, plain, books.title, where, >, plain, books.published_on, '300, none, none, none", 8),
        // A pattern for a number.
        ("single, 1, plain, books.title, where, contains, plain, books.pages, 'crime, none, none, none", 7),
        // A condition on groups without a figure.
        ("single, 1, plain, books.title, none, 1, books.title, where, =, plain, books.title, 'crime, none, none", 9),
        // No boolean.
        ("single, 1, plain, books.title, where, true, books.title, none, none, none", 6),
        // A relation that takes part already.
        ("single, 1, plain, books.title, none, none, none, 1, books", 8),
        // Two columns where one is compared.
        (
            "single, 1, plain, books.title, where, in, plain, books.book_id, single, 2, plain, loans.book_id, plain, loans.fine, none, none, none, none, none, none, none",
            9,
        ),
        // No rows.
        ("single, 1, plain, books.title, none, none, asc 1 limit, plain, books.pages, 0, none", 9),
    ] {
        assert_eq!(first_forbidden(&asked, written), Some(at), "{written}");
    }
}

#[test]
fn the_second_side_of_a_set_is_as_wide() {
    let asked = asked("cities of branches and members");
    let side = |items: &str| format!("{items}, none, none, none, none");
    let branches = side("1, plain, branches.city");
    let members = side("2, plain, members.city, plain, members.email");
    assert_eq!(first_forbidden(&asked, &format!("union, {branches}, single, {members}")), Some(9));
    let one = side("1, plain, members.city");
    assert_eq!(first_forbidden(&asked, &format!("union, {branches}, single, {one}")), None);
}
