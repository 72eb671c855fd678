//! Processes that end, are signalled or are too many, while questions are on their way to model servers: nobody waits in vain, nothing is
//! left, and the server goes on.
//!
//! The numbers are those of the list of faults that a gateway has to survive.

use std::collections::HashSet;
use std::process::Stdio;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nl_query_tests::bakery::{ANSWER, QUESTION, column, counter, set};
use nl_query_tests::gateway::{Gateway, Said, descriptors, number_of, resident, signal, talkative, ticks, worker};
use nl_query_tests::model::{Answer, Gate, Model, Problem, Request, RetryAfter};
use nl_query_tests::{Cluster, Options, Refusal, Stop, ask, refusal, wait_until};
use rustix::process::{Pid, Signal, kill_process};

const LONG: Duration = Duration::from_secs(30);
/// Seconds that a worker is away at most, and what a debug build takes beside.
const BACK: u64 = 3_500;

fn good() -> Answer {
    Answer::says(ANSWER)
}

fn held() -> (Gate, Model) {
    let gate = Gate::shut();
    let model = Model::start(good().held_by(&gate));
    (gate, model)
}

/// Answers with the number in the question, so that a wrong answer shows.
fn numbered(request: &Request) -> Answer {
    Answer::says(&format!("SELECT {} AS number FROM loaves", number_in(request)))
}

fn number_in(request: &Request) -> u64 {
    let text = request.messages().join("\n");
    let rest = text.rsplit_once(QUESTION).map(|(_, rest)| rest.trim_start()).unwrap_or_default();
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

/// A gateway whose sessions ask this model.
fn gateway<'a>(cluster: &'a Cluster, name: &str, model: &Model, options: &str) -> Gateway<'a> {
    let gateway = Gateway::new(cluster, name);
    let server = gateway.model(model, options);
    set(&gateway, "nl_query.servers", &server);
    gateway
}

fn pids(gateway: &Gateway<'_>) -> Vec<i32> {
    column(gateway, "SELECT pid FROM pg_stat_nl_query_workers").iter().map(|pid| pid.parse().expect("a pid")).collect()
}

/// Another worker than this one is there.
fn wait_for_another(gateway: &Gateway<'_>, gone: i32) -> Duration {
    let started = Instant::now();
    wait_until("another worker runs", || pids(gateway).iter().any(|pid| *pid != gone) && !pids(gateway).contains(&gone));
    started.elapsed()
}

fn following(gateway: &Gateway<'_>) -> usize {
    let sql = "SELECT count(*) FROM pg_stat_progress_nl_query WHERE datname = current_database() AND stage = 'following'";
    gateway.value(sql).parse().expect("a number")
}

fn postmaster(cluster: &Cluster) -> i32 {
    let file = std::fs::read_to_string(cluster.data().join("postmaster.pid")).expect("postmaster.pid");
    file.lines().next().and_then(|line| line.trim().parse().ok()).expect("a pid")
}

fn has_crashed(cluster: &Cluster) -> bool {
    let log = cluster.log();
    ["terminated by signal", "panicked", "PANIC", "was terminated by"].iter().any(|word| log.contains(word))
}

#[test]
fn case_18_a_worker_that_is_ended_comes_back_and_nobody_notices() {
    let cluster = Cluster::start(&talkative());
    let (gate, model) = held();
    let gateway = gateway(&cluster, "sigterm", &model, "");
    // In flight: asked again by the next worker.
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} 1"))));
        gate.wait_for(1, LONG);
        let gone = worker(&gateway);
        signal("TERM", gone);
        model.wait_for(2, LONG);
        gate.open();
        asking.join().expect("a thread").is_answer(0..=BACK + 1_000);
        assert!(wait_for_another(&gateway, gone) < Duration::from_secs(2));
    });
    assert_eq!(counter(&gateway, "requests"), 1, "counters are kept");
    // Idle, and a question right behind.
    for number in 2..4 {
        let gone = worker(&gateway);
        signal("TERM", gone);
        wait_until("it is gone", || !pids(&gateway).contains(&gone));
        timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} {number}"))).is_answer(0..=BACK);
    }
    // Queued: the worker takes one at a time.
    cluster.connect("postgres").batch_execute("ALTER SYSTEM SET nl_query.worker_concurrency = 1").expect("set");
    cluster.connect("postgres").batch_execute("SELECT pg_reload_conf()").expect("reload");
    wait_until("it takes one at a time", || gateway.value("SELECT capacity FROM pg_stat_nl_query_workers") == "1");
    let gate = Gate::shut();
    model.set(good().held_by(&gate));
    std::thread::scope(|scope| {
        let gateway = &gateway;
        let asking: Vec<_> =
            (10..14).map(|n| scope.spawn(move || timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} {n}"))))).collect();
        gate.wait_for(1, LONG);
        wait_until("three are queued", || counter(gateway, "queued") == 3);
        signal("TERM", worker(gateway));
        wait_until("they wait for another worker", || counter(gateway, "queued") == 4);
        gate.open();
        asking.into_iter().for_each(|said| said.join().expect("a thread").is_answer(0..=BACK + 1_500));
    });
    // Answering, at whatever moment it may be.
    model.set(good());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (gateway, over) = (&gateway, &over);
        let asking = scope.spawn(move || {
            let mut client = gateway.connect();
            let mut asked = 0;
            while !over.load(Ordering::Relaxed) {
                asked += 1;
                timed(|| ask(&mut client, &format!("{QUESTION} {}", 100 + asked))).is_answer(0..=BACK + 1_500);
            }
            asked
        });
        for _ in 0..6 {
            let gone = worker(gateway);
            signal("TERM", gone);
            wait_for_another(gateway, gone);
        }
        over.store(true, Ordering::Relaxed);
        println!("{} questions meanwhile", asking.join().expect("a thread"));
    });
    gateway.is_at_rest();
    assert!(!has_crashed(&cluster));
}

