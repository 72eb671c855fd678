//! Texts of others that are shown or told: not longer than anybody reads.

/// The first `most` characters, with a mark behind them where there were more.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_is_cut_between_characters() {
        assert_eq!(["", "ab", "éàü", "éàüö"].map(|text| shortened(text, 3)), ["", "ab", "éàü", "éàü…"]);
    }
}
