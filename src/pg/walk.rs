//! What a query tree names and calls, wherever it stands: one walk that gives plain data.
//!
//! `query_tree_walker` and `check_functions_in_node` are what core uses for its own volatility checks; what they pass over
//! (operators of sorting and grouping, support functions of aggregates, table samples, domain constraints, sequences) is added here.

use std::collections::{BTreeMap, BTreeSet};

use pgrx::pg_sys;

use super::parse::Analysed;
use super::syscache::CacheRow;
use super::{compat, list, types};

/// What the walk found.
#[derive(Debug, Default)]
pub struct Facts {
    /// Functions that the statement itself calls, by OID.
    pub functions: BTreeSet<u32>,
    /// Functions that run on behalf of others: an aggregate's transitions, the comparisons behind sorting and grouping.
    pub support: BTreeSet<u32>,
    /// Functions in the argument defaults and in the parsed bodies of functions that are not built in.
    pub inside: BTreeSet<u32>,
    /// Relations in any range table, by OID; the kind is `pg_class.relkind`.
    pub relations: BTreeMap<u32, RelationUse>,
    /// Entries of all range tables: relations, subqueries, functions, joins.
    pub sources: usize,
    /// A query that is not a SELECT, anywhere.
    pub not_select: bool,
    pub modifying_cte: bool,
    pub row_marks: bool,
    /// Added types that values are made of or turned into. A domain's check can hide deep in one, behind an array's input function.
    pub types: BTreeSet<u32>,
    /// `nextval` in a column default or an identity.
    pub next_value: bool,
    /// A range table entry of a kind that a SELECT typed by a user cannot have.
    pub strange_source: bool,
}

/// How a relation is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelationUse {
    pub relkind: u8,
    /// Numbers of the columns read; 0 is the whole row.
    pub columns: BTreeSet<i16>,
}

/// Walks a whole query.
pub fn facts(analysed: &Analysed) -> Facts {
    let mut facts = Facts::default();
    // SAFETY: `visit` gets the query first and `facts` as its context, on this frame.
    unsafe { visit(analysed.query.cast(), (&raw mut facts).cast()) };
    facts.inside = inside(&facts.functions);
    // Domain constraints are expressions of their own; they may use further types.
    let mut done = BTreeSet::new();
    while let Some(oid) = facts.types.iter().copied().find(|oid| !done.contains(oid)) {
        done.insert(oid);
        if types::is_domain(oid) {
            walk_domain(oid, &mut facts);
        }
        facts.types.extend(types::parts(oid));
    }
    facts
}

/// Raises ERROR when the current user lacks a privilege that any query of the tree needs, used or not: the planner forgets what
/// nobody reads, and the executor checks what the planner left.
pub fn check_permissions(analysed: &Analysed) {
    // SAFETY: a complete query; the callback needs no context.
    unsafe { check_query(analysed.query.cast()) };
}

/// The walker's callback; only PostgreSQL calls it.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn on_query(node: *mut pg_sys::Node, _context: *mut core::ffi::c_void) -> bool {
    // SAFETY: the walkers hand us valid nodes.
    unsafe { check_query(node) }
}

/// # Safety
/// `node` is null or valid.
unsafe fn check_query(node: *mut pg_sys::Node) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: as the caller says; the cast follows the node's tag.
    unsafe {
        if (*node).type_ != pg_sys::NodeTag::T_Query {
            return pg_sys::expression_tree_walker(node, Some(on_query), core::ptr::null_mut());
        }
        compat::check_permissions(node.cast());
        pg_sys::query_tree_walker(node.cast(), Some(on_query), core::ptr::null_mut(), 0)
    }
}

const FLAGS: i32 = (pg_sys::QTW_EXAMINE_RTES_BEFORE | pg_sys::QTW_EXAMINE_SORTGROUP) as i32;

