//! Every way in which a model server, or the way to it, is known to fail: the error, its time, nothing left behind, and no key anywhere.
//!
//! The numbers are those of the list of faults that a gateway has to survive.

use std::net::TcpListener;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nl_query_tests::bakery::{ANSWER, counter};
use nl_query_tests::gateway::{Gateway, KEY, Said, resident, talkative, worker};
use nl_query_tests::model::{
    Answer, Certificate, Cut, End, Finish, Framing, Gate, Greeting, Model, Port, Problem, Reply, RetryAfter, Script, Vendor,
    oddities,
};
use nl_query_tests::{Cluster, Stop, wait_until};
use serde_json::json;

/// No second attempt.
const ONCE: &str = ", retries '0'";
/// A question that is answered from a scripted server, or refused without waiting for one: a debug build takes its time.
const SOON: u64 = 1_500;

fn good() -> Answer {
    Answer::says(ANSWER)
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(&talkative()))
}

fn gateway(name: &str) -> Gateway<'static> {
    Gateway::new(cluster(), name)
}

/// One question to a server of its own that answers so.
fn once(gateway: &Gateway<'_>, answer: impl Into<Script>) -> Said {
    let model = Model::start(answer);
    let said = gateway.ask(&gateway.model(&model, ONCE));
    assert!(model.count() <= 1, "{} requests", model.count());
    assert!(model.holds(KEY).is_empty() || model.holds_only_in(KEY, "authorization"), "{:?}", model.holds(KEY));
    said
}

/// What is shown of the only server of a database.
fn shown(what: &str) -> String {
    format!("SELECT {what} FROM pg_stat_nl_query_servers WHERE datname = current_database()")
}

#[test]
fn case_01_connections_are_refused_and_come_back() {
    let gateway = gateway("case_01");
    let port = Port::closed();
    let server = gateway.server(Vendor::OpenAi, &port.url(), ONCE);
    for _ in 0..5 {
        gateway.ask(&server).is("08001", 0..=SOON);
    }
    assert_eq!(gateway.value(&shown("failures_by_class->>'connect'")), "5");
    assert_eq!(gateway.value(&shown("breaker")), "open");
    // Left alone now, which takes no time.
    gateway.ask(&server).is("08004", 0..=500);
    let model = port.open(good());
    wait_until("it is asked again", || gateway.ask(&server).result.is_ok());
    // Two good answers close the breaker.
    gateway.ask(&server).is_answer(0..=SOON);
    assert_eq!(gateway.value(&shown("breaker")), "closed");
    assert!(model.holds_only_in(KEY, "authorization"));
    gateway.is_at_rest();

    // With retries, a server that is away for a moment is not noticed.
    let port = Port::closed();
    let server = gateway.server(Vendor::OpenAi, &port.url(), "");
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| gateway.ask(&server));
        wait_until("it has failed once", || counter(&gateway, "retries") == 1);
        let _model = port.open(good());
        asking.join().expect("a thread").is_answer(0..=5_000);
    });
    gateway.is_at_rest();
}

#[test]
fn case_02_no_answer_to_a_connection() {
    let gateway = gateway("case_02");
    let port = Port::silent();
    let server = gateway.server(Vendor::OpenAi, &port.url(), ", retries '0', connect_timeout '300ms'");
    gateway.ask(&server).is("08001", 300..=SOON);
    gateway.is_at_rest();
}

#[test]
fn case_03_a_name_that_nobody_knows() {
    let gateway = gateway("case_03");
    let server = gateway.server(Vendor::OpenAi, "https://model.invalid", ", retries '0', connect_timeout '1s'");
    for _ in 0..4 {
        gateway.ask(&server).is("08001", 0..=2_500);
    }
    let model = Model::start(good());
    gateway.ask(&gateway.model(&model, "")).is_answer(0..=SOON);
    gateway.is_at_rest();
}

/// Writes a file that the server's account may read, for as long as the process lives.
fn public_file(name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::temp_dir().join(format!("nlq-{}-{name}", std::process::id()));
    std::fs::write(&path, text).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("a file");
    path.display().to_string()
}

/// A library that a program can be started with, made from C; none where there is no compiler.
fn library(name: &str, text: &str) -> Option<String> {
    let source = public_file(&format!("{name}.c"), text);
    let library = source.replace(".c", ".so");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o", &library, &source]).status();
    std::fs::remove_file(&source).expect("a file");
    if !built.is_ok_and(|status| status.success()) {
        println!("skipped: there is no C compiler");
        return None;
    }
    Some(library)
}

