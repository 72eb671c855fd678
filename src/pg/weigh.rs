//! Bounds on what the expressions of a query can make, before anything runs them (see `nl_query_core::size`).
//!
//! Follows a column to where it is computed, through subqueries, CTEs, joins and VALUES, because the planner does: it pulls
//! subqueries up and then folds. The same walk bounds how large expressions become by that: 30 nested `SELECT x || x` are a
//! billion nodes after flattening.

use std::collections::HashMap;

use nl_query_core::size::{self, Number, Size};
use pgrx::pg_sys;

use super::parse::Analysed;
use super::proc::Function;
use super::{compat, list};

/// The heaviest things of a query.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weight {
    /// Nodes of all expressions once flattened.
    pub nodes: f64,
    /// Bytes of the largest value that a call can make.
    pub bytes: f64,
    /// The function that makes it.
    pub function: Option<u32>,
    /// A recursive query whose column takes up several copies of itself in each step.
    pub doubles: bool,
}

/// Weighs a whole query.
pub fn weigh(analysed: &Analysed) -> Weight {
    let mut scale = Scale::default();
    // SAFETY: a rewritten query, complete.
    unsafe { scale.query(analysed.query, &[]) };
    scale.weight
}

#[derive(Default)]
struct Scale {
    weight: Weight,
    /// Sizes of columns of range table entries; None while one is being computed.
    columns: HashMap<(usize, i16), Option<Size>>,
    /// Names of functions by OID.
    names: HashMap<u32, String>,
}

/// The queries around an expression, outermost first.
type Scope<'a> = &'a [*mut pg_sys::Query];

impl Scale {
    /// # Safety
    /// This and all below: nodes and queries are valid and complete, `scope` holds the queries around them.
    unsafe fn query(&mut self, query: *mut pg_sys::Query, outer: Scope<'_>) {
        // SAFETY: as the caller says; casts follow what the fields hold.
        unsafe {
            pg_sys::check_stack_depth();
            let scope = [outer, &[query]].concat();
            for cte in list::iter::<pg_sys::CommonTableExpr>((*query).cteList) {
                let inner = (*cte).ctequery.cast::<pg_sys::Query>();
                self.query(inner, &scope);
                if (*cte).cterecursive {
                    self.recursion(inner, &scope);
                }
            }
            for source in list::iter::<pg_sys::RangeTblEntry>((*query).rtable) {
                if (*source).rtekind == pg_sys::RTEKind::RTE_SUBQUERY {
                    self.query((*source).subquery, &scope);
                }
            }
            let mut roots: Vec<*mut pg_sys::Node> = Vec::new();
            roots.extend([(*query).targetList.cast(), (*query).jointree.cast(), (*query).havingQual]);
            roots.extend([(*query).limitCount, (*query).limitOffset]);
            for source in list::iter::<pg_sys::RangeTblEntry>((*query).rtable) {
                let source = &*source;
                roots.extend([source.functions.cast(), source.tablefunc.cast(), source.values_lists.cast()]);
                roots.extend([source.tablesample.cast(), source.securityQuals.cast(), compat::group_expressions(source).cast()]);
            }
            for root in roots {
                let size = self.expression(root, &scope);
                self.weight.nodes += size.nodes;
            }
        }
    }

    /// The second half of a recursive query: does a column take up itself more than once?
    unsafe fn recursion(&mut self, query: *mut pg_sys::Query, outer: Scope<'_>) {
        // SAFETY: as the caller says; a recursive CTE is a set operation over two subqueries.
        unsafe {
            let Some(right) = recursive_term(query) else { return };
            let scope = [outer, &[query], &[right]].concat();
            for target in list::iter::<pg_sys::TargetEntry>((*right).targetList) {
                let node = (*target).expr.cast::<pg_sys::Node>();
                if self.expression(node, &scope).copies >= 2.0 && pg_sys::get_typlen(pg_sys::exprType(node)) == -1 {
                    self.weight.doubles = true;
                }
            }
        }
    }