/// What added functions carry along as trees: defaults of their arguments, bodies between BEGIN ATOMIC and END.
fn inside(functions: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut facts = Facts::default();
    for function in functions.iter().copied().filter(|oid| types::is_added(*oid)) {
        let Some(row) = CacheRow::by_oid(pg_sys::SysCacheIdentifier::PROCOID, function) else { continue };
        // pg_proc: proargdefaults (24), prosqlbody (28).
        for tree in [24, 28].into_iter().filter_map(|attribute| row.get(attribute)) {
            // SAFETY: a pg_node_tree of the catalog, read as the server reads it; `facts` is the context, on this frame.
            unsafe {
                let node = pg_sys::stringToNode(pg_sys::text_to_cstring(tree.cast_mut_ptr()));
                visit(node.cast(), (&raw mut facts).cast());
            }
        }
    }
    facts.functions.append(&mut facts.support);
    facts.functions
}

/// The walker's callback. Only PostgreSQL calls it: it turns a panic into an ERROR, which would jump over Rust's own frames.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn on_node(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    // SAFETY: the walkers hand us valid nodes and the context given in `facts`.
    unsafe { visit(node, context) }
}

/// Looks at a node and goes on below it.
///
/// # Safety
/// `node` is null or valid; `context` points to `Facts` that nobody else looks at meanwhile.
unsafe fn visit(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: as the caller says.
    unsafe {
        look(node, &mut *context.cast::<Facts>());
        pg_sys::check_functions_in_node(node, Some(note_function), context);
        match (*node).type_ {
            pg_sys::NodeTag::T_Query => pg_sys::query_tree_walker(node.cast(), Some(on_node), context, FLAGS),
            pg_sys::NodeTag::T_RangeTblEntry => false, // its content is walked by the caller
            _ => pg_sys::expression_tree_walker(node, Some(on_node), context),
        }
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn note_function(function: pg_sys::Oid, context: *mut core::ffi::c_void) -> bool {
    // SAFETY: the context given in `facts`.
    unsafe { (*context.cast::<Facts>()).functions.insert(function.to_u32()) };
    false
}

/// What `check_functions_in_node` does not tell about a node.
///
/// # Safety
/// `node` is a valid node.
unsafe fn look(node: *mut pg_sys::Node, facts: &mut Facts) {
    use pg_sys::NodeTag::*;
    // SAFETY: each cast follows the node's tag.
    unsafe {
        match (*node).type_ {
            T_Query => look_query(node.cast(), facts),
            T_Aggref => look_aggregate((*node.cast::<pg_sys::Aggref>()).aggfnoid, facts),
            T_WindowFunc => {
                let window = &*node.cast::<pg_sys::WindowFunc>();
                facts.functions.insert(window.winfnoid.to_u32());
                look_aggregate(window.winfnoid, facts);
            }
            T_SortGroupClause => {
                let clause = &*node.cast::<pg_sys::SortGroupClause>();
                look_operator(clause.eqop, facts);
                look_operator(clause.sortop, facts);
            }
            T_WindowClause => {
                let clause = &*node.cast::<pg_sys::WindowClause>();
                note(clause.startInRangeFunc, facts);
                note(clause.endInRangeFunc, facts);
            }
            T_SetOperationStmt => {
                let clauses = (*node.cast::<pg_sys::SetOperationStmt>()).groupClauses;
                list::iter(clauses).for_each(|clause| look(clause, facts));
            }
            T_TableSampleClause => note((*node.cast::<pg_sys::TableSampleClause>()).tsmhandler, facts),
            T_CoerceToDomain => note_type((*node.cast::<pg_sys::CoerceToDomain>()).resulttype, facts),
            T_CoerceViaIO => note_type((*node.cast::<pg_sys::CoerceViaIO>()).resulttype, facts),
            T_ArrayCoerceExpr => note_type((*node.cast::<pg_sys::ArrayCoerceExpr>()).resulttype, facts),
            T_RowExpr => note_type((*node.cast::<pg_sys::RowExpr>()).row_typeid, facts),
            T_Const => note_type((*node.cast::<pg_sys::Const>()).consttype, facts),
            T_FuncExpr => note_type((*node.cast::<pg_sys::FuncExpr>()).funcresulttype, facts),
            T_RangeTblFunction => {
                for kind in list::iter_oids((*node.cast::<pg_sys::RangeTblFunction>()).funccoltypes) {
                    note_type(kind, facts);
                }
            }
            T_NextValueExpr => facts.next_value = true,
            T_MinMaxExpr => look_comparison((*node.cast::<pg_sys::MinMaxExpr>()).minmaxtype, facts),
            _ => {}
        }
    }
}

/// # Safety
/// `node` is a valid query.
unsafe fn look_query(node: *mut pg_sys::Query, facts: &mut Facts) {
    // SAFETY: as the caller says; its range table holds range table entries.
    let query = unsafe {
        list::iter((*node).rtable).for_each(|source| look_source(node, source, facts));
        &*node
    };
    if query.commandType != pg_sys::CmdType::CMD_SELECT || !query.utilityStmt.is_null() || query.resultRelation != 0 {
        facts.not_select = true;
    }
    facts.modifying_cte |= query.hasModifyingCTE;
    facts.row_marks |= query.hasForUpdate || !query.rowMarks.is_null();
}

/// # Safety
/// `source` is an entry of the range table of `query`.
unsafe fn look_source(query: *mut pg_sys::Query, source: *mut pg_sys::RangeTblEntry, facts: &mut Facts) {
    facts.sources += 1;
    // SAFETY: as the caller says.
    let (entry, columns) = unsafe { (&*source, compat::selected_columns(query, source)) };
    if entry.relid != pg_sys::Oid::INVALID {
        let relation_use = facts.relations.entry(entry.relid.to_u32()).or_default();
        relation_use.relkind = entry.relkind as u8;
        let mut member = -1;
        loop {
            // SAFETY: a set, or null for the empty one.
            member = unsafe { pg_sys::bms_next_member(columns, member) };
            if member < 0 {
                break;
            }
            relation_use.columns.extend(i16::try_from(member + pg_sys::FirstLowInvalidHeapAttributeNumber));
        }
    }
    if entry.rtekind == pg_sys::RTEKind::RTE_NAMEDTUPLESTORE {
        facts.strange_source = true;
    }
}

/// Support functions of an aggregate: they run for every row.
fn look_aggregate(function: pg_sys::Oid, facts: &mut Facts) {
    // pg_aggregate: aggtransfn (4) to aggmfinalfn (11), aggsortop (16).
    let Some(row) = CacheRow::by_oid(pg_sys::SysCacheIdentifier::AGGFNOID, function.to_u32()) else {
        return; // a plain window function
    };
    for attribute in 4..=11 {
        note(pg_sys::Oid::from(row.oid(attribute)), facts);
    }
    look_operator(pg_sys::Oid::from(row.oid(16)), facts);
}

fn look_operator(operator: pg_sys::Oid, facts: &mut Facts) {
    if operator != pg_sys::Oid::INVALID {
        // SAFETY: a syscache lookup by OID.
        note(unsafe { pg_sys::get_opcode(operator) }, facts);
    }
}

/// GREATEST and LEAST compare by the type's default ordering.
fn look_comparison(kind: pg_sys::Oid, facts: &mut Facts) {
    // SAFETY: the type cache's entries live as long as the backend.
    unsafe {
        let entry = pg_sys::lookup_type_cache(kind, pg_sys::TYPECACHE_CMP_PROC as i32);
        note((*entry).cmp_proc, facts);
    }
}

fn note(function: pg_sys::Oid, facts: &mut Facts) {
    if function != pg_sys::Oid::INVALID {
        facts.support.insert(function.to_u32());
    }
}

fn note_type(kind: pg_sys::Oid, facts: &mut Facts) {
    if types::is_added(kind.to_u32()) {
        facts.types.insert(kind.to_u32());
    }
}

fn walk_domain(domain: u32, facts: &mut Facts) {
    // SAFETY: the reference is registered on the current memory context, which outlives the loop; the expressions are valid nodes.
    unsafe {
        let reference = pg_sys::palloc0(size_of::<pg_sys::DomainConstraintRef>()).cast::<pg_sys::DomainConstraintRef>();
        pg_sys::InitDomainConstraintRef(pg_sys::Oid::from(domain), reference, pg_sys::CurrentMemoryContext, false);
        for constraint in list::iter::<pg_sys::DomainConstraintState>((*reference).constraints) {
            visit((*constraint).check_expr.cast(), (&raw mut *facts).cast());
        }
    }
}
