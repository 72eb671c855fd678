//! What a client is told: SQLSTATE, message, DETAIL and HINT, in PostgreSQL's style.

/// An error message in parts. The message begins with a small letter and has no full stop; DETAIL and HINT are sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub sqlstate: &'static str,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

impl Complaint {
    pub fn new(sqlstate: &'static str, message: impl Into<String>) -> Complaint {
        Complaint { sqlstate, message: message.into(), detail: None, hint: None }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Complaint {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Complaint {
        self.hint = Some(hint.into());
        self
    }
}
