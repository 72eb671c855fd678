//! HTTP as values: what is to be sent, what came back, and where the key goes.

use crate::secret::Secret;

/// Header fields in their order. Names are compared without regard to case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// None.
    pub fn new() -> Headers {
        Headers::default()
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Sets a field in place of whatever had this name.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// All fields, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(fields: T) -> Headers {
        Headers(fields.into_iter().collect())
    }
}

/// A POST without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The whole address.
    pub url: String,
    /// All fields but the one with the key.
    pub headers: Headers,
    /// JSON.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, Copy)]
pub struct HttpReply<'a> {
    /// Of the last reply: nothing is followed.
    pub status: u16,
    /// As they came.
    pub headers: &'a Headers,
    /// Complete, and no longer compressed.
    pub body: &'a [u8],
    /// The wall clock when it came, in milliseconds since 1970.
    pub now: u64,
}

impl HttpReply<'_> {
    /// The number by which the vendor finds this request in its own logs.
    pub fn request_id(&self) -> Option<String> {
        let names = ["x-request-id", "request-id", "apim-request-id", "x-goog-request-id", "x-litellm-call-id", "cf-ray"];
        let value = names.iter().find_map(|name| self.headers.get(name))?.trim();
        let is_fit = !value.is_empty() && value.len() <= 128 && value.bytes().all(|byte| byte.is_ascii_graphic());
        is_fit.then(|| value.to_owned())
    }
}

/// The header field that carries the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHeader {
    /// Of the field.
    pub name: String,
    /// What stands before the key.
    pub prefix: String,
}

impl KeyHeader {
    /// `Authorization: Bearer …`.
    pub fn bearer() -> KeyHeader {
        KeyHeader { name: "authorization".to_owned(), prefix: "Bearer ".to_owned() }
    }

    /// A field that holds the key and nothing else.
    pub fn bare(name: &str) -> KeyHeader {
        KeyHeader { name: name.to_owned(), prefix: String::new() }
    }

    /// The field that an option names: `authorization` keeps its scheme.
    pub fn named(name: &str) -> KeyHeader {
        if name.eq_ignore_ascii_case("authorization") { KeyHeader::bearer() } else { KeyHeader::bare(name) }
    }

    /// The field's value.
    pub fn value(&self, key: &Secret) -> Secret {
        key.with_prefix(&self.prefix)
    }
}

/// The address of a method below a base address. What the base already has of it is not said twice (`https://host/v1` and
/// `/v1/messages`), a version in the base wins over the method's, and a query of the base stays behind it.
pub fn join(base: &str, method: &str) -> String {
    let (address, query) = base.split_at(base.find('?').unwrap_or(base.len()));
    let address = address.trim_end_matches('/');
    let path_at = address.find("://").map_or(0, |at| at + 3);
    let path_at = address[path_at..].find('/').map_or(address.len(), |at| path_at + at);
    let have: Vec<&str> = address[path_at..].split('/').skip(1).collect();
    let want: Vec<&str> = method.split('/').skip(1).collect();
    let common =
        (0..=have.len().min(want.len())).rev().find(|length| have[have.len() - length..] == want[..*length]).unwrap_or(0);
    let versions =
        common == 0 && have.last().is_some_and(|part| is_version(part)) && want.first().is_some_and(|part| is_version(part));
    let rest = want[if versions { 1 } else { common }..].join("/");
    let slash = if rest.is_empty() { "" } else { "/" };
    format!("{address}{slash}{rest}{query}")
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_without_regard_to_case() {
        let mut headers = Headers::new();
        headers.set("Content-Type", "text/plain");
        headers.set("content-type", "application/json");
        assert_eq!(headers.get("CONTENT-TYPE"), Some("application/json"));
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn a_base_address_may_hold_the_beginning_or_all_of_the_method() {
        for base in ["https://h", "https://h/", "https://h/v1", "https://h/v1/", "https://h/v1/messages"] {
            assert_eq!(join(base, "/v1/messages"), "https://h/v1/messages", "{base}");
        }
        assert_eq!(join("http://127.0.0.1:8080/v1", "/chat/completions"), "http://127.0.0.1:8080/v1/chat/completions");
        assert_eq!(join("https://h/v1", "/v1beta/models/m:generateContent"), "https://h/v1/models/m:generateContent");
        assert_eq!(
            join("https://h/api/deployments/d?api-version=1", "/chat/completions"),
            "https://h/api/deployments/d/chat/completions?api-version=1"
        );
    }

    #[test]
    fn the_key_goes_behind_its_scheme() {
        let key = Secret::new("k-123".to_owned()).expect("a key");
        assert_eq!(KeyHeader::named("Authorization").value(&key).expose(), "Bearer k-123");
        assert_eq!(KeyHeader::named("api-key").value(&key).expose(), "k-123");
    }

    #[test]
    fn a_request_number_is_taken_only_if_it_is_one() {
        let with = |value: &str| {
            let headers: Headers = [("x-request-id".to_owned(), value.to_owned())].into_iter().collect();
            HttpReply { status: 200, headers: &headers, body: b"", now: 0 }.request_id()
        };
        assert_eq!(with("req_1"), Some("req_1".to_owned()));
        assert_eq!(with("a b"), None);
        assert_eq!(with(&"x".repeat(200)), None);
    }
}
