//! The raw tree of a statement that PostgreSQL has analysed, found again, and edited so that calls become subqueries.
//!
//! The hook after analysis gets no raw tree, only the text: the text is parsed once more, and the calls are recognised by their
//! place in it. What cannot be found again with certainty is left as it is.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nl_query_core::refusal::Reason;
use pgrx::pg_sys;
use pgrx::pg_sys::NodeTag::*;

use super::attempt::{self, OnSuccess};
use super::memory::OwnedContext;
use super::nodes::{make, one};
use super::timeout::Deadline;
use super::{compat, list, parse_state};

/// A statement's raw tree with the calls in it.
pub struct Statement {
    raw: *mut pg_sys::RawStmt,
    places: Vec<Place>,
    /// Every name that the statement uses for a column, but for the stars.
    names: BTreeSet<String>,
}

/// Where a call stands.
#[derive(Clone, Copy)]
struct Place {
    location: i32,
    holder: Holder,
}

#[derive(Clone, Copy)]
enum Holder {
    /// An item of FROM, USING or a join.
    Source(*mut pg_sys::RangeFunction),
    /// `SELECT nl_query('…')`: the whole select list of a SELECT without FROM.
    List(*mut pg_sys::SelectStmt),
}

impl Statement {
    /// Finds the raw tree of `query`, with the calls that stand at `locations` of its text.
    ///
    /// # Safety
    /// `state` and `query` are those of a `post_parse_analyze_hook`.
    pub unsafe fn find(state: *mut pg_sys::ParseState, query: *mut pg_sys::Query, locations: &[i32]) -> Option<Statement> {
        // SAFETY: as the caller says.
        let raw = unsafe { if parse_state::is_in_function(state) { of_function(state, query) } else { of_text(state, query) } }?;
        // SAFETY: a raw tree, made a moment ago.
        let statement = unsafe { Statement::read(raw, locations) };
        (!statement.places.is_empty()).then_some(statement)
    }

    /// # Safety
    /// `raw` is a raw tree.
    unsafe fn read(raw: *mut pg_sys::RawStmt, locations: &[i32]) -> Statement {
        let mut statement = Statement { raw, places: Vec::new(), names: BTreeSet::new() };
        let mut reading = Reading { statement: &mut statement, locations };
        // SAFETY: as the caller says; the context lives on this frame.
        unsafe { visit(carried((*raw).stmt), (&raw mut reading).cast()) };
        statement
    }

    /// The tree to analyse.
    pub fn raw(&self) -> *mut pg_sys::RawStmt {
        self.raw
    }

    /// True when the call at `location` can become a subquery without a change of what the rest of the statement means: it stands
    /// where a subquery may, and nothing names the json value.
    pub fn can_expand(&self, location: i32) -> bool {
        self.place(location).is_some_and(|place| {
            // SAFETY: the places belong to a tree that is alive.
            let names = unsafe { place.holder.names() };
            names.iter().all(|name| !self.names.contains(name))
        })
    }

    /// Puts a subquery in place of the call at `location`.
    ///
    /// # Safety
    /// `subquery` is a raw SELECT in the memory of the tree.
    pub unsafe fn expand(&mut self, location: i32, subquery: *mut pg_sys::SelectStmt) {
        if let Some(place) = self.place(location) {
            // SAFETY: the places belong to a tree that is alive and that nobody else looks at.
            unsafe { place.holder.put(subquery, location) };
        }
    }

    fn place(&self, location: i32) -> Option<Place> {
        self.places.iter().find(|place| place.location == location).copied()
    }
}

// An item of FROM is edited where it lies.
const _: () = assert!(size_of::<pg_sys::RangeSubselect>() <= size_of::<pg_sys::RangeFunction>());

impl Holder {
    /// The names under which the rest of the statement could mean the json value.
    ///
    /// # Safety
    /// The tree is alive.
    unsafe fn names(self) -> Vec<String> {
        // SAFETY: as the caller says; an alias has a name, and its columns are strings.
        unsafe {
            match self {
                Holder::List(select) => vec![called(list_call(select))],
                Holder::Source(source) => match (*source).alias.as_ref() {
                    None => vec![called(source_call(source))],
                    Some(alias) => {
                        let mut names = vec![super::proc::text_or_empty(alias.aliasname)];
                        names.extend(list::iter(alias.colnames).map(|name| compat::string(name)));
                        names
                    }
                },
            }
        }
    }