#[test]
fn case_18_another_worker_goes_on_at_once() {
    let cluster = Cluster::start(&talkative().with("nl_query.workers", "2"));
    let (gate, model) = held();
    let gateway = gateway(&cluster, "sigterm2", &model, "");
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask(&mut gateway.connect(), QUESTION));
        gate.wait_for(1, LONG);
        let busy = "SELECT pid FROM pg_stat_nl_query_workers WHERE in_flight > 0";
        let gone: i32 = gateway.value(busy).parse().expect("a pid");
        let started = Instant::now();
        signal("TERM", gone);
        model.wait_for(2, LONG);
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        gate.open();
        assert!(asking.join().expect("a thread").is_ok());
    });
    gateway.is_at_rest();
}

#[test]
fn case_18_a_question_right_after_the_start_waits_for_the_worker() {
    let cluster = Cluster::start(&talkative());
    let model = Model::start(good());
    let gateway = gateway(&cluster, "start", &model, "");
    for number in 0..3 {
        cluster.restart(Stop::Fast);
        timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} {number}"))).is_answer(0..=BACK);
    }
    gateway.is_at_rest();
}

#[test]
fn a_worker_that_stands_still_keeps_nobody_waiting_beyond_its_time() {
    let cluster = Cluster::start(&talkative());
    let (gate, model) = held();
    let gateway = gateway(&cluster, "sigstop", &model, "");
    set(&gateway, "nl_query.model_timeout", "1s");
    timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} 0"))).is("57014", 900..=2_000);
    let pid = worker(&gateway);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} 1"))));
        gate.wait_for(1, LONG);
        signal("STOP", pid);
        asking.join().expect("a thread").is("57014", 500..=2_000);
    });
    // Nobody takes it.
    timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} 2"))).is("57014", 900..=2_000);
    signal("CONT", pid);
    gate.open();
    gateway.is_at_rest();
    timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} 3"))).is_answer(0..=1_000);
}

#[test]
fn case_19_a_worker_is_killed() {
    let cluster = Cluster::start(&talkative());
    let (gate, model) = held();
    let gateway = gateway(&cluster, "sigkill", &model, "");
    for round in 0..2 {
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| gateway.connect().query_one("SELECT nl_sql($1)", &[&QUESTION]).is_err());
            gate.wait_for(1, LONG);
            signal("KILL", worker(&gateway));
            assert!(asking.join().expect("a thread"), "every session ends");
        });
        model.wait_for_rest(LONG);
        wait_until("the server is back", || cluster.try_connect("sigkill", "postgres").is_ok());
        let started = Instant::now();
        model.set(good());
        timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} after {round}"))).is_answer(0..=BACK);
        assert!(started.elapsed() < Duration::from_secs(5));
        gateway.is_at_rest();
        model.set(good().held_by(&gate));
    }
}

#[test]
fn case_20_workers_that_are_ended_while_they_start() {
    let cluster = Cluster::start(&talkative().with("nl_query.workers", "16").with("max_worker_processes", "32"));
    let model = Model::start(good());
    let gateway = gateway(&cluster, "startup", &model, "");
    let parent = postmaster(&cluster);
    let mut killed = HashSet::new();
    wait_until("a hundred were ended", || {
        let until = Instant::now() + Duration::from_millis(200);
        while Instant::now() < until {
            let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
            for pid in children.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()) {
                let title = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                if title.contains("nl_query worker") && killed.insert(pid) {
                    kill(pid, Signal::TERM);
                }
            }
        }
        killed.len() >= 100
    });
    timed(|| ask(&mut gateway.connect(), QUESTION)).is_answer(0..=BACK);
    wait_until("all are back", || pids(&gateway).len() == 16);
    gateway.is_at_rest();
    assert!(!has_crashed(&cluster));
}

