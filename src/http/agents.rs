//! Agents of ureq, with every default that it has set here: one agent for each way of connecting, with its pool of connections.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use nl_query_core::provider::failure::FailureClass;
use nl_query_core::wire::Call;
use ureq::config::{Config, IpFamily, RedirectAuthHeaders};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector};
use ureq::{Agent, Proxy};

use crate::cord::CordConnector;
use crate::lock;
use crate::names::Names;
use crate::tls::{self, TlsConnector};
use crate::trouble::Trouble;

/// What we call ourselves.
pub(crate) const USER_AGENT: &str = concat!("nl_query/", env!("CARGO_PKG_VERSION"));
/// Bytes of a reply's head. Vendors send some kilobytes; other servers and proxies take 8 to 64.
const MOST_HEAD: usize = 32 * 1024;
/// Bytes. The head must fit in.
const INPUT: usize = 40 * 1024;
/// Bytes. Prompts are sent in such pieces.
const OUTPUT: usize = 16 * 1024;
/// Connections that nobody used for so long are not used again. Many servers close theirs earlier, which is noticed; some proxies
/// forget them without a word.
const IDLE: Duration = Duration::from_secs(30);
/// Ways of connecting that are kept.
const MOST_AGENTS: usize = 16;

/// All agents.
pub(crate) struct Agents {
    connections: AtomicUsize,
    names: Names,
    known: Mutex<Vec<(Way, Agent)>>,
}

/// What agents differ in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    proxy: Option<String>,
    /// None: no TLS.
    authorities: Option<(PathBuf, Option<Stamp>)>,
}

/// A file as it was; another one is another way of connecting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    changed: (i64, i64),
    length: u64,
    inode: u64,
}

impl Stamp {
    pub fn of(file: &Metadata) -> Stamp {
        Stamp {
            modified: file.modified().ok(),
            changed: (file.ctime(), file.ctime_nsec()),
            length: file.len(),
            inode: file.ino(),
        }
    }
}

impl Agents {
    /// As many connections are kept as calls can be under way.
    pub fn new(connections: usize) -> Agents {
        Agents { connections: AtomicUsize::new(connections), names: Names::default(), known: Mutex::default() }
    }

    /// The agent for a call.
    pub fn get(&self, call: &Call) -> Result<Agent, Trouble> {
        let way = Way::of(call)?;
        if let Some((_, agent)) = lock(&self.known).iter().find(|(known, _)| *known == way) {
            return Ok(agent.clone());
        }
        // Reads files: not under the lock. Two at once make one too many, which goes with its call.
        let agent = self.make(&way)?;
        let mut known = lock(&self.known);
        let is_older = |old: &Way| old.proxy == way.proxy && file(old) == file(&way);
        known.retain(|(old, _)| !is_older(old));
        if known.len() >= MOST_AGENTS {
            known.remove(0);
        }
        known.push((way, agent.clone()));
        Ok(agent)
    }

    /// Keeps so many connections from now on.
    pub fn set_connections(&self, connections: usize) {
        if self.connections.swap(connections, Ordering::Relaxed) != connections {
            self.close();
        }
    }

    /// Closes every connection that no call uses.
    pub fn close(&self) {
        let known = std::mem::take(&mut *lock(&self.known));
        drop(known);
    }

    fn make(&self, way: &Way) -> Result<Agent, Trouble> {
        let proxy = match &way.proxy {
            Some(address) => Some(proxy(address)?),
            None => None,
        };
        let tls = match &way.authorities {
            Some((file, _)) => tls::config(file)?,
            None => return Ok(self.agent(proxy, TlsConnector::none())),
        };
        Ok(self.agent(proxy, TlsConnector::new(tls)))
    }

    fn agent(&self, proxy: Option<Proxy>, tls: TlsConnector) -> Agent {
        let connector = ().chain(ConnectProxyConnector::default()).chain(CordConnector::default()).chain(tls);
        Agent::with_parts(self.config(proxy), connector, self.names.clone())
    }

    /// Each call sets its own timeouts on top ([`crate::client`]).
    fn config(&self, proxy: Option<Proxy>) -> Config {
        let connections = self.connections.load(Ordering::Relaxed);
        Agent::config_builder()
            .http_status_as_error(false)
            // Which addresses may be asked in clear text, the options of the server were checked for.
            .https_only(false)
            .ip_family(IpFamily::Any)
            .proxy(proxy)
            .no_delay(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .redirect_auth_headers(RedirectAuthHeaders::Never)
            .save_redirect_history(false)
            .user_agent(USER_AGENT)
            .accept("application/json")
            .accept_encoding("gzip")
            .timeout_per_read(None)
            .timeout_per_write(None)
            .max_response_header_size(MOST_HEAD)
            .input_buffer_size(INPUT)
            .output_buffer_size(OUTPUT)
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .max_idle_age(IDLE)
            .allow_non_standard_methods(false)
            .build()
    }
}

impl Way {
    fn of(call: &Call) -> Result<Way, Trouble> {
        let is_https = |address: &str| address.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        let needs_tls = is_https(&call.http.url) || call.proxy.as_deref().is_some_and(is_https);
        let authorities = needs_tls.then(|| authorities(call.ca_file.as_deref())).transpose()?;
        Ok(Way { proxy: call.proxy.clone(), authorities })
    }
}

fn file(way: &Way) -> Option<&Path> {
    way.authorities.as_ref().map(|(file, _)| file.as_path())
}

fn authorities(file: Option<&str>) -> Result<(PathBuf, Option<Stamp>), Trouble> {
    let missing =
        || Trouble::new(FailureClass::Tls, "this system has no file of certificate authorities; set the option ca_file");
    let file = file.map(Path::new).or_else(|| tls::system_bundle()).ok_or_else(missing)?;
    let stamp = std::fs::metadata(file).ok().map(|metadata| Stamp::of(&metadata));
    Ok((file.to_owned(), stamp))
}

fn proxy(address: &str) -> Result<Proxy, Trouble> {
    let unfit = || Trouble::new(FailureClass::Connect, "the address of the proxy cannot be used");
    // ureq panics at others.
    let lower = address.to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return Err(unfit());
    }
    Proxy::new(address).map_err(|_| unfit())
}