    /// # Safety
    /// The tree is alive and nobody else looks at it.
    unsafe fn put(self, subquery: *mut pg_sys::SelectStmt, location: i32) {
        // SAFETY: as the caller says; a RangeSubselect is no larger than the RangeFunction that it replaces.
        unsafe {
            match self {
                Holder::Source(source) => {
                    let (lateral, given) = ((*source).lateral, (*source).alias);
                    let alias = if given.is_null() { alias_of(source_call(source)) } else { given };
                    let item = pg_sys::RangeSubselect { type_: T_RangeSubselect, lateral, subquery: subquery.cast(), alias };
                    source.cast::<pg_sys::RangeSubselect>().write(item);
                }
                Holder::List(select) => {
                    let item = make::<pg_sys::RangeSubselect>(T_RangeSubselect);
                    (*item).subquery = subquery.cast();
                    (*item).alias = alias_of(list_call(select));
                    let star = make::<pg_sys::ColumnRef>(T_ColumnRef);
                    (*star).fields = one(make::<pg_sys::Node>(T_A_Star).cast());
                    (*star).location = location;
                    let target = make::<pg_sys::ResTarget>(T_ResTarget);
                    (*target).val = star.cast();
                    (*target).location = location;
                    (*select).targetList = one(target.cast());
                    (*select).fromClause = one(item.cast());
                }
            }
        }
    }
}

/// An alias that is the function's own name.
///
/// # Safety
/// `call` is null or a raw function call.
unsafe fn alias_of(call: *mut pg_sys::FuncCall) -> *mut pg_sys::Alias {
    // SAFETY: as the caller says; the name is a string of the same tree.
    unsafe {
        let alias = make::<pg_sys::Alias>(T_Alias);
        let name = call.as_ref().and_then(|call| list::iter::<pg_sys::Node>(call.funcname).last());
        (*alias).aliasname = name.map_or_else(|| pg_sys::pstrdup(c"nl_query".as_ptr()), |name| compat::string_pointer(name));
        alias
    }
}

/// The last part of a function's name as it was typed.
///
/// # Safety
/// `call` is null or a raw function call.
unsafe fn called(call: *mut pg_sys::FuncCall) -> String {
    // SAFETY: as the caller says.
    unsafe {
        let name = call.as_ref().and_then(|call| list::iter::<pg_sys::Node>(call.funcname).last());
        name.map_or_else(String::new, |name| compat::string(name))
    }
}

/// The statement of a plain text: the one that begins where the query says.
///
/// # Safety
/// `state` and `query` are those of a `post_parse_analyze_hook`.
unsafe fn of_text(state: *mut pg_sys::ParseState, query: *mut pg_sys::Query) -> Option<*mut pg_sys::RawStmt> {
    // SAFETY: as the caller says.
    unsafe {
        let statements = parse(state, pg_sys::RawParseMode::RAW_PARSE_DEFAULT)?;
        let mut at = list::iter::<pg_sys::RawStmt>(statements).filter(|raw| (**raw).stmt_location == (*query).stmt_location);
        let raw = at.next()?;
        if at.next().is_some() {
            return None;
        }
        if (*query).commandType == pg_sys::CmdType::CMD_UTILITY {
            let (typed, analysed) = ((*(*raw).stmt).type_, (*(*query).utilityStmt).type_);
            // SELECT INTO is analysed as CREATE TABLE AS.
            return (typed == analysed || (typed == T_SelectStmt && analysed == T_CreateTableAsStmt)).then_some(raw);
        }
        // PREPARE, COPY and CREATE VIEW have their inner statement analysed on its own, under the location of the whole.
        (*raw).stmt = unwrapped((*raw).stmt, query);
        (*raw).stmt_len = (*query).stmt_len;
        is_command((*raw).stmt, (*query).commandType).then_some(raw)
    }
}

/// The statement of a function's body. PL/pgSQL hands expressions and assignments over as they stand, to be parsed in modes of their
/// own that nothing here tells; the right one is that which gives the very query that PostgreSQL got.
///
/// # Safety
/// `state` and `query` are those of a `post_parse_analyze_hook`.
unsafe fn of_function(state: *mut pg_sys::ParseState, query: *mut pg_sys::Query) -> Option<*mut pg_sys::RawStmt> {
    use pg_sys::RawParseMode::*;
    // SAFETY: as the caller says.
    unsafe {
        let starts_with_bracket = parse_state::text(state).is_some_and(|text| text.to_bytes().trim_ascii_start().starts_with(b"("));
        if !starts_with_bracket && let Some(raw) = of_text(state, query) {
            return Some(raw);
        }
        let modes = [
            RAW_PARSE_DEFAULT,
            RAW_PARSE_PLPGSQL_EXPR,
            RAW_PARSE_PLPGSQL_ASSIGN1,
            RAW_PARSE_PLPGSQL_ASSIGN2,
            RAW_PARSE_PLPGSQL_ASSIGN3,
        ];
        let only = |mode| {
            let mut statements = list::iter::<pg_sys::RawStmt>(parse(state, mode)?);
            statements.next().filter(|_| statements.next().is_none())
        };
        let mode = modes.into_iter().find(|mode| only(*mode).is_some_and(|raw| gives(state, raw, query)))?;
        // Analysis leaves a raw tree in disorder: a fresh one.
        only(mode)
    }
}

