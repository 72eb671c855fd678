//! What is added to a model's answer: the same server asked by SQL and asked directly, in turns.
//!
//! The server answers after a fixed time. What a caller waits beyond that is its own and the machine's lateness, which the direct
//! calls show, and ours: schema, prompt, queue, worker, HTTP, proof.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nl_query_tests::bakery::{ANSWER, bakery};
use nl_query_tests::model::{Answer, Model};
use nl_query_tests::{Cluster, Database, Options};

use crate::report::{Figures, heading};

/// How long the server takes for an answer.
const TAKES: Duration = Duration::from_millis(200);
/// Turns of each caller in each of the two ways.
const TURNS: usize = 30;

pub fn gateway() {
    heading("a model's answer after 200 ms: what callers wait beyond that, in ms");
    let model = Model::start(Answer::says(ANSWER).delay(TAKES));
    let options = Options::default().with("max_connections", "150").with("nl_query.worker_concurrency", "128");
    let cluster = Cluster::start(&options);
    let database = bakery(&cluster, "gateway", &[("gpt", &model, ", concurrency '128'")]);
    Figures::print_head();
    for callers in [1, 10, 100] {
        let turns = if callers == 100 { TURNS / 3 } else { TURNS };
        let (mut direct, mut through) = (Figures::default(), Figures::default());
        // In turns, so that a busy minute of the machine hits both.
        for _ in 0..3 {
            at_once(callers, || direct_calls(&model, turns / 3)).into_iter().for_each(|time| direct.add(time));
            at_once(callers, || questions(&database, turns / 3)).into_iter().for_each(|time| through.add(time));
        }
        direct.print(&format!("{callers} directly"));
        through.print(&format!("{callers} nl_sql(q)"));
    }
    super::print_stages(&database);
}

/// The same by so many threads; all times together.
fn at_once(callers: usize, work: impl Fn() -> Vec<Duration> + Sync) -> Vec<Duration> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(&work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a caller")).collect()
    })
}

fn questions(database: &Database<'_>, turns: usize) -> Vec<Duration> {
    let mut client = database.connect();
    client.batch_execute("SET nl_query.cache = off").expect("SET");
    let mut ask = || super::ask(&mut client, "qwertz uiop asdf");
    // The first one reads the schema.
    ask();
    (0..turns).map(|_| beyond(&mut ask)).collect()
}

fn direct_calls(model: &Model, turns: usize) -> Vec<Duration> {
    let stream = TcpStream::connect(model.address()).expect("a connection");
    stream.set_nodelay(true).expect("nodelay");
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut call = || post(&stream, &mut reader);
    call();
    (0..turns).map(|_| beyond(&mut call)).collect()
}

fn beyond(work: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed().saturating_sub(TAKES)
}

fn post(mut stream: &TcpStream, reader: &mut BufReader<TcpStream>) {
    let body = r#"{"model":"mock-1","messages":[{"role":"user","content":"qwertz uiop asdf"}]}"#;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).expect("a request");
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line of the head");
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    reader.read_exact(&mut vec![0; length]).expect("a body");
}
