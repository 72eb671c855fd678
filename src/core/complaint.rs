//! What a client is told: SQLSTATE, message, DETAIL and HINT, in PostgreSQL's style.
//!
//! Complaints travel between sessions (whoever asks the same question gets the failure of who asked the model) and can be remembered:
//! they are written and read by the same library only.

use serde::{Deserialize, Deserializer, Serialize};

/// An error message in parts. The message begins with a small letter and has no full stop; DETAIL and HINT are sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// Every SQLSTATE of a complaint: what is read back is one of them.
const STATES: [&str; 25] = [
    "08001", "08004", "08006", "08P01", "0A000", "22023", "28000", "42501", "42601", "42704", "53000", "53200", "53300", "53400",
    "54000", "55000", "57014", "57P01", "58000", "F0000", "HV000", "HV002", "HV00D", "HV00R", "XX000",
];

/// A complaint as it was written.
#[derive(Deserialize)]
#[serde(rename = "Complaint")]
struct Written {
    sqlstate: String,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
}

impl<'de> Deserialize<'de> for Complaint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Complaint, D::Error> {
        let Written { sqlstate, message, detail, hint } = Written::deserialize(from)?;
        let sqlstate = STATES.into_iter().find(|state| *state == sqlstate);
        let sqlstate = sqlstate.ok_or_else(|| serde::de::Error::custom("not an SQLSTATE of a complaint"))?;
        Ok(Complaint { sqlstate, message, detail, hint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{route, unsent};
    use crate::provider::failure::FailureClass;
    use crate::queue::Full;

    #[test]
    fn what_is_written_is_read_back() {
        let of_failures = FailureClass::ALL.into_iter().map(|class| Complaint::new(route::sqlstate(class), class.says()));
        let unsent = [unsent::full(Full::Slots, 8), unsent::no_worker(), unsent::no_memory(), unsent::late("gpt", 30_000)];
        for complaint in of_failures.chain(unsent) {
            let text = serde_json::to_string(&complaint).expect("plain data");
            assert_eq!(serde_json::from_str::<Complaint>(&text).expect("what was written"), complaint);
        }
        let other = r#"{"sqlstate":"?????","message":"","detail":null,"hint":null}"#;
        assert!(serde_json::from_str::<Complaint>(other).is_err());
    }
}
