//! Sees every statement after its analysis, and analyses those with answers in them a second time.
//!
//! A statement without a call of an added set-returning function costs a few loads. The hook that was there is called once on every
//! path, with the statement as it will run. Errors of the second analysis are PostgreSQL's own and keep their position: the frames
//! that they jump over hold nothing that would need dropping.

use std::ffi::{CString, c_char, c_int, c_void};

use nl_query_core::error::Error;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReportable;
use pgrx::{PgMemoryContexts, PgSqlErrorCode};

use super::calls::{self, Asks, Site};
use super::compat;
use super::raw_tree::Statement as RawStatement;
use super::report::report;
use super::splice::{Answer, Splice};
use super::{parse_state, stand_in};

/// Decides what becomes of a statement with calls in it.
pub type Decide = fn(&Analysed) -> Result<Option<Expansion>, Fault>;

/// Installs the hook. Call once, from `_PG_init` while preloading.
pub fn install(decide: Decide) {
    // SAFETY: _PG_init runs alone in the postmaster; hooks are plain function pointers there.
    unsafe {
        DECIDE = Some(decide);
        PREVIOUS = pg_sys::post_parse_analyze_hook;
        pg_sys::post_parse_analyze_hook = Some(post_parse_analyze);
    }
}

static mut DECIDE: Option<Decide> = None;
static mut PREVIOUS: pg_sys::post_parse_analyze_hook_type = None;

/// A statement that the server has just analysed.
pub struct Analysed {
    state: *mut pg_sys::ParseState,
    query: *mut pg_sys::Query,
}

/// A call of one of our functions with a literal question.
pub struct Call {
    pub asks: Asks,
    pub question: String,
    pub location: i32,
    pub site: Site,
}

/// What replaces the calls.
pub struct Expansion {
    /// The raw tree to analyse in place of the one before; none where the analysed tree can be changed as it is.
    pub raw: Option<RawStatement>,
    pub splice: Splice,
    /// The answer that the statement is, where it is nothing else.
    pub whole: Option<Answer>,
    /// The SQL of the answers, for the DETAIL of errors.
    pub sql: String,
}

/// An error, and the call that it belongs to.
pub struct Fault {
    pub error: Error,
    pub location: i32,
}

impl Analysed {
    /// The calls in it, in the order of the range tables.
    pub fn calls(&self) -> Vec<Call> {
        let mut sites = Vec::new();
        // SAFETY: made from the hook's arguments.
        unsafe { calls::each(self.query, &mut |site| sites.push(site)) };
        let call = |site: Site| {
            let asks = site.asks()?;
            Some(Call { asks, question: site.question()?, location: site.location(), site })
        };
        sites.into_iter().filter_map(call).collect()
    }

    /// True where the statement is nothing but the call: `SELECT * FROM nl_query('…')`.
    pub fn is_nothing_but(&self, call: &Call) -> bool {
        // SAFETY: made from the hook's arguments; the call was found in this query.
        unsafe { parse_state::text(self.state).is_some_and(|text| call.site.is_all_of(&*self.query, text)) }
    }

    /// An expansion begins: what is left of the one before is forgotten. Not for statements that are analysed while another expands.
    pub fn begin(&self) {
        stand_in::begin();
    }

    /// Its raw tree, with those of the calls that can be found in it.
    pub fn raw(&self, locations: &[i32]) -> Option<RawStatement> {
        // SAFETY: made from the hook's arguments.
        unsafe { RawStatement::find(self.state, self.query, locations) }
    }
}

impl RawStatement {
    /// Puts a stand-in for `answer` where the call at `location` is.
    pub fn expand_to(&mut self, location: i32, answer: Answer, number: usize) {
        // SAFETY: the stand-in is a new raw SELECT, in the memory context that is current throughout.
        unsafe { self.expand(location, answer.stand_in(number)) };
    }
}

/// A session of its own kind: no user types a question there.
pub fn is_working_session() -> bool {
    // SAFETY: reads three variables of this process.
    unsafe {
        pg_sys::ParallelWorkerNumber >= 0
            || pg_sys::am_walsender
            || pg_sys::MyBackendType == pg_sys::BackendType::B_AUTOVAC_WORKER
    }
}

/// Passed by every statement; see the head of this file for what must not be in it.
unsafe extern "C-unwind" fn post_parse_analyze(
    state: *mut pg_sys::ParseState,
    query: *mut pg_sys::Query,
    jumble: *mut pg_sys::JumbleState,
) {
    // SAFETY: PostgreSQL passes a parse state and the query that came of it; PREVIOUS was written once, before the postmaster forked.
    unsafe {
        let jumble = if calls::any(query) { expand(state, query, jumble) } else { jumble };
        if let Some(next) = PREVIOUS {
            next(state, query, jumble);
        }
    }
}

