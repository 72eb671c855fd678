//! What steps become.

use super::asked;

#[test]
fn a_condition_on_a_stored_value_joins_its_relation() {
    let asked = asked("titles of crime books");
    assert_eq!(
        asked.sql("single, 1, plain, books.title, where, =, plain, genres.name, 'crime, none, none, none"),
        "SELECT b.title FROM books b JOIN genres g ON g.genre_id = b.genre_id WHERE g.name = 'Crime'"
    );
}

#[test]
fn conditions_go_where_they_belong() {
    let asked = asked("cities of members with more than 3 loans");
    let steps = "single, 1, plain, members.city, where, >, count, loans, '3, 1, members.city, none, none, none";
    assert_eq!(
        asked.sql(steps),
        "SELECT m.city FROM members m JOIN loans l ON l.member_id = m.member_id GROUP BY m.city HAVING count(*) > 3"
    );
}

#[test]
fn figures_beside_plain_items_are_grouped() {
    let asked = asked("how many members by city");
    assert_eq!(
        asked.sql("single, 2, plain, members.city, count, members, none, none, none, none"),
        "SELECT city, count(*) AS count FROM members GROUP BY city"
    );
}

#[test]
fn the_first_rows_are_ordered_and_cut() {
    let asked = asked("the 3 dearest books");
    assert_eq!(
        asked.sql("single, 1, plain, books, none, none, desc 1 limit, plain, books.price, '3, none"),
        "SELECT * FROM books ORDER BY price DESC NULLS LAST LIMIT 3"
    );
}

#[test]
fn groups_are_ordered_by_the_figure_that_they_show() {
    let asked = asked("total price of the books of each genre, top 3");
    let grouped =
        |order: &str| format!("single, 2, plain, genres.name, sum, books.price, none, 1, genres.name, none, {order}, '3, none");
    let ordered = |by: &str| {
        format!(
            "SELECT g.name, sum(b.price) AS total_price FROM genres g JOIN books b ON b.genre_id = g.genre_id GROUP BY g.name \
             ORDER BY {by} LIMIT 3"
        )
    };
    assert_eq!(asked.sql(&grouped("desc 1 limit, plain, books.price")), ordered("total_price DESC NULLS LAST"));
    assert_eq!(asked.sql(&grouped("asc 1 limit, plain, genres.name")), ordered("g.name"));
}

#[test]
fn dates_are_stretches() {
    let asked = asked("members who joined after 2019");
    let filter =
        |op: &str| format!("single, 1, plain, members.full_name, where, {op}, plain, members.joined_on, '2019, none, none, none");
    let from = |condition: &str| format!("SELECT full_name FROM members WHERE {condition}");
    assert_eq!(asked.sql(&filter(">")), from("joined_on >= DATE '2020-01-01'"));
    assert_eq!(asked.sql(&filter("<")), from("joined_on < DATE '2020-01-01'"));
}

#[test]
fn two_dates_bound_a_stretch() {
    let asked = asked("loans between 2010 and 2012");
    assert_eq!(
        asked.sql("single, 1, plain, loans, where, between, plain, loans.loaned_on, '2010, '2012, none, none, none"),
        "SELECT * FROM loans WHERE loaned_on >= DATE '2010-01-01' AND loaned_on < DATE '2013-01-01'"
    );
}

#[test]
fn the_words_beside_a_number_say_the_sign() {
    let sql = |text: &str, op: &str, word: &str| {
        asked(text).sql(&format!("single, 1, plain, books.title, where, {op}, plain, books.pages, '{word}, none, none, none"))
    };
    let with = |condition: &str| format!("SELECT title FROM books WHERE pages {condition}");
    assert_eq!(sql("books of more than 300 pages", "<", "300"), with("> 300"));
    assert_eq!(sql("books of at most 300 pages", ">", "300"), with("<= 300"));
    assert_eq!(sql("books of 300 or more pages", "<", "300"), with(">= 300"));
    // The same direction is the network's affair, and so is what a negation makes of the words.
    assert_eq!(sql("books of more than 300 pages", ">=", "300"), with(">= 300"));
    assert_eq!(sql("books that do not have more than 300 pages", "<=", "300"), with("<= 300"));
    assert_eq!(sql("books of below 300 or above 500 pages", "<", "300"), with("< 300"));
}

#[test]
fn two_ends_with_an_or_between_them_are_a_choice() {
    let sql = |text: &str| {
        asked(text).sql(
            "single, 1, plain, books.title, where, and, <, plain, books.pages, '300, >, plain, books.pages, '500, none, none, none",
        )
    };
    let with = |condition: &str| format!("SELECT title FROM books WHERE {condition}");
    assert_eq!(sql("books of less than 300 or more than 500 pages"), with("(pages < 300 OR pages > 500)"));
    assert_eq!(sql("books of less than 300 and more than 500 pages"), with("pages < 300 AND pages > 500"));
}