/// Names that end in `.slow` lead to this machine, after as many milliseconds as a file says.
const RESOLVER: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
typedef int (*look_up)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    look_up system = (look_up) dlsym(RTLD_NEXT, "getaddrinfo");
    size_t length = name ? strlen(name) : 0;
    if (length < 5 || strcmp(name + length - 5, ".slow")) return system(name, service, hints, found);
    FILE *file = fopen(getenv("NLQ_RESOLVER"), "r");
    long millis = 0;
    if (file && fscanf(file, "%ld", &millis) != 1) millis = 0;
    if (file) fclose(file);
    usleep(millis * 1000);
    return system("127.0.0.1", service, hints, found);
}
"#;

#[test]
fn case_03_a_resolver_that_hangs() {
    let Some(library) = library("resolver", RESOLVER) else { return };
    let delay = public_file("resolver", "60000");
    let cluster = Cluster::start(&talkative().started_with("LD_PRELOAD", &library).started_with("NLQ_RESOLVER", &delay));
    let gateway = Gateway::new(&cluster, "case_03");
    let model = Model::start(good());
    let named = |name: &str, options: &str| {
        let options = format!(", allow_insecure 'true'{options}");
        gateway.server(Vendor::OpenAi, &model.url().replace("127.0.0.1", name), &options)
    };
    let hasty = format!("{ONCE}, connect_timeout '400ms'");
    // However often it is asked: each call ends in time, and one look-up is under way.
    let hanging = named("hanging.slow", &hasty);
    for _ in 0..4 {
        gateway.ask(&hanging).is("08001", 400..=SOON);
    }
    let threads = format!("/proc/{}/task", worker(&gateway));
    let looking = || {
        let names = std::fs::read_dir(&threads).expect("threads").flatten();
        names.filter(|one| std::fs::read_to_string(one.path().join("comm")).is_ok_and(|name| name.contains("resolv"))).count()
    };
    assert_eq!(looking(), 1);
    // Nobody else waits for it, and a call that does can be cancelled.
    gateway.ask(&gateway.model(&model, "")).is_answer(0..=SOON);
    gateway.ask_within(&named("hanging.slow", ""), "300ms").is("57014", 300..=SOON);
    // What comes too late for one call is there for the next.
    std::fs::write(&delay, "900").expect("a file");
    let late = named("late.slow", &hasty);
    gateway.ask(&late).is("08001", 400..=SOON);
    wait_until("it is found", || looking() == 1);
    gateway.ask(&late).is_answer(0..=SOON);
    gateway.is_at_rest();
    // Nor does a server that stops.
    let started = Instant::now();
    cluster.stop(Stop::Fast);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    [library, delay].iter().for_each(|file| std::fs::remove_file(file).expect("a file"));
}

#[test]
fn case_04_certificates_that_nobody_should_trust() {
    let gateway = gateway("case_04");
    for certificate in Certificate::ALL {
        let model = Model::setup().tls(certificate).start(good());
        let file = public_file(&format!("{certificate:?}.pem"), model.authority());
        let trusting = gateway.model(&model, &format!("{ONCE}, ca_file '{file}'"));
        let said = gateway.ask(&trusting);
        if certificate == Certificate::Good {
            said.is_answer(0..=SOON);
            gateway.ask(&gateway.model(&model, ONCE)).is("08P01", 0..=SOON);
            assert_eq!(model.count(), 1);
        } else {
            let said = said.is("08P01", 0..=SOON);
            assert!(said.message.contains("certificate"), "{certificate:?}: {said:?}");
            assert_eq!(model.count(), 0, "{certificate:?}");
            assert!(model.holds(KEY).is_empty());
        }
        std::fs::remove_file(file).expect("a file");
    }
    // No way back to clear text.
    let plain = Model::start(good());
    let options = ", retries '0', connect_timeout '500ms'";
    let server = gateway.server(Vendor::OpenAi, &plain.url().replace("http:", "https:"), options);
    // It waits for the rest of a request that is none.
    gateway.ask(&server).is("08001", 0..=SOON);
    assert!(plain.count() == 0 && plain.holds(KEY).is_empty());
    gateway.is_at_rest();
}

