//! Traits of candidates over the library: the reading that the question means, and what changes when a part of it is spoilt.

use super::alignment::{ALIGNED, Places, aligned};
use super::anatomy::Anatomy;
use super::listed::Listed;
use super::missing::Missing;
use super::owners::Owners;
use super::slips::Slips;
use super::standing::{STANDING, standings};
use super::traits::named;
use super::uses::Uses;
use crate::ir::{Aggregate, Comparison, Day, Expr, Item, Literal, Predicate, Query, Select, Source};
use crate::parser::features::{Features, features};
use crate::parser::relabel::{narrowed, relabelled, uncounted};
use crate::prepared::Prepared;
use crate::question::{self, Question};
use crate::understand::tests::{Rows, library};
use crate::understand::{Understanding, understand};

const TODAY: Day = Day { year: 2024, month: 5, day: 17 };

struct Asked {
    prepared: Prepared,
    question: Question,
    understanding: Understanding,
    features: Features,
}

fn asked(text: &str) -> Asked {
    let prepared = library();
    let question = question::read(text, TODAY);
    let understanding = understand(&question, &prepared, &mut Rows(prepared.schema()));
    let features = features(&question, &prepared, &understanding.mentions);
    Asked { prepared, question, understanding, features }
}

impl Asked {
    /// The first reading by rules; the tests below only use questions that they read right.
    fn read(&self) -> Select {
        match &self.understanding.readings[0].query {
            Query::Select(select) => (**select).clone(),
            other => panic!("{other:?}"),
        }
    }

    fn value(&self, trait_name: &str, select: &Select) -> f32 {
        let places = Places::new(&self.question, &self.features, &self.prepared);
        let all = aligned(&places, &Uses::of(&Query::Select(Box::new(select.clone()))));
        all[ALIGNED.iter().position(|name| *name == trait_name).expect("a trait of that name")]
    }

    /// Names that are listed, those of them that these columns leave out, and columns beyond the list.
    fn listed(&self, columns: &[&str]) -> [f32; 3] {
        let places = Places::new(&self.question, &self.features, &self.prepared);
        let items = columns.iter().map(|name| Item { expr: self.column(name), alias: None }).collect();
        let uses = Uses::of(&Query::Select(Box::new(Select { items, ..Select::default() })));
        Listed::new(&self.question, &named(&self.features), &places).traits(&places, &uses, columns.len())
    }

    fn slips(&self, select: Select) -> [f32; 3] {
        let query = Query::Select(Box::new(select));
        Slips::new(&self.question, &self.features).traits(&query, &Anatomy::of(&query))
    }

    fn source(&self, relation: &str) -> Source {
        crate::fixtures::source(self.prepared.schema(), relation)
    }

    fn column(&self, name: &str) -> Expr {
        crate::fixtures::col(self.prepared.schema(), name)
    }
}

/// Changes each comparison of a select's filter.
fn compared(select: &mut Select, change: &mut dyn FnMut(&mut Comparison, &mut Expr)) {
    fn walk(predicate: &mut Predicate, change: &mut dyn FnMut(&mut Comparison, &mut Expr)) {
        match predicate {
            Predicate::And(parts) => parts.iter_mut().for_each(|part| walk(part, change)),
            Predicate::Compare { op, right, .. } => change(op, right),
            other => panic!("{other:?}"),
        }
    }
    walk(select.filter.as_mut().expect("a filter"), change);
}

#[test]
fn a_direction_is_held_against_the_words_before_the_number() {
    for text in ["books with more than 400 pages", "books with 400 pages or more", "books that have no less than 400 pages"] {
        let asked = asked(text);
        let mut select = asked.read();
        assert_eq!((asked.value("directions right", &select), asked.value("directions wrong", &select)), (1.0, 0.0), "{text}");
        compared(&mut select, &mut |op, _| *op = Comparison::Less);
        assert_eq!((asked.value("directions right", &select), asked.value("directions wrong", &select)), (0.0, 1.0), "{text}");
    }
    let asked = asked("books with 400 pages");
    let mut select = asked.read();
    assert_eq!(asked.value("directions unsaid", &select), 0.0);
    compared(&mut select, &mut |op, _| *op = Comparison::Greater);
    assert_eq!(asked.value("directions unsaid", &select), 1.0);
}

#[test]
fn numbers_that_changed_places_are_seen() {
    let asked = asked("books with more than 400 pages and a price under 10");
    let mut select = asked.read();
    assert_eq!((asked.value("comparisons", &select), asked.value("comparisons crossed", &select)), (2.0, 0.0));
    compared(&mut select, &mut |_, right| {
        let Expr::Literal(Literal::Integer(number)) = right else { panic!("{right:?}") };
        *number = if *number == 400 { 10 } else { 400 };
    });
    assert_eq!(asked.value("comparisons crossed", &select), 1.0);
    assert!(asked.value("comparison distance", &select) > 2.0);
}

