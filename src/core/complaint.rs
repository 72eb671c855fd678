//! What a client is told: SQLSTATE, message, DETAIL and HINT, in PostgreSQL's style.

/// An error message in parts. The message begins with a small letter and has no full stop; DETAIL and HINT are sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Five characters.
    pub sqlstate: &'static str,
    /// What is wrong.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Complaint {
    /// A message with nothing else.
    pub fn new(sqlstate: &'static str, message: impl Into<String>) -> Complaint {
        Complaint { sqlstate, message: message.into(), detail: None, hint: None }
    }

    /// Adds a DETAIL.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Complaint {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a HINT.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Complaint {
        self.hint = Some(hint.into());
        self
    }
}
