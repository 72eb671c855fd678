//! What goes wrong below HTTP, as the failure that it is for the caller.

use std::fmt;
use std::io::{self, ErrorKind};

use nl_query_core::provider::failure::{Failure, FailureClass};
use nl_query_core::wire::Timeouts;
use ureq::{Error, Timeout};

/// A failure of our own making on its way through ureq.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub class: FailureClass,
    pub message: String,
}

impl Trouble {
    pub fn new(class: FailureClass, message: impl Into<String>) -> Trouble {
        Trouble { class, message: message.into() }
    }

    /// Nobody waits any more.
    pub fn abandoned() -> Trouble {
        Trouble::new(FailureClass::Abandoned, "nobody waits for the answer any more")
    }

    pub fn too_large(most: usize) -> Trouble {
        Trouble::new(FailureClass::ReplyTooLarge, format!("the reply has more than {most} bytes"))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Error {
        Error::Other(Box::new(trouble))
    }
}

impl From<Trouble> for Box<Failure> {
    fn from(trouble: Trouble) -> Box<Failure> {
        Failure::transport(trouble.class, &trouble.message)
    }
}

/// Where a call was when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before the head of the reply was complete.
    Head,
    /// While the body came.
    Body,
}

/// Reads an error of ureq.
pub(crate) fn trouble(error: Error, phase: Phase, timeouts: &Timeouts) -> Trouble {
    use FailureClass::{Connect, Dns, Garbage, ReplyTooLarge, Timeout as Late};
    match error {
        Error::Io(error) => of_io(error, phase, timeouts),
        Error::Timeout(Timeout::Resolve) => {
            Trouble::new(Dns, format!("the host name was not resolved within {} ms", timeouts.connect))
        }
        Error::Timeout(Timeout::Connect) => Trouble::new(Connect, format!("no connection within {} ms", timeouts.connect)),
        Error::Timeout(Timeout::SendRequest | Timeout::SendBody | Timeout::RecvResponse) => {
            Trouble::new(Late, format!("no reply began within {} ms", timeouts.first_byte))
        }
        Error::Timeout(_) => Trouble::new(Late, format!("no complete reply within {} ms", timeouts.total)),
        Error::HostNotFound => Trouble::new(Dns, "the host name is not known"),
        Error::ConnectionFailed => Trouble::new(Connect, "no connection came about"),
        Error::ConnectProxyFailed(why) => Trouble::new(Connect, format!("the proxy made no connection: {why}")),
        Error::InvalidProxyUrl => Trouble::new(Connect, "the address of the proxy cannot be used"),
        Error::LargeResponseHeader(..) => Trouble::new(ReplyTooLarge, "the head of the reply is too large"),
        Error::Protocol(why) => Trouble::new(Garbage, format!("the reply is not HTTP: {why}")),
        Error::BadUri(_) | Error::Http(_) => Trouble::new(FailureClass::BadRequest, "the address or a header cannot be sent"),
        Error::Other(other) => match other.downcast::<Trouble>() {
            Ok(trouble) => *trouble,
            Err(other) => Trouble::new(FailureClass::Reset, other.to_string()),
        },
        other => Trouble::new(Garbage, other.to_string()),
    }
}

/// Reads an error of a socket.
fn of_io(error: io::Error, phase: Phase, timeouts: &Timeouts) -> Trouble {
    if error.get_ref().is_some_and(|inner| inner.is::<Error>()) {
        return trouble(Error::from(error), phase, timeouts);
    }
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return of_tls(tls);
    }
    let class = match (error.kind(), phase) {
        // A connection that breaks while the body comes leaves a piece of one; ureq does not tell the ways of breaking apart.
        (ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted, Phase::Body) => {
            FailureClass::TruncatedBody
        }
        (ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe, _) => {
            FailureClass::Reset
        }
        // Sockets time out this way where the exact reason was lost.
        (ErrorKind::TimedOut | ErrorKind::WouldBlock, Phase::Body) => FailureClass::Timeout,
        (ErrorKind::InvalidData | ErrorKind::InvalidInput, _) => FailureClass::Garbage,
        (_, Phase::Head) => FailureClass::Connect,
        (_, Phase::Body) => FailureClass::Reset,
    };
    let message = match (class, error.kind()) {
        (FailureClass::TruncatedBody, _) => "the connection ended before the reply did".to_owned(),
        (FailureClass::Reset, ErrorKind::UnexpectedEof) => "the connection was closed without a reply".to_owned(),
        _ => said(&error),
    };
    Trouble::new(class, message)
}

/// What the system says, without its number.
fn said(error: &io::Error) -> String {
    let text = error.to_string();
    text.find(" (os error").map_or(text.clone(), |at| text[..at].to_owned()).to_lowercase()
}

/// Reads an error of TLS.
pub(crate) fn of_tls(error: &rustls::Error) -> Trouble {
    Trouble::new(FailureClass::Tls, error.to_string())
}
