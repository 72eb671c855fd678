//! Step 3, functions: every one that the statement calls, by OID.
//!
//! A function of `pg_catalog` is judged by the list in the core crate and by its volatility. Any other function only claims its
//! volatility, so it must come from somebody who may be believed: an extension (a superuser installed it), a superuser, or a role
//! in `nl_query.trusted_function_owners`. What such a function calls in its turn is seen by [`watch`] when it is about to run: the
//! list applies there too, volatility only to built-in functions.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use nl_query_core::functions::{Verdict, denied_call, verdict};

use super::{Limits, Reason, Refusal};
use crate::pg::labels::{self, Labelled};
use crate::pg::proc::{self, Function, Language, Volatility};
use crate::pg::session;
use crate::pg::walk::Facts;
use crate::pg::watch::Watch;

/// OIDs below are those of initdb: such a function is the same one for as long as the database lives.
const FIRST_NORMAL_OID: u32 = 16_384;

thread_local! {
    /// Built-in functions that passed whatever the limits say.
    static HARMLESS: RefCell<BTreeSet<u32>> = const { RefCell::new(BTreeSet::new()) };
}

/// Where a function was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the statement: the caller needs EXECUTE, and it must not be volatile.
    Statement,
    /// Behind an aggregate or an operator of the statement: PostgreSQL checks EXECUTE for their owner.
    Support,
    /// Inside something that has been believed.
    Inside,
}

/// Judges every function of a statement. True when all of them are built in.
pub fn check(facts: &Facts, limits: &Limits) -> Result<bool, Refusal> {
    let mut all_built_in = true;
    let sets = [(&facts.functions, Place::Statement), (&facts.support, Place::Support), (&facts.inside, Place::Inside)];
    for (functions, place) in sets {
        for oid in functions {
            all_built_in &= *oid < FIRST_NORMAL_OID;
            judge(*oid, place, limits)?;
        }
    }
    if labels::any() {
        check_labels(&facts.functions)?;
    }
    Ok(all_built_in)
}

/// Watches the functions that run, at any depth, until the value goes.
pub fn watch(limits: &Limits) -> Watch {
    let limits = limits.clone();
    Watch::set(Rc::new(move |oid| judge(oid, Place::Inside, &limits)))
}

fn judge(oid: u32, place: Place, limits: &Limits) -> Result<(), Refusal> {
    if HARMLESS.with_borrow(|harmless| harmless.contains(&oid)) {
        return Ok(());
    }
    let Some(function) = Function::find(oid) else {
        return Err(Refusal::new(Reason::UnknownName, "a function of the statement is gone"));
    };
    if !function.in_pg_catalog {
        return judge_added(&function, place, limits);
    }
    let listed = verdict(&function.name);
    judge_built_in(&function, listed, place, limits)?;
    if oid < FIRST_NORMAL_OID && listed != Some(Verdict::Catalog) {
        HARMLESS.with_borrow_mut(|harmless| harmless.insert(oid));
    }
    Ok(())
}

fn judge_built_in(function: &Function, listed: Option<Verdict>, place: Place, limits: &Limits) -> Result<(), Refusal> {
    match listed {
        Some(Verdict::Allow) => Ok(()),
        Some(Verdict::Deny(reason)) => Err(denied(function, reason)),
        // A policy's or an extension's own look at the catalogs is not the statement's.
        Some(Verdict::Catalog) if place == Place::Inside || limits.allow_catalogs => Ok(()),
        Some(Verdict::Catalog) => {
            Err(denied(function, "it shows system catalogs").with_hint("nl_query.allow_catalogs permits it."))
        }
        None => check_volatility(function),
    }
}

fn judge_added(function: &Function, place: Place, limits: &Limits) -> Result<(), Refusal> {
    let extension = function.extension();
    if extension.is_some_and(|extension| proc::extension_name(extension) == "nl_query") {
        return Err(Refusal::new(Reason::Nested, format!("function {} may not be used in an answer", function.display())));
    }
    // The list speaks of functions by the names they have in the built-in schema and in well-known extensions.
    let listed = extension.and_then(|_| verdict(&function.name));
    if let Some(Verdict::Deny(reason)) = listed {
        return Err(denied(function, reason));
    }
    if place != Place::Inside && listed != Some(Verdict::Allow) {
        check_volatility(function)?;
    }
    let confined = match function.language {
        Language::Sql | Language::Trusted => true,
        // Only a superuser can make these, and an extension has a reason to; by hand they rename a built-in past the list.
        Language::C | Language::Internal => extension.is_some(),
        Language::Untrusted => false,
    };
    if !confined && !function.aggregate {
        return Err(untrusted_language(function));
    }
    if extension.is_none() {
        check_owner(function, limits)?;
        check_body(function)?;
    }
    if place == Place::Statement && !function.may_execute() {
        return Err(Refusal::new(Reason::Privilege, format!("permission denied for function {}", function.display())));
    }
    Ok(())
}

fn check_owner(function: &Function, limits: &Limits) -> Result<(), Refusal> {
    const HINT: &str = "A superuser can add the owner to nl_query.trusted_function_owners.";
    let owner = session::role_name(function.owner);
    if limits.trusted_function_owners.contains(&owner) {
        return Ok(());
    }
    if !session::role_is_superuser(function.owner) {
        return Err(Refusal::new(Reason::UntrustedOwner, format!("function {} is not trusted", function.display()))
            .with_detail(format!("Its owner \"{owner}\" could have declared it to be less than it does."))
            .with_hint(HINT));
    }
    if function.security_definer {
        return Err(Refusal::new(
            Reason::SecurityDefiner,
            format!("function {} runs with its owner's rights", function.display()),
        )
        .with_hint(HINT));
    }
    Ok(())
}

/// Looks for names on the list in the body's text. The watch would stop them when they run; this says so before.
fn check_body(function: &Function) -> Result<(), Refusal> {
    if !matches!(function.language, Language::Sql | Language::Trusted) {
        return Ok(());
    }
    match denied_call(&function.source()) {
        None => Ok(()),
        Some((name, reason)) => {
            Err(Refusal::new(Reason::DeniedFunction, format!("function {} is not allowed", function.display()))
                .with_detail(format!("It calls {name}, and that is not allowed: {reason}.")))
        }
    }
}

fn check_volatility(function: &Function) -> Result<(), Refusal> {
    if function.volatility == Volatility::Volatile {
        return Err(Refusal::new(Reason::VolatileFunction, format!("function {} is not allowed", function.display()))
            .with_detail("It is volatile: it may do more than compute a value."));
    }
    Ok(())
}

fn check_labels(functions: &BTreeSet<u32>) -> Result<(), Refusal> {
    let private = |function: &Function| {
        labels::is_private(Labelled::Function(function.oid)) || labels::is_private(Labelled::Schema(function.namespace))
    };
    match functions.iter().filter_map(|oid| Function::find(*oid)).find(private) {
        None => Ok(()),
        Some(function) => Err(Refusal::new(Reason::Private, format!("function {} is private", function.display()))),
    }
}

fn denied(function: &Function, reason: &str) -> Refusal {
    Refusal::new(Reason::DeniedFunction, format!("function {} is not allowed", function.display()))
        .with_detail(format!("Reason: {reason}."))
}

fn untrusted_language(function: &Function) -> Refusal {
    Refusal::new(Reason::UntrustedLanguage, format!("function {} is not allowed", function.display()))
        .with_detail("It is written in a language that does not confine it.")
}