#[test]
fn case_21_a_storm_of_signals() {
    let cluster = Cluster::start(&talkative());
    let model = Model::start(|request: &Request| numbered(request).delay(Duration::from_millis(30)));
    let gateway = gateway(&cluster, "storm", &model, ", concurrency '32'");
    timed(|| ask(&mut gateway.connect(), QUESTION)).is_answer(0..=BACK);
    let pid = worker(&gateway);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (gateway, over) = (&gateway, &over);
        let asking: Vec<_> = (0..8)
            .map(|session| {
                scope.spawn(move || {
                    let mut client = gateway.connect();
                    let mut asked = 0;
                    while !over.load(Ordering::Relaxed) {
                        let number = 1_000_000 * (session + 1) + asked;
                        let sql = ask(&mut client, &format!("{QUESTION} {number}")).expect("an answer");
                        assert_eq!(sql, format!("SELECT {number} AS number FROM loaves"));
                        asked += 1;
                    }
                    asked
                })
            })
            .collect();
        let reloading = scope.spawn(move || {
            let mut client = gateway.connect();
            while !over.load(Ordering::Relaxed) {
                client.batch_execute("SELECT pg_reload_conf()").expect("reload");
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        // One after the other, so that few of them are taken together.
        for _ in 0..20_000 {
            kill(pid, Signal::HUP);
            kill(pid, Signal::USR1);
            std::thread::sleep(Duration::from_micros(100));
        }
        over.store(true, Ordering::Relaxed);
        reloading.join().expect("a thread");
        let asked: u64 = asking.into_iter().map(|thread| thread.join().expect("a thread")).sum();
        println!("{asked} questions during 20,000 pairs of signals");
        assert!(asked > 8);
    });
    assert_eq!(worker(&gateway), pid, "the same worker");
    // Main thread and helpers.
    let threads: u64 = gateway.value("SELECT threads FROM pg_stat_nl_query_workers").parse().expect("a number");
    assert!(number_of(pid, "Threads:") > threads.min(1) && number_of(pid, "Threads:") >= threads, "{threads}");
    gateway.is_at_rest();
    assert!(!has_crashed(&cluster));
}

/// Many sessions whose calls hang.
fn hanging<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    gateway: &'scope Gateway<'_>,
    model: &Model,
    count: usize,
) -> Vec<std::thread::ScopedJoinHandle<'scope, bool>> {
    let before = model.count();
    let sessions: Vec<_> = (0..count)
        .map(|n| {
            scope.spawn(move || {
                let question = format!("{QUESTION} {}", before + n);
                gateway.connect().query_one("SELECT nl_sql($1)", &[&question]).is_err()
            })
        })
        .collect();
    model.wait_until("all hang", Duration::from_secs(60), |counts| counts.in_flight == count);
    sessions
}

#[test]
fn case_23_the_server_stops_with_64_calls_hanging() {
    let options = talkative().with("nl_query.worker_concurrency", "64").with("max_connections", "120");
    let cluster = Cluster::start(&options);
    let model = Model::start(Answer::hang());
    let gateway = gateway(&cluster, "stop", &model, ", concurrency '64'");
    for how in [Stop::Fast, Stop::Immediate, Stop::Fast] {
        std::thread::scope(|scope| {
            let sessions = hanging(scope, &gateway, &model, 64);
            let started = Instant::now();
            cluster.stop(how);
            let time = started.elapsed();
            println!("{how:?}: {time:?}");
            assert!(time < Duration::from_secs(2), "{how:?}: {time:?}");
            assert!(sessions.into_iter().all(|session| session.join().expect("a thread")));
        });
        model.wait_for_rest(LONG);
        cluster.start_again();
        gateway.is_at_rest();
    }
    model.set(good());
    timed(|| ask(&mut gateway.connect(), QUESTION)).is_answer(0..=BACK);
}

#[test]
fn case_24_the_postmaster_is_killed() {
    let cluster = Cluster::start(&talkative());
    let model = Model::start(Answer::hang());
    let gateway = gateway(&cluster, "orphans", &model, "");
    let workers = pids(&gateway);
    std::thread::scope(|scope| {
        let sessions = hanging(scope, &gateway, &model, 8);
        signal("KILL", postmaster(&cluster));
        assert!(sessions.into_iter().all(|session| session.join().expect("a thread")));
    });
    model.wait_for_rest(Duration::from_secs(5));
    wait_until("no worker is left", || workers.iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists()));
    cluster.start_again();
    model.set(good());
    timed(|| ask(&mut gateway.connect(), QUESTION)).is_answer(0..=BACK);
    gateway.is_at_rest();
}

