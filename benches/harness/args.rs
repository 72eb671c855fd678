//! The command line.

use nl_query_tests::erring::Rates;
use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;

pub const HELP: &str = "\
How often questions end right, with a model behind them, and what that costs.

Without --dsn: a cluster of its own, a benchmark from NL_QUERY_EVAL, and scripted models that err as they are told to.
  --benchmark NAME     a folder with schemas.sql.zst and questions.jsonl (default spider_train)
  --mix NAME,…         tables of named mixes: none, light, heavy (default light,heavy)
  --errors NAME=RATE,… rates of its own, or in place of some of a mix: wrong-column, wrong-table, dialect, prose, fenced, truncated,
                       several, tool-call, refusal, decline, plausible
  --mends P            how probably a model mends an error that it is told of (default 0.8)
  --stubborn P         share of questions about which all samples say the same (default 0)
  --strong-share P     how often the stronger model errs, as a share of the other's (default 0.33)
  --merged             who asks may read all schemas of the benchmark, not only the one the question is about

With --dsn: a database of your own, and the model servers that are configured there.
  --dsn DSN            key=value or postgresql://…, without TLS; PGPASSWORD is read
  --server NAME[,NAME] the server to ask; with two, the second is the stronger one. Sets nl_query.servers, which takes a superuser or
                       GRANT SET; left out: whatever is configured is asked
  --questions FILE     a JSON object a line: question, sql (the right answer); optional id, db (a search_path), order_matters

Both:
  --runs NAME,…        of: one answer; repair 1; repair 2; samples 3; samples 3 + repair 1; fast then strong + repair 1; auto;
                       verify_results + repair 1 (default: all)
  --limit N            questions, evenly spread over the file (default 200)
  --seed N             of the scripted models' errors (default 1)
  --show N             so many of a run's questions that did not end right, with what was said
  --answers FILE       writes every answer of every run there, a JSON object a line: run, id, end, sql or error
  --markdown FILE      writes the tables into a page, between its lines <!-- harness --> and <!-- end of harness -->
";

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Args {
    pub benchmark: String,
    pub mixes: Vec<(String, Rates)>,
    pub mends: f64,
    pub stubborn: f64,
    pub strong_share: f64,
    pub merged: bool,
    pub dsn: Option<String>,
    pub servers: Vec<String>,
    pub questions: Option<PathBuf>,
    /// Empty: all.
    pub runs: Vec<String>,
    pub limit: usize,
    pub seed: u64,
    pub show: usize,
    pub answers: Option<PathBuf>,
    pub markdown: Option<PathBuf>,
}

const OPTIONS: [&str; 15] = [
    "benchmark",
    "mix",
    "errors",
    "mends",
    "stubborn",
    "strong-share",
    "dsn",
    "server",
    "questions",
    "runs",
    "limit",
    "seed",
    "show",
    "answers",
    "markdown",
];

impl Args {
    pub fn read(words: impl Iterator<Item = String>) -> Result<Args, String> {
        let mut options = HashMap::new();
        let mut merged = false;
        let mut words = words;
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or(format!("\"{word}\" is no option; see --help"))?;
            let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value.to_owned())));
            if name == "merged" {
                merged = true;
                continue;
            }
            if !OPTIONS.contains(&name) {
                return Err(format!("there is no option --{name}; see --help"));
            }
            let value = value.or_else(|| words.next()).ok_or(format!("--{name} wants a value"))?;
            options.insert(name.to_owned(), value);
        }
        let text = |name: &str| options.get(name).cloned();
        let share = |name: &str, usual: f64| {
            let share: f64 = number(text(name), name, usual)?;
            if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(format!("--{name} is not between 0 and 1")) }
        };
        let args = Args {
            benchmark: text("benchmark").unwrap_or_else(|| "spider_train".to_owned()),
            mixes: mixes(text("mix"), text("errors"))?,
            mends: share("mends", 0.8)?,
            stubborn: share("stubborn", 0.0)?,
            strong_share: share("strong-share", 0.33)?,
            merged,
            dsn: text("dsn"),
            servers: list(text("server")),
            questions: text("questions").map(PathBuf::from),
            runs: list(text("runs")),
            limit: number(text("limit"), "limit", 200)?,
            seed: number(text("seed"), "seed", 1)?,
            show: number(text("show"), "show", 0)?,
            answers: text("answers").map(PathBuf::from),
            markdown: text("markdown").map(PathBuf::from),
        };
        match (&args.dsn, &args.questions) {
            (Some(_), None) => Err("--dsn wants --questions, the questions about that database".to_owned()),
            (None, _) if !args.servers.is_empty() => Err("--server is for --dsn: without it, the models are scripted".to_owned()),
            _ => Ok(args),
        }
    }
}

/// Named mixes, each with the errors that are given apart.
fn mixes(names: Option<String>, errors: Option<String>) -> Result<Vec<(String, Rates)>, String> {
    let own: Option<Rates> = errors.as_deref().map(Rates::from_str).transpose()?;
    let names = match (names, &own) {
        (Some(names), _) => list(Some(names)),
        (None, None) => vec!["light".to_owned(), "heavy".to_owned()],
        (None, Some(own)) => return Ok(vec![("own".to_owned(), own.clone())]),
    };
    let mix = |name: String| {
        let rates = Rates::mix(&name).ok_or(format!("there is no mix \"{name}\"; there are none, light and heavy"))?;
        // Together they may have become too many.
        let rates = own.iter().fold(rates, |rates, own| own.over(&rates));
        rates.told().replace("none", "").parse::<Rates>().map(|rates| (name, rates))
    };
    names.into_iter().map(mix).collect()
}

fn number<T: FromStr>(text: Option<String>, name: &str, usual: T) -> Result<T, String> {
    text.map_or(Ok(usual), |text| text.parse().map_err(|_| format!("--{name}: \"{text}\" is not a number of that kind")))
}

fn list(text: Option<String>) -> Vec<String> {
    text.iter().flat_map(|text| text.split(',')).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Args, String> {
        Args::read(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn options_are_read() {
        let args = read(&["--errors", "prose=0.5", "--runs=one answer, repair 1", "--limit", "7", "--merged"]).expect("options");
        assert_eq!((args.mixes.len(), args.mixes[0].1.told(), args.limit, args.merged), (1, "prose=0.5".to_owned(), 7, true));
        assert_eq!(args.runs, ["one answer", "repair 1"]);
        let args = read(&["--mix", "none,heavy", "--errors", "prose=0.2"]).expect("options");
        assert_eq!(args.mixes[0].1.told(), "prose=0.2");
        assert!(args.mixes[1].1.told().contains("prose=0.2,") && args.mixes[1].1.told().contains("dialect="));
        assert_eq!(read(&[]).map(|args| args.mixes.len()), Ok(2));
        for wrong in [
            &["--limit"][..],
            &["--limit", "x"],
            &["--what", "1"],
            &["what"],
            &["--mends", "2"],
            &["--mix", "odd"],
            &["--mix", "heavy", "--errors", "prose=0.9"],
            &["--dsn", "dbname=x"],
            &["--server", "gpt"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
