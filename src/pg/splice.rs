//! An answer's query, analysed by itself, in the place of a call.
//!
//! The answer never becomes part of the statement's text or raw tree: there, a CTE, a transition table or a variable of PL/pgSQL
//! could take one of its names. The raw tree gets a *stand-in*, a SELECT with the answer's column names and types and nothing else;
//! once the statement is analysed, the stand-in's query is replaced by the answer's.

use std::ffi::{CStr, CString};

use pgrx::pg_sys;
use pgrx::pg_sys::NodeTag::*;

use super::calls::Site;
use super::nodes::{make, one};
use super::{calls, compat, list, parse_state, places, stand_in};

/// A column, of an answer or of a column definition list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub type_oid: u32,
    pub typmod: i32,
    pub collation: u32,
}

impl Column {
    /// The type as SQL writes it.
    pub fn type_name(&self) -> String {
        // SAFETY: a lookup by OID that gives a palloc'ed text.
        unsafe { super::proc::text_or_empty(pg_sys::format_type_with_typemod(pg_sys::Oid::from(self.type_oid), self.typmod)) }
    }

    /// Whether PostgreSQL would store a value of this type in a column of that one.
    pub fn is_assignable_to(&self, other: &Column) -> bool {
        let (from, to) = (pg_sys::Oid::from(self.type_oid), pg_sys::Oid::from(other.type_oid));
        // SAFETY: two arrays of one OID each.
        unsafe { pg_sys::can_coerce_type(1, &raw const from, &raw const to, pg_sys::CoercionContext::COERCION_ASSIGNMENT) }
    }
}

/// The analysed query of an answer, in the memory context that was current.
#[derive(Clone, Copy)]
pub struct Answer(*mut pg_sys::Query);

impl Answer {
    /// Analyses a statement that the guard has proven. Raises the server's errors.
    pub fn analyse(sql: &str) -> Option<Answer> {
        let text = CString::new(sql).ok()?;
        // The text is read by error messages of the analysis only.
        // SAFETY: a NUL-terminated text; the trees are made and used in the current context.
        unsafe {
            let list = pg_sys::raw_parser(text.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT);
            let raw = list::iter::<pg_sys::RawStmt>(list).next()?;
            let query = parse_state::analyse_alone((*raw).stmt, &text);
            places::forget(query);
            Some(Answer(query))
        }
    }

    /// The columns of the answer.
    pub fn columns(&self) -> Vec<Column> {
        // SAFETY: an analysed query; the entries of a target list are complete.
        unsafe { entries(self.0) }.map(|entry| column_of(entry)).collect()
    }

    /// A query over this one with the names and types of `wanted`, converted as INSERT would; none where that cannot be.
    pub fn shaped(self, wanted: &[Column]) -> Option<Answer> {
        let columns = self.columns();
        if columns.len() != wanted.len() || columns.is_empty() {
            return None;
        }
        // SAFETY: trees made here, in the current context; the stand-in is filled before anybody sees the outer query.
        unsafe {
            let query = parse_state::analyse_alone(over(select_of(&columns, 0)).cast(), c"");
            let state = pg_sys::make_parsestate(core::ptr::null_mut());
            for (entry, wanted) in entries(query).zip(wanted) {
                shape(state, entry, wanted)?;
            }
            pg_sys::free_parsestate(state);
            let mut splice = Splice::new(vec![self], Vec::new());
            visit(query.cast(), (&raw mut splice).cast());
            places::forget(query);
            Some(Answer(query))
        }
    }

    /// Takes the place of a whole statement.
    ///
    /// # Safety
    /// `query` is the analysed SELECT of a hook, in memory that lives no longer than the answer.
    pub unsafe fn put_for(self, query: *mut pg_sys::Query) {
        // SAFETY: as the caller says; the statement keeps its place in the text.
        unsafe {
            let (location, length) = ((*query).stmt_location, (*query).stmt_len);
            query.copy_from_nonoverlapping(self.0, 1);
            ((*query).stmt_location, (*query).stmt_len) = (location, length);
        }
    }

