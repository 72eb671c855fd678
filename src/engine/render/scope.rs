//! What names mean at a place of the statement: aliases of sources, seen from the inside out.

use std::collections::BTreeSet;

use nl_query_core::schema::Schema;

use super::{RenderError, expr::Sql, quote};
use crate::{
    ir::{ColumnUse, Expr, Source},
    joins::{Graph, JoinPlan, words},
};

/// A scope is cloned as it is entered; aliases stay unique down the way, so an inner query never hides an outer name.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    pub schema: &'a Schema,
    pub graph: &'a Graph,
    /// The joins of the query (or subquery) that is being written.
    pub plan: Option<&'a JoinPlan>,
    /// Asked subtrees whose EXISTS is being written.
    pub opened: BTreeSet<usize>,
    /// What a subquery has computed, and what stands for it.
    pub replaced: Vec<(Expr, Sql)>,
    /// True inside a subquery whose value is compared: no column has a name there.
    pub nested: bool,
    names: Vec<(Source, Option<String>)>,
    used: BTreeSet<String>,
}

impl<'a> Scope<'a> {
    pub fn new(schema: &'a Schema, graph: &'a Graph) -> Self {
        Scope {
            schema,
            graph,
            plan: None,
            opened: BTreeSet::new(),
            replaced: Vec::new(),
            nested: false,
            names: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// For a query that sees nothing of this one, inside it.
    pub fn apart(&self) -> Scope<'a> {
        Scope { plan: None, opened: BTreeSet::new(), replaced: Vec::new(), names: Vec::new(), ..self.clone() }
    }

    /// For a query whose value is compared with something.
    pub fn apart_nested(&self) -> Scope<'a> {
        Scope { nested: true, ..self.apart() }
    }

    /// Enters a plan. `skip` nodes at its start belong to the scope around it.
    pub fn enter(&self, plan: &'a JoinPlan, skip: usize, qualified: bool) -> Scope<'a> {
        let mut inner = Scope { plan: Some(plan), opened: BTreeSet::new(), ..self.clone() };
        for node in &plan.nodes[skip..] {
            let alias = qualified.then(|| {
                let role = node.link.as_ref().filter(|_| node.source.role > 0).and_then(|link| inner.role_name(link.key));
                let name = inner.schema.relations.get(node.source.relation).map(|relation| relation.name.as_str());
                let alias = free_alias(name.unwrap_or_default(), role.as_deref(), &inner.used);
                inner.used.insert(alias.clone());
                alias
            });
            inner.names.push((node.source, alias));
        }
        inner
    }

    /// What a key calls the row that it leads to: `manager_id` leads to the manager.
    pub fn role_name(&self, key: usize) -> Option<String> {
        let key = self.graph.keys().get(key)?;
        let column = self.schema.relations.get(key.from)?.columns.get(*key.from_columns.first()?)?;
        let mut words = words(&column.name);
        if words.len() > 1 && words.last().is_some_and(|last| ["id", "code", "no", "key", "fk"].contains(&last.as_str())) {
            words.pop();
        }
        let name = words.join("_");
        name.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_').then_some(name)
    }

    /// The alias of a source; the inner None says that its columns need none.
    pub fn alias(&self, source: Source) -> Option<Option<&str>> {
        self.names.iter().rev().find(|(known, _)| *known == source).map(|(_, alias)| alias.as_deref())
    }

    pub fn column(&self, used: ColumnUse) -> Result<String, RenderError> {
        let relation = self.schema.relations.get(used.source.relation);
        let column = relation.and_then(|relation| relation.columns.get(used.column));
        let Some(column) = column else { return Err(RenderError::unknown()) };
        let name = quote::ident(&column.name);
        match self.alias(used.source) {
            Some(Some(alias)) => Ok(format!("{alias}.{name}")),
            Some(None) => Ok(name),
            None => Err(RenderError::Invalid(format!("column \"{}\" is not part of this query", column.name))),
        }
    }

    /// The relation's name as FROM has it.
    pub fn relation(&self, source: Source) -> Result<String, RenderError> {
        let relation = self.schema.relations.get(source.relation).ok_or_else(RenderError::unknown)?;
        let name = quote::ident(&relation.name);
        Ok(if relation.visible { name } else { format!("{}.{name}", quote::ident(&relation.schema)) })
    }

    /// `orders o`, or `orders` where no alias is needed.
    pub fn table_item(&self, source: Source) -> Result<String, RenderError> {
        let name = self.relation(source)?;
        Ok(match self.alias(source).flatten() {
            Some(alias) => format!("{name} {alias}"),
            None => name,
        })
    }
}

/// The shortest free name that reminds of the relation: its initials, more of its letters, then a number.
fn free_alias(relation: &str, role: Option<&str>, used: &BTreeSet<String>) -> String {
    let parts: Vec<String> = words(role.unwrap_or(relation))
        .into_iter()
        .map(|word| word.chars().filter(char::is_ascii_alphabetic).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    let initials: String = parts.iter().filter_map(|word| word.chars().next()).take(4).collect();
    let letters: String = parts.concat();
    let longer = (2..=4).filter_map(|length| letters.get(..length).map(str::to_string));
    let numbered = (2..).map(|number| format!("{}{number}", if initials.is_empty() { "t" } else { &initials }));
    std::iter::once(if initials.is_empty() { "t".to_string() } else { initials.clone() })
        .chain(longer)
        .filter(|name| !quote::is_keyword(name) && !matches!(name.as_str(), "by" | "is" | "no" | "of" | "if" | "at"))
        .chain(numbered)
        .find(|name| !used.contains(name))
        .unwrap_or_default()
}
