//! Substitution against the engine itself: whatever a carriage allows must be, to the letter, what the engine answers.

use nl_query_core::schema::ColumnStats;
use nl_query_core::template::{Template, fill, tidy};

use super::asked::{NUMBERED, asked, schemas};
use super::*;
use crate::answer::{NoProbe, answer};
use crate::random::Random;
use crate::understand::tests::{Rows, library};

const TODAY: Day = Day { year: 2024, month: 5, day: 17 };

/// SQL and paraphrase.
type Texts = (String, String);

struct Answered<'a> {
    prepared: &'a Prepared,
    template: Template,
    answer: Answer,
    carriage: Option<Carriage>,
}

fn ask<'a>(prepared: &'a Prepared, question: &str) -> Answered<'a> {
    let template = Template::cut(question);
    let answer = answer(&template.question(), prepared, &mut Rows(prepared.schema()), TODAY);
    let carriage = carriage(&template, &answer, prepared, TODAY);
    Answered { prepared, template, answer, carriage }
}

impl Answered<'_> {
    /// SQL and paraphrase by substitution, and as the engine gives them.
    fn both(&self, values: &[i64]) -> (Option<Texts>, Option<Texts>) {
        let slot = |value: &i64| Slot { kind: SlotKind::Integer, text: value.to_string(), span: 0..0 };
        let slots: Vec<Slot> = values.iter().map(slot).collect();
        let first = &self.answer.candidates[0];
        let put = self
            .carriage
            .as_ref()
            .and_then(|carriage| Some((carriage.sql(&first.sql, &slots)?, carriage.paraphrase(&first.paraphrase, &slots)?)));
        let question = fill(&self.template.text, &slots).expect("slots of this template");
        let real = answer(&question, self.prepared, &mut Rows(self.prepared.schema()), TODAY);
        let real = real.candidates.first().map(|real| {
            assert!(put.is_none() || real.confidence == first.confidence, "{question}");
            (real.sql.clone(), real.paraphrase.clone())
        });
        (put, real)
    }

    /// Tries so many random values; panics where substitution and engine differ.
    fn try_values(&self, random: &mut Random, rounds: usize) {
        let Some(carriage) = &self.carriage else { return };
        for _ in 0..rounds {
            let value = |carried: &Carried| {
                // Small numbers are where everything special is.
                let span = usize::try_from(carried.most - carried.least + 1).expect("an interval");
                let span = if random.below(2) == 0 { span.min(60) } else { span };
                carried.least + i64::try_from(random.below(span)).expect("small")
            };
            let values: Vec<i64> = carriage.slots.iter().map(value).collect();
            let (put, real) = self.both(&values);
            assert_eq!(put.is_some(), distinct(&values), "{:?} {values:?}", self.template);
            if put.is_some() {
                assert_eq!(put, real, "{:?} {values:?}", self.template);
            }
        }
    }
}

#[test]
fn what_substitution_gives_is_what_the_engine_answers() {
    let mut random = Random::new(7);
    let (mut numbered, mut carried) = (0, 0);
    for (_, prepared) in schemas() {
        for question in asked().chain(NUMBERED) {
            let answered = ask(&prepared, question);
            if answered.answer.candidates.is_empty() || answered.template.slots.is_empty() {
                assert!(answered.carriage.is_none(), "{question}");
                continue;
            }
            numbered += 1;
            carried += usize::from(answered.carriage.is_some());
            answered.try_values(&mut random, 20);
        }
    }
    assert!(numbered > 80 && carried > 40, "{carried} of {numbered}");
}

/// Words thrown together: nonsense that has a reading is where an interval that is too wide would show.
#[test]
fn nonsense_is_carried_no_further_than_the_engine_goes() {
    let words = [
        "top",
        "first",
        "last",
        "most",
        "products",
        "orders",
        "customers",
        "films",
        "category",
        "price",
        "length",
        "rating",
        "age",
        "more",
        "than",
        "over",
        "under",
        "between",
        "and",
        "at least",
        "not",
        "with",
        "by",
        "in",
        "since",
        "before",
        "May",
        "week",
        "days",
        "ago",
        "pm",
        "minutes",
        "years",
        "old",
        "euro",
        "%",
        "million",
        "or",
        "quarter",
        "id",
        "stock",
        "to",
        "of",
        "the",
        "number of",
        ",",
        "year",
    ];
    let numbers = ["2", "3", "5", "9", "12", "13", "24", "31", "40", "99", "100", "150", "999", "3000", "45000", "250000"];
    let mut random = Random::new(11);
    let mut carried = 0;
    let (_, prepared) = schemas().pop().expect("a store");
    for _ in 0..400 {
        let mut text = vec!["products", "orders", "customers", "films"][random.below(4)].to_owned();
        for _ in 0..2 + random.below(6) {
            text.push(' ');
            text.push_str(if random.below(3) == 0 {
                numbers[random.below(numbers.len())]
            } else {
                words[random.below(words.len())]
            });
        }
        let answered = ask(&prepared, &text);
        carried += usize::from(answered.carriage.is_some());
        answered.try_values(&mut random, 4);
    }
    assert!(carried > 10, "{carried}");
}

