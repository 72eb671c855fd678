//! Every difference between PostgreSQL versions 14 to 18 that the project meets.

use pgrx::pg_sys;

/// Analyses one raw statement without parameters; runs the `post_parse_analyze_hook`s.
///
/// # Safety
/// `raw` and `sql` come from one `raw_parser` call and live in a context that outlives the result.
pub unsafe fn analyze(raw: *mut pg_sys::RawStmt, sql: *const core::ffi::c_char) -> *mut pg_sys::Query {
    // SAFETY: the caller vouches for the pointers; no parameters, no query environment.
    #[cfg(feature = "pg14")]
    unsafe {
        pg_sys::parse_analyze(raw, sql, core::ptr::null_mut(), 0, core::ptr::null_mut())
    }
    // SAFETY: as above.
    #[cfg(not(feature = "pg14"))]
    unsafe {
        pg_sys::parse_analyze_fixedparams(raw, sql, core::ptr::null(), 0, core::ptr::null_mut())
    }
}

/// Checks the privileges that one query needs, without those inside it; raises ERROR when one is missing.
///
/// # Safety
/// `query` is an analysed query.
pub unsafe fn check_permissions(query: *mut pg_sys::Query) {
    // SAFETY: the range table of an analysed query is complete.
    #[cfg(any(feature = "pg14", feature = "pg15"))]
    unsafe {
        pg_sys::ExecCheckRTPerms((*query).rtable, true);
    }
    // SAFETY: as above; from 16 on the permissions have a list of their own.
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    unsafe {
        pg_sys::ExecCheckPermissions((*query).rtable, (*query).rteperminfos, true);
    }
}

/// Columns of a range table entry that are read, as PostgreSQL keeps them: a set of `attnum - FirstLowInvalidHeapAttributeNumber`.
///
/// # Safety
/// `source` is an entry of the range table of `query`.
pub unsafe fn selected_columns(query: *mut pg_sys::Query, source: *mut pg_sys::RangeTblEntry) -> *mut pg_sys::Bitmapset {
    // SAFETY: the caller vouches for both.
    #[cfg(any(feature = "pg14", feature = "pg15"))]
    unsafe {
        let _ = query;
        (*source).selectedCols
    }
    // SAFETY: as above; an index of 0 is an entry without permissions of its own, which are numbered from 1.
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    unsafe {
        let index = (*source).perminfoindex as usize;
        let infos = super::list::iter::<pg_sys::RTEPermissionInfo>((*query).rteperminfos);
        let info = index.checked_sub(1).and_then(|index| { infos }.nth(index));
        info.map_or(core::ptr::null_mut(), |info| (*info).selectedCols)
    }
}

/// The expressions of GROUP BY, where the range table has an entry for them (from 18 on); null elsewhere.
pub fn group_expressions(source: &pg_sys::RangeTblEntry) -> *mut pg_sys::List {
    #[cfg(feature = "pg18")]
    {
        source.groupexprs
    }
    #[cfg(not(feature = "pg18"))]
    {
        let _ = source;
        core::ptr::null_mut()
    }
}

/// Whether the current user may execute a function.
pub fn may_execute(function: pg_sys::Oid) -> bool {
    // SAFETY: a catalog lookup by OID; the function is known to exist.
    #[cfg(any(feature = "pg14", feature = "pg15"))]
    let verdict = unsafe { pg_sys::pg_proc_aclcheck(function, pg_sys::GetUserId(), pg_sys::ACL_EXECUTE as pg_sys::AclMode) };
    // SAFETY: as above.
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    let verdict = unsafe {
        let class = pg_sys::ProcedureRelationId;
        pg_sys::object_aclcheck(class, function, pg_sys::GetUserId(), pg_sys::ACL_EXECUTE as pg_sys::AclMode)
    };
    verdict == pg_sys::AclResult::ACLCHECK_OK
}

/// Runs a started query to its end, or until its receiver has enough.
///
/// # Safety
/// `query` has been through `ExecutorStart` and not yet through `ExecutorFinish`.
pub unsafe fn executor_run(query: *mut pg_sys::QueryDesc) {
    let forward = pg_sys::ScanDirection::ForwardScanDirection;
    // SAFETY: the caller vouches for the state of the query; it is run once.
    #[cfg(not(feature = "pg18"))]
    unsafe {
        pg_sys::ExecutorRun(query, forward, 0, true);
    }
    // SAFETY: as above.
    #[cfg(feature = "pg18")]
    unsafe {
        pg_sys::ExecutorRun(query, forward, 0);
    }
}

/// Whether the current user may become `role`.
pub fn may_become(role: pg_sys::Oid) -> bool {
    // SAFETY: reads the role membership cache; any OID is allowed.
    #[cfg(any(feature = "pg14", feature = "pg15"))]
    unsafe {
        pg_sys::is_member_of_role(pg_sys::GetUserId(), role)
    }
    // SAFETY: as above; from 16 on membership may exclude SET ROLE.
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    unsafe {
        pg_sys::member_can_set_role(pg_sys::GetUserId(), role)
    }
}

