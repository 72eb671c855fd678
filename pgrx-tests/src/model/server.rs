//! The server: what a test holds in its hands.

use super::certificate::Certificate;
use super::connection::serve;
use super::lock;
use super::log::{Counts, Log, Part, Place, Record};
use super::request::Request;
use super::script::Script;
use super::signal::Signals;
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustls::ServerConfig;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Small, as there may be many and none goes deep.
const STACK: usize = 512 * 1024;

/// How long [`Model::finish`] waits for what is under way.
const FINISH: Duration = Duration::from_secs(60);

/// A running server. It ends when it is dropped, and with it all of its threads; a panic in one of them is then a panic here.
pub struct Model {
    shared: Arc<Shared>,
    address: SocketAddr,
    authority: Option<String>,
    acceptor: Mutex<Option<JoinHandle<()>>>,
}

/// What the server's threads share.
pub(super) struct Shared {
    pub script: Mutex<Script>,
    pub log: Log,
    pub signals: Arc<Signals>,
    /// None: without TLS.
    pub tls: Option<Arc<ServerConfig>>,
    panics: AtomicUsize,
}

impl Shared {
    pub fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }
}

/// How a server is set up, where [`Model::start`] is not enough.
#[derive(Debug, Clone)]
pub struct Setup {
    port: u16,
    keep: usize,
    certificate: Option<Certificate>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup { port: 0, keep: 10_000, certificate: None }
    }
}

impl Setup {
    pub fn new() -> Setup {
        Setup::default()
    }

    /// On this port: to be there again after having been away.
    pub fn port(mut self, port: u16) -> Setup {
        self.port = port;
        self
    }

    /// Keeps so many records, the latest; counts count on.
    pub fn keep(mut self, records: usize) -> Setup {
        self.keep = records;
        self
    }

    /// Speaks TLS, with this certificate.
    pub fn tls(mut self, certificate: Certificate) -> Setup {
        self.certificate = Some(certificate);
        self
    }

    pub fn start(self, script: impl Into<Script>) -> Model {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).expect("a port on 127.0.0.1");
        self.start_on(listener, script)
    }

    pub(super) fn start_on(self, listener: TcpListener, script: impl Into<Script>) -> Model {
        listener.set_nonblocking(true).expect("a listening socket");
        let address = listener.local_addr().expect("a listening socket");
        let (tls, authority) = self.certificate.map(Certificate::make).unzip();
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into()),
            log: Log::new(self.keep),
            signals: Arc::new(Signals::new()),
            tls,
            panics: AtomicUsize::new(0),
        });
        let acceptor = {
            let shared = shared.clone();
            spawn(address, move || accept(listener, address, &shared))
        };
        Model { shared, address, authority, acceptor: Mutex::new(Some(acceptor)) }
    }
}

impl Model {
    /// A server on a free port.
    pub fn start(script: impl Into<Script>) -> Model {
        Setup::new().start(script)
    }

    pub fn setup() -> Setup {
        Setup::new()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The value for the server option `url`: without a path.
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate of the authority that a client may trust, as a PEM file holds it.
    pub fn authority(&self) -> &str {
        self.authority.as_deref().expect("a server that speaks TLS")
    }

    /// Goes on by another script. Requests under way end as they began.
    pub fn set(&self, script: impl Into<Script>) {
        *lock(&self.shared.script) = script.into();
    }

    /// Takes no more connections and requests, and ends when those under way have ended, at most after a minute. What waits at a
    /// gate has to be let through first.
    pub fn finish(&self) {
        self.shared.signals.closing.raise();
        let _ = self.shared.log.wait(FINISH, |counts| counts.open == 0);
        self.hang_up();
    }

    /// Ends now. Clients that wait see the connection close.
    pub fn hang_up(&self) {
        self.shared.signals.closing.raise();
        self.shared.signals.stop.raise();
        let acceptor = lock(&self.acceptor).take();
        if acceptor.is_some_and(|acceptor| acceptor.join().is_err()) {
            self.shared.panicked();
        }
    }

    /// Ends now. Clients that wait see a reset.
    pub fn break_off(&self) {
        self.shared.signals.reset.store(true, Ordering::Release);
        self.hang_up();
    }
}

/// What it got. All of this can be asked after its end, too.
impl Model {
    /// The requests that are kept, in the order of arrival.
    pub fn requests(&self) -> Vec<Record> {
        self.shared.log.records()
    }

