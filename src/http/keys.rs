//! Files of keys: read by helpers, kept for seconds, shown to nobody.
//!
//! A file must be what PostgreSQL asks of a private key: a regular file of the server's user or of root that nobody else may read.
//! What counts is the file that was opened, so a symbolic link is followed: secrets that are mounted into containers are reached
//! through links, and what they lead to is checked. What is opened cannot make the helper wait (a pipe has no writer) and is not
//! passed on to other programs.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nl_query_core::provider::failure::FailureClass;
use nl_query_core::secret::Secret;

use crate::agents::Stamp;
use crate::lock;
use crate::trouble::Trouble;

/// Bytes of a file; a key has some hundred.
const MOST: u64 = 8 * 1024;
/// How long what was read is taken for what is there, while the file looks the same.
const GOOD: Duration = Duration::from_secs(5);
/// Files that are kept.
const MOST_FILES: usize = 16;

/// See the module.
pub struct Keys {
    /// The server's user.
    user: u32,
    known: Mutex<Vec<Known>>,
}

struct Known {
    path: String,
    stamp: Stamp,
    read: Instant,
    key: Secret,
}

impl Keys {
    /// `user` is the one that the server runs as.
    pub fn new(user: u32) -> Keys {
        Keys { user, known: Mutex::default() }
    }

    /// The key in a file.
    pub(crate) fn get(&self, path: &str) -> Result<Secret, Trouble> {
        let problem = |what: &str| Trouble::new(FailureClass::Key, format!("key file \"{path}\" {what}"));
        let unreadable = |error: std::io::Error| problem(&format!("cannot be read: {}", error.kind()));
        let stamp = Stamp::of(&std::fs::metadata(path).map_err(unreadable)?);
        if let Some(key) = self.known(path, &stamp) {
            return Ok(key);
        }
        let file =
            OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        self.check(&metadata).map_err(problem)?;
        let bytes = content(&file).map_err(unreadable)?;
        let key = Secret::from_file(bytes).map_err(|why| problem(&format!("holds no key: it {}", why.says())))?;
        self.keep(path, Stamp::of(&metadata), key.clone());
        Ok(key)
    }

    /// Forgets all of them.
    pub fn forget(&self) {
        lock(&self.known).clear();
    }

    fn known(&self, path: &str, stamp: &Stamp) -> Option<Secret> {
        let mut known = lock(&self.known);
        known.retain(|known| known.read.elapsed() < GOOD);
        known.iter().find(|known| known.path == path && known.stamp == *stamp).map(|known| known.key.clone())
    }

    fn keep(&self, path: &str, stamp: Stamp, key: Secret) {
        let mut known = lock(&self.known);
        known.retain(|known| known.path != path);
        if known.len() < MOST_FILES {
            known.push(Known { path: path.to_owned(), stamp, read: Instant::now(), key });
        }
    }

    fn check(&self, file: &Metadata) -> Result<(), &'static str> {
        if !file.is_file() {
            return Err("is not a regular file");
        }
        if file.uid() != self.user && file.uid() != 0 {
            return Err("must be owned by the server's user or by root");
        }
        if file.mode() & 0o077 != 0 {
            return Err("must not be accessible to group or others: its mode should be 0600 or less");
        }
        if file.len() > MOST {
            return Err("is larger than 8192 bytes");
        }
        Ok(())
    }
}

/// With room for all of it from the start: a vector that grows leaves what it held behind.
fn content(file: &File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(MOST as usize + 64);
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