/// `queryId` is signed from 18 on.
#[allow(clippy::unnecessary_cast)] // the cast does something on 18
pub fn query_id(query: &pg_sys::Query) -> u64 {
    query.queryId as u64
}

/// Claims a prefix of settings: from now on a name under it that nobody defined is an error, and one in the configuration file a warning.
pub fn reserve_prefix(prefix: &core::ffi::CStr) {
    // SAFETY: called from _PG_init after every setting is defined; the name is copied.
    #[cfg(feature = "pg14")]
    unsafe {
        pg_sys::EmitWarningsOnPlaceholders(prefix.as_ptr());
    }
    // SAFETY: as above.
    #[cfg(not(feature = "pg14"))]
    unsafe {
        pg_sys::MarkGUCPrefixReserved(prefix.as_ptr());
    }
}

/// The text of a string node of a parse tree.
///
/// # Safety
/// `node` is a string node.
pub unsafe fn string_pointer(node: *mut pg_sys::Node) -> *mut core::ffi::c_char {
    // SAFETY: the caller vouches for it; up to 14 strings are one kind of value.
    #[cfg(feature = "pg14")]
    unsafe {
        (*node.cast::<pg_sys::Value>()).val.str_
    }
    // SAFETY: as above.
    #[cfg(not(feature = "pg14"))]
    unsafe {
        (*node.cast::<pg_sys::String>()).sval
    }
}

/// The same as a Rust string.
///
/// # Safety
/// `node` is a string node.
pub unsafe fn string(node: *mut pg_sys::Node) -> String {
    // SAFETY: the caller vouches for it.
    unsafe { super::proc::text_or_empty(string_pointer(node)) }
}

/// Computes the identifier of a query anew, where the server computes one. Not guarded: for frames that an ERROR may jump over.
///
/// # Safety
/// `query` is an analysed query of `text`.
pub unsafe fn jumble(query: *mut pg_sys::Query, text: *const core::ffi::c_char) -> *mut pg_sys::JumbleState {
    // SAFETY: the caller vouches for both; the function takes the text up to 15 only.
    #[cfg(any(feature = "pg14", feature = "pg15"))]
    unsafe {
        unguarded::JumbleQuery(query, text)
    }
    // SAFETY: as above.
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    unsafe {
        let _ = text;
        unguarded::JumbleQuery(query)
    }
}

mod unguarded {
    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        #[cfg(any(feature = "pg14", feature = "pg15"))]
        pub fn JumbleQuery(query: *mut pg_sys::Query, text: *const core::ffi::c_char) -> *mut pg_sys::JumbleState;
        #[cfg(not(any(feature = "pg14", feature = "pg15")))]
        pub fn JumbleQuery(query: *mut pg_sys::Query) -> *mut pg_sys::JumbleState;
    }
}

/// One attribute of a row's descriptor.
///
/// # Safety
/// `place`, counted from 0, is below the number of attributes.
pub unsafe fn attribute(row: pg_sys::TupleDesc, place: usize) -> *mut pg_sys::FormData_pg_attribute {
    // SAFETY: the caller vouches for both.
    #[cfg(not(feature = "pg18"))]
    unsafe {
        (*row).attrs.as_mut_ptr().add(place)
    }
    // SAFETY: as above; from 18 on they lie behind an array of another kind.
    #[cfg(feature = "pg18")]
    unsafe {
        let count = usize::try_from((*row).natts).unwrap_or(0);
        (*row).compact_attrs.as_mut_ptr().add(count).cast::<pg_sys::FormData_pg_attribute>().add(place)
    }
}

/// `DSA_DEFAULT_INIT_SEGMENT_SIZE`, which is not among what pgrx binds.
#[cfg(any(feature = "pg17", feature = "pg18"))]
const SEGMENT_SIZE: usize = 1 << 20;

/// Makes a dynamic shared area in memory that is there already.
///
/// # Safety
/// `place` has room for `size` bytes that nobody else uses.
pub unsafe fn dsa_create_in_place(place: *mut core::ffi::c_void, size: usize, tranche: i32) -> *mut pg_sys::dsa_area {
    // SAFETY: the caller vouches for the memory; no segment, it is part of the main shared memory.
    #[cfg(any(feature = "pg14", feature = "pg15", feature = "pg16"))]
    unsafe {
        pg_sys::dsa_create_in_place(place, size, tranche, core::ptr::null_mut())
    }
    // SAFETY: as above; further segments are never made, so their sizes do not matter beyond being valid.
    #[cfg(any(feature = "pg17", feature = "pg18"))]
    unsafe {
        pg_sys::dsa_create_in_place_ext(place, size, tranche, core::ptr::null_mut(), SEGMENT_SIZE, SEGMENT_SIZE)
    }
}

