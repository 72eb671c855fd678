//! The one format of the data files: tab-separated fields, `#` begins a comment line, empty lines mean nothing.

/// The rows of a data file, each split at its tabs, with the blanks around the fields cut off.
pub(crate) fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split('\t').map(str::trim).collect())
}

/// The parts of a field that lists several terms with commas between them.
pub(crate) fn list(field: &'static str) -> impl Iterator<Item = &'static str> {
    field.split(',').map(str::trim).filter(|term| !term.is_empty())
}

/// A field that may be missing at the end of a row.
pub(crate) fn field(row: &[&'static str], at: usize) -> &'static str {
    row.get(at).copied().unwrap_or("")
}
