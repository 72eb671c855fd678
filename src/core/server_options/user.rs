//! The options of a user mapping: whose key is used.

use super::{SERVER_OPTIONS, file_denied, unknown};
use crate::complaint::Complaint;
use crate::secret::Secret;

/// Every option of a user mapping.
pub const USER_OPTIONS: [&str; 2] = ["api_key", "api_key_file"];

/// What a user mapping says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserOptions {
    /// The key itself.
    pub api_key: Option<Secret>,
    /// On the database server; read by workers only.
    pub api_key_file: Option<String>,
}

impl UserOptions {
    /// Reads and checks all options of a user mapping. `superuser` as for servers. No error repeats a key.
    pub fn read<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>, superuser: bool) -> Result<UserOptions, Complaint> {
        let mut user = UserOptions::default();
        for (name, value) in options {
            match name {
                "api_key" => user.api_key = Some(key(value)?),
                "api_key_file" if !superuser => return Err(file_denied(name)),
                "api_key_file" => {
                    user.api_key_file = Some(super::values::Text { option: "api_key_file", text: value }.path()?);
                }
                _ => {
                    return Err(unknown(name, USER_OPTIONS.into_iter(), SERVER_OPTIONS.iter().any(|option| option.name == name)));
                }
            }
        }
        if user.api_key.is_some() && user.api_key_file.is_some() {
            return Err(Complaint::new("22023", "options \"api_key\" and \"api_key_file\" exclude each other"));
        }
        Ok(user)
    }
}

fn key(value: &str) -> Result<Secret, Complaint> {
    Secret::new(value.to_owned()).map_err(|problem| {
        Complaint::new("22023", "invalid value for option \"api_key\"").with_detail(format!("The key {}.", problem.says()))
    })
}
