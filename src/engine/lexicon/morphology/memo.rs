//! Stems and words of names, each worked out once: a schema says the same few words in thousands of columns.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::{stem, words_of_identifier};

/// What was worked out so far. It grows with every new word, so it lives no longer than the work on one schema.
#[derive(Debug, Default)]
pub struct Memo {
    stems: RefCell<HashMap<String, Rc<str>>>,
    words: RefCell<HashMap<String, Rc<[String]>>>,
}

impl Memo {
    /// As [`stem`].
    pub fn stem(&self, word: &str) -> Rc<str> {
        if let Some(known) = self.stems.borrow().get(word) {
            return known.clone();
        }
        let stemmed: Rc<str> = stem(word).into();
        self.stems.borrow_mut().insert(word.to_owned(), stemmed.clone());
        stemmed
    }

    /// As [`words_of_identifier`].
    pub fn words(&self, name: &str) -> Rc<[String]> {
        if let Some(known) = self.words.borrow().get(name) {
            return known.clone();
        }
        let words: Rc<[String]> = words_of_identifier(name).into();
        self.words.borrow_mut().insert(name.to_owned(), words.clone());
        words
    }

    /// The stems of a name's words.
    pub fn stems_of_name(&self, name: &str) -> Vec<Rc<str>> {
        self.words(name).iter().map(|word| self.stem(word)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_was_worked_out() {
        let memo = Memo::default();
        for _ in 0..2 {
            for name in ["orderDate", "customers", "people", "ORDERS2018", "tblCustomer", "", "Straßen_名"] {
                assert_eq!(*memo.words(name), *words_of_identifier(name), "{name}");
                assert_eq!(*memo.stem(name), *stem(name), "{name}");
                let stems: Vec<String> = words_of_identifier(name).iter().map(|word| stem(word)).collect();
                assert!(memo.stems_of_name(name).iter().map(|known| &**known).eq(stems.iter()), "{name}");
            }
        }
    }
}