    /// A raw SELECT with the columns of the answer, to be found again by [`Splice`] under its number.
    pub fn stand_in(&self, number: usize) -> *mut pg_sys::SelectStmt {
        // SAFETY: trees in the current context.
        unsafe { select_of(&self.columns(), number) }
    }
}

/// What comes in which place.
#[derive(Default)]
pub struct Splice {
    /// By the number of the stand-in.
    answers: Vec<Answer>,
    /// By the place of a call of `nl_record`.
    records: Vec<(i32, Answer)>,
    /// A tree must not be in two places.
    used: Vec<bool>,
}

impl Splice {
    pub fn new(answers: Vec<Answer>, records: Vec<(i32, Answer)>) -> Splice {
        let used = vec![false; answers.len() + records.len()];
        Splice { answers, records, used }
    }

    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.records.is_empty()
    }

    /// Puts the answers into a statement.
    ///
    /// # Safety
    /// `query` is an analysed query that nobody else looks at, in memory that lives no longer than the answers.
    pub unsafe fn put_into(&mut self, query: *mut pg_sys::Query) {
        // SAFETY: as the caller says. A materialised view keeps a second copy of its query.
        unsafe {
            let carried = calls::carried(query);
            if !carried.is_null() {
                visit(carried.cast(), core::ptr::from_mut(self).cast());
            }
            if let Some(copy) = view_query(query) {
                visit(copy, core::ptr::from_mut(self).cast());
            }
        }
    }

    /// The query with this place in `used`, each time a tree of its own.
    fn take(&mut self, place: usize, answer: Answer) -> *mut pg_sys::Query {
        if !core::mem::replace(&mut self.used[place], true) {
            return answer.0;
        }
        // SAFETY: a complete query.
        unsafe { pg_sys::copyObjectImpl(answer.0.cast()).cast() }
    }

    /// # Safety
    /// `source` is a complete entry of a range table.
    unsafe fn fill(&mut self, source: &mut pg_sys::RangeTblEntry) {
        if source.rtekind == pg_sys::RTEKind::RTE_SUBQUERY {
            // SAFETY: as the caller says.
            if let Some(number) = unsafe { number_of(source.subquery) }
                && let Some(answer) = self.answers.get(number).copied()
            {
                source.subquery = self.take(number, answer);
            }
        } else if source.rtekind == pg_sys::RTEKind::RTE_FUNCTION && !source.funcordinality {
            // SAFETY: as the caller says.
            let Some(location) = (unsafe { only_call(source) }) else { return };
            if let Some(place) = self.records.iter().position(|record| record.0 == location) {
                source.rtekind = pg_sys::RTEKind::RTE_SUBQUERY;
                source.subquery = self.take(self.answers.len() + place, self.records[place].1);
                source.functions = core::ptr::null_mut();
            }
        }
    }
}

/// The columns that a column definition list asks for.
pub fn defined_columns(site: &Site) -> Vec<Column> {
    // SAFETY: the entry belongs to a tree that is alive; the four lists of a column definition list are equally long.
    unsafe {
        let Some(function) = list::iter::<pg_sys::RangeTblFunction>((*site.source).functions).next() else { return Vec::new() };
        let names = list::iter((*function).funccolnames).map(|name| compat::string(name));
        let types = list::iter_oids((*function).funccoltypes).map(|oid| oid.to_u32());
        let typmods = list::iter_ints((*function).funccoltypmods);
        let collations = list::iter_oids((*function).funccolcollations).map(|oid| oid.to_u32());
        let rest = types.zip(typmods).zip(collations);
        names.zip(rest).map(|(name, ((type_oid, typmod), collation))| Column { name, type_oid, typmod, collation }).collect()
    }
}

/// The entries of a target list that the query gives out.
///
/// # Safety
/// `query` is an analysed query.
unsafe fn entries<'a>(query: *mut pg_sys::Query) -> impl Iterator<Item = &'a mut pg_sys::TargetEntry> {
    // SAFETY: as the caller says; the callers use one entry at a time.
    unsafe { list::iter::<pg_sys::TargetEntry>((*query).targetList).map(|entry| &mut *entry) }.filter(|entry| !entry.resjunk)
}

