//! Moments as HTTP headers write them, read into milliseconds since 1970 (UTC).

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the two older forms that servers may still send (`Sunday, 06-Nov-94 08:49:37 GMT` and
/// `Sun Nov  6 08:49:37 1994`), and RFC 3339 (`1994-11-06T08:49:37.5Z`), which some vendors prefer. None before 1970.
pub fn read(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    if text.as_bytes().first()?.is_ascii_digit() { rfc_3339(text) } else { with_names(text) }
}

/// The three forms with the names of weekday and month. In all of them the day of the month stands before the year.
fn with_names(text: &str) -> Option<u64> {
    let (mut month, mut time) = (None, None);
    let mut numbers: Vec<&str> = Vec::new();
    for word in text.split([' ', ',', '-']).filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        if let Some(position) = MONTHS.iter().position(|name| lower == *name) {
            month = Some(position as u64 + 1);
        } else if word.contains(':') {
            time = Some(time_of_day(word)?);
        } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
            numbers.push(word);
        } else if !is_weekday(&lower) && !matches!(lower.as_str(), "gmt" | "utc" | "ut" | "z" | "+0000") {
            return None;
        }
    }
    let [day, year] = numbers.as_slice() else { return None };
    let year = match (year.len(), year.parse::<u64>().ok()?) {
        (2, short) if short < 70 => 2000 + short,
        (2, short) => 1900 + short,
        (4, year) => year,
        _ => return None,
    };
    Some(days(year, month?, day.parse().ok()?)? * DAY_MS + time?)
}

fn is_weekday(word: &str) -> bool {
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().any(|day| word.starts_with(day))
        && (word.len() == 3 || word.ends_with("day"))
}

/// `1994-11-06T08:49:37.5+01:00`.
fn rfc_3339(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let moment = days(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)? * DAY_MS + time_of_day(&rest[..zone])?;
    match rest[zone..].chars().next() {
        None | Some('Z' | 'z') => Some(moment),
        Some('+') => moment.checked_sub(time_of_day(&rest[zone + 1..])?),
        Some(_) => moment.checked_add(time_of_day(&rest[zone + 1..])?),
    }
}

/// `08:49`, `08:49:37` or `08:49:37.25`, in milliseconds.
fn time_of_day(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let hour: u64 = digits(parts.next()?)?;
    let minute: u64 = digits(parts.next()?)?;
    let (second, fraction) = parts.next().map_or(("0", ""), |second| second.split_once('.').unwrap_or((second, "")));
    let second: u64 = digits(second)?;
    if hour > 23 || minute > 59 || second > 60 || parts.next().is_some() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis = fraction.bytes().chain(*b"000").take(3).fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    Some(((hour * 60 + minute) * 60 + second) * 1000 + millis)
}

fn digits(text: &str) -> Option<u64> {
    (matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 of a day in the calendar; none for a day that is in no calendar, and before 1970.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    if !(1970..=9999).contains(&year) || day == 0 || day > length {
        return None;
    }
    let before = year - 1;
    // Days before this year less those before 1970.
    let to_year = before * 365 + before / 4 - before / 100 + before / 400 - 719_162;
    Some(to_year + lengths[..month as usize - 1].iter().sum::<u64>() + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    const MOMENT: u64 = 784_111_777_000;

    #[test]
    fn every_form_of_the_same_moment() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "  Sun, 6 Nov 1994 08:49:37 +0000 ",
            "1994-11-06T08:49:37Z",
            "1994-11-06T08:49:37.000Z",
            "1994-11-06T09:49:37+01:00",
            "1994-11-06T04:19:37-04:30",
        ] {
            assert_eq!(read(text), Some(MOMENT), "{text}");
        }
        assert_eq!(read("1994-11-06T08:49:37.25Z"), Some(MOMENT + 250));
    }

    #[test]
    fn edges_of_the_calendar() {
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(read("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800_000));
        assert_eq!(read("Fri, 31 Dec 9999 23:59:59 GMT"), Some(253_402_300_799_000));
        assert_eq!(read("Wed, 29 Feb 2023 00:00:00 GMT"), None);
        assert_eq!(read("Sun, 00 Nov 1994 08:49:37 GMT"), None);
        assert_eq!(read("Sun, 06 Nov 1969 08:49:37 GMT"), None);
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "soon",
            "120",
            "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 25:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "::",
            "T",
            "é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let mut random = Random::new(1);
        for _ in 0..5_000 {
            let mut text = String::from("Sun, 06 Nov 1994 08:49:37 GMT");
            for _ in 0..3 {
                let at = random.below(text.len());
                let with = random.below(96) as u8 + 32;
                text.replace_range(at..=at, char::from(with).to_string().as_str());
            }
            read(&text);
            read(&random.text(20));
        }
    }
}