#[test]
fn case_05_accepts_and_never_answers() {
    let gateway = gateway("case_05");
    for script in [Script::from(Answer::hang()), Script::new().greet_all(Greeting::Hang)] {
        let model = Model::start(script);
        let server = gateway.model(&model, ", retries '0', first_byte_timeout '300ms'");
        gateway.ask(&server).is("57014", 300..=SOON);
        model.wait_for_rest(Duration::from_secs(10));
    }
    gateway.is_at_rest();
}

#[test]
fn case_06_a_byte_at_a_time() {
    let gateway = gateway("case_06");
    for answer in [good().drip_body(1, Duration::from_millis(100)), good().drip(1, Duration::from_millis(100))] {
        let model = Model::start(answer);
        let server = gateway.model(&model, ", retries '0', timeout '500ms'");
        gateway.ask(&server).is("57014", 500..=500 + SOON);
        model.wait_for_rest(Duration::from_secs(10));
    }
    gateway.is_at_rest();
}

#[test]
fn case_07_a_body_that_ends_too_soon() {
    let gateway = gateway("case_07");
    for end in [End::Close, End::Reset] {
        for (framing, cut) in [
            (Framing::Length, Cut::Body(60)),
            (Framing::Length, Cut::At(30)),
            (Framing::WrongLength(100_000), Cut::Body(100)),
            (Framing::Chunked(16), Cut::LastChunk),
            (Framing::Chunked(16), Cut::Body(60)),
        ] {
            let said = once(&gateway, good().framed(framing).cut(cut, end));
            said.is("08006", 0..=SOON);
        }
    }
    // Where nothing says how long it is, it is what it carries that is not whole.
    once(&gateway, good().framed(Framing::UntilClose).cut(Cut::Body(60), End::Close)).is("08006", 0..=SOON);
    once(&gateway, good().body_ends_at(60)).is("08006", 0..=SOON);
    once(&gateway, Answer::reset()).is("08006", 0..=SOON);
    once(&gateway, Answer::nothing()).is("08006", 0..=SOON);
    gateway.is_at_rest();
}

#[test]
fn case_08_what_is_no_json() {
    let gateway = gateway("case_08");
    for (kind, body) in [
        ("application/json", "{\"choices\": }"),
        ("application/json", ""),
        ("application/json", "null"),
        ("text/html", "<!doctype html><title>Sign in</title>"),
        ("text/plain", "SELECT count(*) AS loaves FROM loaves"),
        ("text/plain", ""),
    ] {
        let said = once(&gateway, Answer::body(kind, body));
        let said = said.is("HV000", 0..=SOON);
        assert!(said.message.contains("cannot be understood"), "{said:?}");
    }
    for answer in [Answer::raw("hello\r\n\r\n"), good().first_line("HTTP/9.9 200 OK"), good().big_header(2_000)] {
        assert!(
            ["08006", "HV000", "54000", "08P01"].contains(&once(&gateway, answer).result.expect_err("no HTTP").sqlstate.as_str())
        );
    }
    gateway.is_at_rest();
}

#[test]
fn case_09_json_that_holds_no_answer() {
    let gateway = gateway("case_09");
    for vendor in Vendor::ALL {
        for odd in oddities(vendor) {
            let model = Model::start(Answer::body("application/json", odd.body));
            let said = gateway.ask(&gateway.server(vendor, &model.url(), ONCE));
            let refused = said.result.as_ref().expect_err(&odd.name);
            assert!(["HV000", "58000", "22023", "08006"].contains(&refused.sqlstate.as_str()), "{}: {said:?}", odd.name);
            assert!(said.time < Duration::from_millis(SOON), "{}: {said:?}", odd.name);
        }
        for (finish, states) in [
            (Finish::Complete, &[][..]),
            (Finish::Truncated, &["54000", "HV000"]),
            (Finish::Filtered, &["22023"]),
            (Finish::Refused, &["22023", "HV000"]),
            (Finish::ToolCall, &["HV000"]),
            (Finish::Unknown, &[]),
        ] {
            let text = if finish == Finish::Refused { "I'm sorry, I cannot help with that." } else { ANSWER };
            let model = Model::start(Answer::reply(Reply::new(text).finish(finish)));
            let said = gateway.ask(&gateway.server(vendor, &model.url(), ONCE));
            match &said.result {
                Ok(sql) => assert!(states.is_empty() && sql == ANSWER, "{vendor:?} {finish:?}: {said:?}"),
                Err(refused) => assert!(states.contains(&refused.sqlstate.as_str()), "{vendor:?} {finish:?}: {said:?}"),
            }
        }
    }
    gateway.is_at_rest();
}

