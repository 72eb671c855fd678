//! A refusal: why the guard did not let a statement through, as a value.
//!
//! Two kinds share the type. The guard's own refusals have a [`Reason`] of ours; what PostgreSQL itself raises while it parses,
//! analyses, plans or runs a statement becomes a refusal that keeps the server's SQLSTATE, message, DETAIL, HINT and position.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a statement was refused. The names (see [`Reason::name`]) are shown by `nl_prove` and `pg_stat_nl_query_refusals`,
/// so they are part of the SQL surface: new ones may be added, existing ones keep their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Reason {
    /// The text does not parse.
    Syntax,
    /// Empty text, or nothing but comments.
    Empty,
    /// More than one statement.
    MultipleStatements,
    /// A statement other than SELECT.
    NotSelect,
    /// SELECT INTO.
    SelectInto,
    /// FOR UPDATE, FOR SHARE and kin.
    RowLock,
    /// INSERT, UPDATE, DELETE or MERGE inside WITH.
    ModifyingCte,
    /// Too long, or nested too deeply.
    TooComplex,
    /// Invisible or direction-changing characters, or a NUL.
    HiddenCharacter,
    /// A relation, column, function, type or schema that does not exist.
    UnknownName,
    /// Any other complaint of the server's analyser: types that do not fit, a missing GROUP BY, …
    Analysis,
    /// The caller lacks a privilege.
    Privilege,
    /// Labelled private.
    Private,
    /// A system catalog, without `nl_query.allow_catalogs` or never.
    Catalog,
    /// A foreign table, without `nl_query.allow_foreign_tables`.
    ForeignTable,
    /// A relation of a kind that a question has no business with.
    Relation,
    /// A function on the deny list.
    DeniedFunction,
    /// A volatile function.
    VolatileFunction,
    /// A function in an untrusted language.
    UntrustedLanguage,
    /// A function whose owner is not trusted to tell the truth about it.
    UntrustedOwner,
    /// A function that runs with its owner's rights.
    SecurityDefiner,
    /// A function of nl_query inside an answer.
    Nested,
    /// A constant argument that makes a small statement produce or compute something huge.
    ResourceBomb,
    /// A recursion that nothing ends.
    UnboundedRecursion,
    /// The plan costs more than `nl_query.max_plan_cost`.
    PlanCost,
    /// The plan expects more rows than `nl_query.max_plan_rows`.
    PlanRows,
    /// Stopped by `nl_query.execution_timeout`.
    Timeout,
    /// The statement would have written.
    ReadOnly,
    /// `nl_query.run_as` names a role that the caller may not become.
    RunAs,
    /// PostgreSQL raised an error while the statement ran.
    Execution,
}

impl Reason {
    /// Every reason, in the order of the enum.
    pub const ALL: [Reason; 30] = [
        Reason::Syntax,
        Reason::Empty,
        Reason::MultipleStatements,
        Reason::NotSelect,
        Reason::SelectInto,
        Reason::RowLock,
        Reason::ModifyingCte,
        Reason::TooComplex,
        Reason::HiddenCharacter,
        Reason::UnknownName,
        Reason::Analysis,
        Reason::Privilege,
        Reason::Private,
        Reason::Catalog,
        Reason::ForeignTable,
        Reason::Relation,
        Reason::DeniedFunction,
        Reason::VolatileFunction,
        Reason::UntrustedLanguage,
        Reason::UntrustedOwner,
        Reason::SecurityDefiner,
        Reason::Nested,
        Reason::ResourceBomb,
        Reason::UnboundedRecursion,
        Reason::PlanCost,
        Reason::PlanRows,
        Reason::Timeout,
        Reason::ReadOnly,
        Reason::RunAs,
        Reason::Execution,
    ];

