//! How long a server asks to be left alone: `Retry-After` in all its shapes, and the rate-limit headers of the vendors.
//!
//! Pure reading. Whether so long a wait fits is decided in [`crate::gateway`].

use crate::http_date;
use crate::provider::http::Headers;

/// Milliseconds to wait, as the headers of a reply say it; none where they say nothing that can be understood. `now` is the wall
/// clock in milliseconds since 1970; a date is compared with the server's own `Date` where there is one, so that a clock that is off
/// does no harm. A date names a second, and is over when that second is: one of a moment ago would else be none at all, and the wait
/// that is taken where a server says nothing is far longer.
pub fn retry_after(headers: &Headers, now: u64) -> Option<u64> {
    if let Some(wait) = headers.get("retry-after-ms").and_then(|text| number(text, 1.0)) {
        return Some(wait);
    }
    let text = headers.get("retry-after")?;
    number(text, 1000.0).or_else(|| duration(text)).or_else(|| {
        let server_now = headers.get("date").and_then(http_date::read).unwrap_or(now);
        Some(http_date::read(text)?.saturating_add(SECOND).saturating_sub(server_now))
    })
}

/// Milliseconds that a date lasts.
const SECOND: u64 = 1000;

/// What a server says about one of its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// How many are allowed in all.
    pub limit: Option<u64>,
    /// How many are left.
    pub remaining: Option<u64>,
    /// Milliseconds until all of them are allowed again.
    pub reset: Option<u64>,
}

/// Both limits that vendors keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Of requests.
    pub requests: Window,
    /// Of tokens.
    pub tokens: Window,
}

impl RateLimits {
    /// Milliseconds until the limit that is used up is free again; none where none is known to be.
    pub fn wait(&self) -> Option<u64> {
        let spent = |window: &Window| (window.remaining == Some(0)).then_some(window.reset).flatten();
        spent(&self.requests).max(spent(&self.tokens))
    }
}

/// Reads the headers of OpenAI and its kin (`x-ratelimit-remaining-tokens`, resets as `6m0s`), Anthropic (resets as moments) and
/// gateways that know one limit only (`x-ratelimit-remaining`, resets in seconds or as an epoch). `now` as in [`retry_after`].
pub fn rate_limits(headers: &Headers, now: u64) -> RateLimits {
    let window = |what: &str| {
        let get = |field: &str| {
            let names = [format!("x-ratelimit-{field}-{what}"), format!("anthropic-ratelimit-{what}-{field}")];
            names.iter().find_map(|name| headers.get(name))
        };
        Window {
            limit: get("limit").and_then(count),
            remaining: get("remaining").and_then(count),
            reset: get("reset").and_then(|text| reset(text, now)),
        }
    };
    let plain = |field: &str| headers.get(&format!("x-ratelimit-{field}")).or_else(|| headers.get(&format!("ratelimit-{field}")));
    let mut limits = RateLimits { requests: window("requests"), tokens: window("tokens") };
    if limits.requests == Window::default() {
        limits.requests = Window {
            limit: plain("limit").and_then(count),
            remaining: plain("remaining").and_then(count),
            reset: plain("reset").and_then(|text| reset(text, now)),
        };
    }
    limits
}

fn count(text: &str) -> Option<u64> {
    number(text, 1.0)
}

/// A reset as a duration (`1s`, `6m0s`), a moment, seconds from now, or seconds or milliseconds since 1970.
fn reset(text: &str, now: u64) -> Option<u64> {
    // Nobody's limit lasts thirty years, and no clock shows a year before 2001.
    const EPOCH: u64 = 1_000_000_000;
    match number(text, 1.0) {
        Some(millis) if millis >= EPOCH * 1000 => Some(millis.saturating_sub(now)),
        Some(seconds) if seconds >= EPOCH => Some(seconds.saturating_mul(1000).saturating_sub(now)),
        Some(_) => number(text, 1000.0),
        None => duration(text).or_else(|| Some(http_date::read(text)?.saturating_sub(now))),
    }
}

/// A decimal number that is not negative, times a factor, rounded up. Neither `inf` nor `1e9` is one.
fn number(text: &str, factor: f64) -> Option<u64> {
    let text = text.trim();
    let plain = !text.is_empty() && text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // Beyond the range of u64 the cast stops at its end: absurdly far stays absurdly far.
    plain.then(|| text.parse::<f64>().ok()).flatten().map(|value| (value * factor).ceil() as u64)
}