#[test]
fn case_10_more_than_anybody_can_read() {
    let gateway = gateway("case_10");
    once(&gateway, good()).is_answer(0..=SOON);
    let pid = worker(&gateway);
    let before = resident(pid);
    for _ in 0..3 {
        for answer in [Answer::huge(100 << 20), Answer::huge(100 << 20).framed(Framing::Chunked(65_536)), Answer::gzip_bomb(200)]
        {
            let said = once(&gateway, answer);
            said.is("54000", 0..=10_000);
        }
    }
    let after = resident(pid);
    println!("resident: {before} kB before, {after} kB after");
    assert!(after < before + 30_000, "{before} kB, then {after} kB");
    gateway.is_at_rest();
}

#[test]
fn case_11_every_shape_of_patience() {
    let gateway = gateway("case_11");
    std::thread::scope(|scope| {
        for shape in RetryAfter::every(1) {
            let gateway = &gateway;
            scope.spawn(move || {
                let limited = Answer::problem(Problem::RateLimited).retry_after(shape);
                let model = Model::start(Script::new().once(limited).always(good()));
                let said = gateway.ask_within(&gateway.model(&model, ""), "4s");
                match (&said.result, shape) {
                    // As long as it asks for, and a bit more.
                    (Ok(_), RetryAfter::Seconds(_) | RetryAfter::Fraction(_) | RetryAfter::Millis(_) | RetryAfter::Twice(..)) => {
                        assert!(model.gaps()[0] >= Duration::from_millis(1_000), "{shape:?}: {:?}", model.gaps());
                    }
                    (Ok(_), _) => {}
                    (Err(refused), _) => assert_eq!(refused.sqlstate, "53400", "{shape:?}: {said:?}"),
                }
                let is_plain = matches!(shape, RetryAfter::Seconds(_) | RetryAfter::Fraction(_) | RetryAfter::Date(_));
                assert!(said.result.is_ok() || !is_plain, "{shape:?}: {said:?}");
                assert!(said.time < Duration::from_secs(6), "{shape:?}: {said:?}");
                if matches!(shape, RetryAfter::Huge | RetryAfter::Overflowing) {
                    assert!(said.result.is_err() && said.time < Duration::from_millis(SOON + 500), "{shape:?}: {said:?}");
                }
                println!("{shape:?}: {:?} after {:?}", said.result.is_ok(), said.time);
            });
        }
    });
    gateway.is_at_rest();
}

#[test]
fn case_12_bursts_of_errors_and_recovery() {
    let gateway = gateway("case_12");
    std::thread::scope(|scope| {
        for (status, sqlstate) in [(500, "58000"), (502, "58000"), (503, "53300"), (529, "53300")] {
            let gateway = &gateway;
            scope.spawn(move || {
                let model = Model::start(Script::new().times(2, Answer::status(status)).always(good()));
                gateway.ask(&gateway.model(&model, "")).is_answer(1_100..=4_500);
                assert_eq!(model.count(), 3, "{status}");
                let model = Model::start(Answer::status(status));
                gateway.ask(&gateway.model(&model, "")).is(sqlstate, 1_100..=4_500);
                assert_eq!(model.count(), 3, "{status}: two retries and no more");
            });
        }
    });
    gateway.is_at_rest();
}

#[test]
fn case_13_errors_that_stay() {
    let gateway = gateway("case_13");
    for (status, sqlstate) in [(400, "HV000"), (401, "28000"), (403, "28000"), (404, "HV000"), (413, "54000"), (422, "HV000")] {
        // A server that repeats the key in its words.
        let words = json!({"error": {"message": format!("The key {KEY} or the request is wrong: Bearer {KEY}"), "code": null}});
        let model = Model::start(Answer::json(&words).with_status(status).header("x-echo", KEY));
        let said = gateway.ask(&gateway.model(&model, ""));
        let said = said.is(sqlstate, 0..=SOON);
        assert!(said.message.starts_with("model server \"s") && !said.hint.is_empty(), "{said:?}");
        assert_eq!(model.count(), 1, "{status}: no retry");
    }
    gateway.is_at_rest();
}