#[test]
fn case_25_what_is_dropped_and_renamed_during_calls() {
    let cluster = Cluster::start(&talkative());
    let model = Model::start(Answer::hang());
    let mut admin = cluster.connect("postgres");

    // A call that nobody's session waits for blocks nothing.
    let submitted = gateway(&cluster, "submitted", &model, "");
    submitted.value(&format!("SELECT nl_submit('{QUESTION}')"));
    model.wait_for(1, LONG);
    let started = Instant::now();
    wait_until("no session is left", || {
        admin
            .query_one("SELECT count(*) FROM pg_stat_activity WHERE datname = 'submitted'", &[])
            .expect("sessions")
            .get::<_, i64>(0)
            == 0
    });
    admin.batch_execute("CREATE DATABASE copied TEMPLATE submitted").expect("a copy");
    admin.batch_execute("ALTER DATABASE submitted RENAME TO renamed").expect("another name");
    admin.batch_execute("DROP DATABASE renamed").expect("it goes");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());

    // Sessions that wait are ended by force.
    let forced = gateway(&cluster, "forced", &model, "");
    std::thread::scope(|scope| {
        model.set(Answer::hang());
        let before = model.counts().in_flight;
        let sessions: Vec<_> = (0..4)
            .map(|n| {
                let forced = &forced;
                scope.spawn(move || forced.connect().query_one("SELECT nl_sql($1)", &[&format!("{QUESTION} {n}")]).is_err())
            })
            .collect();
        model.wait_until("they hang", LONG, |counts| counts.in_flight == before + 4);
        let started = Instant::now();
        admin.batch_execute("DROP DATABASE forced WITH (FORCE)").expect("it goes");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert!(sessions.into_iter().all(|session| session.join().expect("a thread")));
        model.wait_until("their calls end", LONG, |counts| counts.in_flight <= before);
    });

    // The extension goes while it is asked.
    let (gate, model) = held();
    let dropped = gateway(&cluster, "dropped", &model, "");
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| dropped.connect().query_one("SELECT nl_sql($1)", &[&QUESTION]).map(|_| ()).map_err(state_of));
        gate.wait_for(1, LONG);
        dropped.run("SET lock_timeout = '2s'; DROP EXTENSION nl_query CASCADE");
        gate.open();
        // What it was told is said, or why not.
        println!("{:?}", asking.join().expect("a thread"));
    });
    dropped.run("CREATE EXTENSION nl_query");
    dropped.is_at_rest();
    assert!(!has_crashed(&cluster));
}

#[test]
fn case_26_no_room_for_the_worker() {
    let cluster = Cluster::start(&talkative().with("max_worker_processes", "0"));
    let model = Model::start(good());
    let gateway = gateway(&cluster, "noroom", &model, "");
    let said = timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} 1")));
    let said = said.is("55000", 2_500..=5_000);
    assert!(said.message.contains("no worker") && said.hint.contains("max_worker_processes"), "{said:?}");
    timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} 2"))).is("55000", 0..=1_000);
    let said = refusal(&mut gateway.connect(), &format!("SELECT nl_submit('{QUESTION} 3')"));
    assert_eq!(said.sqlstate, "55000", "{said:?}");
    assert!(model.count() == 0);
    gateway.is_at_rest();
}

#[test]
fn case_27_more_sessions_than_the_queue_has_room_for() {
    let options = talkative().with("nl_query.queue_size", "64").with("max_connections", "560");
    let cluster = Cluster::start(&options);
    let gate = Gate::shut();
    let model = Model::start(good().held_by(&gate));
    let gateway = gateway(&cluster, "crowd", &model, ", concurrency '100'");
    let sessions = 500;
    let barrier = Barrier::new(sessions + 1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..sessions)
            .map(|n| {
                let (gateway, barrier) = (&gateway, &barrier);
                scope.spawn(move || {
                    let mut client = gateway.connect();
                    // Everything that has to be read once.
                    let _ = refusal(&mut client, "SELECT nl_sql('')");
                    barrier.wait();
                    timed(|| ask(&mut client, &format!("{QUESTION} {n}")))
                })
            })
            .collect();
        barrier.wait();
        let started = Instant::now();
        wait_until("all others are refused", || threads.iter().filter(|thread| thread.is_finished()).count() == sessions - 64);
        println!("{} refused within {:?}", sessions - 64, started.elapsed());
        gate.open();
        let said: Vec<Said> = threads.into_iter().map(|thread| thread.join().expect("a thread")).collect();
        assert_eq!(said.iter().filter(|said| said.result.is_ok()).count(), 64);
        let refused = said.iter().filter_map(|said| said.result.as_ref().err());
        assert!(refused.clone().all(|refused| refused.sqlstate == "53000"), "{:?}", refused.clone().next());
    });
    gateway.is_at_rest();
}

