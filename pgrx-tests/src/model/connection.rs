//! One connection, from its greeting to its end.

use super::answer::{Answer, End};
use super::deliver::{Ended, deliver, interim_answer};
use super::incoming::{Incoming, NoRequest};
use super::lock;
use super::log::Outcome;
use super::request::Request;
use super::script::{Act, Greeting, Script};
use super::server::Shared;
use super::socket::{Socket, Woken};
use super::stream::Stream;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

/// How a connection ends.
enum Farewell {
    /// Orderly, with all that was to be said.
    Close,
    /// Orderly for the system, but in the middle.
    Break,
    Reset,
    /// When the client ends it.
    Hang,
    /// The client has ended it.
    Gone,
    /// The server stops.
    Stopped,
}

/// Serves a connection, which has this number, to its end.
pub fn serve(stream: TcpStream, number: usize, greeting: &Greeting, shared: &Shared) {
    let _open = Open(shared);
    let Ok(socket) = Socket::new(stream, shared.signals.clone()) else { return };
    let mut stream = Stream::Plain(socket);
    let mut farewell = greet(&mut stream, greeting);
    if farewell.is_none() {
        (stream, farewell) = secure(stream, shared);
    }
    if farewell.is_none() {
        let mut connection = Connection { number, shared, incoming: Incoming::new(stream) };
        farewell = Some(connection.serve());
        stream = connection.incoming.stream;
    }
    part(stream, farewell.unwrap_or(Farewell::Close));
}

/// Puts TLS on a connection where the server speaks it.
fn secure(stream: Stream, shared: &Shared) -> (Stream, Option<Farewell>) {
    let Some(config) = shared.tls.clone() else { return (stream, None) };
    let (stream, done) = Stream::over_tls(stream.into_socket(), config);
    let farewell = done.err().map(|said| {
        if !said.is_empty() {
            shared.log.broken(said);
        }
        if stream.socket().is_stopped() { Farewell::Stopped } else { Farewell::Break }
    });
    (stream, farewell)
}

/// Counts the connection as open until it is dropped; where the thread panics, as a failure of the test.
struct Open<'a>(&'a Shared);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked();
        }
        self.0.log.disconnected();
    }
}

/// What happens before anything is read; none: go on.
fn greet(stream: &mut Stream, greeting: &Greeting) -> Option<Farewell> {
    match greeting {
        Greeting::Serve => None,
        Greeting::Reset => Some(Farewell::Reset),
        Greeting::Close => Some(Farewell::Break),
        Greeting::Hang => Some(Farewell::Hang),
        Greeting::Late(delay) => interruption(stream.socket(), stream.socket().pause(Some(Instant::now() + *delay), None)),
        Greeting::HeldBy(gate) => {
            let standing = gate.stand();
            while !standing.try_pass() {
                let woken = stream.socket().pause(None, Some(standing.fd()));
                if let Some(farewell) = interruption(stream.socket(), woken) {
                    return Some(farewell);
                }
            }
            None
        }
        Greeting::Says(bytes) => {
            let _ = stream.socket_mut().write_all(bytes);
            Some(Farewell::Break)
        }
    }
}

fn interruption(socket: &Socket, woken: std::io::Result<Woken>) -> Option<Farewell> {
    match woken {
        Ok(Woken::Signal | Woken::Time) => None,
        Ok(Woken::Socket) => Some(Farewell::Gone),
        Err(_) => Some(broken_off(socket)),
    }
}

fn broken_off(socket: &Socket) -> Farewell {
    if socket.is_stopped() { Farewell::Stopped } else { Farewell::Gone }
}

fn part(mut stream: Stream, farewell: Farewell) {
    match farewell {
        Farewell::Close => {
            stream.say_end();
            stream.into_socket().close();
        }
        Farewell::Break => stream.into_socket().close(),
        Farewell::Reset => stream.into_socket().reset(),
        Farewell::Hang => {
            let socket = stream.into_socket();
            if socket.pause(None, None).is_err() {
                socket.end_by_stop();
            }
        }
        Farewell::Gone => {}
        Farewell::Stopped => stream.into_socket().end_by_stop(),
    }
}

struct Connection<'a> {
    number: usize,
    shared: &'a Shared,
    incoming: Incoming,
}

impl Connection<'_> {
    /// Answers requests until the connection ends.
    fn serve(&mut self) -> Farewell {
        loop {
            let idle = lock(&self.shared.script).idle_time();
            let until = idle.map(|idle| Instant::now() + idle);
            let farewell = match self.incoming.head(self.number, until) {
                Ok(head) => self.request(head),
                Err(none) => Err(self.no_request(none)),
            };
            if let Err(farewell) = farewell {
                return farewell;
            }
        }
    }

    /// Reads the rest of a request and answers it.
    fn request(&mut self, mut request: Request) -> Result<(), Farewell> {
        let shared = self.shared;
        let early = lock(&shared.script).early(&request);
        if let Some(act) = early {
            return self.answer(request, |_, _| Some(act)).and(Err(Farewell::Close));
        }
        let expects = request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
        if expects && lock(&shared.script).sends_continue() {
            interim_answer(100, &mut self.incoming.stream).map_err(|_| broken_off(self.socket()))?;
        }
        if let Err(none) = self.incoming.body(&mut request) {
            return Err(self.no_request(none));
        }
        self.answer(request, Script::answer)
    }

    /// Records a request and answers it. An error is how the connection ends.
    fn answer(
        &mut self,
        request: Request,
        decide: impl FnOnce(&mut Script, &Request) -> Option<Arc<dyn Act>>,
    ) -> Result<(), Farewell> {
        let shared = self.shared;
        let (under_way, act) = {
            // Under one lock, so that rules are used up in the order in which requests are counted.
            let mut script = lock(&shared.script);
            let under_way = shared.log.arrived(request);
            let act = decide(&mut script, &under_way.request);
            (under_way, act)
        };
        let answer = act.map(|act| act.act(&under_way.request)).unwrap_or_else(|| {
            shared.log.unscripted();
            Answer::body("text/plain", "the script has no rule for this request\n").with_status(500)
        });
        match deliver(&answer, &under_way, &mut self.incoming.stream) {
            Ok(end) => {
                under_way.end(Outcome::Answered);
                end.map_or(Ok(()), |end| Err(end.into()))
            }
            Err(Ended::Cut(End::Hang)) => {
                // It is under way as long as the client waits for the rest.
                if self.socket().pause(None, None).is_ok() {
                    under_way.end(Outcome::HungUp);
                }
                Err(broken_off(self.socket()))
            }
            Err(Ended::Cut(end)) => {
                under_way.end(Outcome::CutOff);
                Err(if end == End::Close { Farewell::Break } else { end.into() })
            }
            Err(Ended::HungUp) => {
                under_way.end(Outcome::HungUp);
                Err(Farewell::Gone)
            }
            Err(Ended::Stopped) => Err(Farewell::Stopped),
        }
    }

    fn no_request(&self, none: NoRequest) -> Farewell {
        if let NoRequest::Broken(bytes) = none {
            self.shared.log.broken(bytes);
        }
        if self.socket().is_stopped() { Farewell::Stopped } else { Farewell::Close }
    }

    fn socket(&self) -> &Socket {
        self.incoming.stream.socket()
    }
}

impl From<End> for Farewell {
    fn from(end: End) -> Farewell {
        match end {
            End::Close => Farewell::Close,
            End::Reset => Farewell::Reset,
            End::Hang => Farewell::Hang,
        }
    }
}
