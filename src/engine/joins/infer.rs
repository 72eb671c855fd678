//! Keys that a schema does not declare, read from names and types.
//!
//! Precision matters more than reach: a wrong key gives a wrong answer, a missing one an honest "no key connects". A column with a
//! declared key is left alone, a target is a single-column primary or unique key, and the families of the types must agree.

use std::collections::{HashMap, HashSet};

use nl_query_core::schema::{ForeignKey, RelationId, Schema, TypeKind};

/// Words at the end of a column's name that say "key of".
const KEY_WORDS: [&str; 14] = ["id", "ids", "code", "cd", "no", "nr", "num", "number", "key", "fk", "uuid", "guid", "ref", "sk"];
/// Key names that every relation may have: on their own they relate nothing.
const GENERIC: [&str; 16] =
    ["id", "code", "cd", "no", "nr", "num", "number", "key", "uuid", "guid", "name", "title", "year", "date", "type", "rowid"];
/// Names of columns that refer to a row of their own relation.
const SELF_ROLES: [&str; 18] = [
    "manager",
    "mgr",
    "supervisor",
    "boss",
    "parent",
    "reportsto",
    "mentor",
    "superior",
    "predecessor",
    "successor",
    "previous",
    "original",
    "referredby",
    "referrer",
    "replaces",
    "ancestor",
    "managedby",
    "supervisedby",
];
/// Prefixes that say what kind of relation it is, not what it holds.
const RELATION_PREFIXES: [&str; 8] = ["tbl", "tb", "dim", "fact", "ref", "lkp", "lu", "mst"];

/// Reads the keys that a schema does not declare from names and types. Columns that have a declared key are left alone.
pub fn infer_foreign_keys(schema: &Schema) -> Vec<ForeignKey> {
    let names = Names::new(schema);
    let declared: HashSet<(RelationId, usize)> =
        schema.foreign_keys.iter().flat_map(|key| key.from_columns.iter().map(|&column| (key.from, column))).collect();
    let mut found = Vec::new();
    for (relation, table) in schema.relations.iter().enumerate() {
        for column in 0..table.columns.len() {
            if declared.contains(&(relation, column)) {
                continue;
            }
            if let Some((to, target)) = names.target(schema, relation, column) {
                found.push(ForeignKey {
                    from: relation,
                    from_columns: vec![column],
                    to,
                    to_columns: vec![target],
                    declared: false,
                });
            }
        }
    }
    found
}

/// The words of an identifier in lower case: `shipCountry_ID` gives ship, country, id.
pub(crate) fn words(identifier: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = identifier.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        let hump = letter.is_uppercase()
            && at > 0
            && (letters[at - 1].is_lowercase() || letters.get(at + 1).is_some_and(|next| next.is_lowercase()));
        if (!letter.is_alphanumeric() || hump) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A word and what it may be the plural of.
fn singulars(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_string()];
    let irregular = [("people", "person"), ("children", "child"), ("men", "man"), ("women", "woman"), ("staff", "staff")];
    for (plural, single) in irregular {
        if word == plural {
            forms.push(single.to_string());
        }
    }
    if let Some(stem) = word.strip_suffix("ies") {
        forms.push(format!("{stem}y"));
    }
    if let Some(stem) = word.strip_suffix("es") {
        forms.push(stem.to_string());
    }
    if let Some(stem) = word.strip_suffix('s').filter(|stem| stem.len() > 1 && !stem.ends_with('s')) {
        forms.push(stem.to_string());
    }
    forms
}

/// Every way to write a name of several words in one: the last word as it is and in the singular.
fn forms(words: &[String]) -> Vec<String> {
    let Some((last, first)) = words.split_last() else { return Vec::new() };
    singulars(last).into_iter().map(|last| format!("{}{last}", first.concat())).collect()
}