    unsafe fn expression(&mut self, node: *mut pg_sys::Node, scope: Scope<'_>) -> Size {
        use pg_sys::NodeTag::*;
        if node.is_null() {
            return Size::constant(0.0, Number::AtMost(0.0), 0.0);
        }
        // SAFETY: as the caller says; casts follow the node's tag.
        unsafe {
            pg_sys::check_stack_depth();
            match (*node).type_ {
                T_Const => constant(&*node.cast()),
                T_Var => self.column(&*node.cast(), scope),
                T_Param | T_Aggref | T_WindowFunc | T_GroupingFunc => {
                    self.children(node, scope);
                    Size::data()
                }
                T_FuncExpr => {
                    let call = &*node.cast::<pg_sys::FuncExpr>();
                    self.call(call.funcid, call.args, scope)
                }
                T_OpExpr | T_DistinctExpr | T_NullIfExpr => {
                    let call = &*node.cast::<pg_sys::OpExpr>();
                    self.call(pg_sys::get_opcode(call.opno), call.args, scope)
                }
                T_SubLink => {
                    let link = &*node.cast::<pg_sys::SubLink>();
                    let inner = link.subselect.cast::<pg_sys::Query>();
                    self.expression(link.testexpr, scope);
                    self.query(inner, scope);
                    self.output(inner, 1, scope)
                }
                T_RelabelType => self.expression((*node.cast::<pg_sys::RelabelType>()).arg.cast(), scope),
                T_CoerceToDomain => self.expression((*node.cast::<pg_sys::CoerceToDomain>()).arg.cast(), scope),
                T_CoerceViaIO => self.expression((*node.cast::<pg_sys::CoerceViaIO>()).arg.cast(), scope),
                T_ArrayExpr => {
                    let parts = self.list((*node.cast::<pg_sys::ArrayExpr>()).elements, scope);
                    Size::array(&parts)
                }
                T_CoalesceExpr => {
                    let parts = self.list((*node.cast::<pg_sys::CoalesceExpr>()).args, scope);
                    Size::either(&parts)
                }
                T_MinMaxExpr => {
                    let choice = &*node.cast::<pg_sys::MinMaxExpr>();
                    let parts = self.list(choice.args, scope);
                    if choice.op == pg_sys::MinMaxOp::IS_LEAST { Size::least(&parts) } else { Size::either(&parts) }
                }
                T_CaseExpr => {
                    let case = &*node.cast::<pg_sys::CaseExpr>();
                    self.expression(case.arg.cast(), scope);
                    let mut parts = vec![self.expression(case.defresult.cast(), scope)];
                    for when in list::iter::<pg_sys::CaseWhen>(case.args) {
                        self.expression((*when).expr.cast(), scope);
                        parts.push(self.expression((*when).result.cast(), scope));
                    }
                    Size::either(&parts)
                }
                T_Query => {
                    self.query(node.cast(), scope);
                    Size::data()
                }
                _ => size::of_call("", &self.children(node, scope)),
            }
        }
    }

    unsafe fn list(&mut self, nodes: *mut pg_sys::List, scope: Scope<'_>) -> Vec<Size> {
        // SAFETY: as the caller says.
        unsafe { list::iter(nodes).map(|node| self.expression(node, scope)).collect() }
    }

    unsafe fn call(&mut self, function: pg_sys::Oid, arguments: *mut pg_sys::List, scope: Scope<'_>) -> Size {
        // SAFETY: as the caller says.
        let parts = unsafe { self.list(arguments, scope) };
        let oid = function.to_u32();
        let name = self.names.entry(oid).or_insert_with(|| Function::find(oid).map(|found| found.name).unwrap_or_default());
        let size = size::of_call(name, &parts);
        if size.bytes > self.weight.bytes {
            self.weight.bytes = size.bytes;
            self.weight.function = Some(oid);
        }
        size
    }