#[test]
fn case_14_redirects_are_not_followed() {
    let gateway = gateway("case_14");
    let other = Model::start(good());
    for status in [301, 302, 303, 307, 308] {
        for location in ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", &other.url(), "/v1/elsewhere"] {
            let model = Model::start(Answer::redirect(status, location));
            let said = gateway.ask(&gateway.model(&model, ONCE));
            let said = said.is("HV000", 0..=SOON);
            assert!(said.message.contains("redirects"), "{said:?}");
            assert_eq!(model.count(), 1, "{status} {location}");
        }
    }
    assert!(other.count() == 0 && other.holds(KEY).is_empty());
    gateway.is_at_rest();
}

#[test]
fn case_15_the_error_shapes_of_all_vendors() {
    let gateway = gateway("case_15");
    for vendor in Vendor::ALL {
        for problem in Problem::ALL {
            let states: &[&str] = match problem {
                Problem::Auth | Problem::Forbidden => &["28000"],
                Problem::NoModel | Problem::BadRequest => &["HV000"],
                Problem::RateLimited | Problem::NoCredit => &["53400"],
                // One of them has a word for it that means anything.
                Problem::TooLarge if vendor == Vendor::Gemini => &["HV000"],
                Problem::TooLong | Problem::TooLarge => &["54000"],
                Problem::Filtered => &["22023"],
                Problem::Overloaded => &["53300"],
                Problem::Late => &["57014"],
                Problem::Server => &["58000"],
            };
            let model = Model::start(Answer::problem(problem));
            let said = gateway.ask(&gateway.server(vendor, &model.url(), ONCE));
            let refused = said.result.as_ref().expect_err("a problem");
            assert!(states.contains(&refused.sqlstate.as_str()), "{vendor:?} {problem:?}: {said:?}");
            assert!(said.time < Duration::from_millis(SOON), "{vendor:?} {problem:?}: {said:?}");
            // The same with a status that says that all is well.
            let model = Model::start(Answer::problem(problem).with_status(200));
            let said = gateway.ask(&gateway.server(vendor, &model.url(), ONCE));
            assert!(said.result.is_err() && said.time < Duration::from_millis(SOON), "{vendor:?} {problem:?}: {said:?}");
        }
    }
    gateway.is_at_rest();
}

#[test]
fn case_16_the_breaker_is_slow_and_lets_its_probes_through() {
    // Apart from the others: what is known of a server that nothing is under way to gives way to that of a sixty-fifth.
    let cluster = Cluster::start(&talkative());
    let gateway = Gateway::new(&cluster, "case_16");
    let model = Model::start(Answer::status(500));
    let server = gateway.model(&model, ONCE);
    for _ in 0..5 {
        gateway.ask(&server).is("58000", 0..=SOON);
    }
    let opened = Instant::now();
    for _ in 0..20 {
        gateway.ask(&server).is("08004", 0..=500);
    }
    assert_eq!(model.count(), 5, "nobody asks a server that is left alone");
    let gate = Gate::shut();
    model.set(good().held_by(&gate));
    let is_half_open = shown("breaker_open_until IS NULL OR breaker_open_until < now()");
    wait_until("the time is over", || gateway.value(&is_half_open) == "t");
    assert!(opened.elapsed() > Duration::from_secs(3), "{:?}", opened.elapsed());
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| gateway.ask(&server))).collect();
        gate.wait_for(2, Duration::from_secs(10));
        wait_until("the others are refused", || asking.iter().filter(|thread| thread.is_finished()).count() == 6);
        assert_eq!((gate.waiting(), model.count()), (2, 7), "exactly two probes");
        gate.open();
        let said: Vec<Said> = asking.into_iter().map(|thread| thread.join().expect("a thread")).collect();
        assert_eq!(said.iter().filter(|said| said.result.is_ok()).count(), 2);
        said.iter().filter(|said| said.result.is_err()).for_each(|said| {
            said.is("08004", 0..=2_000);
        });
    });
    assert_eq!(gateway.value(&shown("breaker")), "closed");
    // Flapping: whatever it does, it is asked no more than five times and two probes in a window.
    model.set(Answer::status(500));
    let before = model.count();
    let until = Instant::now() + Duration::from_secs(6);
    while Instant::now() < until {
        let _ = gateway.ask(&server);
    }
    assert!(model.count() - before <= 7, "{} requests", model.count() - before);
    gateway.is_at_rest();
}