/// A column's name taken apart. A schema has far fewer names than columns.
struct Named {
    /// Its words without anything between them.
    whole: String,
    stem: Stem,
    /// What the relation may be called that the stem names, the longest tail of it first.
    relations: Vec<String>,
}

impl Named {
    fn of(name: &str) -> Self {
        let words = words(name);
        let stem = stem(&words);
        // Without a word for a key only the whole name counts: `units_on_order` is an amount, not an order.
        let starts = if stem.marked { stem.words.len() } else { stem.words.len().min(1) };
        let relations = (0..starts).flat_map(|first| forms(&stem.words[first..])).collect();
        Named { whole: words.concat(), stem, relations }
    }
}

struct Names<'s> {
    columns: HashMap<&'s str, Named>,
    /// A relation's name in each of its forms.
    relations: HashMap<String, Vec<RelationId>>,
    /// Single-column primary keys by the letters of their names.
    keys: HashMap<String, Vec<(RelationId, usize)>>,
}

impl<'s> Names<'s> {
    fn new(schema: &'s Schema) -> Self {
        let mut names = Names { columns: HashMap::new(), relations: HashMap::new(), keys: HashMap::new() };
        for column in schema.relations.iter().flat_map(|table| &table.columns) {
            if !names.columns.contains_key(column.name.as_str()) {
                names.columns.insert(&column.name, Named::of(&column.name));
            }
        }
        for (relation, table) in schema.relations.iter().enumerate() {
            if table.primary_key.is_empty() && table.unique_keys.is_empty() {
                continue;
            }
            let mut table_words = words(&table.name);
            if table_words.len() > 1 && RELATION_PREFIXES.contains(&table_words[0].as_str()) {
                table_words.remove(0);
            }
            for form in forms(&table_words) {
                let entry = names.relations.entry(form).or_default();
                if entry.last() != Some(&relation) {
                    entry.push(relation);
                }
            }
            if let [key] = table.primary_key[..]
                && let Some(column) = table.columns.get(key)
            {
                names.keys.entry(words(&column.name).concat()).or_default().push((relation, key));
            }
        }
        names
    }

    fn target(&self, schema: &Schema, relation: RelationId, column: usize) -> Option<(RelationId, usize)> {
        let table = &schema.relations[relation];
        let kind = table.columns[column].kind;
        if !matches!(kind, TypeKind::Number | TypeKind::Text | TypeKind::Uuid) {
            return None;
        }
        let is_own_key = table.primary_key == [column];
        let named = self.columns.get(table.columns[column].name.as_str())?;
        let fits = |to: RelationId, target: usize| {
            (to, target) != (relation, column) && schema.relations[to].columns.get(target).is_some_and(|key| key.kind == kind)
        };
        let by_name = self.by_relation(schema, relation, column, named, &fits);
        if is_own_key {
            // Two relations that share their key: one row of this extends one row of the other.
            return by_name
                .filter(|&(to, target)| to != relation && self.whole(&schema.relations[to].columns[target].name) == named.whole);
        }
        by_name
            .or_else(|| self.same_key(schema, relation, named, &fits))
            .or_else(|| own_row(schema, relation, named).filter(|&(to, target)| fits(to, target)))
    }

    /// The words of a column's name without anything between them.
    fn whole(&self, column: &str) -> &str {
        self.columns.get(column).map_or("", |named| named.whole.as_str())
    }

    /// `customer_id`, `ship_country_code`, `customerid`: the longest tail of the name that is a relation.
    fn by_relation(
        &self,
        schema: &Schema,
        relation: RelationId,
        column: usize,
        named: &Named,
        fits: &dyn Fn(RelationId, usize) -> bool,
    ) -> Option<(RelationId, usize)> {
        let kind = schema.relations[relation].columns[column].kind;
        if !named.stem.marked && kind == TypeKind::Text {
            return None; // a text called "city" is the city's name more often than its key
        }
        for form in &named.relations {
            let near = |to: &&RelationId| (schema.relations[**to].schema != schema.relations[relation].schema, **to);
            let mut candidates: Vec<&RelationId> = self.relations.get(form).into_iter().flatten().collect();
            candidates.sort_by_key(near);
            for &to in candidates {
                if let Some(target) = self.key_of(schema, to, &named.stem, form).filter(|&target| fits(to, target)) {
                    return Some((to, target));
                }
            }
        }
        None
    }