/// Whether analysing `raw` gives `query`.
///
/// # Safety
/// `state` and `query` are those of a `post_parse_analyze_hook`, `raw` is a raw tree that nobody needs any more.
unsafe fn gives(state: *mut pg_sys::ParseState, raw: *mut pg_sys::RawStmt, query: *mut pg_sys::Query) -> bool {
    let memory = OwnedContext::new(c"nl_query comparison");
    let deadline = Deadline::start(0);
    let same = attempt::run(OnSuccess::Undo, &memory, &deadline, Reason::of_analysis_error, || {
        // SAFETY: as the caller says.
        Ok(unsafe { pg_sys::equal(parse_state::analyse(state, raw).cast(), query.cast()) })
    });
    same.unwrap_or(false)
}

/// Parses the text of `state`; none where it does not parse in this mode.
///
/// # Safety
/// `state` is a parse state.
unsafe fn parse(state: *mut pg_sys::ParseState, mode: pg_sys::RawParseMode::Type) -> Option<*mut pg_sys::List> {
    // SAFETY: as the caller says.
    unsafe {
        let text = parse_state::text(state)?;
        let context = pg_sys::CurrentMemoryContext;
        // A syntax error can be caught without a subtransaction: the parser takes nothing but memory.
        let list = catch_unwind(AssertUnwindSafe(|| pg_sys::raw_parser(text.as_ptr(), mode)));
        pg_sys::CurrentMemoryContext = context;
        list.ok().filter(|list| !list.is_null())
    }
}

/// The statement inside PREPARE, COPY and CREATE VIEW (also within CREATE SCHEMA), which PostgreSQL analyses on its own.
///
/// # Safety
/// `statement` is a raw statement and `query` the analysed query.
unsafe fn unwrapped(statement: *mut pg_sys::Node, query: *mut pg_sys::Query) -> *mut pg_sys::Node {
    // SAFETY: as the caller says; each cast follows the node's tag.
    unsafe {
        match (*statement).type_ {
            T_PrepareStmt => (*statement.cast::<pg_sys::PrepareStmt>()).query,
            T_CopyStmt => (*statement.cast::<pg_sys::CopyStmt>()).query,
            T_ViewStmt => (*statement.cast::<pg_sys::ViewStmt>()).query,
            T_CreateSchemaStmt => {
                let elements = (*statement.cast::<pg_sys::CreateSchemaStmt>()).schemaElts;
                let mut views = list::iter::<pg_sys::Node>(elements).filter(|element| (**element).type_ == T_ViewStmt);
                match (views.next(), views.next()) {
                    (Some(view), None) => unwrapped(view, query),
                    _ => core::ptr::null_mut(),
                }
            }
            _ => statement,
        }
    }
}

/// # Safety
/// `statement` is null or a raw statement.
unsafe fn is_command(statement: *mut pg_sys::Node, command: pg_sys::CmdType::Type) -> bool {
    // SAFETY: as the caller says.
    let tag = unsafe { statement.as_ref() }.map(|statement| statement.type_);
    let wanted = match command {
        pg_sys::CmdType::CMD_SELECT => T_SelectStmt,
        pg_sys::CmdType::CMD_INSERT => T_InsertStmt,
        pg_sys::CmdType::CMD_UPDATE => T_UpdateStmt,
        pg_sys::CmdType::CMD_DELETE => T_DeleteStmt,
        #[cfg(not(feature = "pg14"))]
        pg_sys::CmdType::CMD_MERGE => T_MergeStmt,
        _ => return false,
    };
    tag == Some(wanted)
}

