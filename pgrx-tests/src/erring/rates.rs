//! The errors that models make, and how often one makes each.

use std::str::FromStr;

/// An error of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Error {
    /// A column that does not exist.
    WrongColumn,
    /// A table that does not exist.
    WrongTable,
    /// SQL of another system, which PostgreSQL refuses.
    Dialect,
    /// Words, and no SQL.
    Prose,
    /// The right SQL within words: no error to whoever reads it.
    Fenced,
    /// The right answer, cut off in the middle.
    Truncated,
    /// Two statements.
    Several,
    /// A wish to call a tool.
    ToolCall,
    /// It will not.
    Refusal,
    /// It says that the question cannot be answered, which is not so.
    Decline,
    /// SQL that runs and answers another question.
    Plausible,
}

impl Error {
    pub const ALL: [Error; 11] = [
        Error::WrongColumn,
        Error::WrongTable,
        Error::Dialect,
        Error::Prose,
        Error::Fenced,
        Error::Truncated,
        Error::Several,
        Error::ToolCall,
        Error::Refusal,
        Error::Decline,
        Error::Plausible,
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Error::WrongColumn => "wrong-column",
            Error::WrongTable => "wrong-table",
            Error::Dialect => "dialect",
            Error::Prose => "prose",
            Error::Fenced => "fenced",
            Error::Truncated => "truncated",
            Error::Several => "several",
            Error::ToolCall => "tool-call",
            Error::Refusal => "refusal",
            Error::Decline => "decline",
            Error::Plausible => "plausible",
        }
    }
}

/// Shares of answers, by error; what is left of the whole is right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rates([f64; Error::ALL.len()]);

/// About what a good model does: most slips are plausible ones.
const LIGHT: &str = "wrong-column=0.05,wrong-table=0.02,dialect=0.03,prose=0.01,fenced=0.1,truncated=0.01,several=0.01,\
                     tool-call=0.005,refusal=0.005,decline=0.01,plausible=0.08";
/// About what a small model on one's own machine does.
const HEAVY: &str = "wrong-column=0.15,wrong-table=0.06,dialect=0.12,prose=0.04,fenced=0.15,truncated=0.03,several=0.03,\
                     tool-call=0.01,refusal=0.01,decline=0.03,plausible=0.15";

impl Rates {
    /// A mix that has a name; none where there is none of the name.
    pub fn mix(name: &str) -> Option<Rates> {
        match name {
            "none" => Some(Rates::default()),
            "light" => LIGHT.parse().ok(),
            "heavy" => HEAVY.parse().ok(),
            _ => None,
        }
    }

    pub fn of(&self, error: Error) -> f64 {
        self.0[error as usize]
    }

    /// The same errors, each so many times as often.
    pub fn times(&self, share: f64) -> Rates {
        Rates(self.0.map(|rate| rate * share))
    }

    /// The same but for one error.
    pub fn with(mut self, error: Error, rate: f64) -> Rates {
        self.0[error as usize] = rate;
        self
    }

    /// These where they say something, else the others.
    pub fn over(&self, others: &Rates) -> Rates {
        let mut rates = others.clone();
        Error::ALL.iter().filter(|error| self.of(**error) > 0.0).for_each(|error| rates.0[*error as usize] = self.of(*error));
        rates
    }

    /// The error that a number from 0 to 1 stands for; none: the answer is right.
    pub fn drawn(&self, unit: f64) -> Option<Error> {
        let mut below = 0.0;
        Error::ALL.into_iter().find(|error| {
            below += self.of(*error);
            unit < below
        })
    }

    /// The same among errors alone, those that somebody sees as such; none where there are none.
    pub fn wrong_drawn(&self, unit: f64) -> Option<Error> {
        let wrong = self.clone().with(Error::Fenced, 0.0);
        let all: f64 = wrong.0.iter().sum();
        wrong.drawn(unit * all)
    }

    /// As [`FromStr`] reads it.
    pub fn told(&self) -> String {
        let some = Error::ALL.iter().filter(|error| self.of(**error) > 0.0);
        let told: Vec<String> = some.map(|error| format!("{}={}", error.name(), self.of(*error))).collect();
        if told.is_empty() { "none".to_owned() } else { told.join(",") }
    }
}

impl FromStr for Rates {
    type Err = String;

    /// `wrong-column=0.1,prose=0.05`.
    fn from_str(text: &str) -> Result<Rates, String> {
        let mut rates = Rates::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, rate) = part.split_once('=').ok_or(format!("\"{part}\" is not error=rate"))?;
            let error = Error::ALL.into_iter().find(|error| error.name() == name.trim()).ok_or_else(|| {
                let names: Vec<&str> = Error::ALL.iter().map(|error| error.name()).collect();
                format!("there is no error \"{name}\"; there are {}", names.join(", "))
            })?;
            let rate: f64 = rate.trim().parse().map_err(|_| format!("\"{rate}\" is not a number"))?;
            if !(0.0..=1.0).contains(&rate) {
                return Err(format!("the rate of {name} is not between 0 and 1"));
            }
            rates.0[error as usize] = rate;
        }
        // A hair more may be what adding fractions comes to.
        if rates.0.iter().sum::<f64>() > 1.000_001 { Err("the rates are more than 1 together".to_owned()) } else { Ok(rates) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_told() {
        let rates: Rates = "wrong-column=0.1, prose=0.05".parse().expect("rates");
        assert_eq!((rates.of(Error::WrongColumn), rates.of(Error::Prose), rates.of(Error::Dialect)), (0.1, 0.05, 0.0));
        assert_eq!(rates.told(), "wrong-column=0.1,prose=0.05");
        for wrong in ["wrong-colum=0.1", "prose", "prose=x", "prose=1.1", "prose=-1", "prose=0.6,dialect=0.6", "prose=NaN"] {
            assert!(wrong.parse::<Rates>().is_err(), "{wrong}");
        }
        for mix in ["none", "light", "heavy"] {
            assert!(Rates::mix(mix).is_some(), "{mix}");
        }
    }

    #[test]
    fn each_error_has_its_part_of_the_line() {
        let rates: Rates = "wrong-column=0.2,fenced=0.3,plausible=0.5".parse().expect("rates");
        assert_eq!(rates.drawn(0.0), Some(Error::WrongColumn));
        assert_eq!(rates.drawn(0.21), Some(Error::Fenced));
        assert_eq!(rates.drawn(0.999), Some(Error::Plausible));
        assert_eq!(rates.times(0.5).drawn(0.6), None);
        assert_eq!(rates.wrong_drawn(0.25), Some(Error::WrongColumn));
        assert_eq!(rates.wrong_drawn(0.3), Some(Error::Plausible));
        assert_eq!(Rates::default().wrong_drawn(0.3), None);
        let more: Rates = "prose=0.1".parse().expect("rates");
        assert_eq!(more.over(&rates).told(), "wrong-column=0.2,prose=0.1,fenced=0.3,plausible=0.5");
    }
}
