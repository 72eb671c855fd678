//! Step 3, functions: every one that the statement calls, by OID.
//!
//! A function of `pg_catalog` is judged by the list in the core crate and by its volatility. Any other function only claims its
//! volatility, so it must come from somebody who may be believed: an extension (a superuser installed it), a superuser, or a role
//! in `nl_query.trusted_function_owners`.

use nl_query_core::functions::{Verdict, verdict};

use super::{Limits, Reason, Refusal};
use crate::pg::proc::{self, Function, Language, Volatility};
use crate::pg::session;

/// Judges every function of a statement. True when all of them are built in.
pub fn check<'a>(functions: impl IntoIterator<Item = &'a u32>, limits: &Limits) -> Result<bool, Refusal> {
    let mut all_built_in = true;
    for oid in functions {
        let Some(function) = Function::find(*oid) else {
            return Err(Refusal::new(Reason::UnknownName, "a function of the statement is gone"));
        };
        all_built_in &= function.in_pg_catalog;
        if function.in_pg_catalog {
            check_built_in(&function, limits)?;
        } else {
            check_foreign(&function, limits)?;
        }
    }
    Ok(all_built_in)
}

fn check_built_in(function: &Function, limits: &Limits) -> Result<(), Refusal> {
    match verdict(&function.name) {
        Some(Verdict::Allow) => Ok(()),
        Some(Verdict::Deny(reason)) => Err(denied(function, reason)),
        Some(Verdict::Catalog) if !limits.allow_catalogs => Err(denied(function, "it shows system catalogs")
            .with_hint("nl_query.allow_catalogs permits it.")),
        Some(Verdict::Catalog) => Ok(()),
        None => check_volatility(function),
    }
}

fn check_foreign(function: &Function, limits: &Limits) -> Result<(), Refusal> {
    let extension = function.extension();
    if let Some(extension) = extension {
        let name = proc::extension_name(extension);
        if name == "nl_query" {
            return Err(Refusal::new(Reason::Nested, format!("function {} may not be used in an answer", function.display())));
        }
        if let Some(Verdict::Deny(reason)) = verdict(&function.name) {
            return Err(denied(function, reason));
        }
    }
    check_volatility(function)?;
    let confined = match function.language {
        Language::Sql | Language::Trusted => true,
        // Only a superuser can make these, and an extension has a reason to; by hand they rename a built-in past the list.
        Language::C | Language::Internal => extension.is_some(),
        Language::Untrusted => false,
    };
    if !confined {
        return Err(untrusted_language(function));
    }
    let trusted = extension.is_some() || owner_is_trusted(function.owner, limits);
    if !trusted {
        let owner = session::role_name(function.owner);
        return Err(Refusal::new(Reason::UntrustedOwner, format!("function {} is not trusted", function.display()))
            .with_detail(format!("Its owner \"{owner}\" could have declared it to be less than it does."))
            .with_hint("A superuser can add the owner to nl_query.trusted_function_owners."));
    }
    if function.security_definer && extension.is_none() && !is_listed(function.owner, limits) {
        return Err(Refusal::new(Reason::SecurityDefiner, format!("function {} runs with its owner's rights", function.display()))
            .with_hint("A superuser can add the owner to nl_query.trusted_function_owners."));
    }
    Ok(())
}

fn check_volatility(function: &Function) -> Result<(), Refusal> {
    if function.volatility == Volatility::Volatile {
        return Err(Refusal::new(Reason::VolatileFunction, format!("function {} is not allowed", function.display()))
            .with_detail("It is volatile: it may do more than compute a value."));
    }
    Ok(())
}

fn owner_is_trusted(owner: u32, limits: &Limits) -> bool {
    session::role_is_superuser(owner) || is_listed(owner, limits)
}

fn is_listed(owner: u32, limits: &Limits) -> bool {
    !limits.trusted_function_owners.is_empty() && limits.trusted_function_owners.contains(&session::role_name(owner))
}

fn denied(function: &Function, reason: &str) -> Refusal {
    Refusal::new(Reason::DeniedFunction, format!("function {} is not allowed", function.display()))
        .with_detail(format!("Reason: {reason}."))
}

fn untrusted_language(function: &Function) -> Refusal {
    Refusal::new(Reason::UntrustedLanguage, format!("function {} is not allowed", function.display()))
        .with_detail("It is written in an untrusted language.")
}
