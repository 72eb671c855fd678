//! How large a value an expression can make, bounded from above without computing it.
//!
//! Planning folds functions of constants by running them, and some of them cannot be interrupted:
//! `repeat(repeat(repeat('x', 1000), 1000), 1000)` is 49 bytes of SQL, a gigabyte of text and seconds past any timeout. The guard
//! therefore bounds the result of every call before it plans. What depends on rows is taken to be of ordinary size: rows are read
//! when the statement runs, under a timeout that works.

/// What is known about a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Depends on rows.
    Data,
    /// Its magnitude is at most this.
    AtMost(f64),
    /// A constant that nobody has computed yet.
    Unknown,
}

/// Bounds on a value and on the expression that makes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Nodes of the expression once subqueries are flattened into it.
    pub nodes: f64,
    pub bytes: f64,
    pub number: Number,
    /// The largest number written in a constant text: widths in the format of `format()`.
    pub widest: f64,
    /// How many copies of a recursive query's own column are in it: two or more double with every step.
    pub copies: f64,
}

/// A column of a table: some text.
const COLUMN_BYTES: f64 = 1024.0;
/// What a count from the data is taken to be.
const ORDINARY_COUNT: f64 = 1000.0;
/// What any call may add.
const SLACK: f64 = 64.0;

impl Size {
    /// A value from a row.
    pub fn data() -> Size {
        Size { nodes: 1.0, bytes: COLUMN_BYTES, number: Number::Data, widest: 0.0, copies: 0.0 }
    }

    /// A constant.
    pub fn constant(bytes: f64, number: Number, widest: f64) -> Size {
        Size { nodes: 1.0, bytes, number, widest, copies: 0.0 }
    }

    /// One of several values, which one is not known.
    pub fn either(of: &[Size]) -> Size {
        let number = of.iter().map(|size| size.number).fold(Number::AtMost(0.0), |a, b| combine(a, b, f64::max));
        Size { bytes: most(of, |size| size.bytes), number, ..all(of) }
    }

    /// The least of several values: one known bound is enough.
    pub fn least(of: &[Size]) -> Size {
        let known = of.iter().filter_map(|size| if let Number::AtMost(most) = size.number { Some(most) } else { None });
        let number = known.reduce(f64::min).map_or(Size::either(of).number, Number::AtMost);
        Size { number, ..Size::either(of) }
    }

    /// An array of values; its number is the product, as dimensions are multiplied.
    pub fn array(of: &[Size]) -> Size {
        let number = of.iter().map(|size| size.number).fold(Number::AtMost(1.0), |a, b| combine(a, b, |a, b| a * b.max(1.0)));
        Size { number, ..all(of) }
    }

    fn count(&self) -> f64 {
        match self.number {
            Number::AtMost(most) => most,
            Number::Data => ORDINARY_COUNT,
            Number::Unknown => f64::INFINITY,
        }
    }
}

/// All of several values together.
fn all(of: &[Size]) -> Size {
    Size {
        nodes: 1.0 + of.iter().map(|size| size.nodes).sum::<f64>(),
        bytes: of.iter().map(|size| size.bytes).sum::<f64>() + SLACK,
        number: if of.iter().any(|size| size.number == Number::Data) { Number::Data } else { Number::Unknown },
        widest: most(of, |size| size.widest),
        copies: of.iter().map(|size| size.copies).sum(),
    }
}

fn most(of: &[Size], figure: fn(&Size) -> f64) -> f64 {
    of.iter().map(figure).fold(0.0, f64::max)
}

fn combine(a: Number, b: Number, how: fn(f64, f64) -> f64) -> Number {
    match (a, b) {
        (Number::AtMost(a), Number::AtMost(b)) => Number::AtMost(how(a, b)),
        (Number::Data, _) | (_, Number::Data) => Number::Data,
        _ => Number::Unknown,
    }
}

/// The result of a built-in function, by the name it has in `pg_proc` (operators go by the name of their function).
pub fn of_call(name: &str, arguments: &[Size]) -> Size {
    let whole = all(arguments);
    let none = Size::constant(0.0, Number::AtMost(0.0), 0.0);
    let at = |position: usize| arguments.get(position).copied().unwrap_or(none);
    if let Some(number) = arithmetic(name, at(0).number, at(1).number) {
        let bytes = if arguments.len() > 1 { whole.bytes } else { at(0).bytes };
        return Size { number, bytes, copies: 0.0, ..whole };
    }
    let (first, second) = (at(0), at(1));
    match name {
        "repeat" => Size { bytes: first.bytes * second.count(), copies: first.copies * second.count().max(1.0), ..whole },
        "lpad" | "rpad" => Size { bytes: 4.0 * second.count() + SLACK, ..whole },
        "bpchar" | "varchar" => Size { bytes: first.bytes.max(if arguments.len() > 1 { second.count() } else { 0.0 }), ..whole },
        "array_fill" => Size { bytes: second.count() * first.bytes.max(8.0), ..whole },
        "replace" => Size { bytes: (first.bytes + 1.0) * at(2).bytes.max(1.0), ..whole },
        "regexp_replace" => Size { bytes: (first.bytes + 1.0) * (at(2).bytes + 1.0), ..whole },
        "translate" | "quote_literal" | "quote_ident" | "quote_nullable" | "encode" => Size { bytes: 4.0 * first.bytes, ..whole },
        "string_to_array" | "string_to_table" | "regexp_split_to_array" | "regexp_matches" => {
            Size { bytes: 16.0 * first.bytes, ..whole }
        }
        "format" => Size { bytes: whole.bytes + format_widths(arguments), ..whole },
        "length" | "char_length" | "character_length" | "octet_length" | "bit_length" | "textlen" | "cardinality" => {
            let number = if first.number == Number::Data { Number::Data } else { Number::AtMost(first.bytes * 8.0) };
            Size { number, bytes: 8.0, copies: 0.0, ..whole }
        }
        "generate_series" => Size { number: Size::either(arguments).number, ..whole },
        "md5" | "sha224" | "sha256" | "sha384" | "sha512" | "ascii" | "hashtext" | "date_part" | "extract" | "strpos"
        | "position" => Size { bytes: 2.0 * SLACK, copies: 0.0, ..whole },
        "left" | "right" | "substr" | "substring" | "btrim" | "ltrim" | "rtrim" | "split_part" | "lower" | "upper"
        | "initcap" => Size { bytes: 2.0 * first.bytes + SLACK, ..whole },
        _ => whole,
    }
}

