//! Steps over a small library and what they become.
//!
//! Steps are written as the grammar names them: `select 1`, `plain`, `books.title`, a relation's name, `'word` for a word of the
//! question. Symbols follow from the grammar, so that only choices are written.

mod back;
mod rules;
mod statements;

use crate::ir::Day;
use crate::parser::features::{Features, Target, features};
use crate::parser::grammar::{BLOCK, Choice, Symbol, number, productions};
use crate::prepared::Prepared;
use crate::question::{self, Question};
use crate::understand;
use crate::understand::tests::{Rows, library};

const TODAY: Day = Day { year: 2024, month: 5, day: 17 };

/// A question read over the library.
struct Asked {
    prepared: Prepared,
    question: Question,
    features: Features,
}

fn asked(text: &str) -> Asked {
    let prepared = library();
    let question = question::read(text, TODAY);
    let mentions = understand::mentions(&question, &prepared, &mut Rows(prepared.schema()));
    let features = features(&question, &prepared, &mentions);
    Asked { prepared, question, features }
}

impl Asked {
    /// The steps that are written as these choices, with commas between them.
    fn steps(&self, written: &str) -> Vec<(Symbol, Choice)> {
        let mut open = vec![Symbol::Query];
        let mut steps = Vec::new();
        for choice in written.split(',').map(str::trim) {
            let mut symbol = open.pop().expect("something is open");
            while symbol == Symbol::Block {
                open.extend(BLOCK.iter().rev());
                symbol = open.pop().expect("a block has parts");
            }
            let choice = self.choice(symbol, choice);
            if let Choice::Production(number) = choice {
                open.extend(productions()[number].opens.iter().rev());
            }
            steps.push((symbol, choice));
        }
        assert!(open.is_empty(), "{open:?} is open behind {written}");
        steps
    }

    fn choice(&self, symbol: Symbol, written: &str) -> Choice {
        if let Some(word) = written.strip_prefix('\'') {
            let at = self.question.tokens.iter().position(|token| token.text == word);
            return Choice::Word(at.unwrap_or_else(|| panic!("no word {word}")));
        }
        if matches!(symbol, Symbol::Column | Symbol::Relation) {
            return Choice::Item(self.item(written));
        }
        Choice::Production(number(symbol, written).unwrap_or_else(|| panic!("{symbol:?} is not written {written}")))
    }

    fn item(&self, written: &str) -> usize {
        let relations = &self.prepared.schema().relations;
        let named = |target: Target| match target {
            Target::Relation(relation) => relations[relation].name == written,
            Target::Column((relation, column)) => {
                format!("{}.{}", relations[relation].name, relations[relation].columns[column].name) == written
            }
        };
        let at = self.features.items.iter().position(|item| named(item.target));
        at.unwrap_or_else(|| panic!("no item {written}"))
    }

    /// The statement that the steps become, on one line, or why there is none.
    fn sql(&self, written: &str) -> String {
        let steps = self.steps(written);
        let query = match super::query(&steps, &self.features, &self.question, &self.prepared) {
            Ok(query) => query,
            Err(error) => return error.to_string(),
        };
        match crate::render::sql(&query, self.prepared.schema(), self.prepared.graph()) {
            Ok(sql) => sql.split_whitespace().collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }
}
