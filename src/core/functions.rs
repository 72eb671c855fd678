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
        for name in ["lower", "now", "percentile_cont_final", "to_tsvector", "json_agg_transfn", "generate_series", "xml", "xmlagg"] {
            assert_eq!(verdict(name), None, "{name}");
        }
    }

    #[test]
    fn every_line_is_a_rule_and_every_denial_has_a_reason() {
        for line in include_str!("functions.txt").lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let rule = parse_rule(line).expect("a rule");
            assert!(["allow", "catalog", "deny"].iter().any(|kind| line.starts_with(kind)), "{line}");
            if let Verdict::Deny(reason) = rule.verdict {
                assert!(reason.starts_with("it "), "{line}");
            }
        }
    }
}
