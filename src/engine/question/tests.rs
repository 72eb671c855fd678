//! Tokens, numbers, buckets and quotes of whole questions, and what nasty input does to them.

use super::*;
use crate::ir::DateField;

const TODAY: Day = Day { year: 2026, month: 11, day: 21 };

fn lowers(text: &str) -> String {
    let words: Vec<String> = read(text, TODAY).tokens.into_iter().map(|token| token.lower).collect();
    words.join(" ")
}

#[test]
fn text_falls_into_tokens() {
    let cases = [
        ("Show me the artist's albums.", "show me the artist albums"),
        ("the artist’s albums", "the artist albums"),
        ("customers' orders", "customers orders"),
        ("O'Brien", "o'brien"),
        ("who don't pay", "who do not pay"),
        ("Who's there? What's up", "who is there what is up"),
        ("price>=10 and a<>b", "price >= 10 and a <> b"),
        ("price ≥ 10", "price >= 10"),
        ("1,000 or 1,000,000.50", "1,000 or 1,000,000.50"),
        ("1,2,3", "1 2 3"),
        ("5-star hotels", "5 star hotels"),
        ("follow-up e-mail of co-workers", "follow up email of coworkers"),
        ("5kg 10km", "5 kg 10 km"),
        ("U.S. customers", "us customers"),
        ("mail jane@acme.com", "mail jane@acme.com"),
        ("3rd 1.5k 2m 1990s", "3rd 1.5k 2m 1990s"),
        ("orders.total", "orders total"),
        ("$5 5% 3€", "$ 5 5 % 3 €"),
        ("order_date orderDate", "order_date orderdate"),
        ("2pac 4x4", "2pac 4x4"),
        ("rock & roll", "rock & roll"),
        ("C# C++", "c# c++"),
        ("HOW MANY CUSTOMERS?", "how many customers"),
        ("cus\u{200b}tomers \u{202e}total", "customers total"),
        ("tab\tnew\nline", "tab new line"),
        ("-5 and 3-4", "-5 and 3 4"),
        ("version 1.2.3", "version 1.2.3"),
        ("", ""),
        ("?!.,", ""),
        ("🎵 songs", "songs"),
        ("Zürich ÉCOLE", "zürich école"),
    ];
    for (text, expected) in cases {
        assert_eq!(lowers(text), expected, "{text}");
    }
}

#[test]
fn spans_lead_back_to_the_text() {
    let text = "Don’t show “São Paulo”, artist's 1,000 €";
    for token in read(text, TODAY).tokens {
        assert_eq!(&text[token.span.clone()], token.text);
    }
}

#[test]
fn breaks_are_marked() {
    let question = read("name, city and total (sum); done", TODAY);
    let breaks: Vec<&str> = question.tokens.iter().filter(|token| token.after_break).map(|token| token.lower.as_str()).collect();
    assert_eq!(breaks, ["city", "sum", "done"]);
}

#[test]
fn quotes_are_found_in_all_forms() {
    let cases = [
        ("named 'Rock and Roll'", vec!["Rock and Roll"]),
        ("named \"AC/DC\" or “Queen”", vec!["AC/DC", "Queen"]),
        ("named «Émile» `x y`", vec!["Émile", "x y"]),
        ("named 'O''Brien'", vec!["O'Brien"]),
        ("named 'O'Brien'", vec!["O'Brien"]),
        ("named ‘single’", vec!["single"]),
        ("customers' orders and artists' albums", vec![]),
        ("an unclosed \"quote", vec![]),
        ("empty '' and \"\"", vec![]),
        ("7\" records and 12\" records", vec![]),
    ];
    for (text, expected) in cases {
        let question = read(text, TODAY);
        let found: Vec<&str> = question.quoted.iter().map(|quote| quote.content.as_str()).collect();
        assert_eq!(found, expected, "{text}");
        assert!(question.quoted.iter().all(|quote| quote.tokens.end <= question.tokens.len() && !quote.tokens.is_empty()));
    }
}

fn told(number: &Number) -> String {
    let value = match &number.value {
        NumberValue::Integer(value) => value.to_string(),
        NumberValue::Decimal(text) => text.clone(),
    };
    match number.kind {
        NumberKind::Plain => value,
        NumberKind::Ordinal => format!("#{value}"),
        NumberKind::Percent => format!("{value}%"),
        NumberKind::Money => format!("${value}"),
        NumberKind::Measure(unit) => format!("{value} {unit}"),
    }
}

#[test]
fn numbers_are_read_in_digits_and_words() {
    let cases = [
        ("top 5 and 1,000", "5, 1000"),
        ("1.5k, 2m, 2 million, 3bn", "1500, 2000000, 2000000, 3000000000"),
        ("12.50 and 0.5", "12.50, 0.5"),
        ("twenty five", "25"),
        ("twenty-five", "25"),
        ("two hundred and three", "203"),
        ("one thousand two hundred", "1200"),
        ("three million five hundred thousand", "3500000"),
        ("a dozen, two dozen", "12, 24"),
        ("half a million", "500000"),
        ("a hundred orders", "100"),
        ("less than a dollar, over an hour", "$1, 1 hour"),
        ("more than a bit", ""),
        ("between five and ten", "5, 10"),
        ("between one hundred and two hundred", "100, 200"),
        ("the 3rd and the third", "#3, #3"),
        ("twenty first", "#21"),
        ("50% of 10 percent", "50%, 10%"),
        ("$5 and 5 dollars and 5€ and USD 20", "$5, $5, $5, $20"),
        ("$1.5 million", "$1500000"),
        ("5 minutes and 3 km", "5 minute, 3 kilometer"),
        ("100 square meters", "100 square meter"),
        ("which one", ""),
        ("the one with most", ""),
        ("more than one order", "1"),
        ("customers with one order", "1"),
        ("first name", ""),
        ("the second highest", "#2"),
        ("orders per second", ""),
        ("no orders", ""),
        ("-5", "-5"),
        ("99999999999999999999", "99999999999999999999"),
        ("last 30 days", ""),
        ("in 2000", "2000"),
        ("2021-05-01", ""),
        ("007", "7"),
        ("songs from '99", ""),
        ("two and a half hours", "2.5 hour"),
        ("films rated PG-13", ""),
        ("3-4 items", "3, 4"),
    ];
    for (text, expected) in cases {
        let found: Vec<String> = read(text, TODAY).numbers.iter().map(told).collect();
        assert_eq!(found.join(", "), expected, "{text}");
    }
}