#[test]
fn patterns_take_any_letter_case_and_match_themselves() {
    let asked = asked("books with \"50%\" in the title");
    assert_eq!(
        asked.sql("single, 1, plain, books.title, where, contains, plain, books.title, '50, none, none, none"),
        "SELECT title FROM books WHERE title ILIKE E'%50\\\\%%'"
    );
}

#[test]
fn numbers_and_texts_are_not_mixed_up() {
    let asked = asked("books with 300 pages by Agatha");
    let filter =
        |column: &str, word: &str| format!("single, 1, plain, books.title, where, =, plain, {column}, '{word}, none, none, none");
    assert_eq!(asked.sql(&filter("books.pages", "300")), "SELECT title FROM books WHERE pages = 300");
    assert_eq!(asked.sql(&filter("books.title", "300")), "SELECT title FROM books WHERE title = '300'");
    assert_eq!(asked.sql(&filter("books.pages", "Agatha")), "a word is no value of its column");
}

#[test]
fn yes_and_no_of_a_boolean() {
    let asked = asked("books that are not out of print");
    assert_eq!(
        asked.sql("single, 1, plain, books.title, where, false, books.out_of_print, none, none, none"),
        "SELECT title FROM books WHERE NOT out_of_print"
    );
}

#[test]
fn members_without_loans() {
    let asked = asked("members without loans");
    let inner = "single, 1, plain, loans.member_id, none, none, none, none";
    assert_eq!(
        asked.sql(&format!(
            "single, 1, plain, members.full_name, where, not in, plain, members.member_id, {inner}, none, none, none"
        )),
        "SELECT full_name FROM members WHERE member_id NOT IN (SELECT member_id FROM loans)"
    );
}

#[test]
fn more_than_the_average() {
    let asked = asked("books longer than average");
    let inner = "single, 1, avg, books.pages, none, none, none, none";
    assert_eq!(
        asked.sql(&format!("single, 1, plain, books.title, where, > query, plain, books.pages, {inner}, none, none, none")),
        "SELECT title FROM books WHERE pages > (SELECT avg(pages) FROM books)"
    );
}

#[test]
fn sides_of_a_set_have_as_many_columns() {
    let asked = asked("cities of branches and members");
    let side = |items: &str| format!("{items}, none, none, none, none");
    let branches = side("1, plain, branches.city");
    assert_eq!(
        asked.sql(&format!("union, {branches}, single, {}", side("1, plain, members.city"))),
        "SELECT city FROM branches UNION SELECT city FROM members"
    );
    assert_eq!(
        asked.sql(&format!("union, {branches}, single, {}", side("2, plain, members.city, plain, members.email"))),
        "the sides of a set operation have different numbers of columns"
    );
}

#[test]
fn an_unknown_text_keeps_its_letters_and_is_told() {
    let asked = asked("branches in Atlantis");
    let steps = asked.steps("single, 1, plain, branches, where, =, plain, branches.city, 'Atlantis, none, none, none");
    let built = super::super::built(&steps, &asked.features, &asked.question, &asked.prepared).expect("a query");
    assert_eq!(built.unknown_values.len(), 1);
    assert_eq!(built.unknown_values[0].text, "Atlantis");
}

#[test]
fn a_relation_named_for_nothing_else_takes_part() {
    let asked = asked("members who borrowed something");
    assert_eq!(
        asked.sql("single, 1, plain, members.full_name, none, none, none, 1, loans"),
        "SELECT m.full_name FROM members m WHERE EXISTS ( SELECT 1 FROM loans l WHERE l.member_id = m.member_id )"
    );
}

#[test]
fn amounts_are_of_the_rows_that_were_named() {
    let asked = asked("average price of the books that were lent");
    assert_eq!(
        asked.sql("single, 1, avg, books.price, none, none, none, 1, loans"),
        "SELECT avg(b.price) AS average_price FROM books b JOIN loans l ON l.book_id = b.book_id"
    );
}

#[test]
fn steps_that_stop_short_or_go_on_are_refused() {
    let asked = asked("titles of books");
    let steps = asked.steps("single, 1, plain, books.title, none, none, none, none");
    let build = |steps: &[_]| super::super::query(steps, &asked.features, &asked.question, &asked.prepared);
    assert!(build(&steps).is_ok());
    for end in 0..steps.len() {
        assert!(build(&steps[..end]).is_err());
    }
    let twice: Vec<_> = steps.iter().chain(&steps).copied().collect();
    assert!(build(&twice).is_err());
}
