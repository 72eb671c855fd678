//! The queue inside a backend that is session and worker at once: what goes in comes out, and whatever the way out, nothing stays.
//!
//! Needs a server without workers of its own: they would take the requests.

#[pgrx::pg_schema]
mod tests {
    use std::process::{Child, Command, Stdio};

    use nl_query_core::gateway::limits::Limits;
    use nl_query_core::gateway::retry::Policy;
    use nl_query_core::gateway::route::Standing;
    use nl_query_core::provider::Api;
    use nl_query_core::provider::failure::{Failure, FailureClass};
    use nl_query_core::provider::http::{Headers, HttpRequest, KeyHeader};
    use nl_query_core::provider::reply::{Finish, Reply, Usage};
    use nl_query_core::queue::{Claim, State};
    use nl_query_core::secret::Secret;
    use nl_query_core::wire::{Answer, Call, KeySource, Timeouts};
    use pgrx::prelude::*;

    use crate::queue::duty::{self, Duty};
    use crate::queue::flights::{self, Boarded, Seen};
    use crate::queue::submissions::{self, Owner};
    use crate::queue::{
        Look, Order, Outcome, Priority, Request, ServerKey, Terms, Unsent, WaitEvent, adopt, memory, now, send, servers,
        standing, wait,
    };

    /// A server of this test's own, with nobody else about until the test's transaction ends: the queue is everybody's.
    fn alone(number: u32) -> ServerKey {
        Spi::run("SELECT pg_advisory_xact_lock(7)").expect("the lock");
        ServerKey { database: 1, server: 4700 + number, fingerprint: 7 }
    }

    fn worker() -> Duty {
        Duty::begin(15, 4).expect("preloaded")
    }

    const LIMITS: Limits = Limits { requests_per_minute: 60, tokens_per_minute: 0, tokens_per_day: 1000 };
    const TERMS: Terms = Terms {
        concurrency: 2,
        limits: LIMITS,
        role_limits: Limits { requests_per_minute: 0, tokens_per_minute: 0, tokens_per_day: 500 },
        retry: Policy { retries: 2, first_wait: 500, longest_wait: 8000, least_time: 200 },
    };

    fn call(body: &str) -> Call {
        Call {
            server: 1,
            fingerprint: 7,
            api: Api::OpenAi,
            http: HttpRequest {
                url: "http://127.0.0.1:1/v1".to_owned(),
                headers: Headers::new(),
                body: body.as_bytes().to_vec(),
            },
            key: KeySource::UserMapping(1),
            key_header: KeyHeader::bearer(),
            timeouts: Timeouts { connect: 1, first_byte: 2, total: 3 },
            most_bytes: 1000,
            proxy: None,
            ca_file: None,
        }
    }

    fn try_to_send(server: ServerKey, body: &str, tokens: u64) -> Result<Request, Unsent> {
        let key = Secret::new("canary-key-0123456789".to_owned()).expect("a key");
        send(&Order {
            server,
            terms: TERMS,
            role: 10,
            call: &call(body),
            key: Some(&key),
            tokens,
            attempt: 1,
            priority: Priority::Interactive,
            deadline: now() + 60_000,
        })
    }

    fn sent(server: ServerKey, body: &str) -> Request {
        try_to_send(server, body, 300).expect("sent")
    }

    fn reply(text: &str) -> Answer {
        let usage = Usage { input: Some(20), output: Some(5), cached: None };
        let reply = Reply { text: text.to_owned(), finish: Finish::Complete, usage, request_id: None, model: None };
        Answer { result: Ok(reply), attempts: 1, first_byte_us: 10, total_us: 2000 }
    }

    /// Slots in use, and tokens of the server and of the role that are spent or set aside.
    fn left(server: ServerKey) -> (usize, Vec<u64>) {
        let (day, _) = crate::pg::clock::day();
        memory::with(|tables| {
            let parcels = tables.parcels.iter().filter(|parcel| parcel.live == 1).count();
            let used = tables.slots.len() - tables.queue().count(State::Free);
            assert_eq!(parcels, used, "a parcel for each slot, and none without");
            let spent = tables
                .accounts
                .iter()
                .filter(|account| account.key.server == server.server)
                .map(|account| account.limiter.spent_on(day))
                .filter(|spent| *spent > 0);
            (used, spent.collect())
        })
        .expect("preloaded")
    }

    /// Places in flights that are taken.
    fn seats() -> usize {
        memory::with(|tables| tables.passengers.iter().filter(|seat| seat.who != 0).count()).expect("preloaded")
    }

