//! Planning, and what the plan's nodes say.

use std::ffi::{CStr, CString};
use std::rc::Rc;

use pgrx::pg_sys;

use super::list;
use super::memory::OwnedContext;
use super::parse::Analysed;

/// A planned statement, with the text it came from and the memory it lives in.
pub struct Planned {
    statement: *mut pg_sys::PlannedStmt,
    sql: CString,
    _memory: Rc<OwnedContext>,
}

/// A column of the plan's output.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub type_oid: u32,
    pub typmod: i32,
}

/// The figures of one plan node.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    pub name: &'static str,
    pub cost: f64,
    pub rows: f64,
}

/// Plans a query. This runs stable and immutable functions of constants: the tree must have been judged before.
pub fn plan(analysed: Analysed, parallel: bool) -> Planned {
    let options = if parallel { pg_sys::CURSOR_OPT_PARALLEL_OK as i32 } else { 0 };
    let Analysed { query, sql, memory } = analysed;
    let entered = memory.enter();
    // SAFETY: a rewritten query that nobody else uses; the plan goes into the same context, which Planned keeps alive.
    let statement = unsafe { pg_sys::pg_plan_query(query, sql.as_ptr(), options, core::ptr::null_mut()) };
    drop(entered);
    Planned { statement, sql, _memory: memory }
}

impl Planned {
    pub(super) fn statement(&self) -> *mut pg_sys::PlannedStmt {
        self.statement
    }

    pub fn sql(&self) -> &CStr {
        &self.sql
    }

    /// OIDs of the relations that the plan depends on, partitions that it reads included.
    pub fn relations(&self) -> Vec<u32> {
        // SAFETY: a complete planned statement; the list holds OIDs.
        unsafe { list::iter_oids((*self.statement).relationOids) }.map(|oid| oid.to_u32()).collect()
    }

    /// Cost and rows of the top node.
    pub fn totals(&self) -> (f64, f64) {
        // SAFETY: a planned SELECT has a plan tree.
        let top = unsafe { &*(*self.statement).planTree };
        (top.total_cost, top.plan_rows)
    }

    /// All nodes: the tree, its subplans and init plans, the children of appends.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = Vec::new();
        // SAFETY: a complete planned statement; its subplans are plans (null for one that was dropped).
        unsafe {
            collect((*self.statement).planTree, &mut nodes);
            list::iter((*self.statement).subplans).for_each(|plan| collect(plan, &mut nodes));
        }
        nodes
    }

    /// The columns of the answer.
    pub fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        // SAFETY: target lists hold TargetEntry nodes; a resname is null or NUL-terminated.
        unsafe {
            list::iter::<pg_sys::TargetEntry>((*(*self.statement).planTree).targetlist).for_each(|entry| {
                let entry = &*entry;
                if !entry.resjunk {
                    let node = entry.expr.cast::<pg_sys::Node>();
                    columns.push(Column {
                        name: if entry.resname.is_null() {
                            "?column?".to_owned()
                        } else {
                            CStr::from_ptr(entry.resname).to_string_lossy().into_owned()
                        },
                        type_oid: pg_sys::exprType(node).to_u32(),
                        typmod: pg_sys::exprTypmod(node),
                    });
                }
            });
        }
        columns
    }
}

/// # Safety
/// `plan` is null or a plan node.
unsafe fn collect(plan: *mut pg_sys::Plan, nodes: &mut Vec<Node>) {
    use pg_sys::NodeTag::*;
    // SAFETY: each cast follows the node's tag; the fields hold plans or null.
    unsafe {
        let Some(node) = plan.as_ref() else { return };
        pg_sys::check_stack_depth();
        nodes.push(Node { name: node_name(node.type_), cost: node.total_cost, rows: node.plan_rows });
        collect(node.lefttree, nodes);
        collect(node.righttree, nodes);
        let children = match node.type_ {
            T_Append => (*plan.cast::<pg_sys::Append>()).appendplans,
            T_MergeAppend => (*plan.cast::<pg_sys::MergeAppend>()).mergeplans,
            T_BitmapAnd => (*plan.cast::<pg_sys::BitmapAnd>()).bitmapplans,
            T_BitmapOr => (*plan.cast::<pg_sys::BitmapOr>()).bitmapplans,
            T_CustomScan => (*plan.cast::<pg_sys::CustomScan>()).custom_plans,
            T_SubqueryScan => return collect((*plan.cast::<pg_sys::SubqueryScan>()).subplan, nodes),
            _ => return,
        };
        list::iter(children).for_each(|child| collect(child, nodes));
    }
}

/// Names as EXPLAIN prints them.
fn node_name(tag: pg_sys::NodeTag) -> &'static str {
    use pg_sys::NodeTag::*;
    match tag {
        T_Result => "Result",
        T_ProjectSet => "ProjectSet",
        T_Append => "Append",
        T_MergeAppend => "Merge Append",
        T_RecursiveUnion => "Recursive Union",
        T_NestLoop => "Nested Loop",
        T_MergeJoin => "Merge Join",
        T_HashJoin => "Hash Join",
        T_SeqScan => "Seq Scan",
        T_SampleScan => "Sample Scan",
        T_Gather => "Gather",
        T_GatherMerge => "Gather Merge",
        T_IndexScan => "Index Scan",
        T_IndexOnlyScan => "Index Only Scan",
        T_BitmapIndexScan => "Bitmap Index Scan",
        T_BitmapHeapScan => "Bitmap Heap Scan",
        T_SubqueryScan => "Subquery Scan",
        T_FunctionScan => "Function Scan",
        T_TableFuncScan => "Table Function Scan",
        T_ValuesScan => "Values Scan",
        T_CteScan => "CTE Scan",
        T_WorkTableScan => "WorkTable Scan",
        T_ForeignScan => "Foreign Scan",
        T_CustomScan => "Custom Scan",
        T_Material => "Materialize",
        T_Memoize => "Memoize",
        T_Sort => "Sort",
        T_IncrementalSort => "Incremental Sort",
        T_Group => "Group",
        T_Agg => "Aggregate",
        T_WindowAgg => "WindowAgg",
        T_Unique => "Unique",
        T_SetOp => "SetOp",
        T_Limit => "Limit",
        T_Hash => "Hash",
        _ => "plan node",
    }
}
