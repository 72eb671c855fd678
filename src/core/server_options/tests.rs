//! Options as somebody writes them, and the errors for what cannot be.

use super::*;
use crate::provider::request::Speaker;

const LEAST: [(&str, &str); 3] = [("api", "openai"), ("url", "https://models.example/v1"), ("model", "small-1")];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Result<ServerOptions, Complaint> {
    ServerOptions::read(merged(more), true)
}

/// The least options, with these in place of or beside them.
fn merged<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = LEAST.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more.iter().copied()).collect()
}

fn error(name: &str, value: &str) -> Complaint {
    with(&[(name, value)]).expect_err(value)
}

#[test]
fn what_is_not_said_has_a_default() {
    let options = with(&[]).expect("options");
    assert_eq!((options.api, options.model.as_str()), (Api::OpenAi, "small-1"));
    assert_eq!(options.timeouts, Timeouts { connect: 5_000, first_byte: 60_000, total: 60_000 });
    assert_eq!((options.retries, options.concurrency, options.max_tokens, options.prompt_tokens()), (2, 16, 4_096, 28_672));
    assert_eq!((options.temperature, options.completion_tokens), (Some(0.0), false));
    assert_eq!((options.limits, options.role_limits), (Limits::default(), Limits::default()));
    assert_eq!(options.key_header(), KeyHeader::bearer());
    assert_eq!(options.role, None);
}