fn column_of(entry: &pg_sys::TargetEntry) -> Column {
    let value = entry.expr.cast::<pg_sys::Node>();
    // SAFETY: an analysed expression; a name is null or NUL-terminated.
    unsafe {
        Column {
            name: if entry.resname.is_null() { "?column?".to_owned() } else { super::proc::text_or_empty(entry.resname) },
            type_oid: pg_sys::exprType(value).to_u32(),
            typmod: pg_sys::exprTypmod(value),
            collation: pg_sys::exprCollation(value).to_u32(),
        }
    }
}

/// `SELECT <column>, … WHERE <number>`: names and types, and nothing that could mean anything else. The number is the modifier of a type.
///
/// # Safety
/// The result is used in the current context.
unsafe fn select_of(columns: &[Column], number: usize) -> *mut pg_sys::SelectStmt {
    // SAFETY: new nodes; the names are copied.
    unsafe {
        let select = make::<pg_sys::SelectStmt>(T_SelectStmt);
        for column in columns {
            let value = stand_in::value(column.type_oid, column.typmod, column.collation);
            let name = CString::new(column.name.as_str()).unwrap_or_default();
            (*select).targetList = pg_sys::lappend((*select).targetList, target(&name, value).cast());
        }
        (*select).whereClause = stand_in::value(pg_sys::BOOLOID.to_u32(), i32::try_from(number).unwrap_or(-1), 0);
        select
    }
}

/// `SELECT c1, c2, … FROM (query) answer (c1, c2, …)`, with the query's own names outside
///
/// # Safety
/// `query` is a raw SELECT in the current context.
unsafe fn over(query: *mut pg_sys::SelectStmt) -> *mut pg_sys::SelectStmt {
    // SAFETY: as the caller says; new nodes.
    unsafe {
        let select = make::<pg_sys::SelectStmt>(T_SelectStmt);
        let item = make::<pg_sys::RangeSubselect>(T_RangeSubselect);
        let alias = make::<pg_sys::Alias>(T_Alias);
        (*alias).aliasname = pg_sys::pstrdup(c"answer".as_ptr());
        for (place, column) in list::iter::<pg_sys::ResTarget>((*query).targetList).enumerate() {
            let name = CString::new(format!("c{}", place + 1)).unwrap_or_default();
            let string = pg_sys::makeString(pg_sys::pstrdup(name.as_ptr()));
            (*alias).colnames = pg_sys::lappend((*alias).colnames, string.cast());
            let reference = make::<pg_sys::ColumnRef>(T_ColumnRef);
            (*reference).fields = one(pg_sys::makeString(pg_sys::pstrdup(name.as_ptr())).cast());
            (*reference).location = -1;
            (*select).targetList =
                pg_sys::lappend((*select).targetList, target(CStr::from_ptr((*column).name), reference.cast()).cast());
        }
        (*item).subquery = query.cast();
        (*item).alias = alias;
        (*select).fromClause = one(item.cast());
        select
    }
}

/// # Safety
/// `value` is a raw expression.
unsafe fn target(name: &CStr, value: *mut pg_sys::Node) -> *mut pg_sys::ResTarget {
    // SAFETY: as the caller says; the name is copied.
    unsafe {
        let target = make::<pg_sys::ResTarget>(T_ResTarget);
        (*target).name = pg_sys::pstrdup(name.as_ptr());
        (*target).val = value;
        (*target).location = -1;
        target
    }
}

/// The number of a stand-in; none for any other query.
///
/// # Safety
/// `query` is an analysed query.
unsafe fn number_of(query: *mut pg_sys::Query) -> Option<usize> {
    // SAFETY: as the caller says; the cast follows the node's tag.
    unsafe {
        let condition = (*query).jointree.as_ref()?.quals;
        if condition.is_null() || (*condition).type_ != T_CaseTestExpr {
            return None;
        }
        usize::try_from((*condition.cast::<pg_sys::CaseTestExpr>()).typeMod).ok()
    }
}

