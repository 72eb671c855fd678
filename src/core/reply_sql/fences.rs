//! Blocks of code between fences, as Markdown writes them.

use super::NoSql;

/// One block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// What stands behind the opening fence.
    pub language: &'a str,
    pub code: &'a str,
}

impl Block<'_> {
    /// The block says that it is SQL.
    pub fn is_sql(&self) -> bool {
        let language = self.language.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        matches!(language.as_str(), "sql" | "postgresql" | "postgres" | "pgsql" | "psql" | "plpgsql")
    }
}

/// All blocks of a text. One that is not closed is an answer that was cut off.
pub fn blocks(text: &str) -> Result<Vec<Block<'_>>, NoSql> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((fence, at)) = opening(rest) {
        let inside = &rest[at + fence.len()..];
        let (language, code) = match inside.find('\n') {
            Some(line_end) if !inside[..line_end].contains(fence) => (inside[..line_end].trim(), &inside[line_end + 1..]),
            // All on one line.
            _ => ("", inside),
        };
        let end = closing(code, fence).ok_or(NoSql::Truncated)?;
        blocks.push(Block { language, code: &code[..end] });
        rest = &code[end + fence.len()..];
    }
    Ok(blocks)
}

/// The first fence and where it is. A fence may have more than three marks, to hold one with three.
fn opening(text: &str) -> Option<(&str, usize)> {
    let at = ["```", "~~~"].iter().filter_map(|marks| text.find(marks)).min()?;
    let mark = text[at..].chars().next()?;
    let length = text[at..].chars().take_while(|c| *c == mark).count();
    Some((&text[at..at + length], at))
}

/// Where the block ends: at a fence that begins a line, or else at any.
fn closing(code: &str, fence: &str) -> Option<usize> {
    if code.starts_with(fence) {
        return Some(0);
    }
    let at_line =
        code.match_indices(fence).map(|(at, _)| at).find(|at| code[..*at].trim_end_matches([' ', '\t']).ends_with('\n'));
    at_line.or_else(|| code.find(fence))
}
