//! Calls of set-returning functions in an analysed statement: in FROM, or as the whole select list, at any depth.
//!
//! The search comes first for every statement of every session, so it reads the range tables and nothing else; expressions are
//! walked only where they hold subqueries. It must not allocate, panic or call a guarded function: it runs in a frame that an
//! ERROR of PostgreSQL may jump over.

use core::ffi::{CStr, c_void};

use pgrx::pg_sys;

use super::syscache::CacheRow;
use super::{compat, list, types, walkers};

/// A call of an added function where a set may stand.
#[derive(Clone, Copy)]
pub struct Site {
    pub(super) call: *mut pg_sys::FuncExpr,
    /// Its entry in the range table; null in a select list.
    pub(super) source: *mut pg_sys::RangeTblEntry,
}

/// The functions that a statement may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// `nl_query`: the answer's own columns.
    Query,
    /// `nl_record`: the columns of its column definition list.
    Record,
}

type Visit<'a> = &'a mut dyn FnMut(Site);

/// True when a statement holds a call that is worth a look. A few loads where it does not.
///
/// # Safety
/// `query` is an analysed query.
pub unsafe fn any(query: *mut pg_sys::Query) -> bool {
    let mut found = false;
    // SAFETY: as the caller says.
    unsafe { each(query, &mut |_| found = true) };
    found
}

/// Hands every such call to `visit`.
///
/// # Safety
/// `query` is an analysed query.
pub unsafe fn each(query: *mut pg_sys::Query, visit: Visit<'_>) {
    // SAFETY: as the caller says.
    unsafe {
        if let Some(query) = carried(query).as_mut() {
            search(query, visit);
        }
    }
}

/// The query that a statement carries: itself, or what EXPLAIN, DECLARE CURSOR and CREATE TABLE AS hold. Null for other commands.
///
/// # Safety
/// `query` is an analysed query.
pub unsafe fn carried(mut query: *mut pg_sys::Query) -> *mut pg_sys::Query {
    use pg_sys::NodeTag::*;
    // SAFETY: as the caller says; analysis leaves an analysed query in these three, and each cast follows the node's tag.
    unsafe {
        while !query.is_null() && (*query).commandType == pg_sys::CmdType::CMD_UTILITY {
            let statement = (*query).utilityStmt;
            query = match (*statement).type_ {
                T_ExplainStmt => (*statement.cast::<pg_sys::ExplainStmt>()).query.cast(),
                T_DeclareCursorStmt => (*statement.cast::<pg_sys::DeclareCursorStmt>()).query.cast(),
                T_CreateTableAsStmt => (*statement.cast::<pg_sys::CreateTableAsStmt>()).query.cast(),
                _ => core::ptr::null_mut(),
            };
        }
    }
    query
}

/// # Safety
/// `query` is an analysed query that is no utility statement.
unsafe fn search(query: &pg_sys::Query, visit: Visit<'_>) {
    // SAFETY: as the caller says; range tables, CTE lists and target lists hold what their names say.
    unsafe {
        for source in list::iter::<pg_sys::RangeTblEntry>(query.rtable) {
            match (*source).rtekind {
                pg_sys::RTEKind::RTE_FUNCTION => {
                    for function in list::iter::<pg_sys::RangeTblFunction>((*source).functions) {
                        note((*function).funcexpr, source, visit);
                    }
                }
                pg_sys::RTEKind::RTE_SUBQUERY => search(&*(*source).subquery, visit),
                _ => {}
            }
        }
        for cte in list::iter::<pg_sys::CommonTableExpr>(query.cteList) {
            if let Some(inner) = (*cte).ctequery.cast::<pg_sys::Query>().as_ref() {
                search(inner, visit);
            }
        }
        if query.hasTargetSRFs {
            for entry in list::iter::<pg_sys::TargetEntry>(query.targetList) {
                note((*entry).expr.cast(), core::ptr::null_mut(), visit);
            }
        }
        if query.hasSubLinks {
            let mut context = Context { visit };
            let flags = pg_sys::QTW_IGNORE_RT_SUBQUERIES | pg_sys::QTW_IGNORE_CTE_SUBQUERIES;
            let walked = core::ptr::from_ref(query).cast_mut();
            walkers::query_tree_walker(walked, Some(in_expression), (&raw mut context).cast(), flags as i32);
        }
    }
}

/// What the walker carries: a thin pointer to a fat one.
struct Context<'a> {
    visit: Visit<'a>,
}

