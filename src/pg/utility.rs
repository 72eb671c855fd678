//! Sees every utility statement of every session, says what kind it is for what is remembered (`pg::transaction`), and lets it run.
//!
//! A statement that changes nothing costs a jump table. The hook that was there is called on every path.

use std::ffi::c_char;

use pgrx::pg_sys;
use pgrx::pg_sys::NodeTag as tag;

use super::transaction::{self, Kind};

/// Installs the hook. Call once, from `_PG_init` while preloading.
pub fn install() {
    // SAFETY: _PG_init runs alone in the postmaster; hooks are plain function pointers there.
    unsafe {
        PREVIOUS = pg_sys::ProcessUtility_hook;
        pg_sys::ProcessUtility_hook = Some(process_utility);
    }
}

static mut PREVIOUS: pg_sys::ProcessUtility_hook_type = None;

// PostgreSQL's own function, without the guard that pgrx puts around its bindings: see `process_utility`.
unsafe extern "C-unwind" {
    #[link_name = "standard_ProcessUtility"]
    fn standard_process_utility(
        statement: *mut pg_sys::PlannedStmt,
        text: *const c_char,
        read_only_tree: bool,
        context: pg_sys::ProcessUtilityContext::Type,
        params: pg_sys::ParamListInfo,
        environment: *mut pg_sys::QueryEnvironment,
        dest: *mut pg_sys::DestReceiver,
        completion: *mut pg_sys::QueryCompletion,
    );
}

/// Every utility statement of every session passes here, with its errors. They are not ours to touch: a guard would catch each one
/// and raise it again without its position, constraint name and context. So there is no guard, this frame holds nothing that would
/// need dropping, nothing in it panics, and PostgreSQL's longjmp may pass over it. What was seen is noted before the statement runs.
#[allow(clippy::too_many_arguments)] // PostgreSQL's signature
unsafe extern "C-unwind" fn process_utility(
    statement: *mut pg_sys::PlannedStmt,
    text: *const c_char,
    read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    params: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    dest: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    // SAFETY: PostgreSQL passes a valid statement; PREVIOUS was written once, before the postmaster forked; the arguments go on
    // as they came.
    unsafe {
        let kind = kind_of((*statement).utilityStmt);
        transaction::note_statement(kind);
        if kind == Kind::ClusterDescription {
            transaction::note_statement(Kind::Description);
        }
        match PREVIOUS {
            Some(run) => run(statement, text, read_only_tree, context, params, environment, dest, completion),
            None => standard_process_utility(statement, text, read_only_tree, context, params, environment, dest, completion),
        }
        if matches!(kind, Kind::Maintenance | Kind::Statistics) {
            transaction::statement_done();
        }
    }
}

/// # Safety
/// `node` is the node of a utility statement.
unsafe fn kind_of(node: *mut pg_sys::Node) -> Kind {
    // SAFETY: each cast follows the node's tag.
    unsafe {
        match (*node).type_ {
            tag::T_TransactionStmt => {
                let prepared = pg_sys::TransactionStmtKind::TRANS_STMT_COMMIT_PREPARED;
                let commits_other = (*node.cast::<pg_sys::TransactionStmt>()).kind == prepared;
                if commits_other { Kind::ClusterDescription } else { Kind::Neutral }
            }
            tag::T_ExplainStmt => explained((*node.cast::<pg_sys::ExplainStmt>()).query),
            tag::T_VariableSetStmt
            | tag::T_VariableShowStmt
            | tag::T_DiscardStmt
            | tag::T_PrepareStmt
            | tag::T_ExecuteStmt
            | tag::T_DeallocateStmt
            | tag::T_DeclareCursorStmt
            | tag::T_FetchStmt
            | tag::T_ClosePortalStmt
            | tag::T_CopyStmt
            | tag::T_LockStmt
            | tag::T_NotifyStmt
            | tag::T_ListenStmt
            | tag::T_UnlistenStmt
            | tag::T_DoStmt
            | tag::T_CallStmt
            | tag::T_CheckPointStmt
            | tag::T_LoadStmt
            | tag::T_ConstraintsSetStmt => Kind::Neutral,
            tag::T_VacuumStmt => Kind::Statistics,
            tag::T_TruncateStmt | tag::T_ClusterStmt | tag::T_ReindexStmt => Kind::Maintenance,
            tag::T_RefreshMatViewStmt => refresh(node.cast()),
            tag::T_AlterRoleSetStmt | tag::T_AlterDatabaseSetStmt => Kind::ClusterDescription,
            tag::T_CommentStmt
            | tag::T_SecLabelStmt
            | tag::T_AlterDomainStmt
            | tag::T_AlterTypeStmt
            | tag::T_AlterExtensionContentsStmt => Kind::Description,
            tag::T_RenameStmt => of_type((*node.cast::<pg_sys::RenameStmt>()).renameType),
            tag::T_AlterObjectSchemaStmt => of_type((*node.cast::<pg_sys::AlterObjectSchemaStmt>()).objectType),
            tag::T_CreateStmt => of_new((*node.cast::<pg_sys::CreateStmt>()).relation),
            tag::T_ViewStmt => of_new((*node.cast::<pg_sys::ViewStmt>()).view),
            tag::T_CreateTableAsStmt => of_new((*(*node.cast::<pg_sys::CreateTableAsStmt>()).into).rel),
            tag::T_DropStmt => of_dropped((*node.cast::<pg_sys::DropStmt>()).removeType),
            _ => Kind::Definition,
        }
    }
}

