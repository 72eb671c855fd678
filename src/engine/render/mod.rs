//! From the intermediate representation to PostgreSQL text and to words.