#[test]
fn case_27_a_batch_does_not_starve_sessions() {
    let cluster = Cluster::start(&talkative().with("nl_query.queue_size", "64").with("nl_query.worker_concurrency", "4"));
    let model = Model::start(|request: &Request| numbered(request).delay(Duration::from_millis(100)));
    let gateway = gateway(&cluster, "starve", &model, "");
    std::thread::scope(|scope| {
        let batch = scope.spawn(|| {
            let questions = format!("SELECT array_agg('{QUESTION} ' || n) FROM generate_series(1000, 1199) n");
            gateway.value(&format!("SELECT count(*) FROM nl_sql_batch(({questions})) WHERE error IS NULL"))
        });
        model.wait_for(8, LONG);
        let mut times = Vec::new();
        while !batch.is_finished() && times.len() < 10 {
            let number = times.len();
            let said = timed(|| ask(&mut gateway.connect(), &format!("{QUESTION} {number}")));
            assert!(said.result.is_ok(), "{said:?}");
            times.push(said.time);
        }
        println!("sessions waited {times:?}");
        assert!(times.iter().all(|time| *time < Duration::from_millis(1_500)), "{times:?}");
        assert_eq!(batch.join().expect("a thread"), "200");
    });
    gateway.is_at_rest();
}

#[test]
fn case_27_batches_whose_calls_hang_leave_room_for_sessions() {
    let cluster = Cluster::start(&talkative().with("nl_query.queue_size", "64"));
    let model = Model::start(|request: &Request| if number_in(request) >= 1_000 { Answer::hang() } else { numbered(request) });
    let gateway = gateway(&cluster, "hog", &model, "");
    let mut client = gateway.connect();
    // As many as are taken: then there is an error at once, and it says why.
    let mut taken = 0;
    let said = loop {
        match client.query_one("SELECT nl_submit($1)", &[&format!("{QUESTION} {}", 1_000 + taken)]) {
            Ok(_) => taken += 1,
            Err(error) => break Refusal::from(&error),
        }
    };
    assert_eq!((taken, said.sqlstate.as_str()), (48, "53000"), "{said:?}");
    wait_until("as many hang as may", || counter(&gateway, "in_flight") == 12);
    for number in 0..5 {
        timed(|| ask(&mut client, &format!("{QUESTION} {number}"))).is_answer(0..=1_500);
    }
    client.batch_execute("SELECT nl_cancel(n) FROM generate_series(1, 48) n").expect("cancel");
    gateway.is_at_rest();
}

/// What ends a session's question.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Cancelled,
    Terminated,
    /// The client is gone without a word.
    Gone,
}

/// How long it takes until a session at a stage of its question has ended it.
fn ended_at(gateway: &Gateway<'_>, end: End, stage: &str, question: &str) -> Duration {
    let mut psql = gateway.cluster.psql(&gateway.name, "postgres");
    psql.env("PGOPTIONS", "-c client_connection_check_interval=20ms").args(["-v", "VERBOSITY=verbose"]);
    psql.args(["-c", &format!("SELECT nl_sql('{question}')")]).stdout(Stdio::null()).stderr(Stdio::piped());
    let (mut asking, mut other) = (psql.spawn().expect("psql"), gateway.connect());
    let at = format!("SELECT coalesce(max(pid), 0) FROM pg_stat_progress_nl_query WHERE stage = '{stage}'");
    let mut pid = 0;
    wait_until(&format!("it is {stage}"), || {
        pid = other.query_one(&at, &[]).expect("a pid").get(0);
        pid != 0
    });
    let started = Instant::now();
    match end {
        End::Cancelled => drop(other.execute("SELECT pg_cancel_backend($1)", &[&pid]).expect("cancel")),
        End::Terminated => drop(other.execute("SELECT pg_terminate_backend($1)", &[&pid]).expect("terminate")),
        End::Gone => asking.kill().expect("kill"),
    }
    let said = asking.wait_with_output().expect("psql");
    let said = String::from_utf8_lossy(&said.stderr);
    let expected = match end {
        End::Cancelled => "57014",
        End::Terminated => "57P01",
        End::Gone => "",
    };
    assert!(said.contains(expected), "{end:?} {stage}: {said}");
    if end != End::Cancelled {
        let there = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1";
        wait_until("the session is gone", || other.query_one(there, &[&pid]).expect("a count").get::<_, i64>(0) == 0);
    }
    started.elapsed()
}