fn interval(prepared: &Prepared, question: &str) -> Option<Vec<(i64, i64)>> {
    let carriage = ask(prepared, question).carriage?;
    Some(carriage.slots.iter().map(|carried| (carried.least, carried.most)).collect())
}

#[test]
fn limits_and_comparisons_are_carried_in_whole_intervals() {
    let schemas = schemas();
    let prepared = &schemas[2].1;
    for (question, expected) in [
        ("top 5 customers by number of orders", vec![(2, 999)]),
        ("the 10 most expensive products", vec![(2, 999)]),
        ("the 500 most expensive products", vec![(2, 999)]),
        ("products with a price over 25", vec![(2, 999)]),
        ("products with a stock over 5000", vec![(3000, 999_999)]),
        ("customers with more than 3 orders", vec![(2, 999)]),
        ("the 3 most expensive products with a stock over 20", vec![(2, 999), (2, 999)]),
        ("order 42", vec![(2, 999)]),
        ("films longer than 90 minutes", vec![(2, 999)]),
        // The number in words is a constant of the statement that the other must not meet.
        ("the five most expensive products with a stock over 20", vec![(6, 999)]),
    ] {
        assert_eq!(interval(prepared, question), Some(expected), "{question}");
    }
}

#[test]
fn what_is_not_certain_is_not_carried() {
    let schemas = schemas();
    let prepared = &schemas[2].1;
    for question in [
        "orders in 2023",
        "top 5 customers in 2023",
        "orders since 2021",
        "films released after 1999",
        "films released in 2006",
        "orders in the last 30 days",
        "orders 5 days ago",
        "orders more than 30 days ago",
        "orders of week 12",
        "orders on 5 May",
        "orders between 9 am and 5 pm",
        // One and none are told otherwise than many.
        "top 1 customers by number of orders",
        "customers with more than 1 orders",
        "customers with 0 orders",
        "customers with at least 1 order",
        // Scaled on the way to the statement.
        "top 2 million products by price",
        "films longer than 2 hours",
        // The years.
        "the 1500 most expensive products",
        "the 1000 most expensive products",
        "the 1000000 most expensive products",
        // Two slots with one value, and a slot that is no whole number.
        "top 20 products with a price over 20",
        "top 5 products with a price over 2.5",
        "top 5 products named \"Tea\"",
        "top 5 orders since 2024-01-31",
        "products named 'Tea 5' or 6",
        // Nothing to carry.
        "customers",
        "top five products",
        "xylophone 5 quasar",
    ] {
        assert_eq!(interval(prepared, question), None, "{question}");
    }
}

#[test]
fn a_number_that_is_part_of_a_name_is_a_constant() {
    let prepared = Prepared::new(crate::fixtures::schema("offices\n  id int pk\n  name text !\n  floor_70 int\n  desks int\n"));
    for (question, expected) in [
        ("offices with more than 5 desks", Some((2, 69))),
        ("offices with more than 80 desks", Some((71, 999))),
        ("offices with more than 70 desks", None),
    ] {
        assert_eq!(interval(&prepared, question), expected.map(|interval| vec![interval]), "{question}");
    }
}

#[test]
fn what_may_be_an_age_is_none_of_the_numbers_around() {
    let (_, prepared) = schemas().pop().expect("a store");
    for (question, expected) in [("customers over 5", (2, 9)), ("customers over 60", (10, 99))] {
        assert_eq!(interval(&prepared, question), Some(vec![expected]), "{question}");
    }
    assert_eq!(interval(&prepared, "customers over 500"), None);
}

#[test]
fn whole_years_of_age_are_a_number_like_any_other() {
    let schemas = schemas();
    let store = &schemas[2].1;
    let answered = ask(store, "customers older than 30");
    if let Some(carriage) = &answered.carriage {
        assert_eq!((carriage.slots[0].least, carriage.slots[0].most), (2, 999));
        let sql = &answered.answer.candidates[0].sql;
        assert!(carriage.slots[0].sql.iter().all(|place| &sql[place.clone()] == "30"), "{sql}");
    }
}