#[test]
fn a_name_that_is_not_used_is_left_over() {
    let asked = asked("title and price of books with more than 400 pages");
    let mut select = asked.read();
    assert_eq!((asked.value("words uncovered", &select), asked.value("shown by name", &select)), (0.0, 2.0));
    let price = asked.column("books.price");
    select.items.retain(|item| item.expr != price);
    assert_eq!((asked.value("words uncovered", &select), asked.value("shown by name", &select)), (1.0, 1.0));
}

#[test]
fn what_is_listed_is_shown() {
    let all = ["books.title", "books.price", "books.pages"];
    for text in [
        "title, price and pages of books",
        "list the titles, the prices, and the number of pages of each book",
        "what are the title and price as well as the pages of all books whose price and pages are known",
    ] {
        assert_eq!(asked(text).listed(&all), [3.0, 0.0, 0.0], "{text}");
        assert_eq!(asked(text).listed(&all[..1]), [3.0, 2.0, 0.0], "{text}");
    }
    assert_eq!(asked("title and price of books").listed(&all), [2.0, 0.0, 1.0]);
    assert_eq!(asked("titles of books").listed(&all), [0.0, 0.0, 0.0]);
    assert_eq!(asked("titles of books whose price and pages are known").listed(&all[..1]), [0.0, 0.0, 0.0]);
    assert_eq!(asked("first name and last name of staff").listed(&["staff.first_name"]), [2.0, 1.0, 0.0]);
    assert_eq!(asked("first and last name of staff").listed(&["staff.first_name", "staff.last_name"]), [2.0, 0.0, 0.0]);
}

#[test]
fn a_measure_that_no_word_asks_for_is_seen() {
    let unsaid = |text: &str, function: Aggregate| {
        let asked = asked(text);
        let expr = Expr::Aggregate { function, distinct: false, arg: Box::new(asked.column("books.price")) };
        asked.value("measures unsaid", &Select { items: vec![Item { expr, alias: None }], ..Select::default() })
    };
    assert_eq!(unsaid("the highest price of a book", Aggregate::Max), 0.0);
    assert_eq!(unsaid("the highest price of a book", Aggregate::Min), 1.0);
    assert_eq!(unsaid("what is the average price", Aggregate::Average), 0.0);
}

#[test]
fn a_column_that_a_condition_fixes_need_not_be_shown() {
    let asked = asked("names of members in York");
    let mut select = asked.read();
    assert_eq!(asked.value("shown though fixed", &select), 0.0);
    select.items.push(Item { expr: asked.column("members.city"), alias: None });
    assert_eq!(asked.value("shown though fixed", &select), 1.0);
}

#[test]
fn what_a_query_makes_no_use_of_is_left_aside() {
    let asked = asked("how many members in York");
    let select = asked.read();
    let left = |select: &Select| {
        let anatomy = Anatomy::of(&Query::Select(Box::new(select.clone())));
        asked.understanding.left_aside(&asked.question, &anatomy)
    };
    assert_eq!(left(&select), 0);
    assert_eq!(left(&Select { filter: None, ..select }), 1);
}

#[test]
fn rows_are_shown_by_what_stands_for_them_where_no_column_is_asked_for() {
    let shows = |text: &str, columns: &[&str]| {
        let asked = asked(text);
        let items = columns.iter().map(|name| Item { expr: asked.column(name), alias: None }).collect();
        let select = Select { items, subject: Some(asked.source("staff")), ..Select::default() };
        match relabelled(&Query::Select(Box::new(select)), &asked.features, &asked.prepared) {
            Some(Query::Select(select)) => Some(select.items.into_iter().map(|item| item.expr).collect::<Vec<_>>()),
            _ => None,
        }
    };
    let library = asked("staff");
    let label = || vec![library.column("staff.first_name"), library.column("staff.last_name")];
    assert_eq!(shows("who earns most", &["staff.last_name"]), Some(label()));
    assert_eq!(shows("who has the highest salary, and how much is it", &["staff.salary", "staff.staff_id"]), {
        let mut all = vec![library.column("staff.salary")];
        all.extend(label());
        Some(all)
    });
    assert_eq!(shows("who earns most", &["staff.first_name", "staff.last_name"]), None);
    assert_eq!(shows("last names of all staff", &["staff.last_name"]), None);
}

#[test]
fn a_figure_that_is_counted_is_shown_as_well() {
    let asked = asked("how many pages does Emma have");
    let counted = |column: &str| {
        let arg = Box::new(asked.column(column));
        let items = vec![Item { expr: Expr::Aggregate { function: Aggregate::Count, distinct: true, arg }, alias: None }];
        let left = asked.column("books.title");
        let right = Expr::Literal(Literal::Text("Emma".to_owned()));
        let filter = Some(Predicate::Compare { op: Comparison::Equal, left, right });
        let select = Select { items, subject: Some(asked.source("books")), filter, ..Select::default() };
        match uncounted(&Query::Select(Box::new(select)), &asked.prepared) {
            Some(Query::Select(select)) => Some(select.items[0].expr.clone()),
            _ => None,
        }
    };
    assert_eq!(counted("books.pages"), Some(asked.column("books.pages")));
    assert_eq!(counted("books.genre_id"), None, "a key is no figure");
    assert_eq!(counted("books.title"), None);
}