/// Widths in a format text and, for `%*s`, among the arguments.
fn format_widths(arguments: &[Size]) -> f64 {
    let Some(format) = arguments.first() else { return 0.0 };
    let by_text = if format.widest > ORDINARY_COUNT { format.widest * (format.bytes / 3.0).max(1.0) } else { format.widest };
    // A width is an integer, which takes eight bytes at most; longer arguments are texts to be formatted.
    let by_argument = arguments[1..].iter().filter(|size| size.bytes <= 8.0).map(Size::count).filter(|count| *count > 1e6);
    by_text + by_argument.sum::<f64>()
}

/// Numbers through arithmetic, casts and rounding; none for what is not arithmetic.
fn arithmetic(name: &str, first: Number, second: Number) -> Option<Number> {
    let stem = ["int", "numeric", "float", "cash"].iter().any(|kind| name.starts_with(kind));
    match name {
        "power" | "pow" | "dpow" | "numeric_power" => Some(combine(first, second, |a, b| a.max(2.0).powf(b))),
        "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" => Some(first),
        "abs" | "ceil" | "ceiling" | "floor" | "round" | "trunc" | "sign" | "mod" | "div" => Some(first),
        _ if stem && (name.ends_with("pl") || name.ends_with("mi") || name.ends_with("_add") || name.ends_with("_sub")) => {
            Some(combine(first, second, |a, b| a + b))
        }
        _ if stem && name.ends_with("mul") => Some(combine(first, second, |a, b| a * b)),
        _ if stem && (name.ends_with("shl")) => Some(combine(first, second, |a, b| a * b.min(64.0).exp2())),
        _ if stem && name.starts_with("int") && (name.ends_with("div") || name.ends_with("mod") || name.ends_with("shr")) => {
            Some(first)
        }
        _ if stem && (name.ends_with("um") || name.ends_with("up") || name.ends_with("_uminus") || name.ends_with("abs")) => {
            Some(first)
        }
        _ => None,
    }
}

/// The largest number written in a text.
pub fn widest_number(text: &[u8]) -> f64 {
    text.split(|byte| !byte.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0.0))
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> Size {
        Size::constant(8.0, Number::AtMost(value), 0.0)
    }

    fn text(value: &str) -> Size {
        Size::constant(value.len() as f64, Number::Unknown, widest_number(value.as_bytes()))
    }

    #[test]
    fn nested_repeats_multiply() {
        let mut size = text("x");
        for _ in 0..3 {
            size = of_call("repeat", &[size, number(1000.0)]);
        }
        assert!(size.bytes >= 1e9);
    }

    #[test]
    fn a_count_that_is_computed_is_followed() {
        let count = of_call("int4mul", &[number(100_000.0), number(100_000.0)]);
        assert!(of_call("repeat", &[text("x"), count]).bytes >= 1e10);
        let power = of_call("int4", &[of_call("dpow", &[number(10.0), number(9.0)])]);
        assert!(of_call("lpad", &[text("x"), power, text("y")]).bytes >= 1e9);
        let hidden = of_call("hashtext", &[text("x")]);
        assert!(of_call("repeat", &[text("x"), hidden]).bytes.is_infinite(), "a constant nobody has computed is not believed");
    }

    #[test]
    fn a_bar_chart_of_counts_is_of_ordinary_size() {
        assert!(of_call("repeat", &[text("#"), Size::data()]).bytes <= 1000.0);
        assert!(of_call("repeat", &[text("#"), Size::least(&[Size::data(), number(50.0)])]).bytes <= 50.0);
        assert!(of_call("lpad", &[Size::data(), number(10.0), text(" ")]).bytes < 200.0);
    }

    #[test]
    fn widths_in_formats_count() {
        assert!(of_call("format", &[text("%1000000000s"), text("x")]).bytes >= 1e9);
        assert!(of_call("format", &[text("%*s"), number(1e9), text("x")]).bytes >= 1e9);
        assert!(of_call("format", &[text("%-20s|%s in 2024"), Size::data()]).bytes < 100_000.0);
    }

    #[test]
    fn filling_an_array_multiplies_its_dimensions() {
        let dimensions = Size::array(&[number(10_000.0), number(10_000.0)]);
        assert!(of_call("array_fill", &[number(0.0), dimensions]).bytes >= 8e8);
    }

    #[test]
    fn doubling_oneself_is_seen_and_appending_is_not() {
        let own = Size { copies: 1.0, ..Size::data() };
        assert!(of_call("textcat", &[own, own]).copies >= 2.0);
        assert!(of_call("textcat", &[own, Size::data()]).copies < 2.0);
        assert_eq!(of_call("int4pl", &[own, own]).copies, 0.0);
    }
}