    #[pg_test]
    fn a_request_goes_to_the_worker_and_its_answer_comes_back() {
        let server = alone(1);
        assert_eq!(try_to_send(server, "x", 1).err(), Some(Unsent::NoWorker));
        let mut duty = worker();
        let mut request = sent(server, "what is asked");
        assert_eq!(left(server), (1, vec![300, 300]));
        assert_eq!(request.look(), Look::Waiting { taken: false, again: None });
        let job = duty.take().expect("a job");
        assert_eq!(job.call, call("what is asked"));
        assert_eq!(job.key.as_ref().map(Secret::expose), Some("canary-key-0123456789"));
        assert_eq!(duty.wanted_until(job.claim), Some(job.deadline));
        assert_eq!(request.look(), Look::Waiting { taken: true, again: None });
        assert_eq!(duty.take().map(|job| job.claim), None);
        duty.answer(job.claim, &reply("SELECT 1"));
        assert_eq!(request.look(), Look::Answer(Box::new(reply("SELECT 1"))));
        assert_eq!(request.look(), Look::Gone);
        assert_eq!(left(server), (0, vec![25, 25]), "the real cost takes the place of the reserved one");
        let row = servers::rows(Some(1)).into_iter().find(|row| row.server == server.server).expect("a row");
        assert_eq!((row.requests, row.answers, row.tokens_in, row.tokens_out, row.in_flight), (1, 1, 20, 5, 0));
        assert_eq!(duty::workers().iter().map(|worker| worker.completed).collect::<Vec<_>>(), [1]);
        duty::leave();
        assert!(duty::workers().is_empty());
    }

    #[pg_test]
    fn whatever_the_way_out_nothing_stays() {
        let server = alone(2);
        let mut duty = worker();
        drop(sent(server, "never taken"));
        assert_eq!(left(server), (0, vec![]), "what was never sent costs nothing");
        let request = sent(server, "taken");
        let job = duty.take().expect("a job");
        drop(request);
        assert_eq!(left(server).0, 1, "a worker still has it");
        assert_eq!(duty.wanted_until(job.claim), None);
        duty.answer(job.claim, &reply("too late"));
        assert_eq!(left(server), (0, vec![25, 25]));
        drop(sent(server, "answered, never read"));
        let request = sent(server, "answered, never read");
        let job = duty.take().expect("a job");
        duty.answer(job.claim, &reply("SELECT 2"));
        drop(request);
        assert_eq!(left(server), (0, vec![50, 50]));
        let asked = servers::rows(None)
            .iter()
            .filter(|row| row.server == server.server)
            .map(|row| row.in_flight + row.waiting)
            .sum::<u32>();
        assert_eq!(asked, 0);
        duty::leave();
    }

    #[pg_test]
    fn limits_hold_and_so_does_the_queue() {
        let server = alone(3);
        let _duty = worker();
        let first = sent(server, "first");
        let denied = try_to_send(server, "second", 300).err();
        assert!(matches!(denied, Some(Unsent::Standing(Standing::Limited(_)))), "{denied:?}");
        assert!(matches!(standing(&server, &TERMS, 10, 300), Standing::Limited(_)));
        assert_eq!(standing(&server, &TERMS, 10, 100), Standing::Ready);
        drop(first);
        assert_eq!(standing(&server, &TERMS, 10, 300), Standing::Ready);
        let all: Vec<Request> = std::iter::from_fn(|| try_to_send(server, "many", 0).ok()).take(500).collect();
        assert_eq!(all.len(), 60, "requests a minute");
        drop(all);
        assert_eq!(left(server), (0, vec![]));
        duty::leave();
    }

    #[pg_test]
    fn a_worker_that_goes_leaves_nobody_waiting() {
        let server = alone(4);
        let mut duty = worker();
        let (mut taken, mut queued) = (sent(server, "taken"), try_to_send(server, "queued", 0).expect("sent"));
        let job = duty.take().expect("a job");
        duty::leave();
        assert_eq!(taken.look(), Look::Lost(Outcome::NoWorker));
        assert_eq!(queued.look(), Look::Lost(Outcome::NoWorker));
        assert_eq!(left(server), (0, vec![300, 300]), "it may have been sent");
        let mut duty = worker();
        duty.answer(job.claim, &reply("from before"));
        assert_eq!(left(server).0, 0, "an old claim is worth nothing");
        duty::leave();
    }