    /// A column, followed to where it is computed.
    unsafe fn column(&mut self, var: &pg_sys::Var, scope: Scope<'_>) -> Size {
        let Some(level) = scope.len().checked_sub(1 + var.varlevelsup as usize) else { return Size::data() };
        let Ok(position) = usize::try_from(var.varno - 1) else { return Size::data() };
        // SAFETY: as the caller says; a Var points into the range table of the query that many levels up.
        unsafe {
            let Some(source) = list::iter::<pg_sys::RangeTblEntry>((*scope[level]).rtable).nth(position) else {
                return Size::data();
            };
            let key = (source as usize, var.varattno);
            match self.columns.get(&key) {
                Some(Some(size)) => return *size,
                Some(None) => return Size { copies: 1.0, ..Size::data() },
                None => self.columns.insert(key, None),
            };
            let size = self.source_column(&*source, var.varattno, &scope[..=level]);
            self.columns.insert(key, Some(size));
            size
        }
    }

    unsafe fn source_column(&mut self, source: &pg_sys::RangeTblEntry, number: i16, scope: Scope<'_>) -> Size {
        use pg_sys::RTEKind::*;
        let Some(position) = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)) else { return Size::data() };
        // SAFETY: as the caller says; the fields read are those of the entry's kind.
        unsafe {
            match source.rtekind {
                RTE_SUBQUERY => self.output(source.subquery, number, scope),
                RTE_JOIN => {
                    let alias = list::iter(source.joinaliasvars).nth(position);
                    alias.map_or(Size::data(), |node| self.expression(node, scope))
                }
                RTE_VALUES => {
                    let rows = list::iter::<pg_sys::List>(source.values_lists);
                    let cells: Vec<_> = rows.filter_map(|row| { list::iter(row) }.nth(position)).collect();
                    let sizes: Vec<_> = cells.into_iter().map(|cell| self.expression(cell, scope)).collect();
                    Size::either(&sizes)
                }
                RTE_FUNCTION => {
                    let calls: Vec<_> = list::iter::<pg_sys::RangeTblFunction>(source.functions).collect();
                    let sizes: Vec<_> = calls.into_iter().map(|call| self.expression((*call).funcexpr, scope)).collect();
                    let size = Size::either(&sizes);
                    // What a function returns row by row is data, but a series of constants is as large as its end.
                    if size.number == Number::Unknown { Size { number: Number::Data, ..size } } else { size }
                }
                RTE_CTE if source.self_reference => Size { copies: 1.0, ..Size::data() },
                RTE_CTE => self.cte_column(source, number, scope),
                _ => match { list::iter(compat::group_expressions(source)) }.nth(position) {
                    Some(node) => self.expression(node, scope),
                    None => Size::data(),
                },
            }
        }
    }

    unsafe fn cte_column(&mut self, source: &pg_sys::RangeTblEntry, number: i16, scope: Scope<'_>) -> Size {
        let Some(level) = scope.len().checked_sub(1 + source.ctelevelsup as usize) else { return Size::data() };
        // SAFETY: as the caller says; CTE names are NUL-terminated.
        unsafe {
            let name = core::ffi::CStr::from_ptr(source.ctename);
            let mut ctes = list::iter::<pg_sys::CommonTableExpr>((*scope[level]).cteList);
            match ctes.find(|cte| core::ffi::CStr::from_ptr((**cte).ctename) == name) {
                Some(cte) if !(*cte).cterecursive => self.output((*cte).ctequery.cast(), number, &scope[..=level]),
                _ => Size::data(),
            }
        }
    }

    /// An output column of a subquery; for a set operation that of each branch.
    unsafe fn output(&mut self, query: *mut pg_sys::Query, number: i16, outer: Scope<'_>) -> Size {
        // SAFETY: as the caller says; target entries number the columns.
        unsafe {
            let scope = [outer, &[query]].concat();
            if (*query).setOperations.is_null() {
                let mut targets = list::iter::<pg_sys::TargetEntry>((*query).targetList);
                return match targets.find(|target| (**target).resno == number) {
                    Some(target) => self.expression((*target).expr.cast(), &scope),
                    None => Size::data(),
                };
            }
            let branches: Vec<_> = list::iter::<pg_sys::RangeTblEntry>((*query).rtable)
                .filter(|source| (**source).rtekind == pg_sys::RTEKind::RTE_SUBQUERY)
                .collect();
            let sizes: Vec<_> = branches.into_iter().map(|branch| self.output((*branch).subquery, number, &scope)).collect();
            Size::either(&sizes)
        }
    }

    /// The sizes of a node's children, whatever kind it is.
    unsafe fn children(&mut self, node: *mut pg_sys::Node, scope: Scope<'_>) -> Vec<Size> {
        let mut children: Vec<*mut pg_sys::Node> = Vec::new();
        // SAFETY: as the caller says; the callback only notes pointers.
        unsafe {
            pg_sys::expression_tree_walker(node, Some(note_child), (&raw mut children).cast());
            children.into_iter().map(|child| self.expression(child, scope)).collect()
        }
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn note_child(node: *mut pg_sys::Node, context: *mut core::ffi::c_void) -> bool {
    if !node.is_null() {
        // SAFETY: the context given in `children`.
        unsafe { (*context.cast::<Vec<*mut pg_sys::Node>>()).push(node) };
    }
    false
}

/// The recursive half of a recursive CTE's query.
///
/// # Safety
/// `query` is the query of a recursive CTE.
pub(super) unsafe fn recursive_term(query: *mut pg_sys::Query) -> Option<*mut pg_sys::Query> {
    // SAFETY: its set operation's right side is a reference to a subquery of its range table, or another set operation.
    unsafe {
        let operation = (*query).setOperations.cast::<pg_sys::SetOperationStmt>().as_ref()?;
        let right = operation.rarg.cast::<pg_sys::RangeTblRef>().as_ref()?;
        if right.type_ != pg_sys::NodeTag::T_RangeTblRef {
            return None;
        }
        let position = usize::try_from(right.rtindex - 1).ok()?;
        let source = { list::iter::<pg_sys::RangeTblEntry>((*query).rtable) }.nth(position)?;
        Some((*source).subquery).filter(|query| !query.is_null())
    }
}

/// A constant's size.
///
/// # Safety
/// `value` is a valid Const.
unsafe fn constant(value: &pg_sys::Const) -> Size {
    if value.constisnull {
        return Size::constant(0.0, Number::AtMost(0.0), 0.0);
    }
    if value.constlen > 0 {
        let number = match value.consttype {
            pg_sys::INT2OID => Number::AtMost(f64::from(value.constvalue.value() as i16).abs()),
            pg_sys::INT4OID => Number::AtMost(f64::from(value.constvalue.value() as i32).abs()),
            pg_sys::INT8OID => Number::AtMost((value.constvalue.value() as i64 as f64).abs()),
            pg_sys::FLOAT4OID => Number::AtMost(f64::from(f32::from_bits(value.constvalue.value() as u32)).abs()),
            pg_sys::FLOAT8OID => Number::AtMost(f64::from_bits(value.constvalue.value() as u64).abs()),
            _ => Number::Unknown,
        };
        return Size::constant(f64::from(value.constlen), number, 0.0);
    }
    // SAFETY: constants of the parser are plain varlenas or NUL-terminated texts.
    let bytes = unsafe {
        if value.constlen == -1 {
            pgrx::varlena_to_byte_slice(value.constvalue.cast_mut_ptr())
        } else {
            core::ffi::CStr::from_ptr(value.constvalue.cast_mut_ptr()).to_bytes()
        }
    };
    let number = if value.consttype == pg_sys::NUMERICOID {
        // SAFETY: the output function of numeric on a numeric; its result is a palloc'ed text.
        let text = unsafe {
            super::proc::text_or_empty(pg_sys::OidOutputFunctionCall(pg_sys::Oid::from(NUMERIC_OUT), value.constvalue))
        };
        text.parse::<f64>().map_or(Number::Unknown, |value| Number::AtMost(value.abs()))
    } else {
        Number::Unknown
    };
    // A text may become a number by a cast, so the largest number in it counts as one.
    let widest = size::widest_number(bytes);
    let number = if number == Number::Unknown && bytes.len() <= 20 && widest > 0.0 { Number::AtMost(widest) } else { number };
    Size::constant(bytes.len() as f64, number, widest)
}

/// `numeric_out`: built-in functions have fixed OIDs.
const NUMERIC_OUT: u32 = 1702;
