//! There and back, and bytes that are no message.

use super::*;
use crate::provider::Api;
use crate::provider::failure::{Failure, FailureClass};
use crate::provider::http::{HttpRequest, KeyHeader};
use crate::provider::reply::{Finish, Reply, Usage};
use crate::testing::Random;

fn maybe_text(random: &mut Random) -> Option<String> {
    random.chance(50).then(|| random.text(20))
}

fn call(random: &mut Random) -> Call {
    let length = random.below(2000);
    Call {
        server: random.next() as u32,
        fingerprint: random.next(),
        api: Api::ALL[random.below(3)],
        http: HttpRequest {
            url: random.text(30),
            headers: (0..random.below(4)).map(|n| (format!("h{n}"), random.text(10))).collect(),
            body: random.bytes(length),
        },
        key: match random.below(3) {
            0 => KeySource::None,
            1 => KeySource::File(random.text(20)),
            _ => KeySource::UserMapping(random.next() as u32),
        },
        key_header: KeyHeader::bearer(),
        timeouts: Timeouts { connect: 1, first_byte: 2, total: random.next() as u32 },
        most_bytes: random.next() as u32,
        proxy: maybe_text(random),
        ca_file: maybe_text(random),
    }
}

fn answer(random: &mut Random) -> Answer {
    let count = |random: &mut Random| random.chance(50).then(|| random.next());
    let result = if random.chance(50) {
        Ok(Reply {
            text: random.text(500),
            finish: Finish::ALL[random.below(6)],
            usage: Usage { input: count(random), output: count(random), cached: count(random) },
            request_id: maybe_text(random),
            model: maybe_text(random),
        })
    } else {
        Err(Box::new(Failure {
            status: random.chance(50).then_some(503),
            code: maybe_text(random),
            parameter: maybe_text(random),
            retry_after: count(random),
            should_retry: [None, Some(true), Some(false)][random.below(3)],
            request_id: maybe_text(random),
            ..*Failure::transport(FailureClass::ALL[random.below(23)], &random.text(40))
        }))
    };
    Answer { result, attempts: 2, first_byte_us: random.next(), total_us: random.next() }
}

#[test]
fn what_goes_in_comes_out() {
    let mut random = Random::new(4);
    for _ in 0..500 {
        let (call, answer) = (call(&mut random), answer(&mut random));
        let mut bytes = call.encode();
        assert_eq!(Call::decode(&bytes).as_ref(), Ok(&call));
        let rest = random.below(50);
        bytes.extend(random.bytes(rest));
        assert_eq!(Call::decode(&bytes), Ok(call), "a slot is larger than its message");
        assert_eq!(Answer::decode(&answer.encode()), Ok(answer));
    }
}

#[test]
fn every_finish_and_class_is_read_back() {
    for finish in Finish::ALL {
        assert_eq!(Finish::ALL[finish as usize], finish);
    }
    for class in FailureClass::ALL {
        let answer = Answer { result: Err(Failure::transport(class, "x")), attempts: 1, first_byte_us: 0, total_us: 0 };
        assert_eq!(Answer::decode(&answer.encode()), Ok(answer));
    }
}

#[test]
fn a_part_of_a_message_is_no_message() {
    let mut random = Random::new(5);
    for _ in 0..20 {
        let (call, answer) = (call(&mut random).encode(), answer(&mut random).encode());
        for end in 0..call.len() {
            assert_eq!(Call::decode(&call[..end]), Err(WireError::Short), "{end}");
        }
        for end in 0..answer.len() {
            assert_eq!(Answer::decode(&answer[..end]), Err(WireError::Short), "{end}");
        }
    }
}

#[test]
fn another_version_or_kind_is_told_apart() {
    let mut random = Random::new(6);
    let (mut call, answer) = (call(&mut random).encode(), answer(&mut random).encode());
    assert_eq!(Call::decode(&answer), Err(WireError::Kind));
    assert_eq!(Answer::decode(&call), Err(WireError::Kind));
    let length = call.len() as u32;
    call.extend([0; 8]);
    for wrong in [length + 1, length + 8] {
        call[4..8].copy_from_slice(&wrong.to_le_bytes());
        assert_eq!(Call::decode(&call), Err(WireError::Length));
    }
    call[4..8].copy_from_slice(&7u32.to_le_bytes());
    assert_eq!(Call::decode(&call), Err(WireError::Length));
    call[0] ^= 1;
    assert_eq!(Call::decode(&call), Err(WireError::Version));
}

#[test]
fn no_bytes_make_it_fail_otherwise() {
    let mut random = Random::new(7);
    for round in 0..6_000 {
        let mut bytes = match round % 3 {
            0 => {
                let length = random.below(200);
                random.bytes(length)
            }
            1 => call(&mut random).encode(),
            _ => answer(&mut random).encode(),
        };
        for _ in 0..random.below(5) {
            if !bytes.is_empty() {
                let at = random.below(bytes.len().min(200));
                bytes[at] = [0, 1, 255, random.next() as u8][random.below(4)];
            }
        }
        let _ = (Call::decode(&bytes), Answer::decode(&bytes));
    }
    // A header that claims four billion fields.
    let mut bytes = call(&mut random).encode();
    bytes[HEADER..].fill(0xff);
    assert!(Call::decode(&bytes).is_err());
}

#[test]
fn an_answer_that_is_too_large_becomes_a_failure() {
    let reply =
        Reply { text: "x".repeat(5000), finish: Finish::Complete, usage: Usage::default(), request_id: None, model: None };
    let answer = Answer { result: Ok(reply), attempts: 1, first_byte_us: 5, total_us: 6 };
    assert_eq!(answer.encode_within(10_000), answer.encode());
    let bytes = answer.encode_within(1000);
    assert!(bytes.len() <= 1000);
    let read = Answer::decode(&bytes).expect("an answer");
    assert_eq!(read.result.map_err(|failure| failure.class), Err(FailureClass::ReplyTooLarge));
}