#[test]
fn case_28_a_session_is_ended_at_once_at_every_stage() {
    let cluster = Cluster::start(&talkative().with("nl_query.worker_concurrency", "1"));
    let model = Model::start(good());
    let gateway = gateway(&cluster, "stages", &model, "");
    for (end, limit) in [(End::Cancelled, 150), (End::Terminated, 300), (End::Gone, 500)] {
        let gate = Gate::shut();
        model.set(good().held_by(&gate));
        let ended = |stage, number: u64| ended_at(&gateway, end, stage, &format!("{QUESTION} {end:?} {number}"));
        let mut times = Vec::new();
        std::thread::scope(|scope| {
            let first = scope.spawn(|| ask(&mut gateway.connect(), &format!("{QUESTION} {end:?} 1")));
            gate.wait_for(1, LONG);
            times.push(("queued", ended("queued", 2)));
            times.push(("following", ended("following", 1)));
            gate.open();
            assert!(first.join().expect("a thread").is_ok());
        });
        gateway.is_at_rest();
        let patient = Model::start(Answer::problem(Problem::RateLimited).retry_after(RetryAfter::Seconds(8)));
        set(&gateway, "nl_query.servers", &gateway.model(&patient, ""));
        times.push(("pausing", ended("pausing", 3)));
        gateway.is_at_rest();
        set(&gateway, "nl_query.servers", "s1");
        let still = Gate::shut();
        model.set(good().held_by(&still));
        times.push(("provider", ended("provider", 4)));
        println!("{end:?}: {times:?}");
        assert!(times.iter().all(|(_, time)| *time < Duration::from_millis(limit)), "{end:?}: {times:?}");
        gateway.is_at_rest();
        // What the model says after all is for nobody.
        still.open();
        gateway.is_at_rest();
    }
    assert!(!has_crashed(&cluster));
}

#[test]
fn case_28_sessions_that_leave_at_every_stage() {
    let cluster = Cluster::start(
        &talkative()
            .with("nl_query.worker_concurrency", "2")
            .with("client_connection_check_interval", "100ms")
            .with("nl_query.queue_size", "8"),
    );
    let (gate, model) = held();
    let gateway = gateway(&cluster, "leave", &model, "");
    // Two are asked, two wait for the worker; then each one is cancelled.
    for round in 0..3 {
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..4).map(|_| gateway.connect()).collect();
            let tokens: Vec<_> = clients.iter().map(|client| client.cancel_token()).collect();
            let asking: Vec<_> = clients
                .into_iter()
                .enumerate()
                .map(|(n, mut client)| {
                    scope.spawn(move || refusal(&mut client, &format!("SELECT nl_sql('{QUESTION} {round}{n}')")))
                })
                .collect();
            wait_until("two are asked, two wait", || (counter(&gateway, "in_flight"), counter(&gateway, "queued")) == (2, 2));
            let started = Instant::now();
            tokens.iter().for_each(|token| token.cancel_query(postgres::NoTls).expect("cancel"));
            for said in asking {
                assert_eq!(said.join().expect("a thread").sqlstate, "57014");
            }
            assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        });
        gateway.is_at_rest();
    }
    // A client that is gone without a word.
    let mut psql = cluster.psql("leave", "postgres");
    let before = model.count();
    let mut child = psql.args(["-c", &format!("SELECT nl_sql('{QUESTION} gone')")]).spawn().expect("psql");
    model.wait_for(before + 1, LONG);
    child.kill().expect("kill");
    let _ = child.wait();
    model.wait_for_rest(LONG);
    gateway.is_at_rest();
    // Whoever comes next gets its own answer, however late another's comes.
    model.set(numbered);
    gate.open();
    let mut client = gateway.connect();
    for number in 1..=20 {
        let late = Gate::shut();
        model.set({
            let late = late.clone();
            move |request: &Request| {
                if number_in(request) >= 1_000 { numbered(request).held_by(&late) } else { numbered(request) }
            }
        });
        let before = model.count();
        client.batch_execute("SET statement_timeout = '150ms'").expect("SET");
        let said = refusal(&mut client, &format!("SELECT nl_sql('{QUESTION} {}')", 1_000 + number));
        assert_eq!(said.sqlstate, "57014");
        client.batch_execute("DISCARD ALL").expect("DISCARD ALL");
        wait_until("it was asked", || model.count() > before);
        late.open();
        let sql = ask(&mut client, &format!("{QUESTION} {number}")).expect("an answer");
        assert_eq!(sql, format!("SELECT {number} AS number FROM loaves"));
    }
    gateway.is_at_rest();
}

#[test]
fn case_29_when_the_leader_is_terminated_one_takes_over() {
    let cluster = Cluster::start(&talkative());
    let (gate, model) = held();
    let gateway = gateway(&cluster, "leader", &model, "");
    std::thread::scope(|scope| {
        let mut leader = gateway.connect();
        let pid: i32 = leader.query_one("SELECT pg_backend_pid()", &[]).expect("a pid").get(0);
        let leading = scope.spawn(move || leader.query_one("SELECT nl_sql($1)", &[&QUESTION]).is_err());
        gate.wait_for(1, LONG);
        let followers: Vec<_> = (0..20).map(|_| scope.spawn(|| ask(&mut gateway.connect(), QUESTION))).collect();
        wait_until("the others follow", || following(&gateway) == 20);
        gateway.run(&format!("SELECT pg_terminate_backend({pid})"));
        assert!(leading.join().expect("a thread"));
        wait_until("one of them leads", || following(&gateway) == 19);
        gate.open();
        followers.into_iter().for_each(|said| assert_eq!(said.join().expect("a thread"), Ok(ANSWER.to_owned())));
    });
    assert!(model.count() <= 2, "{}", model.count());
    println!("{} requests", model.count());
    gateway.is_at_rest();
}

