//! Whole questions over a small library: what SQL they become, what is refused, what never panics.
//!
//! The schema is in no benchmark and in no demonstration; values come from a probe over a few rows, as in a database.

use nl_query_core::schema::{RelationId, Schema};

use super::understand;
use crate::answer::{Refusal, ValueHit, ValueProbe, answer};
use crate::fixtures::schema;
use crate::ir::Day;
use crate::prepared::Prepared;

const TODAY: Day = Day { year: 2024, month: 5, day: 17 };

pub fn library() -> Prepared {
    Prepared::new(schema(
        "branches
  branch_id int pk
  branch_name text !
  city text !
  opened_on date
authors
  author_id int pk
  first_name text !
  last_name text !
  birth_date date
genres
  genre_id int pk
  name text ! u
books
  book_id int pk
  title text !
  author_id int ! -> authors.author_id
  genre_id int -> genres.genre_id
  pages int
  price numeric
  published_on date
  out_of_print bool
members
  member_id int pk
  full_name text !
  email text
  city text
  joined_on date !
staff
  staff_id int pk
  first_name text !
  last_name text !
  branch_id int -> branches.branch_id
  supervisor_id int -> staff.staff_id
  salary numeric
loans
  loan_id int pk
  book_id int ! -> books.book_id
  member_id int ! -> members.member_id
  branch_id int ! -> branches.branch_id
  loaned_on date !
  returned_on date
  fine numeric
",
    ))
}

/// A few rows of data: relation, column, value.
pub struct Rows<'a>(pub &'a Schema);

const ROWS: [(&str, &str, &str); 8] = [
    ("branches", "city", "Leeds"),
    ("members", "city", "York"),
    ("genres", "name", "Poetry"),
    ("genres", "name", "Crime"),
    ("authors", "first_name", "Agatha"),
    ("authors", "last_name", "Christie"),
    ("books", "title", "Curtain"),
    ("staff", "first_name", "Rosa"),
];

impl ValueProbe for Rows<'_> {
    fn find(&mut self, needles: &[String], columns: &[(RelationId, usize)]) -> Vec<ValueHit> {
        let mut hits = Vec::new();
        for (needle, spelling) in needles.iter().enumerate() {
            for &(relation, column) in columns {
                let description = &self.0.relations[relation];
                let name = (description.name.as_str(), description.columns[column].name.as_str());
                for (table, of, value) in ROWS {
                    if (table, of) == name && value.to_lowercase() == *spelling {
                        hits.push(ValueHit { needle, relation, column, value: value.to_owned() });
                    }
                }
            }
        }
        hits
    }
}