#[test]
fn rows_of_which_a_named_relation_speaks_are_shown_alone_as_well() {
    let also = |text: &str, column: &str| {
        let asked = asked(text);
        let items = vec![Item { expr: asked.column(column), alias: None }];
        let subject = Some(asked.source(column.split('.').next().expect("a relation")));
        let select = Select { items, subject, ..Select::default() };
        match narrowed(&Query::Select(Box::new(select)), &asked.features, &asked.prepared) {
            Some(Query::Select(select)) => Some(select.also),
            _ => None,
        }
    };
    assert_eq!(also("cities of loans", "members.city"), Some(vec![asked("loans").source("loans")]));
    assert_eq!(also("cities of members", "members.city"), None);
    assert_eq!(also("cities of authors", "members.city"), None, "no author refers to a member");
    assert_eq!(also("names of genres of loans", "members.full_name"), None, "two are left out");
}

#[test]
fn candidates_that_agree_are_believed_together() {
    let asked = asked("names of members in York");
    let select = asked.read();
    let other = Select { filter: None, ..select.clone() };
    let last = Select { items: vec![Item { expr: asked.column("members.city"), alias: None }], ..select.clone() };
    let queries: Vec<Query> = [select, other, last].into_iter().map(|select| Query::Select(Box::new(select))).collect();
    let known: Vec<(Anatomy, Uses)> = queries.iter().map(|query| (Anatomy::of(query), Uses::of(query))).collect();
    let scores = [Some(0.5_f32.ln()), Some(0.3_f32.ln()), Some(0.2_f32.ln())];
    let among: Vec<_> =
        queries.iter().zip(&known).zip(scores).map(|((query, (anatomy, uses)), score)| (query, anatomy, uses, score)).collect();
    let standings = standings(&among);
    let of = |at: usize, name: &str| {
        let place = STANDING.iter().position(|known| *known == name).expect("a number of that name");
        (standings[at][place] * 100.0).round()
    };
    assert_eq!((of(0, "belief"), of(1, "belief"), of(2, "belief")), (50.0, 30.0, 20.0));
    assert_eq!(
        (of(0, "belief in what is shown"), of(0, "belief in conditions"), of(1, "belief in relations")),
        (80.0, 70.0, 100.0)
    );
    assert_eq!((of(0, "behind best"), of(2, "candidates")), (0.0, 300.0));
}

#[test]
fn places_of_words_that_name_nothing() {
    let missing = |text: &str, columns: &[&str]| {
        let asked = asked(text);
        let items = columns.iter().map(|name| Item { expr: asked.column(name), alias: None }).collect();
        let uses = Uses::of(&Query::Select(Box::new(Select { items, ..Select::default() })));
        Missing::new(&asked.question, &asked.features, &asked.understanding).traits(&asked.features, &uses)
    };
    assert_eq!(missing("titles of books", &["books.title"]), [0.0; 7]);
    assert_eq!(missing("humidity of the branches", &["books.title"]), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(missing("books by Kubrick", &["books.title"]), [0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(missing("member satisfaction by city", &["members.city"]), [1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(missing("list all damaged books", &["books.title"]), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(missing("books laminated in 2020", &["books.title"]), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
}

#[test]
fn whose_a_property_is() {
    let joins = |text: &str, column: &str| {
        let asked = asked(text);
        let items = vec![Item { expr: asked.column(column), alias: None }];
        let uses = Uses::of(&Query::Select(Box::new(Select { items, ..Select::default() })));
        let [joins] = Owners::new(&asked.question, &asked.features, &asked.prepared).traits(&asked.features, &uses);
        joins
    };
    assert_eq!(joins("the birth date of each author", "authors.birth_date"), 0.0);
    assert_eq!(joins("the birth date of each member", "authors.birth_date"), 3.0);
    assert_eq!(joins("birth dates and members", "authors.birth_date"), 0.0);
}

#[test]
fn common_words_are_no_names() {
    let small = |text: &str| {
        let asked = asked(text);
        let right = Expr::Literal(Literal::Text("Poetry".into()));
        let filter = Predicate::Compare { op: Comparison::Equal, left: asked.column("genres.name"), right };
        asked.slips(Select { filter: Some(filter), ..Select::default() })[0]
    };
    assert_eq!(small("List the titles of the poetry books"), 1.0);
    assert_eq!(small("List the titles of the Poetry books"), 0.0);
    // Somebody who never writes capitals says nothing by it.
    assert_eq!(small("list the titles of the poetry books"), 0.0);
}

#[test]
fn rows_are_not_counted_against_amounts() {
    let counted = |text: &str| {
        let asked = asked(text);
        let (left, right) = (Expr::CountRows(asked.source("loans")), Expr::Literal(Literal::Integer(600)));
        let having = Predicate::Compare { op: Comparison::Greater, left, right };
        let key = asked.column("branches.branch_name");
        asked.slips(Select { group: vec![key], having: Some(having), ..Select::default() })
    };
    assert_eq!(counted("branches with fines of more than 600 dollars"), [0.0, 1.0, 1.0]);
    assert_eq!(counted("branches with more than 600 loans"), [0.0, 0.0, 1.0]);
}
