//! Real names near to an invented one.

/// How many names a hint offers.
const OFFERED: usize = 3;

/// The identifier that stands at a character position (from 1) of a statement, its parts in order, quotes removed and unquoted
/// letters folded as PostgreSQL folds them. Empty where there is none.
pub fn identifier_at(sql: &str, position: usize) -> Vec<String> {
    let mut rest = sql.chars().skip(position.saturating_sub(1)).peekable();
    let mut parts = Vec::new();
    loop {
        let mut part = String::new();
        if rest.next_if_eq(&'"').is_some() {
            while let Some(c) = rest.next() {
                if c == '"' && rest.next_if_eq(&'"').is_none() {
                    break;
                }
                part.push(c);
            }
        } else {
            while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '$') {
                part.extend(c.to_lowercase());
            }
        }
        if part.is_empty() {
            return parts;
        }
        parts.push(part);
        if rest.next_if_eq(&'.').is_none() {
            return parts;
        }
    }
}

/// The names nearest to the wanted one, nearest first; only such that a person could have meant.
pub fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(usize, &str)> = names.filter_map(|name| Some((distance_if_near(&wanted, &bare(name))?, name))).collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

/// The last part of a qualified name, in lower case.
fn bare(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_lowercase()
}

/// A distance when it is small against the length, or when one name contains the other.
fn distance_if_near(wanted: &str, name: &str) -> Option<usize> {
    let longest = wanted.chars().count().max(name.chars().count());
    let contained = wanted.len() >= 4 && name.len() >= 4 && (name.contains(wanted) || wanted.contains(name));
    let distance = edit_distance(wanted, name);
    (contained || distance * 3 <= longest).then_some(distance)
}

/// Insertions, deletions, replacements and swaps of neighbours.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_as_the_server_reads_them() {
        assert_eq!(identifier_at("select * from Sales.Orderz where", 15), ["sales", "orderz"]);
        assert_eq!(identifier_at("select \"My \"\"Col\".x", 8), ["My \"Col", "x"]);
        assert_eq!(identifier_at("select é_1 + 2", 8), ["é_1"]);
        assert!(identifier_at("select 1", 99).is_empty());
        assert!(identifier_at("select (1)", 8).is_empty());
    }

    #[test]
    fn typing_errors_and_longer_forms_are_near_and_others_are_not() {
        let names = ["customers", "orders", "order_items", "shop.countries", "pg_temp"];
        assert_eq!(nearest("custmoers", names.into_iter()), ["customers"]);
        assert_eq!(nearest("order", names.into_iter()), ["orders", "order_items"]);
        assert_eq!(nearest("CONTRIES", names.into_iter()), ["shop.countries"]);
        assert!(nearest("weather", names.into_iter()).is_empty());
    }

    #[test]
    fn a_swap_of_neighbours_is_one_step() {
        assert_eq!(edit_distance("ab", "ba"), 1);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