/// What is handed from frame to frame: pointers into memory that the current context frees.
struct Work {
    state: *mut pg_sys::ParseState,
    query: *mut pg_sys::Query,
    expansion: *mut Expansion,
    sql: *const c_char,
    fault: *mut Fault,
}

/// Expands the calls of a statement in place, and returns what the hooks behind this one shall see.
///
/// # Safety
/// The arguments are those of the hook.
unsafe fn expand(
    state: *mut pg_sys::ParseState,
    query: *mut pg_sys::Query,
    jumble: *mut pg_sys::JumbleState,
) -> *mut pg_sys::JumbleState {
    let (expansion, fault) = (core::ptr::null_mut(), core::ptr::null_mut());
    let mut work = Work { state, query, expansion, sql: core::ptr::null(), fault };
    let work = &raw mut work;
    // SAFETY: as the caller says; `work` lives on this frame; the callbacks are taken off the stack again where no ERROR does.
    unsafe {
        decide(work);
        if !(*work).fault.is_null() {
            let mut callback: pg_sys::ParseCallbackState = core::mem::zeroed();
            unguarded::setup_parser_errposition_callback(&raw mut callback, state, (*(*work).fault).location);
            raise(work);
        }
        if (*work).expansion.is_null() {
            return jumble;
        }
        if let Some(raw) = &(*(*work).expansion).raw {
            let mut callback = pg_sys::ErrorContextCallback {
                previous: pg_sys::error_context_stack,
                callback: Some(tell_sql),
                arg: work.cast(),
            };
            pg_sys::error_context_stack = &raw mut callback;
            let again = unguarded::make_parsestate(core::ptr::null_mut());
            parse_state::copy(state, again);
            stand_in::understand(again);
            let fresh = unguarded::transformTopLevelStmt(again, raw.raw());
            unguarded::free_parsestate(again);
            pg_sys::error_context_stack = callback.previous;
            query.copy_from_nonoverlapping(fresh, 1);
        }
        fill(work);
        if jumble.is_null() { jumble } else { compat::jumble(query, (*state).p_sourcetext) }
    }
}

/// Asks what becomes of the statement.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn decide(work: *mut Work) {
    // SAFETY: the frame above owns `work`; DECIDE was written once, before the postmaster forked.
    unsafe {
        let Some(decide) = DECIDE else { return };
        let mut memory = PgMemoryContexts::CurrentMemoryContext;
        match decide(&Analysed { state: (*work).state, query: (*work).query }) {
            Ok(None) => {}
            Ok(Some(expansion)) => {
                let sql = CString::new(expansion.sql.as_str()).unwrap_or_default();
                (*work).sql = pg_sys::pstrdup(sql.as_ptr());
                (*work).expansion = memory.leak_and_drop_on_delete(expansion);
            }
            Err(fault) => (*work).fault = memory.leak_and_drop_on_delete(fault),
        }
    }
}

/// Raises the error of a question.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn raise(work: *mut Work) {
    // SAFETY: the frame above owns `work` and has seen the fault.
    let error = unsafe { (*(*work).fault).error.clone() };
    Err::<(), _>(report(error)).unwrap_or_report();
}

/// Puts the answers into the statement.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn fill(work: *mut Work) {
    // SAFETY: the frame above owns `work`; the statement's tree is ours to change until the hook returns.
    unsafe {
        let expansion = &mut *(*work).expansion;
        match expansion.whole {
            Some(answer) => answer.put_for((*work).query),
            None => expansion.splice.put_into((*work).query),
        }
    }
}

/// An error callback: what the second analysis finds wrong is about SQL that the user has not seen.
unsafe extern "C-unwind" fn tell_sql(work: *mut c_void) {
    // SAFETY: PostgreSQL calls it while the frame that owns `work` is alive; a cancel says nothing about the statement.
    unsafe {
        if pg_sys::geterrcode() != PgSqlErrorCode::ERRCODE_QUERY_CANCELED as c_int {
            unguarded::errdetail_internal(c"The question stands for:\n%s".as_ptr(), (*work.cast::<Work>()).sql);
        }
    }
}

// PostgreSQL's own functions, without the guard that pgrx puts around its bindings: see the head of this file. The guard would also
// put the stack of error callbacks back as it was.
mod unguarded {
    use super::{c_char, c_int, pg_sys};

    unsafe extern "C-unwind" {
        pub fn make_parsestate(parent: *mut pg_sys::ParseState) -> *mut pg_sys::ParseState;
        pub fn free_parsestate(state: *mut pg_sys::ParseState);
        pub fn transformTopLevelStmt(state: *mut pg_sys::ParseState, raw: *mut pg_sys::RawStmt) -> *mut pg_sys::Query;
        pub fn setup_parser_errposition_callback(
            callback: *mut pg_sys::ParseCallbackState,
            state: *mut pg_sys::ParseState,
            location: c_int,
        );
        pub fn errdetail_internal(format: *const c_char, ...) -> c_int;
    }
}
