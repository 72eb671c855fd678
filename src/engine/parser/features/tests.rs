//! What the words of a question say of names with figures in them, and of names that they are only akin to.

use super::*;
use crate::answer::NoProbe;
use crate::fixtures::schema;
use crate::ir::Day;
use crate::{question, understand};

const TODAY: Day = Day { year: 2024, month: 5, day: 17 };

const SEASONS: &str = "seasons
  season_id int pk
  sales_2011 int
  sales_2012 int
  ninth text
  10th text
orders_2024
  id int pk
results_2
  id int pk
countries
  country_name text pk
  state text
states
  state_name text pk
  country_name text
";

fn seen(text: &str) -> (Features, Prepared) {
    let prepared = Prepared::new(schema(SEASONS));
    let question = question::read(text, TODAY);
    let mentions = understand::mentions(&question, &prepared, &mut NoProbe);
    (features(&question, &prepared, &mentions), prepared)
}

fn item(features: &Features, prepared: &Prepared, relation: &str, column: Option<&str>) -> usize {
    let relations = &prepared.schema().relations;
    let at = relations.iter().position(|known| known.name == relation).expect("a relation");
    let target = match column {
        Some(column) => Target::Column((at, relations[at].column_position(column).expect("a column"))),
        None => Target::Relation(at),
    };
    features.item(target).expect("an item")
}

#[test]
fn figures_are_words_of_names() {
    let (features, prepared) = seen("sales 2012 of the 9th and tenth");
    let fit = |word: usize, column: &str| features.fit(word, item(&features, &prepared, "seasons", Some(column)));
    assert_eq!((fit(1, "sales_2012"), fit(1, "sales_2011")), (Fit::Exact, Fit::None));
    assert_eq!((fit(4, "ninth"), fit(6, "10th")), (Fit::Exact, Fit::Exact));
}

#[test]
fn of_relations_only_years_are_said() {
    let (features, prepared) = seen("rank 2 in 2024");
    let fit = |word: usize, relation: &str| features.fit(word, item(&features, &prepared, relation, None));
    assert_eq!((fit(1, "results_2"), fit(3, "orders_2024")), (Fit::None, Fit::Part));
}

#[test]
fn the_name_of_a_relation_says_no_column_that_it_is_akin_to() {
    let (features, prepared) = seen("which states are there");
    let country = item(&features, &prepared, "states", Some("country_name"));
    assert!(features.fit(1, country) > Fit::None, "a state is akin to a country");
    assert_eq!(features.says(1, country), Fit::None);
    assert_eq!(features.says(1, item(&features, &prepared, "states", None)), Fit::Exact);
}