#[test]
fn case_29_leaders_that_end_at_any_moment_have_one_successor_each() {
    let cluster = Cluster::start(&talkative());
    let model = Model::start(good().delay(Duration::from_millis(120)));
    let gateway = gateway(&cluster, "leaders", &model, "");
    let mut most = 0;
    for round in 0..20 {
        let before = model.count();
        std::thread::scope(|scope| {
            let mut leader = gateway.connect();
            let pid: i32 = leader.query_one("SELECT pg_backend_pid()", &[]).expect("a pid").get(0);
            let question = format!("{QUESTION} {round}");
            let own = question.clone();
            let leading = scope.spawn(move || leader.query_one("SELECT nl_sql($1)", &[&own]).is_ok());
            std::thread::sleep(Duration::from_millis(5));
            let followers: Vec<_> = (0..8)
                .map(|_| {
                    let (gateway, question) = (&gateway, question.clone());
                    scope.spawn(move || timed(|| ask(&mut gateway.connect(), &question)))
                })
                .collect();
            std::thread::sleep(Duration::from_millis(15 * round));
            let kind = if round % 2 == 0 { "terminate" } else { "cancel" };
            gateway.run(&format!("SELECT pg_{kind}_backend({pid})"));
            let _ = leading.join().expect("a thread");
            followers.into_iter().for_each(|said| said.join().expect("a thread").is_answer(0..=BACK));
        });
        most = most.max(model.count() - before);
        assert!((1..=2).contains(&(model.count() - before)), "round {round}: {} requests", model.count() - before);
    }
    println!("{most} requests at most");
    gateway.is_at_rest();
}

#[test]
fn case_30_wherever_a_function_can_be_called() {
    let cluster = Cluster::start(&talkative());
    let model = Model::start(numbered);
    let gateway = gateway(&cluster, "places", &model, "");
    gateway.run(&format!(
        "CREATE TABLE notes (n int, sql text);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN NEW.sql := nl_sql('{QUESTION} ' || NEW.n); RETURN NEW; END $$;
         CREATE TRIGGER noted BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION note();
         INSERT INTO notes VALUES (1), (2);
         CREATE TABLE checked (n int CHECK (nl_sql('{QUESTION} ' || n) LIKE '%loaves'));
         INSERT INTO checked VALUES (3);
         PREPARE asked(int) AS SELECT nl_sql('{QUESTION} ' || $1); EXECUTE asked(4); EXECUTE asked(5);
         BEGIN; SAVEPOINT a; SELECT nl_sql('{QUESTION} 6'); ROLLBACK TO a; SELECT nl_sql('{QUESTION} 7'); COMMIT"
    ));
    assert_eq!(column(&gateway, "SELECT sql FROM notes ORDER BY n"), [1, 2].map(|n| format!("SELECT {n} AS number FROM loaves")));
    let said = refusal(&mut gateway.connect(), "CREATE INDEX ON notes (nl_sql(sql))");
    assert_eq!(said.sqlstate, "42P17", "{said:?}");
    let mut client = gateway.connect();
    let parallel = if cluster.server.major >= 16 { "debug_parallel_query" } else { "force_parallel_mode" };
    client.batch_execute(&format!("SET {parallel} = on")).expect("SET");
    assert_eq!(ask(&mut client, &format!("{QUESTION} 8")).expect("an answer"), "SELECT 8 AS number FROM loaves");
    let said = client.query("SELECT nl_sql($1 || n) FROM generate_series(9, 12) n", &[&format!("{QUESTION} ")]).expect("answers");
    assert_eq!(said.len(), 4);
    // The timeout of the statement around the moment at which the answer comes.
    model.set(|request: &Request| numbered(request).delay(Duration::from_millis(100)));
    let (mut answered, mut late) = (0, 0);
    for n in 0..40 {
        client.batch_execute(&format!("SET statement_timeout = '{}ms'", 100 + n)).expect("SET");
        match ask(&mut client, &format!("{QUESTION} {}", 100 + n)) {
            Ok(sql) => {
                assert_eq!(sql, format!("SELECT {} AS number FROM loaves", 100 + n));
                answered += 1;
            }
            Err(Refusal { sqlstate, .. }) => {
                assert_eq!(sqlstate, "57014");
                late += 1;
            }
        }
    }
    println!("{answered} answered, {late} late");
    client.batch_execute("SET statement_timeout = 0; SELECT 1").expect("the session goes on");
    gateway.is_at_rest();
}

