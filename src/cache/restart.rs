//! Remembered statements over a clean restart: written when the postmaster ends well, read and removed when it starts.
//!
//! The file is believed only when nothing can have happened in between. It carries a digest of the cluster's control file, which every
//! start of a server changes before it changes anything else: a server without nl_query, a restored backup or an upgrade leaves another
//! one. Whatever is in doubt (magic, version of the library or the server, length, checksum, digest) drops the whole file with a
//! line in the log. After a crash there is no file. What was read is proven again before anybody gets it.
//!
//! Runs in the postmaster while no backend exists: no lock is contended, and nothing here may raise an error.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use nl_query_core::table::Stamp;

use crate::memory;
use crate::pg::postmaster;

/// Beside PostgreSQL's own statistics, below the data directory, which is the postmaster's working directory.
const FILE: &str = "pg_stat/nl_query.statements";
const TEMPORARY: &str = "pg_stat/nl_query.statements.tmp";
const MAGIC: &[u8; 8] = b"nlqstmt2";
const CONTROL_FILE: &str = "global/pg_control";
/// Larger files are not ours.
const LARGEST: u64 = 1 << 30;

/// To be called at each start, once the memory is new. Reads the file, and has it written at the end.
pub fn install() {
    postmaster::at_end(save);
    let path = PathBuf::from(FILE);
    if !path.exists() {
        return;
    }
    // What a standby replays before anybody asks would go unseen.
    let replays = ["standby.signal", "recovery.signal"].iter().any(|signal| PathBuf::from(signal).exists());
    let loaded = if replays { Ok(0) } else { load(&path) };
    // Whatever becomes of this server, the file is not to be read a second time.
    let removed = fs::remove_file(&path);
    match loaded.and_then(|count| removed.map(|()| count)) {
        Ok(count) => pgrx::debug1!("nl_query remembers {count} statements from before the restart"),
        Err(error) => {
            memory::statements().inspect(|table| {
                table.sweep(|_| true);
            });
            pgrx::log!("nl_query starts with empty caches: could not use \"{FILE}\": {error}");
        }
    }
}

/// What makes a file ours and of this moment.
fn header() -> io::Result<Vec<u8>> {
    let mut header = MAGIC.to_vec();
    let version = concat!(env!("CARGO_PKG_VERSION"), " ");
    header.extend_from_slice(format!("{version}{}", postmaster::server_version()).as_bytes());
    header.extend_from_slice(&crc32fast::hash(&fs::read(CONTROL_FILE)?).to_le_bytes());
    Ok(header)
}

fn load(path: &PathBuf) -> io::Result<u64> {
    let file = File::open(path)?;
    if file.metadata()?.len() > LARGEST {
        return Err(doubt("it is too large"));
    }
    let mut bytes = Vec::new();
    io::BufReader::new(file).read_to_end(&mut bytes)?;
    let Some((body, checksum)) = bytes.split_last_chunk::<4>() else { return Err(doubt("it is cut off")) };
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(doubt("its checksum does not match"));
    }
    let header = header()?;
    let Some(mut rest) = body.strip_prefix(header.as_slice()) else {
        return Err(doubt("it is of another version, or another server ran in between"));
    };
    let table = memory::statements().ok_or_else(|| doubt("there is no shared memory"))?;
    let mut count = 0;
    while !rest.is_empty() {
        let (entry, left) = postcard::take_from_bytes::<Entry<'_>>(rest).map_err(|_| doubt("an entry cannot be read"))?;
        // Of the first generation, which is what every database begins with.
        table.put(
            super::hash(entry.key),
            entry.key,
            entry.value,
            Stamp { generation: 0, made: entry.made, owner: entry.database },
        );
        (count, rest) = (count + 1, left);
    }
    Ok(count)
}

fn doubt(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// One remembered statement.
#[derive(serde::Serialize, serde::Deserialize)]
struct Entry<'a> {
    made: i64,
    database: u32,
    key: &'a [u8],
    value: &'a [u8],
}

/// Writes what is remembered and still true. A failure leaves no file.
fn save() {
    if let Err(error) = write() {
        let _ = fs::remove_file(TEMPORARY);
        pgrx::log!("nl_query could not write \"{FILE}\": {error}");
    }
}

fn write() -> io::Result<()> {
    let Some(table) = memory::statements() else { return Ok(()) };
    // An immediate stop ends the postmaster as well as any, but may have cut a backend off in the middle of a change; and a standby
    // replays more before anybody asks it again.
    if !postmaster::is_shut_down(&fs::read(CONTROL_FILE)?) {
        return Ok(());
    }
    let mut body = header()?;
    table.each(|stamp, (), key, value| {
        if stamp.generation == super::generation::of(stamp.owner) {
            let entry = Entry { made: stamp.made, database: stamp.owner, key, value };
            body.extend(postcard::to_stdvec(&entry).unwrap_or_default());
        }
    });
    let checksum = crc32fast::hash(&body);
    let mut file = BufWriter::new(private_file()?);
    file.write_all(&body)?;
    file.write_all(&checksum.to_le_bytes())?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    postmaster::rename_durably(TEMPORARY, FILE)
}

/// A new file that only the server's user may read: it holds questions and values.
fn private_file() -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(TEMPORARY)
}