/// Where the only function of an entry is called.
///
/// # Safety
/// `source` is a function entry of a range table.
unsafe fn only_call(source: &pg_sys::RangeTblEntry) -> Option<i32> {
    // SAFETY: as the caller says; the cast follows the node's tag.
    unsafe {
        let mut functions = list::iter::<pg_sys::RangeTblFunction>(source.functions);
        let (function, None) = (functions.next()?, functions.next()) else { return None };
        let call = (*function).funcexpr;
        ((*call).type_ == T_FuncExpr).then(|| (*call.cast::<pg_sys::FuncExpr>()).location)
    }
}

/// Converts one column as an assignment does, and gives it the name.
///
/// # Safety
/// `entry` is one of an analysed query, `state` a parse state.
unsafe fn shape(state: *mut pg_sys::ParseState, entry: &mut pg_sys::TargetEntry, wanted: &Column) -> Option<()> {
    let (kind, collation) = (pg_sys::Oid::from(wanted.type_oid), pg_sys::Oid::from(wanted.collation));
    let name = CString::new(wanted.name.as_str()).ok()?;
    // SAFETY: as the caller says.
    unsafe {
        let value = entry.expr.cast::<pg_sys::Node>();
        let value = pg_sys::coerce_to_target_type(
            state,
            value,
            pg_sys::exprType(value),
            kind,
            wanted.typmod,
            pg_sys::CoercionContext::COERCION_ASSIGNMENT,
            pg_sys::CoercionForm::COERCE_IMPLICIT_CAST,
            -1,
        );
        if value.is_null() {
            return None;
        }
        pg_sys::assign_expr_collations(state, value);
        let as_wanted = pg_sys::exprCollation(value) == collation && pg_sys::exprTypmod(value) == wanted.typmod;
        entry.expr = if as_wanted {
            value.cast()
        } else {
            let form = pg_sys::CoercionForm::COERCE_IMPLICIT_CAST;
            pg_sys::makeRelabelType(value.cast(), kind, wanted.typmod, collation, form).cast()
        };
        entry.resname = pg_sys::pstrdup(name.as_ptr());
    }
    Some(())
}

/// The second copy of its query that CREATE MATERIALIZED VIEW keeps.
///
/// # Safety
/// `query` is an analysed query.
unsafe fn view_query(query: *mut pg_sys::Query) -> Option<*mut pg_sys::Node> {
    // SAFETY: as the caller says; the casts follow the nodes' tags; EXPLAIN may stand around the command.
    unsafe {
        let mut query = query;
        loop {
            let statement = (*query).utilityStmt.as_ref()?;
            let statement = core::ptr::from_ref(statement).cast_mut();
            match (*statement).type_ {
                T_ExplainStmt => query = (*statement.cast::<pg_sys::ExplainStmt>()).query.cast(),
                T_CreateTableAsStmt => {
                    let into = (*statement.cast::<pg_sys::CreateTableAsStmt>()).into.as_ref()?;
                    return Some(into.viewQuery.cast()).filter(|copy: &*mut pg_sys::Node| !copy.is_null());
                }
                _ => return None,
            }
        }
    }
}

/// The walker's callback; only PostgreSQL calls it.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn on_node(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    // SAFETY: the walkers hand us valid nodes and the context given in `put_into` and `shaped`.
    unsafe { visit(node, context) }
}

/// # Safety
/// `node` is null or valid; `context` points to a `Splice` that nobody else looks at meanwhile.
unsafe fn visit(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: as the caller says; each cast follows the node's tag.
    unsafe {
        match (*node).type_ {
            T_Query => {
                let flags = pg_sys::QTW_EXAMINE_RTES_BEFORE as i32;
                pg_sys::query_tree_walker(node.cast(), Some(on_node), context, flags)
            }
            T_RangeTblEntry => {
                (*context.cast::<Splice>()).fill(&mut *node.cast::<pg_sys::RangeTblEntry>());
                false
            }
            _ => pg_sys::expression_tree_walker(node, Some(on_node), context),
        }
    }
}