/// Whether a role has USAGE on a schema that exists.
pub fn may_use_schema(schema: pg_sys::Oid, role: pg_sys::Oid) -> bool {
    // SAFETY: a catalog lookup by OID of a schema that the caller has just seen.
    #[cfg(any(feature = "pg14", feature = "pg15"))]
    let verdict = unsafe { pg_sys::pg_namespace_aclcheck(schema, role, pg_sys::ACL_USAGE as pg_sys::AclMode) };
    // SAFETY: as above.
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    let verdict =
        unsafe { pg_sys::object_aclcheck(pg_sys::NamespaceRelationId, schema, role, pg_sys::ACL_USAGE as pg_sys::AclMode) };
    verdict == pg_sys::AclResult::ACLCHECK_OK
}

/// Whether the current user has USAGE on a foreign server that exists.
pub fn may_use_server(server: pg_sys::Oid) -> bool {
    // SAFETY: a catalog lookup by OID of a server that the caller has just seen.
    #[cfg(any(feature = "pg14", feature = "pg15"))]
    let verdict =
        unsafe { pg_sys::pg_foreign_server_aclcheck(server, pg_sys::GetUserId(), pg_sys::ACL_USAGE as pg_sys::AclMode) };
    // SAFETY: as above.
    #[cfg(not(any(feature = "pg14", feature = "pg15")))]
    let verdict = unsafe {
        let class = pg_sys::ForeignServerRelationId;
        pg_sys::object_aclcheck(class, server, pg_sys::GetUserId(), pg_sys::ACL_USAGE as pg_sys::AclMode)
    };
    verdict == pg_sys::AclResult::ACLCHECK_OK
}

/// This process's place among PostgreSQL's processes; 0 where it has none.
pub fn proc_number() -> u32 {
    // SAFETY: variables of this process; MyProc is null before a process has its entry.
    #[cfg(any(feature = "pg14", feature = "pg15", feature = "pg16"))]
    let number = unsafe { if pg_sys::MyProc.is_null() { 0 } else { (*pg_sys::MyProc).pgprocno } };
    // SAFETY: as above.
    #[cfg(any(feature = "pg17", feature = "pg18"))]
    let number = unsafe { pg_sys::MyProcNumber };
    u32::try_from(number).unwrap_or(0)
}

/// The number of a wait event of our own. Extensions can name theirs from 17 on; before, all waits of extensions are one.
pub fn wait_event<const N: usize>(place: usize, names: &'static [&'static core::ffi::CStr; N]) -> u32 {
    #[cfg(any(feature = "pg14", feature = "pg15", feature = "pg16"))]
    {
        let _ = (place, names);
        pg_sys::PG_WAIT_EXTENSION
    }
    #[cfg(any(feature = "pg17", feature = "pg18"))]
    {
        use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
        static NUMBERS: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];
        let known = NUMBERS[place].load(Relaxed);
        if known != 0 {
            return known;
        }
        // SAFETY: a NUL-terminated name; the server gives the same number for the same name to every process.
        let number = unsafe { pg_sys::WaitEventExtensionNew(names[place].as_ptr()) };
        NUMBERS[place].store(number, Relaxed);
        number
    }
}

/// Processes that may ask something at a time, as the settings say that need a restart: sessions and background workers.
pub fn most_askers() -> usize {
    // SAFETY: variables behind settings, read from the configuration file before libraries are preloaded.
    let (sessions, workers) = unsafe { (pg_sys::MaxConnections, pg_sys::max_worker_processes) };
    usize::try_from(sessions).unwrap_or(0) + usize::try_from(workers).unwrap_or(0)
}

/// A set of things to wait for, for the life of this process.
///
/// # Safety
/// Called by a process that has its latch, and no more than a few times.
pub unsafe fn wait_event_set(events: i32) -> *mut pg_sys::WaitEventSet {
    // SAFETY: a context that lives as long as the process.
    #[cfg(any(feature = "pg14", feature = "pg15", feature = "pg16"))]
    unsafe {
        pg_sys::CreateWaitEventSet(pg_sys::TopMemoryContext, events)
    }
    // SAFETY: from 17 on a resource owner may be named; without one, the set lives as long as the process.
    #[cfg(any(feature = "pg17", feature = "pg18"))]
    unsafe {
        pg_sys::CreateWaitEventSet(core::ptr::null_mut(), events)
    }
}

/// Has a signal handled by a function of PostgreSQL.
///
/// # Safety
/// The function is a signal handler, and this is the main thread.
pub unsafe fn on_signal(signal: i32, handler: unsafe extern "C-unwind" fn(i32)) {
    // SAFETY: the caller vouches for both.
    #[cfg(not(feature = "pg18"))]
    unsafe {
        pg_sys::pqsignal(signal, Some(handler));
    }
    // SAFETY: as above; from 18 on the server's own goes by another name.
    #[cfg(feature = "pg18")]
    unsafe {
        pg_sys::pqsignal_be(signal, Some(handler));
    }
}
