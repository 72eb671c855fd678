//! A cord to pull when nobody wants a call's answer any more: whatever its thread waits for on a socket ends at once.
//!
//! The socket in use is registered with the call's cord for just as long as the thread may block on it, so that pulling can never hit
//! a connection that went back to the pool and serves another call. Resolving a name and connecting are not interrupted; both are
//! bounded by the time for connecting.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, Weak};

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, ShutdownHandle, TcpConnector, Transport,
};

use crate::lock;
use crate::trouble::Trouble;

/// Why a call ends before it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// Whoever waited is gone.
    Gone,
    /// The time of whoever waited is over.
    Late,
}

/// See the module. Clones are the same cord.
#[derive(Clone, Default)]
pub struct Cord(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    pulled: Option<Pull>,
    socket: Option<Weak<dyn ShutdownHandle>>,
}

thread_local! {
    /// The cord of the call that this thread makes.
    static CURRENT: RefCell<Option<Cord>> = const { RefCell::new(None) };
}

impl Cord {
    /// One that nobody has pulled.
    pub fn new() -> Cord {
        Cord::default()
    }

    /// Ends the call as soon as that can be. Never waits: a shutdown of a socket does not.
    pub fn pull(&self, why: Pull) {
        let mut state = lock(&self.0);
        state.pulled = state.pulled.or(Some(why));
        if let Some(socket) = state.socket.as_ref().and_then(Weak::upgrade) {
            socket.shutdown();
        }
    }

    /// Why somebody pulled it, if anybody did.
    pub fn pulled(&self) -> Option<Pull> {
        lock(&self.0).pulled
    }

    /// Makes it the cord of this thread until the result is dropped.
    pub(crate) fn tie(&self) -> Tied {
        CURRENT.replace(Some(self.clone()));
        Tied(())
    }

    fn hold(&self, socket: &Weak<dyn ShutdownHandle>) -> Result<(), ureq::Error> {
        let mut state = lock(&self.0);
        if state.pulled.is_some() {
            return Err(Trouble::abandoned().into());
        }
        state.socket = Some(socket.clone());
        Ok(())
    }

    fn let_go(&self) {
        lock(&self.0).socket = None;
    }
}

/// See [`Cord::tie`].
pub(crate) struct Tied(());

impl Drop for Tied {
    fn drop(&mut self) {
        CURRENT.replace(None);
    }
}

/// Opens sockets whose waits end with the cord of the thread that waits.
#[derive(Debug, Default)]
pub(crate) struct CordConnector(TcpConnector);

impl<In: Transport> Connector<In> for CordConnector {
    type Out = Either<In, CordTransport>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        // A proxy has connected already, over a socket that came from here.
        if let Some(transport) = chained {
            return Ok(Some(Either::A(transport)));
        }
        let socket: Arc<Mutex<Option<Weak<dyn ShutdownHandle>>>> = Arc::default();
        let note = {
            let (socket, register) = (socket.clone(), details.register_shutdown.clone());
            move |handle: Weak<dyn ShutdownHandle>| {
                *lock(&socket) = Some(handle.clone());
                register(handle)
            }
        };
        let details = ConnectionDetails {
            uri: details.uri,
            addrs: details.addrs.clone(),
            config: details.config,
            request_level: details.request_level,
            resolver: details.resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: Arc::new(note),
        };
        let opened = Connector::<()>::connect(&self.0, &details, None)?;
        let socket = lock(&socket).take();
        Ok(opened.zip(socket).map(|(inner, socket)| Either::B(CordTransport { inner: inner.boxed(), socket })))
    }
}

/// See [`CordConnector`].
pub(crate) struct CordTransport {
    inner: Box<dyn Transport>,
    socket: Weak<dyn ShutdownHandle>,
}

impl CordTransport {
    fn held<T>(&mut self, wait: impl FnOnce(&mut dyn Transport) -> Result<T, ureq::Error>) -> Result<T, ureq::Error> {
        let cord = CURRENT.with_borrow(Clone::clone);
        if let Some(cord) = &cord {
            cord.hold(&self.socket)?;
        }
        let result = wait(&mut *self.inner);
        if let Some(cord) = &cord {
            cord.let_go();
        }
        result
    }
}

impl Transport for CordTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.held(|inner| inner.transmit_output(amount, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.held(|inner| inner.await_input(timeout))
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}

impl std::fmt::Debug for CordTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CordTransport")
    }
}
