//! Recursive queries that nothing can end.

use pgrx::pg_sys;

use super::list;
use super::parse::Analysed;
use super::weigh::recursive_term;

/// True when a recursive CTE goes on for ever and no LIMIT reads only its beginning: its recursive half is UNION ALL, has no
/// condition of any kind, and whoever reads it wants all of it. Others are left to the limits of the run.
pub fn is_endless(analysed: &Analysed) -> bool {
    let mut endless = false;
    // SAFETY: a complete query, and a context on this frame.
    unsafe { visit(analysed.query.cast(), (&raw mut endless).cast()) };
    endless
}

/// The walker's callback; only PostgreSQL calls it.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn on_node(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    // SAFETY: the walkers hand us valid nodes and the context given in `is_endless`.
    unsafe { visit(node, context) }
}

/// # Safety
/// `node` is null or valid; `context` points to a bool that nobody else looks at meanwhile.
unsafe fn visit(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: as the caller says.
    unsafe {
        if (*node).type_ != pg_sys::NodeTag::T_Query {
            return pg_sys::expression_tree_walker(node, Some(on_node), context);
        }
        let query = node.cast::<pg_sys::Query>();
        if (*query).hasRecursive && !stops_early(&*query) {
            for cte in list::iter::<pg_sys::CommonTableExpr>((*query).cteList) {
                if (*cte).cterecursive && (*cte).cterefcount > 0 && never_ends((*cte).ctequery.cast()) {
                    *context.cast::<bool>() = true;
                    return true;
                }
            }
        }
        pg_sys::query_tree_walker(query, Some(on_node), context, 0)
    }
}

/// A LIMIT that is reached without reading everything first.
fn stops_early(query: &pg_sys::Query) -> bool {
    !query.limitCount.is_null()
        && query.sortClause.is_null()
        && query.groupClause.is_null()
        && query.distinctClause.is_null()
        && !query.hasAggs
        && !query.hasWindowFuncs
}

/// # Safety
/// `query` is the query of a recursive CTE.
unsafe fn never_ends(query: *mut pg_sys::Query) -> bool {
    // SAFETY: as the caller says; the join tree of a query is complete.
    unsafe {
        let Some(operation) = (*query).setOperations.cast::<pg_sys::SetOperationStmt>().as_ref() else { return false };
        let Some(right) = recursive_term(query) else { return false };
        let unlimited = (*right).limitCount.is_null() && (*right).havingQual.is_null() && (*query).limitCount.is_null();
        operation.all && unlimited && only_itself(&*(*right).jointree)
    }
}

/// FROM names one thing and there is no WHERE: every row leads to another.
///
/// # Safety
/// `from` is the join tree of a query.
unsafe fn only_itself(from: &pg_sys::FromExpr) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        let mut sources = list::iter::<pg_sys::Node>(from.fromlist);
        let first = sources.next();
        from.quals.is_null()
            && sources.next().is_none()
            && first.is_some_and(|source| (*source).type_ == pg_sys::NodeTag::T_RangeTblRef)
    }
}
