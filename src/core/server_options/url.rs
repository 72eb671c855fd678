//! Addresses: only what a model server can have, and nothing that two readers could read in two ways.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An `http` or `https` address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Encrypted or not.
    pub scheme: Scheme,
    /// In small letters; an IPv6 address without its brackets.
    pub host: String,
    /// None for the scheme's own.
    pub port: Option<u16>,
    /// As it was written, without a fragment.
    text: String,
}

/// What stands before `://`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Clear text.
    Http,
    /// Encrypted.
    Https,
}

impl Url {
    /// Reads an address; else says what is wrong with it, as the rest of a sentence that begins with "It".
    pub fn read(text: &str) -> Result<Url, &'static str> {
        if text.is_empty() || text.len() > 2048 {
            return Err("must have 1 to 2048 characters");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['\\', '"', '<', '>', '^', '`', '{', '|', '}']) {
            return Err("has a character that cannot stand in an address");
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            _ => return Err("must begin with https:// or http://"),
        };
        if rest.contains('#') {
            return Err("must not have a fragment");
        }
        let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
        if authority.contains('@') {
            return Err("must not hold a user name or a password: everybody may read it");
        }
        let (host, port) = split_port(authority)?;
        Ok(Url { scheme, host: read_host(host)?, port, text: text.to_owned() })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether nobody on the way can read it.
    pub fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// This machine, by its own names. A name that may be resolved to it counts as another machine.
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => self.host == "localhost",
        }
    }

    /// An address that is good for the nearest link only.
    pub fn is_link_local(&self) -> bool {
        self.host.parse().map_or_else(|_| self.host == "metadata.google.internal", is_link_local)
    }
}

/// An address that is good for the nearest link only, or that is none: where clouds keep the credentials of their machines.
pub fn is_link_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_link_local() || address.is_unspecified(),
        IpAddr::V6(address) => address.is_unicast_link_local() || address.is_unspecified(),
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match (authority.rfind(':'), authority.rfind(']')) {
        (Some(colon), bracket) if bracket.is_none_or(|bracket| bracket < colon) => {
            (&authority[..colon], Some(&authority[colon + 1..]))
        }
        _ => (authority, None),
    };
    let Some(port) = port else { return Ok((host, None)) };
    match port.parse::<u16>() {
        Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => Ok((host, Some(number))),
        _ => Err("has a port that is no number from 1 to 65535"),
    }
}

fn read_host(host: &str) -> Result<String, &'static str> {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().map(|address| address.to_string()).map_err(|_| "has an IPv6 address that is none");
    }
    let lower = host.trim_end_matches('.').to_ascii_lowercase();
    let is_fit = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if lower.len() > 253 || !lower.split('.').all(is_fit) {
        return Err("has no host name that can be one");
    }
    // 127.1, 0x7f000001 and 2130706433 are addresses to some readers and names to others.
    let last = lower.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if is_number && lower.parse::<Ipv4Addr>().is_err() {
        return Err("has an IPv4 address that is not written as four numbers");
    }
    Ok(lower)
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn parts_of_an_address() {
        let url = Url::read("HTTPS://API.Example.com:8443/v1/chat?api-version=1").expect("an address");
        assert_eq!((url.scheme, url.host.as_str(), url.port), (Scheme::Https, "api.example.com", Some(8443)));
        assert_eq!(url.to_string(), "HTTPS://API.Example.com:8443/v1/chat?api-version=1");
        let url = Url::read("http://[::1]:11434").expect("an address");
        assert_eq!((url.host.as_str(), url.port), ("::1", Some(11434)));
        assert_eq!(Url::read("http://[::1]").map(|url| url.port), Ok(None));
        assert_eq!(Url::read("https://h?x=1").map(|url| url.host), Ok("h".to_owned()));
    }

    #[test]
    fn this_machine_is_known_by_its_own_names_only() {
        for text in [
            "http://localhost",
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
            "http://LOCALHOST.",
        ] {
            assert!(Url::read(text).expect(text).is_loopback(), "{text}");
        }
        for text in
            ["http://localhost.example.com", "http://10.0.0.1", "http://127-0-0-1.example", "http://[::2]", "http://0.0.0.0"]
        {
            assert!(!Url::read(text).expect(text).is_loopback(), "{text}");
        }
    }

    #[test]
    fn links_are_known() {
        for text in [
            "http://169.254.169.254/latest",
            "https://[fe80::1]",
            "https://[::ffff:169.254.1.1]",
            "https://metadata.google.internal",
            "http://0.0.0.0",
        ] {
            assert!(Url::read(text).expect(text).is_link_local(), "{text}");
        }
        assert!(!Url::read("https://169.253.1.1").expect("an address").is_link_local());
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "example.com",
            "ftp://h",
            "file:///etc/passwd",
            "https://",
            "https:///v1",
            "https://user:pw@h",
            "https://h@evil",
            "https://h\\@evil",
            "https://h#x",
            "https://h /",
            "https://h\n/",
            "https://h:0",
            "https://h:99999",
            "https://h:+1",
            "https://h:",
            "https://[::1",
            "https://[x]",
            "https://2130706433",
            "https://0x7f000001",
            "https://127.1",
            "https://0x7f.1",
            "https://h..x",
            "https://-h",
            "https://ü.de",
            "https://h%41",
            "javascript:x",
        ] {
            assert!(Url::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_makes_it_fail() {
        let mut random = Random::new(8);
        const PARTS: [&str; 14] = ["https://", "http://", "h", ":", "1", "/", "[", "]", "::", ".", "@", "?", "é", "0x"];
        for _ in 0..10_000 {
            let text: String = (0..random.below(9)).map(|_| PARTS[random.below(PARTS.len())]).collect();
            let _ = Url::read(&text);
        }
    }
}
