//! Values of options, each read from text or refused in the server's words.

use serde_json::{Map, Value};

use super::url::Url;
use crate::complaint::Complaint;
use crate::nearest::nearest;
use crate::provider::http::Headers;

/// Members of a body that are not for options to set.
const OWN_MEMBERS: [&str; 5] = ["model", "messages", "stream", "contents", "system"];
/// Header fields that are set elsewhere, or that belong to the connection.
const OWN_HEADERS: [&str; 12] = [
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "cookie",
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
];

/// The value of an option.
pub struct Text<'a> {
    pub option: &'static str,
    pub text: &'a str,
}

impl Text<'_> {
    fn invalid(&self, kind: &str) -> Complaint {
        Complaint::new("22023", format!("invalid value for {kind} option \"{}\": \"{}\"", self.option, self.text))
    }

    /// One of a few words.
    pub fn one_of<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, Complaint> {
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == self.text) {
            return Ok(*value);
        }
        let complaint = self.invalid("enum");
        let names = || words.iter().map(|(word, _)| *word);
        Err(match nearest(self.text, names()).first() {
            Some(near) => complaint.with_hint(format!("Perhaps you meant \"{near}\".")),
            None => complaint.with_hint(format!("Available values: {}.", names().collect::<Vec<_>>().join(", "))),
        })
    }

    /// A whole number within bounds.
    pub fn integer(&self, least: u32, most: u32) -> Result<u32, Complaint> {
        let number: i128 = self.text.trim().parse().map_err(|_| self.invalid("integer"))?;
        self.within(number, least, most, "")
    }

    /// A whole number that is not negative.
    pub fn big_integer(&self) -> Result<u64, Complaint> {
        let number: i64 = self.text.trim().parse().map_err(|_| self.invalid("integer"))?;
        u64::try_from(number).map_err(|_| self.invalid("integer").with_detail("It must not be negative; 0 is no limit."))
    }

    /// Milliseconds: a number of them, or a number with the unit `ms`, `s`, `min` or `h`.
    pub fn duration(&self, least: u32, most: u32) -> Result<u32, Complaint> {
        let text = self.text.trim();
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let factor = match unit.trim() {
            "" | "ms" => 1,
            "s" => 1000,
            "min" => 60_000,
            "h" => 3_600_000,
            _ => {
                return Err(self
                    .invalid("duration")
                    .with_hint("Valid units for this option are \"ms\", \"s\", \"min\" and \"h\"."));
            }
        };
        let number: i128 = number.parse().map_err(|_| self.invalid("duration"))?;
        self.within(number.saturating_mul(factor), least, most, " ms")
    }

    fn within(&self, number: i128, least: u32, most: u32, unit: &str) -> Result<u32, Complaint> {
        u32::try_from(number).ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            Complaint::new(
                "22023",
                format!("{number}{unit} is outside the valid range for option \"{}\" ({least} .. {most})", self.option),
            )
        })
    }

    /// What PostgreSQL takes for a boolean.
    pub fn boolean(&self) -> Result<bool, Complaint> {
        match self.text.trim().to_ascii_lowercase().as_str() {
            "on" | "true" | "yes" | "1" | "t" | "y" => Ok(true),
            "off" | "false" | "no" | "0" | "f" | "n" => Ok(false),
            _ => Err(Complaint::new("22023", format!("option \"{}\" requires a Boolean value", self.option))),
        }
    }

    /// 0 to 2, or `default` to say nothing about it.
    pub fn temperature(&self) -> Result<Option<f64>, Complaint> {
        if self.text == "default" {
            return Ok(None);
        }
        let number: f64 = self.text.trim().parse().map_err(|_| self.invalid("floating point"))?;
        if !(0.0..=2.0).contains(&number) {
            return Err(self
                .invalid("floating point")
                .with_detail("It must lie between 0 and 2, or be \"default\" to leave it to the server."));
        }
        Ok(Some(number))
    }

    /// A name without blanks.
    pub fn word(&self) -> Result<String, Complaint> {
        let is_fit =
            !self.text.is_empty() && self.text.len() <= 256 && !self.text.contains(|c: char| c.is_whitespace() || c.is_control());
        if is_fit { Ok(self.text.to_owned()) } else { Err(self.invalid("text").with_detail("It must be one word.")) }
    }

    /// The absolute name of a file.
    pub fn path(&self) -> Result<String, Complaint> {
        let is_fit = self.text.starts_with('/') && self.text.len() <= 1024 && !self.text.contains(char::is_control);
        let is_fit = is_fit && !self.text.split('/').any(|part| part == "..");
        if is_fit { Ok(self.text.to_owned()) } else { Err(self.invalid("file").with_detail("It must be an absolute path.")) }
    }

    /// An address.
    pub fn url(&self) -> Result<Url, Complaint> {
        // What is wrong may be a password in it: the value is not repeated.
        let complaint = || Complaint::new("22023", format!("invalid value for option \"{}\"", self.option));
        Url::read(self.text).map_err(|what| complaint().with_detail(format!("It {what}.")))
    }

    /// The name of a header field.
    pub fn header_name(&self) -> Result<String, Complaint> {
        let refused = ["host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "cookie"];
        let lower = self.text.to_ascii_lowercase();
        if is_token(&lower) && !refused.contains(&lower.as_str()) { Ok(lower) } else { Err(self.invalid("header")) }
    }

    /// Header fields as a JSON object of texts.
    pub fn headers(&self) -> Result<Headers, Complaint> {
        let complaint = || Complaint::new("22023", format!("invalid value for option \"{}\"", self.option));
        let members = self.object()?;
        let mut headers = Headers::new();
        for (name, value) in &members {
            let lower = name.to_ascii_lowercase();
            if OWN_HEADERS.contains(&lower.as_str()) {
                return Err(complaint().with_detail(format!("Header \"{name}\" cannot be set here.")).with_hint(
                    "Keys belong into api_key_file or a user mapping; key_header names the header that carries them.",
                ));
            }
            match value {
                Value::String(value) if is_token(&lower) && value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) => {
                    headers.set(&lower, value);
                }
                _ => {
                    return Err(
                        complaint().with_detail(format!("Header \"{name}\" must be a name and a text of ASCII characters."))
                    );
                }
            }
        }
        Ok(headers)
    }

    /// Members that every request gets.
    pub fn body_members(&self) -> Result<Map<String, Value>, Complaint> {
        let members = self.object()?;
        match members.keys().find(|name| OWN_MEMBERS.contains(&name.as_str())) {
            Some(name) => Err(Complaint::new("22023", format!("option \"{}\" must not set \"{name}\"", self.option))),
            None => Ok(members),
        }
    }

    fn object(&self) -> Result<Map<String, Value>, Complaint> {
        match serde_json::from_str(self.text) {
            Ok(Value::Object(members)) if self.text.len() <= 16 * 1024 => Ok(members),
            _ => Err(Complaint::new("22023", format!("invalid value for option \"{}\"", self.option))
                .with_detail("It must be a JSON object of at most 16 kB.")
                .with_hint("For example: '{\"seed\": 1}'.")),
        }
    }
}

/// What HTTP takes for a name.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
