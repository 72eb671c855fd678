//! Text to raw tree to analysed and rewritten query, by PostgreSQL's own functions.

use std::ffi::CString;
use std::rc::Rc;

use pgrx::pg_sys;

use super::memory::OwnedContext;
use super::{compat, list};

/// The raw trees of a text.
///
/// This and what comes of it keep the text and the memory of the trees alive; all of it is made and used with that memory current.
pub struct RawStatements {
    list: *mut pg_sys::List,
    sql: CString,
    memory: Rc<OwnedContext>,
}

/// An analysed query.
pub struct Analysed {
    pub(super) query: *mut pg_sys::Query,
    pub(super) sql: CString,
    pub(super) memory: Rc<OwnedContext>,
}

/// Parses a text into `memory`. Raises the server's syntax error.
pub fn parse(sql: CString, memory: Rc<OwnedContext>) -> RawStatements {
    let entered = memory.enter();
    // SAFETY: a NUL-terminated text in the server's encoding.
    let list = unsafe { pg_sys::raw_parser(sql.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT) };
    drop(entered);
    RawStatements { list, sql, memory }
}

impl RawStatements {
    pub fn count(&self) -> usize {
        // SAFETY: raw_parser gives a list, or null for an empty one.
        unsafe { list::iter::<pg_sys::RawStmt>(self.list) }.count()
    }

    /// True when the text is one SELECT (or VALUES, TABLE, WITH … SELECT).
    pub fn is_one_select(&self) -> bool {
        // SAFETY: raw_parser's lists hold RawStmt nodes with a statement in them.
        self.count() == 1 && unsafe { (*(*self.first()).stmt).type_ == pg_sys::NodeTag::T_SelectStmt }
    }

    /// True for SELECT INTO, which analysis would turn into CREATE TABLE AS. In a set operation the leftmost SELECT carries it.
    pub fn selects_into(&self) -> bool {
        // SAFETY: the statement is a SelectStmt, callers have asked `is_one_select`; set operations hold SelectStmts or null.
        unsafe {
            let mut select = (*self.first()).stmt.cast::<pg_sys::SelectStmt>();
            while let Some(node) = select.as_ref() {
                if !node.intoClause.is_null() {
                    return true;
                }
                select = node.larg;
            }
        }
        false
    }

    /// OIDs of the relations that the first statement names, as far as they exist. Takes no lock.
    pub fn relations_named(&self) -> Vec<u32> {
        let mut found = Vec::new();
        if self.is_one_select() {
            // SAFETY: the raw tree of a SELECT, and a context on this frame.
            unsafe { note_relation((*self.first()).stmt, (&raw mut found).cast()) };
        }
        found
    }

    /// Analyses the statement as the current user. Raises the server's errors.
    pub fn analyse(self) -> Analysed {
        let raw = self.first();
        let RawStatements { sql, memory, .. } = self;
        let entered = memory.enter();
        // SAFETY: callers have counted; tree and text live as long as the result.
        let query = unsafe { compat::analyze(raw, sql.as_ptr()) };
        drop(entered);
        Analysed { query, sql, memory }
    }

    fn first(&self) -> *mut pg_sys::RawStmt {
        // SAFETY: a non-empty list, `count` was asked.
        unsafe { list::iter(self.list) }.next().unwrap_or(core::ptr::null_mut())
    }
}

/// The walker's callback; only PostgreSQL calls it.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn on_node(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    // SAFETY: the walker hands us valid nodes and the context given in `relations_named`.
    unsafe { note_relation(node, context) }
}

/// # Safety
/// `node` is null or valid; `context` points to a `Vec<u32>` that nobody else looks at meanwhile.
unsafe fn note_relation(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: as the caller says.
    unsafe {
        if (*node).type_ == pg_sys::NodeTag::T_RangeVar {
            let missing_ok = pg_sys::RVROption::RVR_MISSING_OK;
            let no_lock = pg_sys::NoLock as i32;
            let oid = pg_sys::RangeVarGetRelidExtended(node.cast(), no_lock, missing_ok, None, core::ptr::null_mut());
            if oid != pg_sys::Oid::INVALID {
                (*context.cast::<Vec<u32>>()).push(oid.to_u32());
            }
        }
        pg_sys::raw_expression_tree_walker(node, Some(on_node), context)
    }
}

impl Analysed {
    /// Applies views, rules and row security. None when the rewriter gives anything but one query.
    pub fn rewrite(mut self) -> Option<Self> {
        let entered = self.memory.enter();
        // SAFETY: the rewriter consumes the query; nobody else looks at it afterwards.
        let list = unsafe { pg_sys::pg_rewrite_query(self.query) };
        drop(entered);
        // SAFETY: a list of queries, or null.
        let mut queries = unsafe { list::iter(list) };
        self.query = queries.next()?;
        queries.next().is_none().then_some(self)
    }

    pub fn query_id(&self) -> u64 {
        // SAFETY: a valid query as long as self.
        compat::query_id(unsafe { &*self.query })
    }
}