    /// The request with a number, counted from 1.
    pub fn request(&self, number: usize) -> Record {
        let requests = self.requests();
        let found = requests.iter().find(|record| record.number == number);
        found.cloned().unwrap_or_else(|| panic!("no request {number} is kept; {} have arrived", self.count()))
    }

    pub fn counts(&self) -> Counts {
        self.shared.log.counts()
    }

    /// Requests that have arrived.
    pub fn count(&self) -> usize {
        self.counts().arrived
    }

    /// Requests of a kind, among those that are kept.
    pub fn count_where(&self, is_such: impl Fn(&Request) -> bool) -> usize {
        self.requests().iter().filter(|record| is_such(record)).count()
    }

    /// The times between one request's arrival and the next one's.
    pub fn gaps(&self) -> Vec<Duration> {
        self.requests().windows(2).map(|pair| pair[1].arrived.saturating_duration_since(pair[0].arrived)).collect()
    }

    /// Waits until so many requests have arrived; panics where they do not in time.
    pub fn wait_for(&self, count: usize, timeout: Duration) {
        self.wait_until(&format!("{count} requests have arrived"), timeout, |counts| counts.arrived >= count);
    }

    /// Waits until no request is under way; panics where that does not happen in time.
    pub fn wait_for_rest(&self, timeout: Duration) {
        self.wait_until("no request is under way", timeout, |counts| counts.in_flight == 0);
    }

    /// Waits until the counts are as a test wants them; panics where that does not happen in time.
    pub fn wait_until(&self, what: &str, timeout: Duration, done: impl Fn(Counts) -> bool) {
        if let Err(counts) = self.shared.log.wait(timeout, done) {
            panic!("waited {timeout:?}, in vain, until {what}; there were {counts:?}");
        }
    }

    /// What came and was no request, or not all of one; of TLS handshakes that failed, why.
    pub fn broken(&self) -> Vec<String> {
        self.shared.log.all_broken()
    }

    /// Every place in what was received where a text occurs.
    pub fn holds(&self, text: &str) -> Vec<Place> {
        self.shared.log.holds(text)
    }

    /// Does a text occur in this header's value, and nowhere else?
    pub fn holds_only_in(&self, text: &str, header: &str) -> bool {
        let places = self.holds(text);
        let part = Part::Header(header.to_ascii_lowercase());
        !places.is_empty() && places.iter().all(|place| place.part == part)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.hang_up();
        let panics = self.shared.panics.load(Ordering::Relaxed);
        assert!(panics == 0 || std::thread::panicking(), "{panics} threads of the model server panicked");
    }
}

/// Accepts connections until the server closes, and stays until the last of them has ended.
fn accept(listener: TcpListener, address: SocketAddr, shared: &Arc<Shared>) {
    let mut connections: Vec<JoinHandle<()>> = Vec::new();
    while wait_for_connection(&listener, shared) {
        match listener.accept() {
            Ok((stream, _)) => {
                // What has ended need not be waited for.
                if connections.len() >= 64 {
                    connections.retain(|connection| !connection.is_finished());
                }
                // Here, so that numbers and greetings go by the order of being accepted.
                let number = shared.log.connected();
                let greeting = lock(&shared.script).greeting();
                let shared = shared.clone();
                connections.push(spawn(address, move || serve(stream, number, &greeting, &shared)));
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionAborted) => {}
            Err(error) => panic!("the model server cannot accept connections: {error}"),
        }
    }
    // New connections are refused from now on.
    drop(listener);
    for connection in connections {
        // Panics were counted where they happened.
        let _ = connection.join();
    }
}

/// Is there one, rather than the end?
fn wait_for_connection(listener: &TcpListener, shared: &Shared) -> bool {
    let closing = PollFd::from_borrowed_fd(shared.signals.closing.fd(), PollFlags::IN);
    let mut waits = [PollFd::new(listener, PollFlags::IN), closing];
    loop {
        match rustix::event::poll(&mut waits, None) {
            Ok(_) => return waits[1].revents().is_empty(),
            Err(Errno::INTR) => {}
            Err(error) => panic!("the model server cannot wait for connections: {error}"),
        }
    }
}

fn spawn(address: SocketAddr, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    std::thread::Builder::new().name(format!("model {}", address.port())).stack_size(STACK).spawn(work).expect("a thread")
}
