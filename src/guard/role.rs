//! As whom a statement is proven and run: the caller, or the role of `nl_query.run_as`.

use std::cell::Cell;
use std::ffi::CString;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};

use super::{Limits, Reason, Refusal};
use crate::pg::session::{self, AsRole};

thread_local! {
    static WARNED: Cell<bool> = const { Cell::new(false) };
}

/// Takes on the role of `nl_query.run_as`, if there is one. Must be inside an attempt, whose abort takes it off again.
pub fn enter(limits: &Limits) -> Result<Option<AsRole>, Refusal> {
    let Some(name) = limits.run_as.as_deref().filter(|name| !name.is_empty()) else {
        warn_superuser();
        return Ok(None);
    };
    let role = CString::new(name).ok().and_then(|name| session::role_oid(&name));
    let Some(role) = role else {
        return Err(Refusal::new(Reason::RunAs, format!("role \"{name}\" of nl_query.run_as does not exist")));
    };
    if !session::may_become(role) {
        return Err(Refusal::new(Reason::RunAs, format!("permission denied to become role \"{name}\""))
            .with_detail("nl_query.run_as must name a role that the current user is a member of."));
    }
    Ok(Some(AsRole::begin(role)))
}

/// Does something as the role that answers are proven and run as. An ERROR inside gives the role back with the (sub)transaction that
/// it aborts.
pub fn as_answering_role<T>(limits: &Limits, work: impl FnOnce() -> T) -> Result<T, Refusal> {
    let role = enter(limits)?;
    let done = work();
    if let Some(role) = role {
        role.end();
    }
    Ok(done)
}

/// Once a session: a superuser passes every privilege check, so only the rest of the guard stands.
fn warn_superuser() {
    if session::is_superuser() && !WARNED.replace(true) {
        let message = "nl_query is used by a superuser, for whom no privilege is checked";
        ErrorReport::new(PgSqlErrorCode::ERRCODE_WARNING, message, pgrx::function_name!())
            .set_hint("Ask as a role with few privileges, or set nl_query.run_as to one.")
            .report(PgLogLevel::WARNING);
    }
}
