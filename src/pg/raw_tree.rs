//! The raw tree of a statement that PostgreSQL has analysed, edited so that calls become subqueries. The calls are recognised by
//! their place in the text; what is not found there is left as it is.

use std::collections::BTreeSet;

use pgrx::pg_sys;
use pgrx::pg_sys::NodeTag::*;

use super::nodes::{make, one};
use super::{compat, list, raw_find};

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
        let raw = unsafe { raw_find::find(state, query, *locations.first()?) }?;
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