#[test]
fn equal_and_foreign_values_are_refused_at_the_end_too() {
    let schemas = schemas();
    let answered = ask(&schemas[2].1, "the 3 most expensive products with a stock over 20");
    for (values, served) in [
        (&[4, 30][..], true),
        (&[20, 3], true),
        (&[30, 30], false),
        (&[1, 30], false),
        (&[4, 1000], false),
        (&[4], false),
        (&[4, 5, 6], false),
    ] {
        let slots: Vec<Slot> =
            values.iter().map(|value: &i64| Slot { kind: SlotKind::Integer, text: value.to_string(), span: 0..0 }).collect();
        let carriage = answered.carriage.as_ref().expect("carried");
        assert_eq!(carriage.covers(&slots), served, "{values:?}");
        assert_eq!(carriage.sql(&answered.answer.candidates[0].sql, &slots).is_some(), served, "{values:?}");
    }
    let padded = [Slot { kind: SlotKind::Integer, text: "04".to_owned(), span: 0..0 }, answered.template.slots[1].clone()];
    assert!(!answered.carriage.as_ref().expect("carried").covers(&padded));
    let decimal = Template::cut("top 3.5 products with a price over 20");
    assert!(!answered.carriage.expect("carried").covers(&decimal.slots));
}

#[test]
fn a_value_that_may_be_spelled_with_the_number_forbids_its_change() {
    let with_values = |values: &[&str]| {
        let mut schema = schemas().pop().expect("a store").1.schema().clone();
        let films = schema.relations.iter_mut().find(|relation| relation.name == "films").expect("films");
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        films.columns[1].stats =
            Some(ColumnStats { n_distinct: -1.0, null_frac: 0.0, common_values: values, bounds: Vec::new() });
        Prepared::new(schema)
    };
    let question = "top 5 products by price";
    for (values, carried) in [
        (&["Casablanca", "12 Monkeys", "District 9", "1917"][..], true),
        (&["Top 10"], false),
        (&["10 Products"], false),
        (&["TOP-9: products"], false),
        (&["Top 10 Products by Price"], false),
        (&["Top ten"], true),
    ] {
        let prepared = with_values(values);
        assert_eq!(interval(&prepared, question).is_some(), carried, "{values:?}");
    }
    // What ends in a function word is looked up as well where it has figures in it.
    assert_eq!(interval(&with_values(&["the 7 most"]), "the 10 most expensive products"), None);
    // A text that is the number alone is a value of its column, and of no other number.
    assert_eq!(interval(&with_values(&["70"]), question), Some(vec![(2, 69)]));
}

#[test]
fn data_that_were_looked_into_are_taken_as_they_were() {
    let library = library();
    let answered = ask(&library, "top 5 members in York");
    assert!(answered.answer.depends_on_data && !answered.answer.lookups.is_empty());
    assert_eq!(answered.answer.lookups[0].hits.len(), 1);
    if answered.carriage.is_some() {
        answered.try_values(&mut Random::new(3), 20);
    }
    let plain = answer("how many books are there", &library, &mut NoProbe, TODAY);
    assert!(!plain.depends_on_data && plain.lookups.is_empty() && !plain.depends_on_today);
    assert!(answer("loans since March", &library, &mut NoProbe, TODAY).depends_on_today);
    // A refusal may be outdated by new rows as well.
    let refused = answer("xylophone quasar", &library, &mut NoProbe, TODAY);
    assert!(refused.refusal.is_some() && refused.depends_on_data);
}

/// A tidied question is the one that the engine is asked; tidying must not take anything away from it.
#[test]
fn tidying_a_question_changes_no_answer() {
    let shown = |answer: &Answer| {
        let candidates: Vec<_> =
            answer.candidates.iter().map(|one| (one.sql.clone(), one.paraphrase.clone(), one.confidence.to_bits())).collect();
        (candidates, answer.refusal.clone(), answer.words.clone(), answer.lookups.clone(), answer.depends_on_today)
    };
    let mut random = Random::new(5);
    let mut tidied = 0;
    for (_, prepared) in schemas() {
        for question in asked().chain(NUMBERED) {
            let plain = answer(question, &prepared, &mut Rows(prepared.schema()), TODAY);
            let ending = ["?", " ?", "!", ".", "?!", "...", " . "][random.below(7)];
            for typed in [question.to_owned(), format!("{question}{ending}")] {
                let tidy = tidy(&typed);
                tidied += usize::from(tidy != typed);
                let real = answer(&tidy, &prepared, &mut Rows(prepared.schema()), TODAY);
                assert_eq!(shown(&real), shown(&plain), "{typed:?}");
            }
        }
    }
    assert!(tidied > 400, "{tidied}");
}

/// The ends of an interval are tried: "the one with the most" is what the engine says of a single row.
#[test]
fn an_interval_whose_end_comes_out_otherwise_is_refused() {
    let schemas = schemas();
    let question = "top 5 customers by number of orders";
    let Answered { prepared, template, answer, .. } = ask(&schemas[2].1, question);
    let (candidate, values) = (&answer.candidates[0], values(&template.slots).expect("numbers"));
    let trial = Trial { template: &template, answer: &answer, candidate, prepared, today: TODAY, values };
    assert!(trial.over(&[(2, 999)]).is_some());
    assert!(trial.over(&[(1, 999)]).is_none());
}