#[test]
fn buckets_of_time() {
    let truncate = BucketKind::Truncate;
    let field = BucketKind::Field;
    let cases = [
        ("sales by month", vec![truncate(DateUnit::Month)]),
        ("orders per year", vec![truncate(DateUnit::Year)]),
        ("monthly revenue", vec![truncate(DateUnit::Month)]),
        ("for each quarter", vec![truncate(DateUnit::Quarter)]),
        ("orders each day", vec![truncate(DateUnit::Day)]),
        ("by day of the week", vec![field(DateField::Weekday)]),
        ("by hour of day", vec![field(DateField::Hour)]),
        ("by weekday", vec![field(DateField::Weekday)]),
        ("by year and month", vec![truncate(DateUnit::Year), truncate(DateUnit::Month)]),
        ("by country and year", vec![truncate(DateUnit::Year)]),
        ("month by month", vec![truncate(DateUnit::Month)]),
        ("in each year", vec![truncate(DateUnit::Year)]),
        ("which month had the most orders", vec![truncate(DateUnit::Month)]),
        ("our best month, the busiest weekday", vec![truncate(DateUnit::Month), field(DateField::Weekday)]),
        ("this month", vec![]),
        ("show every second order", vec![]),
        ("customers and years", vec![]),
    ];
    for (text, expected) in cases {
        let found: Vec<BucketKind> = read(text, TODAY).buckets.iter().map(|bucket| bucket.kind).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    let long = "customer ".repeat(120_000);
    let question = read(&long, TODAY);
    assert_eq!(question.tokens.len(), MAX_TOKENS);
    assert!(question.truncated);
    assert!(!read("customers", TODAY).truncated);
    for nasty in [
        "a".repeat(1 << 20),
        "'".repeat(1 << 20),
        "\"a ".repeat(1 << 18),
        "1".repeat(1 << 20),
        "1,".repeat(1 << 19),
        "-".repeat(1 << 20),
        "é'".repeat(1 << 18),
        " ".repeat(1 << 20),
    ] {
        assert!(read(&nasty, TODAY).tokens.len() <= MAX_TOKENS);
    }
}

/// A small generator: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap_or(1)).unwrap_or(0)
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let seeds = [
        "Show the top 5 customers' orders since March 2021, by month and year!",
        "between 1 May and 3 June 2020 or 30 February 2021 at 10:30:59",
        "two hundred and three million five thousand percent of $1,000.50k",
        "named 'O''Brien' or “Émile” «x» `y` don't 5-star U.S.A. e-mail a@b.c",
        "more than 99999 years ago older than 3 days 1990s Q1 2022 week 53 of 2020 last 100000 centuries",
    ];
    let pieces = [
        "'",
        "\"",
        "’",
        "“",
        "\u{202e}",
        "\u{200b}",
        "\u{0}",
        "\t",
        "-",
        ".",
        ",",
        "9",
        "0",
        "2020",
        " may ",
        " and ",
        " hundred ",
        "é",
        "İ",
        "ß",
        "K",
        "🎵",
        "\u{301}",
        "%",
        "$",
        ">=",
        "@",
        "#",
        "s",
        "th",
        "T",
        ":",
        "/",
        " last ",
        " of ",
        "１",
        "½",
        "٣",
    ];
    let mut random = Random(0x5eed_1234_9abc_def1);
    for round in 0..6000 {
        let mut text: Vec<char> = seeds[round % seeds.len()].chars().collect();
        for _ in 0..=random.below(12) {
            let at = random.below(text.len() + 1);
            match random.below(4) {
                0 if at < text.len() => {
                    text.remove(at);
                }
                1 if at < text.len() => {
                    let other = random.below(text.len());
                    text.swap(at, other);
                }
                _ => {
                    let piece: Vec<char> = pieces[random.below(pieces.len())].chars().collect();
                    text.splice(at..at, piece);
                }
            }
        }
        let text: String = text.into_iter().collect();
        let question = read(&text, TODAY);
        let in_order = question.tokens.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
        assert!(in_order, "{text}");
        let count = question.tokens.len();
        assert!(question.dates.iter().all(|date| !date.tokens.is_empty() && date.tokens.end <= count), "{text}");
        assert!(question.numbers.iter().all(|number| !number.tokens.is_empty() && number.tokens.end <= count), "{text}");
        assert!(question.buckets.iter().all(|bucket| !bucket.tokens.is_empty() && bucket.tokens.end <= count), "{text}");
    }
}