/// EXPLAIN ANALYZE runs what it explains, a CREATE TABLE AS too, which does not pass here by itself then.
///
/// # Safety
/// `node` is what a valid EXPLAIN explains.
unsafe fn explained(node: *mut pg_sys::Node) -> Kind {
    // SAFETY: analysed already, so a query; each cast follows the node's tag.
    unsafe {
        let Some(query) = node.cast::<pg_sys::Query>().as_ref().filter(|query| query.type_ == tag::T_Query) else {
            return Kind::Neutral;
        };
        if query.utilityStmt.is_null() { Kind::Neutral } else { kind_of(query.utilityStmt) }
    }
}

/// A renamed type or domain sends no message about the columns that have it.
fn of_type(object: pg_sys::ObjectType::Type) -> Kind {
    let types = [pg_sys::ObjectType::OBJECT_TYPE, pg_sys::ObjectType::OBJECT_DOMAIN, pg_sys::ObjectType::OBJECT_ATTRIBUTE];
    if types.contains(&object) { Kind::Description } else { Kind::Definition }
}

/// A new temporary relation is nobody's business but this session's, which looks at its own each time.
///
/// # Safety
/// `name` is null or a valid name.
unsafe fn of_new(name: *mut pg_sys::RangeVar) -> Kind {
    // SAFETY: as the caller says; a schema name is null or NUL-terminated.
    unsafe {
        let Some(name) = name.as_ref() else { return Kind::Definition };
        let explicit = !name.schemaname.is_null() && std::ffi::CStr::from_ptr(name.schemaname) == c"pg_temp";
        let temporary = explicit || name.relpersistence as u8 == pg_sys::RELPERSISTENCE_TEMP;
        if temporary { Kind::Neutral } else { Kind::Definition }
    }
}

/// Dropped relations are told one by one, those that others take along included (`pg::watch`).
fn of_dropped(object: pg_sys::ObjectType::Type) -> Kind {
    use pg_sys::ObjectType::{OBJECT_FOREIGN_TABLE, OBJECT_INDEX, OBJECT_MATVIEW, OBJECT_SEQUENCE, OBJECT_TABLE, OBJECT_VIEW};
    let relations = [OBJECT_TABLE, OBJECT_VIEW, OBJECT_MATVIEW, OBJECT_FOREIGN_TABLE, OBJECT_INDEX, OBJECT_SEQUENCE];
    if relations.contains(&object) { Kind::Neutral } else { Kind::Definition }
}

/// The first REFRESH lets a materialised view be read, one WITH NO DATA takes it away; every other one leaves the catalog alone.
///
/// # Safety
/// `refresh` is a valid statement.
unsafe fn refresh(refresh: *mut pg_sys::RefreshMatViewStmt) -> Kind {
    // SAFETY: as the caller says.
    unsafe { if (*refresh).skipData || !is_populated((*refresh).relation) { Kind::Definition } else { Kind::Maintenance } }
}

/// Guarded, because a look-up by name may raise an ERROR, which must not unwind through [`process_utility`].
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn is_populated(name: *mut pg_sys::RangeVar) -> bool {
    let missing_ok = pg_sys::RVROption::RVR_MISSING_OK;
    // SAFETY: a look-up by name without a lock; then a row of the syscache, pinned while we look.
    unsafe {
        let oid = pg_sys::RangeVarGetRelidExtended(name, pg_sys::NoLock as i32, missing_ok, None, core::ptr::null_mut());
        let row = super::syscache::CacheRow::by_oid(pg_sys::SysCacheIdentifier::RELOID, oid.to_u32());
        row.is_some_and(|row| (*row.form::<pg_sys::FormData_pg_class>()).relispopulated)
    }
}