    /// The name shown to users.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Syntax => "syntax",
            Reason::Empty => "empty",
            Reason::MultipleStatements => "multiple_statements",
            Reason::NotSelect => "not_select",
            Reason::SelectInto => "select_into",
            Reason::RowLock => "row_lock",
            Reason::ModifyingCte => "modifying_cte",
            Reason::TooComplex => "too_complex",
            Reason::HiddenCharacter => "hidden_character",
            Reason::UnknownName => "unknown_name",
            Reason::Analysis => "analysis",
            Reason::Privilege => "privilege",
            Reason::Private => "private",
            Reason::Catalog => "catalog",
            Reason::ForeignTable => "foreign_table",
            Reason::Relation => "relation",
            Reason::DeniedFunction => "denied_function",
            Reason::VolatileFunction => "volatile_function",
            Reason::UntrustedLanguage => "untrusted_language",
            Reason::UntrustedOwner => "untrusted_owner",
            Reason::SecurityDefiner => "security_definer",
            Reason::Nested => "nested",
            Reason::ResourceBomb => "resource_bomb",
            Reason::UnboundedRecursion => "unbounded_recursion",
            Reason::PlanCost => "plan_cost",
            Reason::PlanRows => "plan_rows",
            Reason::Timeout => "timeout",
            Reason::ReadOnly => "read_only",
            Reason::RunAs => "run_as",
            Reason::Execution => "execution",
        }
    }

    /// The SQLSTATE of the guard's own refusals for this reason.
    pub fn sqlstate(self) -> [u8; 5] {
        *match self {
            Reason::Syntax | Reason::Empty => b"42601",
            Reason::MultipleStatements | Reason::NotSelect | Reason::SelectInto | Reason::RowLock | Reason::ModifyingCte => {
                b"0A000"
            }
            Reason::TooComplex | Reason::ResourceBomb | Reason::UnboundedRecursion => b"54001",
            Reason::PlanCost | Reason::PlanRows => b"54000",
            Reason::HiddenCharacter => b"22021",
            Reason::UnknownName => b"42704",
            Reason::Analysis => b"42000",
            Reason::Privilege
            | Reason::Private
            | Reason::Catalog
            | Reason::ForeignTable
            | Reason::Relation
            | Reason::DeniedFunction
            | Reason::VolatileFunction
            | Reason::UntrustedLanguage
            | Reason::UntrustedOwner
            | Reason::SecurityDefiner
            | Reason::Nested
            | Reason::RunAs => b"42501",
            Reason::Timeout => b"57014",
            Reason::ReadOnly => b"25006",
            Reason::Execution => b"38000",
        }
    }

    /// Whoever wrote the statement wrote something that is no valid SQL over this schema.
    pub fn is_mistake(self) -> bool {
        matches!(self, Reason::Syntax | Reason::Empty | Reason::UnknownName | Reason::Analysis)
    }

    /// The reason of an error that PostgreSQL raised before the statement ran.
    pub fn of_analysis_error(sqlstate: [u8; 5]) -> Reason {
        match &sqlstate {
            b"42601" => Reason::Syntax,
            b"42P01" | b"42703" | b"42883" | b"42704" | b"3F000" | b"42P02" => Reason::UnknownName,
            b"42501" => Reason::Privilege,
            b"25006" => Reason::ReadOnly,
            [b'5', b'4', ..] => Reason::TooComplex,
            _ => Reason::Analysis,
        }
    }

    /// The reason of an error that PostgreSQL raised while the statement ran.
    pub fn of_execution_error(sqlstate: [u8; 5]) -> Reason {
        match &sqlstate {
            b"42501" => Reason::Privilege,
            b"25006" => Reason::ReadOnly,
            _ => Reason::Execution,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a statement was not let through, or why it failed when it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub reason: Reason,
    pub sqlstate: [u8; 5],
    /// PostgreSQL's style: lower-case start, no full stop.
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Character position in the statement, from 1.
    pub position: Option<usize>,
}

impl Refusal {
    /// A refusal of the guard's own, with the SQLSTATE that belongs to the reason.
    pub fn new(reason: Reason, message: impl Into<String>) -> Refusal {
        Refusal { reason, sqlstate: reason.sqlstate(), message: message.into(), detail: None, hint: None, position: None }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Refusal {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Refusal {
        self.hint = Some(hint.into());
        self
    }

    /// The SQLSTATE as text.
    pub fn sqlstate_text(&self) -> &str {
        std::str::from_utf8(&self.sqlstate).unwrap_or("XX000")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_every_reason_once_in_order() {
        for (position, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, position);
        }
        let names: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
    }

    #[test]
    fn names_are_snake_case_and_states_are_five_characters_of_sql() {
        for reason in Reason::ALL {
            assert!(reason.name().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(reason.sqlstate().iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
        }
    }

    #[test]
    fn server_errors_keep_their_kind() {
        assert_eq!(Reason::of_analysis_error(*b"42P01"), Reason::UnknownName);
        assert_eq!(Reason::of_analysis_error(*b"54001"), Reason::TooComplex);
        assert_eq!(Reason::of_analysis_error(*b"42803"), Reason::Analysis);
        assert_eq!(Reason::of_execution_error(*b"22012"), Reason::Execution);
    }
}
