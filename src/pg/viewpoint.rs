//! Who asks, where and when: facts about the current session, each one cheap enough to ask for on every question.

use std::ffi::CStr;

use pgrx::pg_sys;

/// What decides, in one database, which relations a name means and what of them may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewpoint {
    pub user: u32,
    /// Schemas of the effective search_path, the temporary one left out.
    pub search_path: Vec<u32>,
    /// The setting of this name: off makes an error of what policies would hide.
    pub row_security: bool,
}

/// Longer search_paths than this are told apart by their first entries only; nobody has one.
const PATH_LIMIT: usize = 64;

/// The current viewpoint.
pub fn viewpoint() -> Viewpoint {
    let mut path = [pg_sys::Oid::INVALID; PATH_LIMIT];
    // SAFETY: the array has room for PATH_LIMIT entries; the result is the length of the path, however long that is.
    let length = unsafe { pg_sys::fetch_search_path_array(path.as_mut_ptr(), PATH_LIMIT as i32) };
    let length = usize::try_from(length).unwrap_or(0).min(PATH_LIMIT);
    // SAFETY: the variable behind the setting.
    let row_security = unsafe { pg_sys::row_security };
    Viewpoint { user: user(), search_path: path[..length].iter().map(|oid| oid.to_u32()).collect(), row_security }
}

/// Names of the schemas of a viewpoint that still exist.
pub fn schema_names(viewpoint: &Viewpoint) -> Vec<String> {
    let name = |oid: &u32| {
        // SAFETY: a lookup by OID; null for a schema that is gone, else a palloc'ed text.
        let name = unsafe { super::proc::text_or_empty(pg_sys::get_namespace_name(pg_sys::Oid::from(*oid))) };
        (!name.is_empty() && name != "pg_catalog").then_some(name)
    };
    viewpoint.search_path.iter().filter_map(name).collect()
}

/// The current role, as SET ROLE and SECURITY DEFINER functions leave it.
pub fn user() -> u32 {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetUserId() }.to_u32()
}

/// The database of this session.
pub fn database() -> u32 {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::MyDatabaseId }.to_u32()
}

/// True while the server replays another one's log.
pub fn on_standby() -> bool {
    // SAFETY: reads a variable of this backend, or one in shared memory.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// Process id of this backend.
pub fn process() -> i32 {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::MyProcPid }
}

/// True while a process of the server has this id.
pub fn is_alive(process: i32) -> bool {
    // SAFETY: looks through the process array under its lock.
    !unsafe { pg_sys::BackendPidGetProc(process) }.is_null()
}

/// True when the current role may see other roles' statistics.
pub fn reads_all_stats() -> bool {
    // SAFETY: reads the role caches inside the caller's transaction.
    unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), pg_sys::Oid::from(pg_sys::ROLE_PG_READ_ALL_STATS)) }
}

/// True when the current role has the privileges of `role`, its own or inherited.
pub fn has_privileges_of(role: u32) -> bool {
    // SAFETY: reads the role caches inside the caller's transaction; any OID is allowed.
    unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), pg_sys::Oid::from(role)) }
}

/// The database's encoding where it is not UTF8.
pub fn foreign_encoding() -> Option<String> {
    // SAFETY: reads a variable of this backend; the name is a constant of the server.
    unsafe {
        if pg_sys::GetDatabaseEncoding() == pg_sys::pg_enc::PG_UTF8 as i32 {
            return None;
        }
        Some(CStr::from_ptr(pg_sys::GetDatabaseEncodingName()).to_string_lossy().into_owned())
    }
}

/// Year, month and day of the transaction's start in the session's time zone, as CURRENT_DATE has it.
pub fn today() -> (i32, u8, u8) {
    let mut now = pg_sys::pg_tm::default();
    // SAFETY: fills the structure it is given.
    unsafe { pg_sys::GetCurrentDateTime(&mut now) };
    (now.tm_year, u8::try_from(now.tm_mon).unwrap_or(1), u8::try_from(now.tm_mday).unwrap_or(1))
}

/// The server's major version, as in 15.
pub fn server_version() -> u32 {
    pg_sys::PG_VERSION_NUM / 10_000
}

/// The present moment, in PostgreSQL's microseconds since 2000.
pub fn now() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// When the statement that asks arrived, in the same microseconds; costs nothing.
pub fn asked_at() -> i64 {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::GetCurrentStatementStartTimestamp() }
}

/// True where this transaction may see other rows than another session would now: its own, or those of when it began.
pub fn sees_other_rows() -> bool {
    // SAFETY: reads a variable of this backend.
    let of_its_beginning = unsafe { pg_sys::XactIsoLevel } >= pg_sys::XACT_REPEATABLE_READ as i32;
    of_its_beginning || super::session::has_transaction_id()
}

/// An identifier as it must stand in SQL, quoted where it has to be.
pub fn quoted(name: &str) -> String {
    pgrx::spi::quote_identifier(name)
}
