//! Helper threads: started on demand, at rest, gone, replaced.

mod common;

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::{AMPLE, call, user};
use nl_query_core::provider::failure::FailureClass as Class;
use nl_query_core::wire::Call;
use nl_query_http::{Cord, Crew, Finished, Make, Settings, Task};
use nl_query_tests::model::{Answer, Gate, Model};
use nl_query_tests::wait_until;

fn crew(rest: Duration) -> (Crew<usize>, Receiver<()>) {
    let (sender, woken) = channel();
    let spawn = |work: Box<dyn FnOnce() + Send>| std::thread::Builder::new().spawn(work).map(drop);
    let wake = move || {
        let _ = sender.send(());
    };
    let settings = Settings { concurrency: 64, user: user() };
    (Crew::resting(settings, Box::new(spawn), Box::new(wake), rest), woken)
}

fn task(name: usize, call: Call) -> Task<usize> {
    Task { name, call: Box::new(call), key: None, cord: Cord::new() }
}

fn wait_for(crew: &Crew<usize>, woken: &Receiver<()>, count: usize) -> Vec<Finished<usize>> {
    let mut all = crew.finished();
    while all.len() < count {
        woken.recv_timeout(AMPLE).expect("a wake-up");
        all.extend(crew.finished());
    }
    all
}

#[test]
fn as_many_threads_as_calls_and_no_more() {
    let gate = Gate::shut();
    let model = Model::start(Answer::says("SELECT 1").held_by(&gate));
    let (crew, woken) = crew(Duration::from_millis(300));
    assert_eq!(crew.threads(), 0);
    for name in 0..20 {
        crew.start(task(name, call(&model.url())));
    }
    gate.wait_for(20, AMPLE);
    assert_eq!(crew.threads(), 20);
    gate.open();
    let mut names: Vec<usize> = wait_for(&crew, &woken, 20).iter().map(|finished| finished.name).collect();
    names.sort_unstable();
    assert_eq!(names, (0..20).collect::<Vec<_>>());
    // One at a time needs one thread, always the same: the others end.
    let until = Instant::now() + AMPLE;
    while crew.threads() > 1 && Instant::now() < until {
        crew.start(task(0, call(&model.url())));
        assert!(wait_for(&crew, &woken, 1)[0].answer.result.is_ok());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(crew.threads(), 1);
    while crew.threads() > 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(crew.threads(), 0);
    model.wait_until("the last one closed all connections", AMPLE, |counts| counts.open == 0);
    crew.start(task(1, call(&model.url())));
    assert!(wait_for(&crew, &woken, 1)[0].answer.result.is_ok());
    assert_eq!(crew.panics(), 0);
}

#[test]
fn a_helper_that_panics_gives_an_answer_and_is_replaced() {
    let model = Model::start(Answer::says("SELECT 1"));
    let (sender, woken) = channel();
    let spawn = |work: Box<dyn FnOnce() + Send>| std::thread::Builder::new().spawn(work).map(drop);
    let wake = move || {
        let _ = sender.send(());
    };
    let make: Make = Box::new(|client, call, key, cord| {
        assert!(call.server != 13, "a fault of our own");
        client.call(call, key, cord)
    });
    let settings = Settings { concurrency: 8, user: user() };
    let crew = Crew::making(settings, make, Box::new(spawn), Box::new(wake), AMPLE);
    for round in 0..3 {
        for name in 0..8 {
            let server = if name % 2 == 0 { 13 } else { 1 };
            crew.start(task(name, Call { server, ..call(&model.url()) }));
        }
        let all = wait_for(&crew, &woken, 8);
        assert_eq!(all.len(), 8);
        for finished in all {
            match finished.answer.result {
                Ok(_) => assert_eq!(finished.name % 2, 1),
                Err(failure) => {
                    assert_eq!((finished.name % 2, failure.class), (0, Class::Worker));
                    assert!(!failure.message.contains("our own"), "{failure:?}");
                }
            }
        }
        assert_eq!(crew.panics(), 4 * (round + 1));
        assert!(crew.threads() <= 8, "{}", crew.threads());
    }
}

#[test]
fn a_thread_that_cannot_be_started_is_an_answer() {
    let spawn = |_: Box<dyn FnOnce() + Send>| Err(std::io::Error::from(std::io::ErrorKind::WouldBlock));
    let crew: Crew<usize> = Crew::new(Settings { concurrency: 1, user: 0 }, Box::new(spawn), Box::new(|| {}));
    crew.start(task(7, call("http://127.0.0.1:1")));
    let finished = crew.finished();
    assert_eq!((finished.len(), finished[0].name, crew.threads()), (1, 7, 0));
    let failure = finished[0].answer.result.as_ref().expect_err("a failure");
    assert_eq!(failure.class, Class::Worker);
}

#[test]
fn many_calls_leave_nothing_behind() {
    let model = Model::setup().keep(10).start(Answer::says("SELECT 1"));
    let (crew, woken) = crew(AMPLE);
    let descriptors = || std::fs::read_dir("/proc/self/fd").expect("a process").count();
    let (mut begun, mut done, mut flat) = (0, 0, 0);
    while done < 3_000 {
        while begun < 3_000 && begun - done < 16 {
            crew.start(task(begun, call(&model.url())));
            begun += 1;
        }
        for finished in wait_for(&crew, &woken, 1) {
            assert!(finished.answer.result.is_ok(), "{:?}", finished.answer.result);
            done += 1;
        }
        // Several may be done at once.
        if flat == 0 && done >= 500 {
            flat = descriptors();
        }
    }
    assert!(model.counts().connections <= 20, "{:?}", model.counts());
    // Tests beside this one have descriptors of the same process; theirs go again.
    wait_until(&format!("no more descriptors are left than after 500 calls, {flat}"), || descriptors() <= flat.max(60) + 8);
    assert!(crew.threads() <= 16);
}