    /// A column named like the primary key of exactly one other relation.
    fn same_key(
        &self,
        schema: &Schema,
        relation: RelationId,
        named: &Named,
        fits: &dyn Fn(RelationId, usize) -> bool,
    ) -> Option<(RelationId, usize)> {
        if GENERIC.contains(&named.whole.as_str()) {
            return None;
        }
        let marked = named.stem.marked;
        let others: Vec<(RelationId, usize)> = self
            .keys
            .get(&named.whole)?
            .iter()
            .copied()
            .filter(|&(to, target)| to != relation && fits(to, target))
            .filter(|&(to, target)| marked || schema.relations[to].columns[target].kind != TypeKind::Text)
            .collect();
        match others[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The single-column key of a relation that a column with this stem means: the primary key, or a unique key named after the mark.
    fn key_of(&self, schema: &Schema, to: RelationId, stem: &Stem, form: &str) -> Option<usize> {
        let table = &schema.relations[to];
        let name = |column: usize| table.columns.get(column).map_or("", |column| self.whole(&column.name));
        let is_wanted = |name: &str| name == stem.mark || name.strip_prefix(form) == Some(stem.mark.as_str());
        let singles =
            std::iter::once(&table.primary_key).chain(&table.unique_keys).filter(|key| key.len() == 1).map(|key| key[0]);
        let singles: Vec<usize> = singles.collect();
        let named = singles.iter().copied().find(|&column| stem.marked && is_wanted(name(column)));
        let is_code = !matches!(stem.mark.as_str(), "id" | "fk" | "key" | "ref" | "sk" | "");
        // A code or a number that the target does not have under that name is most likely not its key ("phone_number").
        named.or_else(|| match table.primary_key[..] {
            [only] if !is_code || name(only).ends_with("id") == stem.mark.ends_with("id") => Some(only),
            _ => None,
        })
    }
}

/// A column's name without what says that it is a key.
struct Stem {
    words: Vec<String>,
    /// The word that said it, empty for none.
    mark: String,
    marked: bool,
}

fn stem(column_words: &[String]) -> Stem {
    let mut words = column_words.to_vec();
    if words.len() > 1 && matches!(words[0].as_str(), "fk" | "id") {
        words.remove(0);
        if words.last().is_none_or(|last| !KEY_WORDS.contains(&last.as_str())) {
            return Stem { words, mark: "id".to_string(), marked: true };
        }
    }
    let Some(last) = words.last().cloned() else { return Stem { words, mark: String::new(), marked: false } };
    if words.len() > 1 && KEY_WORDS.contains(&last.as_str()) {
        words.pop();
        return Stem { words, mark: last, marked: true };
    }
    for mark in ["id", "code", "no", "nr", "key"] {
        if let Some(rest) = last.strip_suffix(mark).filter(|rest| rest.len() > 2) {
            words.pop();
            words.push(rest.to_string());
            return Stem { words, mark: mark.to_string(), marked: true };
        }
    }
    Stem { words, mark: String::new(), marked: false }
}

/// `manager_id`, `reports_to`, `parent_id`: a row of the same relation.
fn own_row(schema: &Schema, relation: RelationId, column: &Named) -> Option<(RelationId, usize)> {
    let [key] = schema.relations[relation].primary_key[..] else { return None };
    let named = column.stem.words.concat();
    let says = |role: &str| column.whole == role || named == role || (column.stem.marked && named.ends_with(role));
    SELF_ROLES.iter().any(|role| says(role)).then_some((relation, key))
}