/// A duration as programs in Go write it (`1h2m3.5s`, `20ms`), in milliseconds.
pub fn duration(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total = 0u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let behind = rest[unit_at..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |length| unit_at + length);
        let factor = match &rest[unit_at..behind] {
            "d" => 86_400_000.0,
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1000.0,
            "ms" => 1.0,
            "us" | "µs" => 1e-3,
            "ns" => 1e-6,
            _ => return None,
        };
        total = total.saturating_add(number(&rest[..unit_at], factor)?);
        rest = &rest[behind..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    const NOW: u64 = 1_800_000_000_000;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn after(value: &str) -> Option<u64> {
        retry_after(&headers(&[("Retry-After", value)]), NOW)
    }

    #[test]
    fn seconds_in_every_shape() {
        assert_eq!(after("0"), Some(0));
        assert_eq!(after(" 7 "), Some(7000));
        assert_eq!(after("1.5"), Some(1500));
        assert_eq!(after("0.0001"), Some(1));
        assert_eq!(after("1000000000"), Some(1_000_000_000_000));
        assert_eq!(after("99999999999999999999999999"), Some(u64::MAX));
        assert_eq!(after("30s"), Some(30_000));
    }

    #[test]
    fn what_cannot_be_meant_says_nothing() {
        for text in ["-5", "-0.5", "", "soon", "1e9", "inf", "NaN", "0x10", "1,5", "1.2.3", "é", "5 minutes"] {
            assert_eq!(after(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_read_by_the_servers_own_clock() {
        assert_eq!(after("Fri, 15 Jan 2027 08:00:30 GMT"), Some(31_000));
        assert_eq!(after("Fri, 15 Jan 2027 07:00:00 GMT"), Some(0), "in the past");
        assert_eq!(after("Fri, 15 Jan 2027 08:00:00 GMT"), Some(1_000), "the second that runs");
        assert_eq!(after("Friday, 15-Jan-27 08:00:30 GMT"), Some(31_000));
        assert_eq!(after("Fri Jan 15 08:00:30 2027"), Some(31_000));
        let behind = headers(&[("date", "Fri, 15 Jan 2027 05:00:00 GMT"), ("retry-after", "Fri, 15 Jan 2027 05:00:10 GMT")]);
        assert_eq!(retry_after(&behind, NOW), Some(11_000));
    }

    #[test]
    fn milliseconds_come_first() {
        assert_eq!(retry_after(&headers(&[("retry-after", "9"), ("Retry-After-Ms", "250")]), NOW), Some(250));
        assert_eq!(retry_after(&headers(&[("retry-after", "9"), ("retry-after-ms", "-1")]), NOW), Some(9000));
        assert_eq!(retry_after(&headers(&[]), NOW), None);
    }

    #[test]
    fn durations_add_up() {
        assert_eq!(duration("6m0s"), Some(360_000));
        assert_eq!(duration("1h2m3.5s"), Some(3_723_500));
        assert_eq!(duration("20ms"), Some(20));
        assert_eq!(duration("34.074824224s"), Some(34_075));
        for text in ["", "s", "5", "5x", "m5s", "-5s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn limits_of_every_vendor() {
        let openai = headers(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]);
        let limits = rate_limits(&openai, NOW);
        assert_eq!(limits.requests, Window { limit: Some(60), remaining: Some(59), reset: Some(1000) });
        assert_eq!(limits.wait(), Some(360_000));
        let anthropic = headers(&[
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2027-01-15T08:00:20Z"),
        ]);
        assert_eq!(rate_limits(&anthropic, NOW).wait(), Some(20_000));
        for (reset, wait) in [("12", 12_000), ("1800000005", 5000), ("1800000005000", 5000)] {
            let gateway = headers(&[("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset)]);
            assert_eq!(rate_limits(&gateway, NOW).wait(), Some(wait), "{reset}");
        }
        assert_eq!(rate_limits(&headers(&[("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "9")]), NOW).wait(), None);
    }

    #[test]
    fn nothing_makes_it_fail() {
        let mut random = Random::new(3);
        for _ in 0..20_000 {
            let text = random.text(12);
            after(&text);
            duration(&text);
            reset(&text, NOW);
        }
    }
}