#[test]
fn two_hundred_sessions_with_one_question_send_one_request() {
    // One question takes one place, however many ask it.
    let cluster = Cluster::start(&talkative().with("max_connections", "250").with("nl_query.queue_size", "8"));
    let (gate, model) = held();
    let gateway = gateway(&cluster, "flock", &model, "");
    std::thread::scope(|scope| {
        let sessions: Vec<_> = (0..200).map(|_| scope.spawn(|| ask(&mut gateway.connect(), QUESTION))).collect();
        wait_until("199 follow", || following(&gateway) == 199);
        gate.open();
        sessions.into_iter().for_each(|said| assert_eq!(said.join().expect("a thread"), Ok(ANSWER.to_owned())));
    });
    assert_eq!((model.count(), counter(&gateway, "requests")), (1, 1));
    gateway.is_at_rest();
    // The same at full speed, without anything that holds the answer back.
    model.set(good().delay(Duration::from_millis(200)));
    let before = model.count();
    let barrier = Barrier::new(200);
    std::thread::scope(|scope| {
        for _ in 0..200 {
            scope.spawn(|| {
                let mut client = gateway.connect();
                barrier.wait();
                assert!(ask(&mut client, &format!("{QUESTION} again")).is_ok());
            });
        }
    });
    assert_eq!(model.count() - before, 1);
    gateway.is_at_rest();
}

#[test]
fn a_hundred_questions_at_once_are_all_answered() {
    let options = talkative().with("max_connections", "150").with("nl_query.worker_concurrency", "100");
    let cluster = Cluster::start(&options);
    let model = Model::start(|request: &Request| numbered(request).delay(Duration::from_millis(200)));
    let gateway = gateway(&cluster, "hundred", &model, ", concurrency '100'");
    let barrier = Barrier::new(100);
    for round in 0..2 {
        let started = Instant::now();
        std::thread::scope(|scope| {
            for n in 0..100 {
                let (gateway, barrier) = (&gateway, &barrier);
                scope.spawn(move || {
                    let mut client = gateway.connect();
                    let number = 1_000 * (round + 1) + n;
                    barrier.wait();
                    let sql = ask(&mut client, &format!("{QUESTION} {number}")).expect("an answer");
                    assert_eq!(sql, format!("SELECT {number} AS number FROM loaves"));
                });
            }
        });
        println!("100 questions and as many connections in {:?}, {:?}", started.elapsed(), model.counts());
    }
    assert_eq!(model.count(), 200);
    gateway.is_at_rest();
}

#[test]
fn an_idle_worker_sleeps() {
    let cluster = Cluster::start(&Options::default());
    let model = Model::start(good());
    let gateway = gateway(&cluster, "idle", &model, "");
    let pid = worker(&gateway);
    timed(|| ask(&mut gateway.connect(), QUESTION)).is_answer(0..=BACK);
    gateway.is_at_rest();
    // What follows a call: an answer's place in the queue, a connection that is kept.
    std::thread::sleep(Duration::from_secs(2));
    let state = || (ticks(pid), switches(pid));
    let before = state();
    std::thread::sleep(Duration::from_secs(10));
    assert_eq!(before, state(), "ticks and switches");
}

#[test]
fn two_thousand_calls_leave_a_worker_as_it_was() {
    let cluster = Cluster::start(&Options::default());
    let model = Model::setup().keep(10).start(numbered);
    let gateway = gateway(&cluster, "flat", &model, "");
    let pid = worker(&gateway);
    // A hundred thousand take some minutes.
    let calls = std::env::var("NL_QUERY_CALLS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let run = |from: u64, count: u64| {
        std::thread::scope(|scope| {
            for session in 0..4 {
                let gateway = &gateway;
                scope.spawn(move || {
                    let mut client = gateway.connect();
                    for n in 0..count / 4 {
                        let number = from + session * count + n;
                        assert!(ask(&mut client, &format!("{QUESTION} {number}")).is_ok());
                    }
                });
            }
        });
    };
    run(10_000, 400);
    gateway.is_at_rest();
    let before = (resident(pid), descriptors(pid));
    run(1_000_000, calls);
    gateway.is_at_rest();
    let after = (resident(pid), descriptors(pid));
    println!("kB and descriptors: {before:?}, then {after:?}; {} calls", model.count());
    assert!(after.0 < before.0 + 4_096 && after.1 <= before.1 + 4, "{before:?}, then {after:?}");
    assert!(after.0 < 40 * 1_024 + 60 * 1_024, "{} kB", after.0);
}

/// How often each thread of a process went to sleep.
fn switches(pid: i32) -> Vec<(String, u64)> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("a process");
    let names = threads.map(|thread| thread.expect("a thread").file_name().into_string().expect("a number"));
    let mut all: Vec<_> =
        names.map(|thread| (thread.clone(), number_of(thread.parse().expect("a number"), "voluntary_ctxt_switches:"))).collect();
    all.sort();
    all
}

fn timed(work: impl FnOnce() -> Result<String, Refusal>) -> Said {
    let started = Instant::now();
    let result = work();
    Said { result, time: started.elapsed() }
}

fn state_of(error: postgres::Error) -> String {
    error.code().map(|code| code.code().to_owned()).unwrap_or_else(|| error.to_string())
}

fn kill(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, signal);
    }
}