    #[pg_test]
    fn a_server_that_fails_is_left_alone_and_comes_back_through_probes() {
        let server = alone(5);
        let mut duty = worker();
        for _ in 0..5 {
            let request = try_to_send(server, "x", 0).expect("sent");
            let job = duty.take().expect("a job");
            let mut failure = Failure::transport(FailureClass::Connect, "connection refused");
            failure.code = Some("a sentence that may hold a secret".to_owned());
            duty.answer(job.claim, &Answer { result: Err(failure), ..reply("") });
            drop(request);
        }
        let unsent = try_to_send(server, "x", 0).err();
        assert!(matches!(unsent, Some(Unsent::Standing(Standing::Open { .. }))), "{unsent:?}");
        assert_eq!(left(server).0, 0);
        let row = servers::rows(None).into_iter().find(|row| row.server == server.server).expect("a row");
        assert_eq!(row.failures[FailureClass::Connect as usize], 5);
        let error = row.last_error.expect("an error");
        assert_eq!((error.class, error.code), (FailureClass::Connect, None));
        duty::leave();
    }

    #[pg_test]
    fn a_flight_lands_with_its_message_and_leaves_no_seat_taken() {
        let _ = alone(6);
        let Boarded::Leader(flight) = flights::board(b"key") else { panic!("a leader") };
        let Boarded::Leader(other) = flights::board(b"key") else { panic!("of one's own flight one is no follower") };
        assert_eq!(flight.look(), Seen::Flying);
        assert!(flight.land(b"SELECT 1"));
        assert_eq!(flight.look(), Seen::Landed(b"SELECT 1".to_vec()));
        drop((flight, other));
        assert_eq!(seats(), 0);
    }

    #[pg_test]
    fn a_submission_outlives_its_request_and_takes_its_answer_out_of_the_queue() {
        let server = alone(7);
        let mut duty = worker();
        let owner = Owner { role: 10, database: 1 };
        let id = submissions::submit(owner, b"the question", sent(server, "x")).expect("submitted");
        assert_eq!(submissions::find(Owner { role: 11, ..owner }, id), None);
        let found = submissions::find(owner, id).expect("found");
        assert_eq!((found.note.as_slice(), found.state), (&b"the question"[..], submissions::State::Waiting { taken: false }));
        let job = duty.take().expect("a job");
        duty.answer(job.claim, &reply("SELECT 3"));
        assert_eq!(left(server).0, 0, "nobody's slot is held");
        let found = submissions::find(owner, id).expect("found");
        assert_eq!(found.state, submissions::State::Answered(Box::new(reply("SELECT 3"))));
        assert!(submissions::done(owner, id, b"outcome") && !submissions::cancel(owner, id));
        assert_eq!(submissions::find(owner, id).expect("found").state, submissions::State::Done(b"outcome".to_vec()));
        let id = submissions::submit(owner, b"another", sent(server, "x")).expect("submitted");
        assert!(submissions::cancel(owner, id));
        assert_eq!(submissions::find(owner, id).expect("found").state, submissions::State::Cancelled);
        assert_eq!(left(server).0, 0);
        duty::leave();
    }

    /// Holds a request and a place in a flight, and fails.
    #[pg_extern]
    fn hold_and_fail() {
        let server = ServerKey { database: 1, server: 4700, fingerprint: 7 };
        let _flight = flights::board(b"doomed");
        let _request = try_to_send(server, "doomed", 10).expect("sent");
        assert_eq!(left(server).0, 1);
        error!("doomed");
    }

    #[pg_test]
    fn what_an_error_leaves_comes_back_with_the_subtransaction() {
        let server = alone(8);
        let _duty = worker();
        Spi::run("DO $$ BEGIN PERFORM tests.hold_and_fail(); EXCEPTION WHEN OTHERS THEN ASSERT SQLERRM = 'doomed'; END $$")
            .expect("caught");
        assert_eq!(left(server), (0, vec![]));
        assert_eq!(seats(), 0);
        duty::leave();
    }

    /// What the leader of a flight does with its request, until it can tell the others.
    fn lead(how: &str, flight: &flights::Flight, mut request: Request) -> String {
        flight.set_call(Some(request.ticket()));
        loop {
            match request.look() {
                Look::Waiting { .. } => wait(now() + 30_000, WaitEvent::Queue),
                Look::Answer(answer) => {
                    let text = answer.result.map(|reply| reply.text).unwrap_or_default();
                    flight.land(text.as_bytes());
                    return format!("{how}: {text}");
                }
                lost => return format!("{lost:?}"),
            }
        }
    }

