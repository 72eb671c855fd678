//! Stems and word forms of English.