#[test]
fn every_option_is_read() {
    let options = with(&[
        ("api", "anthropic"),
        ("api_key_file", "/etc/keys/model"),
        ("key_header", "Authorization"),
        ("headers", r#"{"X-Team": "data"}"#),
        ("timeout", "2min"),
        ("connect_timeout", "250"),
        ("first_byte_timeout", "30 s"),
        ("retries", "0"),
        ("max_tokens", "1000"),
        ("max_tokens_parameter", "max_completion_tokens"),
        ("context_tokens", "8000"),
        ("temperature", "0.5"),
        ("structured_output", "json"),
        ("concurrency", "3"),
        ("requests_per_minute", "60"),
        ("tokens_per_minute", "70000"),
        ("tokens_per_day", "8000000000"),
        ("role_requests_per_minute", "6"),
        ("role_tokens_per_minute", "7"),
        ("role_tokens_per_day", "8"),
        ("role", "strong"),
        ("allow_insecure", "on"),
        ("proxy", "http://proxy.example:3128"),
        ("ca_file", "/etc/ssl/own.pem"),
        ("extra_body", r#"{"seed": 1}"#),
    ])
    .expect("options");
    assert_eq!(options.timeouts, Timeouts { connect: 250, first_byte: 30_000, total: 120_000 });
    assert_eq!(options.limits, Limits { requests_per_minute: 60, tokens_per_minute: 70_000, tokens_per_day: 8_000_000_000 });
    assert_eq!(options.role_limits, Limits { requests_per_minute: 6, tokens_per_minute: 7, tokens_per_day: 8 });
    assert_eq!((options.role, options.retry_policy().retries), (Some(Role::Strong), 0));
    assert_eq!(options.headers.get("x-team"), Some("data"));
    assert_eq!(options.key_header(), KeyHeader::bearer());
    assert_eq!(options.proxy.map(|proxy| proxy.host), Some("proxy.example".to_owned()));
    let named: Vec<&str> = SERVER_OPTIONS.iter().filter(|option| option.names_a_file).map(|option| option.name).collect();
    assert_eq!(named, ["api_key_file", "ca_file"]);
}

#[test]
fn names_are_few_and_different() {
    let mut names: Vec<&str> = SERVER_OPTIONS.iter().map(|option| option.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn an_unknown_option_is_answered_with_the_nearest() {
    let unknown = error("modell", "x");
    assert_eq!((unknown.sqlstate, unknown.message.as_str()), ("HV00D", "invalid option \"modell\""));
    assert_eq!(unknown.hint.as_deref(), Some("Perhaps you meant the option \"model\"."));
    assert!(error("zzz", "x").hint.is_some_and(|hint| hint.starts_with("Valid options in this context are: api, url, model")));
    let key = error("api_key", "sk-canary-1234");
    assert_eq!(key.hint.as_deref(), Some("Set api_key in a user mapping, or name a file in the server's option api_key_file."));
    assert!(!format!("{key:?}").contains("canary"));
}

#[test]
fn what_is_missing_is_named() {
    for missing in ["api", "url", "model"] {
        let options = LEAST.into_iter().filter(|(name, _)| *name != missing);
        let complaint = ServerOptions::read(options, true).expect_err(missing);
        assert_eq!(complaint.message, format!("option \"{missing}\" is required"));
    }
}

#[test]
fn clear_text_stays_on_the_machine_unless_the_owner_says_so() {
    for url in ["http://127.0.0.1:8000/v1", "http://localhost:11434", "http://[::1]:1"] {
        assert!(with(&[("url", url)]).is_ok(), "{url}");
    }
    for url in ["http://models.example", "http://10.0.0.1", "http://localhost.example", "http://127-0-0-1.example"] {
        let complaint = error("url", url);
        assert_eq!(complaint.message, "option \"url\" must begin with https://", "{url}");
        assert!(with(&[("url", url), ("allow_insecure", "true")]).is_ok());
    }
    for url in ["http://169.254.169.254/latest/meta-data", "https://[fe80::1]"] {
        assert!(with(&[("url", url), ("allow_insecure", "true")]).is_err(), "{url}");
    }
    let complaint = error("url", "https://user:canary@models.example");
    assert!(!format!("{complaint:?}").contains("canary"), "a password is not repeated");
}

#[test]
fn files_are_a_superusers() {
    for (name, value) in [("api_key_file", "/etc/passwd"), ("ca_file", "/etc/own.pem")] {
        let complaint = ServerOptions::read(merged(&[(name, value)]), false).expect_err(name);
        assert_eq!((complaint.sqlstate, complaint.message), ("42501", format!("permission denied to set option \"{name}\"")));
        for value in ["relative", "/a/../b", "", "/a\nb"] {
            assert!(error(name, value).detail.is_some(), "{value}");
        }
    }
    assert!(ServerOptions::read(LEAST, false).is_ok());
}

#[test]
fn values_that_cannot_be_are_refused_in_the_servers_words() {
    let complaint = error("api", "openAI");
    assert_eq!(complaint.message, "invalid value for enum option \"api\": \"openAI\"");
    assert_eq!(complaint.hint.as_deref(), Some("Perhaps you meant \"openai\"."));
    assert_eq!(error("api", "x").hint.as_deref(), Some("Available values: openai, anthropic, gemini."));
    assert_eq!(error("max_tokens", "0").message, "0 is outside the valid range for option \"max_tokens\" (1 .. 1000000)");
    assert_eq!(error("max_tokens", "many").message, "invalid value for integer option \"max_tokens\": \"many\"");
    assert_eq!(error("timeout", "5 ms").message, "5 ms is outside the valid range for option \"timeout\" (10 .. 3600000)");
    assert!(error("timeout", "5 weeks").hint.is_some_and(|hint| hint.contains("\"min\"")));
    assert_eq!(error("allow_insecure", "maybe").message, "option \"allow_insecure\" requires a Boolean value");
    for (name, value) in [
        ("timeout", "-5"),
        ("timeout", ""),
        ("timeout", "99999999999999999999999999h"),
        ("tokens_per_day", "-1"),
        ("tokens_per_day", "1e9"),
        ("requests_per_minute", "4294967296"),
        ("temperature", "3"),
        ("temperature", "NaN"),
        ("temperature", "hot"),
        ("model", ""),
        ("model", "a b"),
        ("model", "a\r\nb"),
        ("key_header", "x y"),
        ("key_header", "Host"),
        ("headers", "[]"),
        ("headers", r#"{"a b": "c"}"#),
        ("headers", r#"{"a": "c\r\nd: e"}"#),
        ("headers", r#"{"a": 1}"#),
        ("headers", r#"{"Authorization": "Bearer x"}"#),
        ("extra_body", "{"),
        ("extra_body", r#"{"stream": true}"#),
        ("proxy", "socks5://h"),
        ("proxy", "http://user:pw@h"),
        ("structured_output", "yes"),
        ("role", "medium"),
    ] {
        let complaint = error(name, value);
        assert_eq!(complaint.sqlstate, "22023", "{name} {value}");
        assert!(!complaint.message.ends_with('.') && complaint.detail.is_none_or(|detail| detail.ends_with('.')));
    }
    assert!(error("max_tokens", "32768").message.contains("must be less than"));
}

#[test]
fn newer_servers_get_the_newer_limit_and_no_temperature() {
    for url in ["https://api.openai.com/v1", "https://me.openai.azure.com/openai/v1"] {
        let options = with(&[("url", url)]).expect("options");
        assert_eq!((options.completion_tokens, options.temperature), (true, None));
    }
    let said = with(&[("url", "https://api.openai.com/v1"), ("temperature", "0"), ("max_tokens_parameter", "max_tokens")])
        .expect("options");
    assert_eq!((said.completion_tokens, said.temperature), (false, Some(0.0)));
    assert_eq!(with(&[("temperature", "default")]).expect("options").temperature, None);
}

#[test]
fn a_request_has_the_shape_that_the_server_can_be_told() {
    let messages = [Message { speaker: Speaker::User, text: "how many?".to_owned() }];
    let wanted = Shape::Schema { name: "answer".to_owned(), schema: serde_json::json!({}) };
    let shape = |way| with(&[("structured_output", way)]).expect("options").request("be brief", &messages, &wanted).shape;
    assert_eq!([shape("schema"), shape("json"), shape("off")], [wanted.clone(), Shape::Json, Shape::Text]);
    let request = with(&[("extra_body", r#"{"seed": 1}"#)]).expect("options").request("be brief", &messages, &Shape::Text);
    assert_eq!((request.system.as_str(), request.max_tokens, request.shape), ("be brief", 4096, Shape::Text));
    assert_eq!(request.extra.len(), 1);
}

#[test]
fn user_mappings_hold_keys() {
    let user = UserOptions::read([("api_key", "sk-canary-1234")], false).expect("options");
    assert_eq!(user.api_key.as_ref().map(|key| key.expose()), Some("sk-canary-1234"));
    assert!(!format!("{user:?}").contains("canary"));
    let bad = UserOptions::read([("api_key", "sk canary")], false).expect_err("a blank");
    assert!(!format!("{bad:?}").contains("canary"));
    assert_eq!(UserOptions::read([("api_key_file", "/k")], false).expect_err("a file").sqlstate, "42501");
    assert!(UserOptions::read([("api_key_file", "/k")], true).is_ok());
    assert!(UserOptions::read([("api_key_file", "/k"), ("api_key", "k")], true).is_err());
    let other = UserOptions::read([("model", "m")], true).expect_err("a server's option");
    assert_eq!(other.hint.as_deref(), Some("It is an option of the server, not of the user mapping."));
    let near = UserOptions::read([("apikey", "sk-canary")], true).expect_err("no option");
    assert_eq!(near.hint.as_deref(), Some("Perhaps you meant the option \"api_key\"."));
}

#[test]
fn a_fingerprint_stands_for_the_options() {
    let of = |options: &[(&'static str, &'static str)]| fingerprint(options.iter().copied());
    assert_eq!(of(&[("a", "1"), ("b", "2")]), of(&[("b", "2"), ("a", "1")]));
    assert_ne!(of(&[("ab", "c")]), of(&[("a", "bc")]));
    assert_ne!(of(&[("a", "1")]), of(&[("a", "2")]));
    assert_ne!(of(&[]), of(&[("", "")]));
}
