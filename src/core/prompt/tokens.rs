//! How many tokens a text has, roughly and rather too many: every vendor counts in its own way.

/// Tokens of a text. Words of English have about four letters a token, names and SQL about three, and other scripts up to one token
/// for a letter.
pub fn estimate(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().filter(|c| !c.is_ascii()).count();
    ascii.div_ceil(3) + others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_texts_have_more() {
        assert_eq!([estimate(""), estimate("a"), estimate("select"), estimate("売上")], [0, 1, 2, 2]);
    }
}
