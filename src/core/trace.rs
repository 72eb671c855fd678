//! The header `traceparent` of the W3C's Trace Context: which trace of a client a call belongs to.

/// Whether a text is one: version, trace, parent and flags in hexadecimal digits, neither trace nor parent all zero. Versions to come
/// may have more behind it.
pub fn is_traceparent(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut field = |length: usize| parts.next().filter(|part| part.len() == length && part.bytes().all(is_digit));
    let (Some(version), Some(trace), Some(parent), Some(_flags)) = (field(2), field(32), field(16), field(2)) else {
        return false;
    };
    let has_more = text.len() > 55;
    let is_known = version == "00";
    let is_text = text.len() <= 512 && text.bytes().all(|byte| byte.is_ascii_graphic());
    version != "ff" && is_text && !(is_known && has_more) && !is_zero(trace) && !is_zero(parent)
}

/// Small letters only: receivers reject others.
fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|digit| digit == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_recommendation_has_it() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert!(is_traceparent(good));
        assert!(
            is_traceparent(&good.replacen("00", "cc", 1)) && is_traceparent(&format!("{}-more", good.replacen("00", "cc", 1)))
        );
        for bad in [
            "",
            "00",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nx: y",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-\n",
        ] {
            assert!(!is_traceparent(bad), "{bad}");
        }
    }
}