/// The SQL of the best reading by rules on one line, or that there is none.
fn sql(prepared: &Prepared, question: &str) -> String {
    let understanding = understand(&crate::answer::read(question, TODAY), prepared, &mut Rows(prepared.schema()));
    match understanding.readings.first() {
        Some(reading) => {
            let sql = crate::render::sql(&reading.query, prepared.schema(), prepared.graph()).expect("a reading is rendered");
            sql.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        None => "no reading".to_owned(),
    }
}

#[test]
fn questions_become_statements() {
    let prepared = library();
    for line in include_str!("tests.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (question, expected) = line.split_once('\t').expect("question TAB statement");
        assert_eq!(sql(&prepared, question), expected, "{question}");
    }
}

#[test]
fn what_happened_late_is_what_is_said_to_have_happened() {
    let columns = "  order_id int pk\n  required_date date\n  shipped_date date\n";
    let prepared = Prepared::new(schema(&format!("orders\n{columns}")));
    let late = "shipped_date > required_date";
    assert!(sql(&prepared, "which orders were shipped late").ends_with(late));
    assert!(sql(&prepared, "which orders were delivered late").ends_with(late));
    assert!(!sql(&prepared, "which orders were paid late").ends_with(late));
    let prepared = Prepared::new(schema("bills\n  bill_id int pk\n  due_date date\n  paid_date date\n"));
    let paid = sql(&prepared, "which bills were paid late");
    assert!(paid.ends_with("paid_date > due_date"), "{paid}");
}

#[test]
fn letter_case_marks_and_typing_errors_change_nothing() {
    let prepared = library();
    let meant = sql(&prepared, "books in the crime genre");
    for typed in
        ["BOOKS IN THE CRIME GENRE", "books in the crime genre?", "  Books in the Crime genre . ", "bokks in the crime genre"]
    {
        assert_eq!(sql(&prepared, typed), meant, "{typed}");
    }
}

#[test]
fn what_no_query_can_tell_is_refused() {
    let prepared = library();
    let refused = |question: &str| answer(question, &prepared, &mut Rows(prepared.schema()), TODAY);
    assert!(matches!(refused("what is the weather like").refusal, Some(Refusal::OutOfScope { .. })));
    assert!(matches!(refused("delete all loans").refusal, Some(Refusal::OutOfScope { .. })));
    assert!(matches!(refused("xylophone quasar").refusal, Some(Refusal::Unknown { .. })));
    assert_eq!(refused("?!").refusal, Some(Refusal::EmptyQuestion));
    assert_eq!(refused("loans on 2023-02-31").refusal, Some(Refusal::NoSuchDay { day: "2023-02-31".into() }));
    assert_eq!(refused("loans on 30 February").refusal, Some(Refusal::NoSuchDay { day: "30 February".into() }));
    let nothing = answer("books", &Prepared::new(Schema::default()), &mut Rows(&Schema::default()), TODAY);
    assert_eq!(nothing.refusal, Some(Refusal::EmptySchema));
}

#[test]
fn words_that_mean_nothing_lower_the_confidence() {
    let prepared = library();
    let confidence = |question: &str| {
        answer(question, &prepared, &mut Rows(prepared.schema()), TODAY)
            .candidates
            .first()
            .map_or(0.0, |candidate| candidate.confidence)
    };
    let (plain, purple) = (confidence("how many books are there"), confidence("how many purple books are there"));
    assert!(plain > 0.9 && purple < plain - 0.2, "{plain} {purple}");
    assert!(confidence("how many purple books will wobble") < 0.4);
}

#[test]
fn every_word_is_accounted_for() {
    let prepared = library();
    let answer = answer("titles of books by Agatha Christie", &prepared, &mut Rows(prepared.schema()), TODAY);
    let said: Vec<&str> = answer.words.iter().flat_map(|word| word.words.split(' ')).collect();
    assert_eq!(said, ["titles", "of", "books", "by", "Agatha", "Christie"]);
    assert!(answer.words.iter().all(|word| !word.meaning.is_empty()));
}

#[test]
fn a_column_of_two_tables_gives_two_readings() {
    let prepared = library();
    let answer = answer("how many different cities are there", &prepared, &mut Rows(prepared.schema()), TODAY);
    assert!(answer.candidates.len() > 1, "{:?}", answer.candidates);
    assert!(answer.candidates.windows(2).all(|pair| pair[0].confidence >= pair[1].confidence));
}

/// Pieces of questions strung together by a fixed generator: no input may panic, and the same input gives the same answer.
#[test]
fn nothing_panics_and_nothing_varies() {
    const PIECES: [&str; 44] = [
        "books",
        "loans",
        "members",
        "who",
        "without",
        "not",
        "more than",
        "3",
        "per",
        "by",
        "month",
        "average",
        "the most",
        "top 5",
        "in 2023",
        "'Crime'",
        "Agatha",
        "Christie",
        "price",
        "between",
        "and",
        "or",
        "10",
        "sorted by",
        "descending",
        "supervisor",
        "reports to",
        "never",
        "no",
        "each",
        "highest",
        "lowest",
        "percentage of",
        "starting with",
        "A",
        "city",
        "Leeds",
        "first",
        "last",
        "how many",
        "how much",
        "than",
        "30 days",
        "?",
    ];
    let prepared = library();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..700 {
        let mut words = Vec::new();
        for _ in 0..9 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            words.push(PIECES[(state % PIECES.len() as u64) as usize]);
        }
        let question = words.join(" ");
        assert_eq!(sql(&prepared, &question), sql(&prepared, &question), "{question}");
    }
}
