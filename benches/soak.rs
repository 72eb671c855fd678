//! Mixed faults for a long time: what a worker and the queue hold must not grow.
//!
//! `NL_QUERY_SOAK_MINUTES` says how long (default 2). One server fails in every way that a test can script, another one answers;
//! sessions ask, are cancelled, submit and ask in batches. In the last third of the time the worker is ended every minute; before that
//! one worker lives through all of it, so that what it holds can be seen to stay or to grow.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nl_query_tests::bakery::{QUESTION, counter, set};
use nl_query_tests::gateway::{Gateway, busy, descriptors, resident, signal, talkative, worker};
use nl_query_tests::model::{Answer, Cut, End, Framing, Model, Problem, Request, RetryAfter};
use nl_query_tests::{Cluster, ask, wait_until};

use super::report::heading;

const SESSIONS: u64 = 6;
/// Between two lines of the table, and between two workers that are ended.
const INTERVAL: Duration = Duration::from_secs(10);
const ENDED_EVERY: u32 = 6;

pub fn soak() {
    let minutes = std::env::var("NL_QUERY_SOAK_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(2.0);
    heading(&format!("mixed faults for {minutes} minutes"));
    let options = talkative()
        .with("nl_query.queue_size", "64")
        .with("log_min_messages", "warning")
        .with("log_min_error_statement", "panic");
    let cluster = Cluster::start(&options);
    let (flaky, spare) = (Model::setup().keep(100).start(fault), Model::setup().keep(100).start(answer));
    let gateway = Gateway::new(&cluster, "soak");
    let options = ", timeout '2s', first_byte_timeout '1s', retries '1'";
    let servers = [gateway.model(&flaky, options), gateway.model(&spare, options)];
    set(&gateway, "nl_query.servers", &servers.join(", "));
    set(&gateway, "nl_query.model_timeout", "3s");
    let (over, asked, answered) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for session in 0..SESSIONS {
            let (gateway, over, asked, answered) = (&gateway, &over, &asked, &answered);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    answered.fetch_add(ask_some(gateway, session, asked), Ordering::Relaxed);
                }
            });
        }
        println!(
            "{:>8} {:>9} {:>9} {:>8} {:>6} {:>6} {:>8} {:>8}",
            "seconds", "asked", "answered", "kB", "files", "busy", "queued", "requests"
        );
        let started = Instant::now();
        let mut line = 0;
        let whole = Duration::from_secs_f64(minutes * 60.0);
        while started.elapsed() < whole {
            std::thread::sleep(INTERVAL);
            line += 1;
            show(&gateway, started, &asked, &answered);
            if line % ENDED_EVERY == 0 && started.elapsed() > whole * 2 / 3 {
                signal("TERM", worker(&gateway));
            }
        }
        over.store(true, Ordering::Relaxed);
        show(&gateway, started, &asked, &answered);
    });
    gateway.is_at_rest();
    let submitted =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND datname = 'soak' AND pid <> pg_backend_pid()";
    wait_until("no session is left", || gateway.value(submitted) == "0");
    println!("at rest: {} in flight, {} busy, {:?}", counter(&gateway, "in_flight + queued"), busy(&gateway), flaky.counts());
}

fn show(gateway: &Gateway<'_>, started: Instant, asked: &AtomicU64, answered: &AtomicU64) {
    let pid = worker(gateway);
    let (asked, answered) = (asked.load(Ordering::Relaxed), answered.load(Ordering::Relaxed));
    let (seconds, kilobytes, files) = (started.elapsed().as_secs(), resident(pid), descriptors(pid));
    let (busy, queued, requests) = (busy(gateway), counter(gateway, "queued"), counter(gateway, "requests"));
    println!("{seconds:>8} {asked:>9} {answered:>9} {kilobytes:>8} {files:>6} {busy:>6} {queued:>8} {requests:>8}");
}

/// One session's turn: fifty questions, some of which it does not wait for. How many were answered.
fn ask_some(gateway: &Gateway<'_>, session: u64, asked: &AtomicU64) -> u64 {
    let mut client = gateway.connect();
    let mut answered = 0;
    for _ in 0..50 {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        let question = format!("{QUESTION} {number}");
        let is_answered = match (number + session) % 10 {
            0 => {
                let limit = number % 200 + 1;
                client.batch_execute(&format!("SET statement_timeout = '{limit}ms'")).expect("SET");
                let said = ask(&mut client, &question).is_ok();
                // A limit of a few milliseconds may end this very statement.
                while let Err(error) = client.batch_execute("RESET statement_timeout") {
                    assert!(limit < 30, "{limit} ms: {error}");
                }
                said
            }
            1 => client.query_one("SELECT nl_submit($1)", &[&question]).is_ok(),
            2 => client.query("SELECT * FROM nl_sql_batch(ARRAY[$1, $1 || ' 1', $1 || ' 2'])", &[&question]).is_ok(),
            3 => client
                .batch_execute(&format!("DO $$ BEGIN PERFORM nl_sql('{question}'); EXCEPTION WHEN others THEN NULL; END $$"))
                .is_ok(),
            _ => ask(&mut client, &question).is_ok(),
        };
        answered += u64::from(is_answered);
    }
    answered
}

fn answer(request: &Request) -> Answer {
    let length = request.messages().iter().map(String::len).sum::<usize>() as u64;
    Answer::says("SELECT count(*) AS loaves FROM loaves").delay(Duration::from_millis(length % 20))
}

/// Mostly right, or it would be left alone; else wrong in some way, the same for the same request.
fn fault(request: &Request) -> Answer {
    let text = request.messages().join("\n");
    let sum = text.bytes().fold(17u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    // Neighbours must not fail alike.
    match (sum.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) % 120 {
        0 => Answer::hang(),
        1 => Answer::reset(),
        2 => Answer::nothing(),
        3 => Answer::status(500),
        4 => Answer::problem(Problem::RateLimited).retry_after(RetryAfter::Millis(300)),
        5 => Answer::body("text/html", "<html>"),
        6 => answer(request).cut(Cut::Body(60), End::Close),
        7 => answer(request).framed(Framing::Chunked(10)).cut(Cut::LastChunk, End::Reset),
        8 => answer(request).drip_body(1, Duration::from_millis(50)),
        9 => Answer::gzip_bomb(50),
        10 => Answer::redirect(302, "http://127.0.0.1:1/"),
        11 => Answer::says("DROP TABLE loaves"),
        12 => Answer::says("SELECT nothing FROM nowhere"),
        13 => answer(request).gzip().closing(),
        _ => answer(request),
    }
}