    /// Asks what others may ask at the same time.
    #[pg_extern]
    fn ask_together(number: i32) -> String {
        let server = ServerKey { database: 1, server: 4700 + number as u32, fingerprint: 7 };
        let flight = match flights::board(format!("together {number}").as_bytes()) {
            Boarded::Leader(flight) => return lead("asked", &flight, sent(server, "together")),
            Boarded::Follower(flight) => flight,
            Boarded::Alone => return "alone".to_owned(),
        };
        loop {
            match flight.look() {
                Seen::Flying => wait(now() + 30_000, WaitEvent::Flight),
                Seen::Landed(message) => return format!("told: {}", String::from_utf8_lossy(&message)),
                Seen::Gone => return "gone".to_owned(),
                Seen::NoLeader => match flight.take_over() {
                    Some(call) => match call.and_then(|call| adopt(call, now() + 60_000)) {
                        Some(request) => return lead("adopted", &flight, request),
                        None => return "nothing to adopt".to_owned(),
                    },
                    None => wait(now() + 30_000, WaitEvent::Flight),
                },
            }
        }
    }

    /// Another session that runs a statement; psql, so that it is a session like any.
    fn another_session(sql: &str) -> Child {
        let setting = |sql: &str| Spi::get_one::<String>(sql).expect("SQL runs").expect("a value");
        let program = setting("SELECT setting || '/psql' FROM pg_config WHERE name = 'BINDIR'");
        let host = setting("SELECT split_part(current_setting('unix_socket_directories'), ',', 1)");
        let (port, database) = (setting("SHOW port"), setting("SELECT current_database()::text"));
        let user = setting("SELECT session_user::text");
        let host = if host.is_empty() { "localhost".to_owned() } else { host.trim().to_owned() };
        let arguments = ["-h", &host, "-p", &port, "-U", &user, "-d", &database, "-XAtqc", sql];
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("psql starts")
    }

    fn said(session: Child) -> String {
        let output = session.wait_with_output().expect("psql ends");
        String::from_utf8_lossy(&if output.status.success() { output.stdout } else { output.stderr }).trim().to_owned()
    }

    fn until(what: &str, mut is_so: impl FnMut() -> bool) -> u64 {
        let begun = now();
        while !is_so() {
            assert!(now() < begun + 20_000, "{what}: not within 20 s");
            wait(now() + 5, WaitEvent::Queue);
        }
        now() - begun
    }

    fn owner_of(claim: Claim) -> i32 {
        memory::with(|tables| crate::pg::latch::process_of(tables.slots[claim.slot as usize].owner())).expect("preloaded")
    }

    #[pg_test]
    fn when_the_leader_is_terminated_one_follower_takes_its_request_over() {
        let server = alone(9);
        let mut duty = worker();
        let sessions: Vec<Child> = (0..4).map(|_| another_session("SELECT tests.ask_together(9)")).collect();
        until("all aboard", || seats() == 4 && servers::rows(None).iter().any(|row| row.server == 4709 && row.waiting == 1));
        let job = duty.take().expect("one request");
        assert!(duty.take().is_none(), "and no other");
        let leader = owner_of(job.claim);
        Spi::run(&format!("SELECT pg_terminate_backend({leader})")).expect("terminated");
        let took = until("one of the others has it", || seats() == 3 && ![0, leader].contains(&owner_of(job.claim)));
        assert!(took < 2_000, "{took} ms");
        duty.answer(job.claim, &reply("SELECT 9"));
        let mut said: Vec<String> = sessions.into_iter().map(said).collect();
        said.sort();
        assert!(said.iter().any(|said| said.contains("terminating connection")), "{said:?}");
        assert_eq!(said.iter().filter(|said| *said == "adopted: SELECT 9").count(), 1, "{said:?}");
        assert_eq!(said.iter().filter(|said| *said == "told: SELECT 9").count(), 2, "{said:?}");
        until("all have left", || seats() == 0 && left(server).0 == 0);
        assert_eq!(left(server), (0, vec![25, 25]));
        duty::leave();
    }

    #[pg_test]
    fn a_statement_timeout_gives_everything_back_queued_or_taken() {
        let server = alone(10);
        let mut duty = worker();
        for take in [false, true] {
            let session = another_session("SET statement_timeout = '500ms'; SELECT tests.ask_together(10)");
            let waiting = |count| servers::rows(None).iter().any(|row| row.server == 4710 && row.waiting == count);
            until("it is queued", || waiting(1));
            let job = if take { duty.take() } else { None };
            let said = said(session);
            assert!(said.contains("statement timeout"), "{said}");
            if let Some(job) = job {
                until("nobody wants it", || duty.wanted_until(job.claim).is_none());
                duty.answer(job.claim, &reply("too late"));
            }
            until("all is free", || left(server).0 == 0);
            assert_eq!((seats(), left(server).1), (0, if take { vec![25, 25] } else { vec![] }));
        }
        duty::leave();
    }
}
