//! What the runs came to, for a terminal and for a page.

use crate::replay::Figures;
use std::path::Path;
use std::time::Duration;

const BEGIN: &str = "<!-- harness -->";
const END: &str = "<!-- end of harness -->";

const HEAD: [&str; 8] = [
    "run",
    "right, %",
    "no answer, %",
    "wrong, %",
    "requests a question",
    "tokens in a question",
    "tokens out a question",
    "median, ms",
];

/// One table.
pub struct Table {
    pub title: String,
    pub rows: Vec<(&'static str, Figures)>,
}

impl Table {
    pub fn markdown(&self) -> String {
        let mut text = format!("{}\n\n| {} |\n| --- |{}\n", self.title, HEAD.join(" | "), " ---: |".repeat(HEAD.len() - 1));
        for cells in self.cells() {
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text
    }

    /// With columns as wide as what is in them.
    pub fn plain(&self) -> String {
        let mut lines = vec![HEAD.map(str::to_owned)];
        lines.extend(self.cells());
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
        let line = |cells: &[String; 8]| {
            let rest = cells.iter().zip(&widths).skip(1).map(|(cell, width)| format!("  {cell:>width$}"));
            format!("{:<width$}{}", cells[0], rest.collect::<String>(), width = widths[0])
        };
        format!("{}\n\n{}\n", self.title, lines.iter().map(line).collect::<Vec<_>>().join("\n"))
    }

    fn cells(&self) -> Vec<[String; 8]> {
        let cells = |(name, figures): &(&'static str, Figures)| {
            let of = |count: f64| count / figures.questions.max(1) as f64;
            let percent = |count: usize| format!("{:.1}", 100.0 * of(count as f64));
            [
                (*name).to_owned(),
                percent(figures.right),
                percent(figures.nothing),
                percent(figures.wrong),
                format!("{:.2}", of(figures.spent.requests as f64)),
                format!("{:.0}", of(figures.spent.tokens_in as f64)),
                format!("{:.0}", of(figures.spent.tokens_out as f64)),
                format!("{:.1}", median(&figures.times).as_secs_f64() * 1000.0),
            ]
        };
        self.rows.iter().map(cells).collect()
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Puts a text between the marks of a page.
pub fn write_between_marks(file: &Path, text: &str) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("{}: {error}", file.display());
    let page = std::fs::read_to_string(file).map_err(problem)?;
    let page = between_marks(&page, text).ok_or(format!("{}: there are no lines {BEGIN} and {END}", file.display()))?;
    std::fs::write(file, page).map_err(problem)
}

fn between_marks(page: &str, text: &str) -> Option<String> {
    let begin = page.find(BEGIN)? + BEGIN.len();
    let end = begin + page[begin..].find(END)?;
    Some(format!("{}\n\n{}\n\n{}", &page[..begin], text.trim(), &page[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Spent;

    #[test]
    fn figures_are_shares_and_means() {
        let spent = Spent { requests: 5, tokens_in: 400, tokens_out: 41 };
        let times = [9, 1, 2].map(Duration::from_millis).to_vec();
        let figures = Figures { questions: 4, right: 2, nothing: 1, wrong: 1, spent, times };
        let table = Table { title: "A mix.".to_owned(), rows: vec![("one answer", figures)] };
        assert!(
            table.markdown().ends_with("| one answer | 50.0 | 25.0 | 25.0 | 1.25 | 100 | 10 | 2.0 |\n"),
            "{}",
            table.markdown()
        );
        assert!(table.plain().lines().last().is_some_and(|line| line.starts_with("one answer      50.0  ")), "{}", table.plain());
    }

    #[test]
    fn a_page_keeps_what_is_around() {
        let page = format!("# Page\n{BEGIN}\nold\n{END}\nmore\n");
        let new = between_marks(&page, "new\n").expect("marks");
        assert_eq!(new, format!("# Page\n{BEGIN}\n\nnew\n\n{END}\nmore\n"));
        assert_eq!(between_marks(&new, "new").as_ref(), Some(&new));
        assert_eq!(between_marks("no marks", "new"), None);
    }
}