/// What holds tables and expressions inside a statement.
///
/// # Safety
/// `statement` is a raw statement.
unsafe fn carried(mut statement: *mut pg_sys::Node) -> *mut pg_sys::Node {
    // SAFETY: as the caller says; each cast follows the node's tag.
    unsafe {
        while let Some(node) = statement.as_ref() {
            statement = match node.type_ {
                T_ExplainStmt => (*statement.cast::<pg_sys::ExplainStmt>()).query,
                T_DeclareCursorStmt => (*statement.cast::<pg_sys::DeclareCursorStmt>()).query,
                T_CreateTableAsStmt => (*statement.cast::<pg_sys::CreateTableAsStmt>()).query,
                T_PLAssignStmt => (*statement.cast::<pg_sys::PLAssignStmt>()).val.cast(),
                T_SelectStmt | T_InsertStmt | T_UpdateStmt | T_DeleteStmt => return statement,
                #[cfg(not(feature = "pg14"))]
                T_MergeStmt => return statement,
                _ => core::ptr::null_mut(),
            };
        }
    }
    core::ptr::null_mut()
}

/// What the walker carries.
struct Reading<'a> {
    statement: &'a mut Statement,
    locations: &'a [i32],
}

/// The walker's callback; only PostgreSQL calls it.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn on_node(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    // SAFETY: the walker hands us valid nodes and the context made in `read`.
    unsafe { visit(node, context) }
}

/// # Safety
/// `node` is null or a raw node; `context` points to a `Reading` that nobody else looks at meanwhile.
unsafe fn visit(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: as the caller says; each cast follows the node's tag.
    unsafe {
        let reading = &mut *context.cast::<Reading<'_>>();
        match (*node).type_ {
            T_RangeFunction => reading.note(source_call(node.cast()), Holder::Source(node.cast())),
            T_SelectStmt => reading.note(list_call(node.cast()), Holder::List(node.cast())),
            T_ColumnRef => reading.name((*node.cast::<pg_sys::ColumnRef>()).fields),
            _ => {}
        }
        pg_sys::raw_expression_tree_walker(node, Some(on_node), context)
    }
}

impl Reading<'_> {
    /// # Safety
    /// `call` is null or a raw function call.
    unsafe fn note(&mut self, call: *mut pg_sys::FuncCall, holder: Holder) {
        // SAFETY: as the caller says.
        if let Some(call) = unsafe { call.as_ref() }
            && self.locations.contains(&call.location)
        {
            self.statement.places.push(Place { location: call.location, holder });
        }
    }

    /// # Safety
    /// `fields` are those of a column reference: strings and stars.
    unsafe fn name(&mut self, fields: *mut pg_sys::List) {
        // SAFETY: as the caller says.
        unsafe {
            if list::iter::<pg_sys::Node>(fields).all(|field| (*field).type_ != T_A_Star) {
                self.statement.names.extend(list::iter(fields).map(|field| compat::string(field)));
            }
        }
    }
}

/// The call that an item of FROM is, if it is one call and nothing else.
///
/// # Safety
/// `source` is a raw node of its kind.
unsafe fn source_call(source: *mut pg_sys::RangeFunction) -> *mut pg_sys::FuncCall {
    // SAFETY: as the caller says; each function is a list of the call and its column definitions.
    unsafe {
        let source = &*source;
        let mut functions = list::iter::<pg_sys::List>(source.functions);
        let (Some(function), None) = (functions.next(), functions.next()) else { return core::ptr::null_mut() };
        let call = list::iter::<pg_sys::Node>(function).next().filter(|call| !call.is_null() && (**call).type_ == T_FuncCall);
        if source.ordinality || !source.coldeflist.is_null() {
            return core::ptr::null_mut();
        }
        call.map_or(core::ptr::null_mut(), |call| call.cast())
    }
}

/// The call that a SELECT consists of, but for ORDER BY, LIMIT and a WITH before it.
///
/// # Safety
/// `select` is a raw SELECT.
unsafe fn list_call(select: *mut pg_sys::SelectStmt) -> *mut pg_sys::FuncCall {
    // SAFETY: as the caller says; a target list holds targets.
    unsafe {
        let select = &*select;
        let lists = [select.fromClause, select.groupClause, select.windowClause, select.valuesLists, select.distinctClause];
        let bare = select.op == pg_sys::SetOperation::SETOP_NONE
            && lists.iter().all(|list| list.is_null())
            && select.whereClause.is_null()
            && select.havingClause.is_null();
        let mut targets = list::iter::<pg_sys::ResTarget>(select.targetList);
        match (targets.next(), targets.next()) {
            (Some(target), None) if bare && (*target).name.is_null() && (*target).indirection.is_null() => {
                let value = (*target).val;
                if (*value).type_ == T_FuncCall { value.cast() } else { core::ptr::null_mut() }
            }
            _ => core::ptr::null_mut(),
        }
    }
}