/// The walker's callback; only PostgreSQL calls it.
unsafe extern "C-unwind" fn in_expression(node: *mut pg_sys::Node, context: *mut c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: the walker hands us valid nodes and the context made in `search`.
    unsafe {
        if (*node).type_ == pg_sys::NodeTag::T_Query {
            search(&*node.cast::<pg_sys::Query>(), (*context.cast::<Context<'_>>()).visit);
            return false;
        }
        walkers::expression_tree_walker(node, Some(in_expression), context)
    }
}

/// # Safety
/// `expression` is null or a valid expression.
unsafe fn note(expression: *mut pg_sys::Node, source: *mut pg_sys::RangeTblEntry, visit: Visit<'_>) {
    // SAFETY: as the caller says; the cast follows the node's tag.
    unsafe {
        if !expression.is_null() && (*expression).type_ == pg_sys::NodeTag::T_FuncExpr {
            let call = expression.cast::<pg_sys::FuncExpr>();
            if types::is_added((*call).funcid.to_u32()) {
                visit(Site { call, source });
            }
        }
    }
}

/// A column that comes of a star has the star's place.
fn is_star(text: &CStr, place: i32) -> bool {
    usize::try_from(place).ok().and_then(|place| text.to_bytes().get(place)) == Some(&b'*')
}

/// `pg_language.oid` of language C.
const LANGUAGE_C: u32 = 13;
/// `pg_proc.prosrc`, equal in PostgreSQL 14 to 18.
const PROSRC: i16 = 26;

impl Site {
    /// Which of our functions is called, where the caller may call it. Told by the symbol in the library, so that schema and name
    /// do not matter; only a superuser can declare a function in C.
    pub fn asks(&self) -> Option<Asks> {
        // SAFETY: the call belongs to a tree that is alive.
        let function = unsafe { (*self.call).funcid }.to_u32();
        let row = CacheRow::by_oid(pg_sys::SysCacheIdentifier::PROCOID, function)?;
        // SAFETY: rows of this cache begin with this form; the row is pinned while we look.
        if unsafe { (*row.form::<pg_sys::FormData_pg_proc>()).prolang }.to_u32() != LANGUAGE_C {
            return None;
        }
        // SAFETY: a text attribute of a pinned row; the copy is palloc'ed.
        let symbol = unsafe { super::proc::text_or_empty(pg_sys::text_to_cstring(row.get(PROSRC)?.cast_mut_ptr())) };
        let asks = match symbol.as_str() {
            "nl_query_json" => Asks::Query,
            "nl_record_rows" => Asks::Record,
            _ => return None,
        };
        // The call itself raises the error: when it runs, as for every function.
        compat::may_execute(pg_sys::Oid::from(function)).then_some(asks)
    }

    /// The question, where it is a literal.
    pub fn question(&self) -> Option<String> {
        // SAFETY: a call of an analysed tree; the casts follow the nodes' tags; a constant of type text is a varlena.
        unsafe {
            let mut arguments = list::iter::<pg_sys::Node>((*self.call).args);
            let mut argument = arguments.next()?;
            while (*argument).type_ == pg_sys::NodeTag::T_RelabelType {
                argument = (*argument.cast::<pg_sys::RelabelType>()).arg.cast();
            }
            if arguments.next().is_some() || (*argument).type_ != pg_sys::NodeTag::T_Const {
                return None;
            }
            let constant = &*argument.cast::<pg_sys::Const>();
            if constant.constisnull || ![pg_sys::TEXTOID, pg_sys::VARCHAROID].contains(&constant.consttype) {
                return None;
            }
            Some(super::proc::text_or_empty(pg_sys::text_to_cstring(constant.constvalue.cast_mut_ptr())))
        }
    }

    /// Where the call stands in the text of the statement, in bytes.
    pub fn location(&self) -> i32 {
        // SAFETY: the call belongs to a tree that is alive.
        unsafe { (*self.call).location }
    }

    /// True where the statement is `SELECT * FROM` the call and nothing else: then it is the answer.
    ///
    /// # Safety
    /// `query` is the analysed query of `text` that the call was found in.
    pub unsafe fn is_all_of(&self, query: &pg_sys::Query, text: &CStr) -> bool {
        let lists = [query.cteList, query.groupClause, query.groupingSets, query.windowClause, query.distinctClause];
        let more = [query.sortClause, query.rowMarks, query.constraintDeps];
        let nodes = [query.havingQual, query.limitOffset, query.limitCount, query.setOperations];
        let bare = query.commandType == pg_sys::CmdType::CMD_SELECT
            && !(query.hasAggs || query.hasWindowFuncs || query.hasTargetSRFs || query.hasSubLinks || query.hasForUpdate)
            && lists.iter().chain(&more).all(|list| list.is_null())
            && nodes.iter().all(|node| node.is_null());
        // SAFETY: as the caller says; the casts follow the nodes' tags.
        unsafe {
            let mut sources = list::iter::<pg_sys::RangeTblEntry>(query.rtable);
            let mut targets = list::iter::<pg_sys::TargetEntry>(query.targetList);
            let (Some(source), None, Some(target), None) = (sources.next(), sources.next(), targets.next(), targets.next())
            else {
                return false;
            };
            let renamed = (*source).alias.as_ref().is_some_and(|alias| !alias.colnames.is_null());
            let value = (*target).expr.cast::<pg_sys::Node>();
            bare && source == self.source
                && self.is_plain_source()
                && !renamed
                && (*query.jointree).quals.is_null()
                && (*value).type_ == pg_sys::NodeTag::T_Var
                && is_star(text, (*value.cast::<pg_sys::Var>()).location)
        }
    }

    /// True in FROM, on its own: no ROWS FROM with others, no WITH ORDINALITY.
    pub fn is_plain_source(&self) -> bool {
        // SAFETY: the entry belongs to a tree that is alive.
        unsafe { self.source.as_ref() }.is_some_and(|source| {
            // SAFETY: a list of the functions of the entry.
            let functions = unsafe { list::iter::<pg_sys::RangeTblFunction>(source.functions) }.count();
            functions == 1 && !source.funcordinality
        })
    }
}
