//! Names of hosts to addresses, within a time, by one thread a name.
//!
//! The system's resolver cannot be interrupted: a look-up that takes too long is left to itself and found again by whoever asks next
//! for the same name, so that a resolver that hangs costs one thread a name and not one a call. What was found is good for some
//! seconds: a connection of the pool needs no address, and ureq asks for one all the same.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nl_query_core::provider::failure::FailureClass;
use nl_query_core::server_options::is_link_local;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::lock;
use crate::trouble::Trouble;

/// How long an address is believed.
const GOOD: Duration = Duration::from_secs(10);
/// How long a failure is: for those who waited for the same look-up. A retry looks again.
const BAD: Duration = Duration::from_millis(100);
/// Addresses of one name that are tried at most; ureq keeps no more.
const MOST_ADDRESSES: usize = 16;
/// Names that are kept, or looked up at a time.
const MOST_NAMES: usize = 64;
/// Name services have modules of their own that want some.
const STACK: usize = 512 * 1024;

type Found = Result<Vec<SocketAddr>, String>;

/// See the module. Clones share what they know.
#[derive(Clone, Default)]
pub(crate) struct Names(Arc<Inner>);

#[derive(Default)]
struct Inner {
    names: Mutex<HashMap<String, Entry>>,
    found: Condvar,
}

enum Entry {
    /// A thread is at it.
    UnderWay,
    Known(Found, Instant),
}

impl Names {
    fn look_up(&self, place: &str, reason: ureq::Timeout, limit: Duration) -> Result<Vec<SocketAddr>, ureq::Error> {
        let until = Instant::now().checked_add(limit);
        let mut names = lock(&self.0.names);
        loop {
            match names.get(place) {
                Some(Entry::Known(found, at)) if at.elapsed() < if found.is_ok() { GOOD } else { BAD } => {
                    return found.clone().map_err(|why| Trouble::new(FailureClass::Dns, why).into());
                }
                Some(Entry::UnderWay) => {}
                _ => self.start(&mut names, place)?,
            }
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Err(ureq::Error::Timeout(reason));
            }
            names = self.0.found.wait_timeout(names, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Has a thread look for it, which inherits the signal mask of the helper that needs it.
    fn start(&self, names: &mut HashMap<String, Entry>, place: &str) -> Result<(), Trouble> {
        names.retain(|_, entry| matches!(entry, Entry::UnderWay) || matches!(entry, Entry::Known(_, at) if at.elapsed() < GOOD));
        if names.len() >= MOST_NAMES {
            return Err(Trouble::new(FailureClass::Dns, "too many host names are being resolved"));
        }
        let (inner, name) = (self.0.clone(), place.to_owned());
        let work = move || {
            let found = resolve(&name);
            let mut names = lock(&inner.names);
            names.insert(name, Entry::Known(found, Instant::now()));
            inner.found.notify_all();
        };
        let thread = std::thread::Builder::new().name("nl_query resolver".to_owned()).stack_size(STACK).spawn(work);
        thread.map_err(|error| Trouble::new(FailureClass::Dns, format!("no thread to resolve the host name: {error}")))?;
        names.insert(place.to_owned(), Entry::UnderWay);
        Ok(())
    }
}

fn resolve(place: &str) -> Found {
    let found = place.to_socket_addrs();
    let addresses: Vec<SocketAddr> = found.map_err(|_| "the host name is not known".to_owned())?.take(MOST_ADDRESSES).collect();
    // No name may lead there, as no address in an option may.
    let (bad, good): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| is_link_local(address.ip()));
    match (good.is_empty(), bad.is_empty()) {
        (false, _) => Ok(good),
        (true, false) => Err("the host name leads to a link-local address".to_owned()),
        (true, true) => Err("the host name has no address".to_owned()),
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let addresses = match literal {
            Ok(address) if is_link_local(address) => {
                return Err(Trouble::new(FailureClass::Connect, "the address is link-local").into());
            }
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self.look_up(&format!("{host}:{port}"), timeout.reason, *timeout.after)?,
        };
        let mut result = self.empty();
        addresses.into_iter().for_each(|address| result.push(address));
        Ok(result)
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}
