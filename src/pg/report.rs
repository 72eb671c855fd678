//! The one place where an [`Error`] becomes what the client sees: SQLSTATE, message, DETAIL, HINT. Messages in PostgreSQL's style:
//! lower-case start, no full stop; DETAIL and HINT are sentences.

use nl_query_core::complaint::Complaint;
use nl_query_core::error::{Error, Known, Reading};
use nl_query_core::refusal::Refusal;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode, function_name};

/// A line of the server's log that no client sees.
pub fn to_log(message: String) {
    pgrx::ereport!(PgLogLevel::LOG_SERVER_ONLY, PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message);
}

/// The report for an error.
pub fn report(error: Error) -> ErrorReport {
    use PgSqlErrorCode as code;
    match error {
        Error::NotPreloaded => {
            new(code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "nl_query must be loaded via shared_preload_libraries")
                .set_hint("Add nl_query to shared_preload_libraries in postgresql.conf and restart the server.")
        }
        Error::Encoding { encoding } => {
            new(code::ERRCODE_FEATURE_NOT_SUPPORTED, format!("nl_query needs a database with encoding UTF8, not {encoding}"))
                .set_hint("Create a database with ENCODING 'UTF8' and TEMPLATE template0.")
        }
        Error::EmptyQuestion => new(code::ERRCODE_INVALID_PARAMETER_VALUE, "question is empty")
            .set_hint("Ask in words, for example: SELECT * FROM nl_query('how many orders per month')."),
        Error::QuestionTooLong { length, limit } => new(code::ERRCODE_PROGRAM_LIMIT_EXCEEDED, "question is too long")
            .set_detail(format!("It has {length} characters, nl_query.max_question_length allows {limit}."))
            .set_hint("Ask a shorter question."),
        Error::Argument { message, hint } => new(code::ERRCODE_INVALID_PARAMETER_VALUE, message).set_hint(hint),
        Error::NoModelServer => new(code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, "no model server is configured")
            .set_detail("nl_query.engine is \"model\", and nl_query.servers is empty.")
            .set_hint("Create a server of foreign-data wrapper nl_query and name it in nl_query.servers, or set nl_query.engine to \"auto\" or \"embedded\"."),
        Error::NothingReadable => new(code::ERRCODE_INSUFFICIENT_PRIVILEGE, "there is nothing to ask about")
            .set_detail("The current role may not SELECT from any table or view of this database.")
            .set_hint("Ask the owner of the tables to GRANT SELECT on them, and USAGE on their schemas."),
        Error::NothingRecognised { known } => unknown("question names nothing that is in this database".to_owned(), &known),
        Error::UnknownWords { words, known } => {
            unknown(format!("nothing in this database is called {}", quoted_list(&words)), &known)
        }
        Error::NoSuchDay { day } => new(code::ERRCODE_DATETIME_FIELD_OVERFLOW, format!("there is no such day: \"{day}\""))
            .set_hint("Write the date as year-month-day, or name the month without a day."),
        Error::OutOfScope { what } => new(code::ERRCODE_FEATURE_NOT_SUPPORTED, format!("a query cannot answer this: {what}"))
            .set_hint("Ask for facts that are stored in tables: lists, counts, sums, averages, comparisons."),
        Error::Unsure { reading, minimum } => unsure(&reading, minimum),
        Error::NotProven { reading, refusal } => {
            let why = refusal.detail.as_deref();
            // A model does not say how it understood the question.
            let read = match (reading.paraphrase.as_str(), why) {
                ("", Some(why)) => format!("{why} The model wrote:"),
                ("", None) => "The model wrote:".to_owned(),
                (paraphrase, why) => {
                    format!("The question was read as: {paraphrase}.{}", why.map(|why| format!(" {why}")).unwrap_or_default())
                }
            };
            new(state(&refusal), format!("cannot run the answer: {}", refusal.message))
                .set_detail(format!("{read}\n{}", reading.sql))
                .set_hint(
                    refusal.hint.unwrap_or_else(|| "Ask in other words, or see nl_candidates() for other readings.".to_owned()),
                )
        }
        Error::Failed { refusal } => failed(*refusal),
        Error::Shape { wanted, found, sql } => {
            new(code::ERRCODE_DATATYPE_MISMATCH, "answer does not have the columns of the column definition list")
                .set_detail(format!("Wanted are ({wanted}), the answer has ({found}):\n{sql}"))
                .set_hint("Change the list, or ask for just these columns.")
        }
        Error::Catalog { message } => new(code::ERRCODE_INTERNAL_ERROR, "could not read the catalog").set_detail(message),
        Error::Model { complaint } | Error::Declined { complaint } => self::complaint(*complaint),
        Error::Neither { embedded, model } => neither(report(*embedded), &report(*model)),
        Error::NoSubmission { id } => new(code::ERRCODE_UNDEFINED_OBJECT, format!("submitted question {id} does not exist"))
            .set_hint("Questions are kept for an hour, for the role that submitted them and in its database."),
        Error::Withdrawn { id } => new(code::ERRCODE_QUERY_CANCELED, format!("submitted question {id} was canceled")),
    }
}

