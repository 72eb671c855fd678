//! The guard's list of built-in functions with a verdict of their own (`functions.txt`), as data.

use std::sync::LazyLock;

/// What the list says about a built-in function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Volatile, yet harmless.
    Allow,
    /// Only where catalogs may be read.
    Catalog,
    /// Never, for this reason.
    Deny(&'static str),
}

struct Rule {
    verdict: Verdict,
    pattern: &'static str,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| include_str!("functions.txt").lines().filter_map(parse_rule).collect());

fn parse_rule(line: &'static str) -> Option<Rule> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (kind, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (pattern, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let verdict = match kind {
        "allow" => Verdict::Allow,
        "catalog" => Verdict::Catalog,
        // A line that cannot be read denies: the list fails closed.
        _ => Verdict::Deny(reason.trim_start()),
    };
    Some(Rule { verdict, pattern })
}

/// The verdict on a function of `pg_catalog` by its name; none when its volatility decides.
pub fn verdict(name: &str) -> Option<Verdict> {
    RULES.iter().find(|rule| matches(rule.pattern, name)).map(|rule| rule.verdict)
}

/// The first call of a denied function in the text of a function's body, with the reason. Comments and literals are looked at as
/// well: a body that only mentions a call is rare, and one that hides it in a string for EXECUTE is not.
pub fn denied_call(source: &str) -> Option<(String, &'static str)> {
    let source = source.to_lowercase();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (at, _) in source.match_indices('(') {
        let head = source[..at].trim_end().trim_end_matches('"');
        let start = head.char_indices().rev().take_while(|(_, c)| is_word(*c)).last().map_or(head.len(), |(start, _)| start);
        if let Some(Verdict::Deny(reason)) = verdict(&head[start..]) {
            return Some((head[start..].to_owned(), reason));
        }
    }
    None
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_match_by_prefix_and_suffix() {
        assert!(matches!(verdict("pg_read_binary_file"), Some(Verdict::Deny(_))));
        assert!(matches!(verdict("pg_try_advisory_xact_lock_shared"), Some(Verdict::Deny(_))));
        assert!(matches!(verdict("query_to_xml_and_xmlschema"), Some(Verdict::Deny(_))));
        assert!(matches!(verdict("pg_restore_relation_stats"), Some(Verdict::Deny(_))));
        assert_eq!(verdict("pg_get_viewdef"), Some(Verdict::Catalog));
        assert_eq!(verdict("random"), Some(Verdict::Allow));
    }

    #[test]
    fn ordinary_functions_are_left_to_their_volatility() {
        for name in
            ["lower", "now", "percentile_cont_final", "to_tsvector", "json_agg_transfn", "generate_series", "xml", "xmlagg"]
        {
            assert_eq!(verdict(name), None, "{name}");
        }
    }

    #[test]
    fn a_call_is_found_in_a_body() {
        assert_eq!(denied_call("begin perform PG_Sleep (1); end").map(|found| found.0), Some("pg_sleep".to_owned()));
        assert_eq!(denied_call("select pg_catalog.\"pg_notify\"('a', 'b')").map(|found| found.0), Some("pg_notify".to_owned()));
        assert_eq!(denied_call("select lower(trim(x)) from (select 1) s"), None);
        assert_eq!(denied_call("((("), None);
    }

    #[test]
    fn every_line_is_a_rule_and_every_denial_has_a_reason() {
        for line in include_str!("functions.txt").lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let rule = parse_rule(line).expect("a rule");
            assert!(["allow", "catalog", "deny"].iter().any(|kind| line.starts_with(kind)), "{line}");
            if let Verdict::Deny(reason) = rule.verdict {
                assert!(reason.starts_with("it "), "{line}");
            }
        }
    }
}
