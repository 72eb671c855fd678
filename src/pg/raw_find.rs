//! The raw tree of a statement that PostgreSQL has analysed, found again.
//!
//! The hook after analysis gets no raw tree, only the text, which is parsed once more. What cannot be found with certainty is not
//! found.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nl_query_core::refusal::Reason;
use pgrx::pg_sys;
use pgrx::pg_sys::NodeTag::*;

use super::attempt::{self, OnSuccess};
use super::memory::OwnedContext;
use super::timeout::Deadline;
use super::{list, parse_state};

/// The raw tree of `query`, fresh. At `place` of the text stands something that belongs to it.
///
/// # Safety
/// `state` and `query` are those of a `post_parse_analyze_hook`.
pub unsafe fn find(state: *mut pg_sys::ParseState, query: *mut pg_sys::Query, place: i32) -> Option<*mut pg_sys::RawStmt> {
    // SAFETY: as the caller says.
    unsafe { if parse_state::is_in_function(state) { of_function(state, query, place) } else { of_text(state, query, place) } }
}

/// The statement of a plain text: the one around the place.
///
/// # Safety
/// `state` and `query` are those of a `post_parse_analyze_hook`.
unsafe fn of_text(state: *mut pg_sys::ParseState, query: *mut pg_sys::Query, place: i32) -> Option<*mut pg_sys::RawStmt> {
    // SAFETY: as the caller says.
    unsafe {
        let statements = parse(state, pg_sys::RawParseMode::RAW_PARSE_DEFAULT)?;
        let raw = list::iter::<pg_sys::RawStmt>(statements).take_while(|raw| (**raw).stmt_location <= place).last()?;
        if (*query).commandType == pg_sys::CmdType::CMD_UTILITY {
            let (typed, analysed) = ((*(*raw).stmt).type_, (*(*query).utilityStmt).type_);
            // SELECT INTO is analysed as CREATE TABLE AS.
            return (typed == analysed || (typed == T_SelectStmt && analysed == T_CreateTableAsStmt)).then_some(raw);
        }
        // PREPARE, COPY and CREATE VIEW have their inner statement analysed on its own, under the location of the whole.
        (*raw).stmt = unwrapped((*raw).stmt);
        ((*raw).stmt_location, (*raw).stmt_len) = ((*query).stmt_location, (*query).stmt_len);
        is_command((*raw).stmt, (*query).commandType).then_some(raw)
    }
}

/// The statement of a function's body. PL/pgSQL hands expressions and assignments over as they stand, to be parsed in modes of their
/// own that nothing here tells; the right one is that which gives the very query that PostgreSQL got.
///
/// # Safety
/// `state` and `query` are those of a `post_parse_analyze_hook`.
unsafe fn of_function(state: *mut pg_sys::ParseState, query: *mut pg_sys::Query, place: i32) -> Option<*mut pg_sys::RawStmt> {
    use pg_sys::RawParseMode::*;
    // SAFETY: as the caller says.
    unsafe {
        let starts_with_bracket =
            parse_state::text(state).is_some_and(|text| text.to_bytes().trim_ascii_start().starts_with(b"("));
        if !starts_with_bracket && let Some(raw) = of_text(state, query, place) {
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
/// `statement` is a raw statement.
unsafe fn unwrapped(statement: *mut pg_sys::Node) -> *mut pg_sys::Node {
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
                    (Some(view), None) => unwrapped(view),
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