/// The user's question is what is unclear, so that comes first; that a model was asked, and why it did not help, stands behind it.
fn neither(embedded: ErrorReport, model: &ErrorReport) -> ErrorReport {
    let more = model.detail().map(|detail| format!(" {detail}")).unwrap_or_default();
    let of_model = format!("A model was to be asked then: {}.{more}", model.message());
    let detail = match embedded.detail() {
        Some(detail) => format!("{detail}\n{of_model}"),
        None => of_model,
    };
    embedded.set_detail(detail)
}

fn unsure(reading: &Reading, minimum: f64) -> ErrorReport {
    new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "question is not clear enough to answer")
        .set_detail(format!(
            "The closest reading, with confidence {:.2} where nl_query.min_confidence asks for {minimum:.2}, is: {}.\n{}",
            reading.confidence, reading.paraphrase, reading.sql
        ))
        .set_hint("Name the table or column in the question, look at other readings with nl_candidates(), or run the SQL above if it is what you meant.")
}

/// The report for what is wrong with something that somebody wrote.
pub fn complaint(complaint: Complaint) -> ErrorReport {
    let mut report = new(code(complaint.sqlstate.as_bytes()), complaint.message);
    if let Some(detail) = complaint.detail {
        report = report.set_detail(detail);
    }
    if let Some(hint) = complaint.hint {
        report = report.set_hint(hint);
    }
    report
}

/// The server's own errors and the guard's refusals keep everything that they said.
fn failed(refusal: Refusal) -> ErrorReport {
    let mut report = new(state(&refusal), refusal.message);
    if let Some(detail) = refusal.detail {
        report = report.set_detail(detail);
    }
    if let Some(hint) = refusal.hint {
        report = report.set_hint(hint);
    }
    report
}

fn new(code: PgSqlErrorCode, message: impl Into<String>) -> ErrorReport {
    ErrorReport::new(code, message.into(), function_name!())
}

/// The refusal's SQLSTATE.
fn state(refusal: &Refusal) -> PgSqlErrorCode {
    code(&refusal.sqlstate)
}

/// The code for five characters. Those that PostgreSQL does not define (a function can raise any) become 38000, external routine
/// exception.
fn code(sqlstate: &[u8]) -> PgSqlErrorCode {
    let packed = sqlstate.iter().rev().fold(0i32, |sum, byte| (sum << 6) + ((i32::from(*byte) - 48) & 0x3F));
    match PgSqlErrorCode::from(packed) {
        PgSqlErrorCode::ERRCODE_INTERNAL_ERROR if sqlstate != b"XX000" => PgSqlErrorCode::ERRCODE_EXTERNAL_ROUTINE_EXCEPTION,
        code => code,
    }
}

/// Nothing answers to the question's words: says what would.
fn unknown(message: String, known: &Known) -> ErrorReport {
    let mut report = new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, message);
    if known.left_out > 0 {
        let left_out = known.left_out;
        report = report
            .set_detail(format!("Tables and views that were not looked at, because of nl_query.max_relations: {left_out}."));
    }
    let hint = "See nl_explain() for how each word was understood.";
    report.set_hint(if known.names.is_empty() {
        hint.to_owned()
    } else {
        format!("You can ask about {}. {hint}", known.names.join(", "))
    })
}

fn quoted_list(words: &[String]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}