/// The clock of the day is off by as many seconds as a file says.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long off(void) {
    char text[32] = "";
    const char *path = getenv("NLQ_CLOCK");
    int file = path ? open(path, O_RDONLY) : -1;
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    return length > 0 ? atol(text) : 0;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += off();
    return result;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void) zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
"#;

#[test]
fn case_17_the_clock_of_the_day_jumps() {
    let Some(library) = library("clock", CLOCK) else { return };
    let off = public_file("clock", "0");
    let jump = |seconds: i64| std::fs::write(&off, seconds.to_string()).expect("a file");
    let cluster = Cluster::start(&talkative().started_with("LD_PRELOAD", &library).started_with("NLQ_CLOCK", &off));
    let gateway = Gateway::new(&cluster, "case_17");
    let hour = || gateway.value("SELECT round(extract(epoch FROM clock_timestamp()) / 3600)").parse::<i64>().expect("hours");
    let before = hour();
    for seconds in [3_600, -3_600, 0] {
        // In the middle of a call, and of the pause before a retry.
        let gate = Gate::shut();
        let model = Model::start(Script::new().once(Answer::status(503)).always(good().held_by(&gate)));
        let server = gateway.model(&model, "");
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| gateway.ask(&server));
            model.wait_for(1, Duration::from_secs(20));
            jump(seconds);
            gate.wait_for(1, Duration::from_secs(20));
            jump(-seconds);
            std::thread::sleep(Duration::from_millis(300));
            gate.open();
            asking.join().expect("a thread").is_answer(300..=4_000);
        });
        assert!(model.gaps()[0] < Duration::from_secs(3), "{:?}", model.gaps());
        // While nothing is answered: neither sooner nor later than it should end.
        let model = Model::start(Answer::hang());
        let server = gateway.model(&model, ONCE);
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| gateway.ask_within(&server, "1s"));
            model.wait_for(1, Duration::from_secs(20));
            jump(seconds);
            asking.join().expect("a thread").is("57014", 900..=2_500);
        });
    }
    jump(7_200);
    assert_eq!(hour() - before, 2, "the clock is off");
    // A limit by the minute is not lifted by a clock that jumps.
    let model = Model::start(good());
    let server = gateway.model(&model, ", requests_per_minute '2'");
    gateway.ask(&server).is_answer(0..=SOON);
    gateway.ask(&server).is_answer(0..=SOON);
    gateway.ask(&server).is("53400", 0..=SOON);
    jump(14_400);
    gateway.ask(&server).is("53400", 0..=SOON);
    gateway.is_at_rest();
    [library, off].iter().for_each(|file| std::fs::remove_file(file).expect("a file"));
}

#[test]
fn connections_that_a_server_ends_between_calls_are_not_noticed() {
    let gateway = gateway("case_ended");
    for (name, script) in [
        ("close", Script::from(good().ending(End::Close))),
        ("reset", Script::from(good().ending(End::Reset))),
        ("said", Script::from(good().closing())),
        ("old", Script::from(good().http_10())),
        ("idle", Script::new().always(good()).idle(Duration::from_millis(100))),
    ] {
        let model = Model::start(script);
        let server = gateway.model(&model, ONCE);
        for _ in 0..4 {
            let said = gateway.ask(&server);
            assert!(said.result.is_ok(), "{name}: {said:?}");
            if name == "idle" {
                std::thread::sleep(Duration::from_millis(200));
            }
        }
        assert_eq!(model.count(), 4, "{name}");
    }
    // What is odd and right all the same.
    for answer in [
        good().after_interim(100),
        good().after_interim(103),
        good().gzip(),
        good().framed(Framing::Chunked(1)),
        good().framed(Framing::UntilClose),
        good().without_header("content-type"),
        good().content_type("text/plain"),
    ] {
        once(&gateway, answer).is_answer(0..=SOON);
    }
    gateway.is_at_rest();
}

#[test]
fn a_port_that_accepts_and_closes_is_a_broken_connection() {
    let gateway = gateway("case_close");
    for greeting in [Greeting::Reset, Greeting::Close] {
        let said = once(&gateway, Script::new().greet_all(greeting));
        assert!(["08006", "08001"].contains(&said.result.expect_err("closed").sqlstate.as_str()));
    }
    // A listener whose backlog takes the connection, and a process that never looks.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("a port"));
    gateway.ask(&gateway.server(Vendor::OpenAi, &url, ", retries '0', first_byte_timeout '300ms'")).is("57014", 300..=SOON);
    gateway.is_at_rest();
}
