//! The model errs as often as it is told to, and the same way each time.

use super::*;
use serde_json::json;
use std::time::Instant;

const GOLD: &str = "SELECT count(*) FROM loaves WHERE flour = 'rye'";

fn manners(rates: &str) -> Manners {
    Manners { rates: rates.parse().expect("rates"), mends: 0.8, stubborn: 0.0, seed: 1 }
}

fn model(manners: Manners, questions: usize) -> Arc<Erring> {
    let asked = |number| Asked {
        id: format!("q{number}"),
        question: format!("How many loaves are on shelf {number}?"),
        gold: GOLD.to_owned(),
        names: ["loaves", "flour"].map(str::to_owned).into(),
        plausible: vec!["SELECT count(*) FROM loaves".to_owned()],
    };
    Erring::new(manners, (0..questions).map(asked).collect())
}

fn request(messages: Value) -> Request {
    let now = Instant::now();
    Request {
        number: 1,
        connection: 1,
        method: "POST".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: Vec::new(),
        body: json!({"messages": messages}).to_string().into_bytes(),
        began: now,
        arrived: now,
    }
}

fn ask(model: &Erring, number: usize) -> Reply {
    let question = json!({"role": "user", "content": format!("Question: How many loaves are on shelf {number}?")});
    model.answer(&request(json!([{"role": "system", "content": "Tables"}, question])))
}

fn tell(model: &Erring, number: usize, own: &str) -> Reply {
    let question = json!({"role": "user", "content": format!("Question: How many loaves are on shelf {number}?")});
    let own = json!({"role": "assistant", "content": own});
    model.answer(&request(json!([question, own, {"role": "user", "content": "PostgreSQL refuses this query"}])))
}

fn is_right(reply: &Reply) -> bool {
    is_same_sql(&sql_in(&reply.text), GOLD)
}

/// Within four standard deviations of what is wanted.
#[track_caller]
fn about(count: usize, of: usize, share: f64) {
    let (expected, spread) = (of as f64 * share, (of as f64 * share * (1.0 - share)).sqrt());
    assert!((count as f64 - expected).abs() <= 4.0 * spread + 1.0, "{count} of {of}, where {share} are wanted");
}

#[test]
fn errors_come_as_often_as_they_are_told_to() {
    let model = model(manners("wrong-column=0.1,dialect=0.05,prose=0.2,truncated=0.1,tool-call=0.05,plausible=0.2"), 600);
    let replies: Vec<Reply> = (0..600).map(|number| ask(&model, number)).collect();
    let count = |is_such: &dyn Fn(&Reply) -> bool| replies.iter().filter(|reply| is_such(reply)).count();
    about(count(&is_right), 600, 0.3);
    about(count(&|reply| reply.finish == Finish::Truncated), 600, 0.1);
    about(count(&|reply| reply.finish == Finish::ToolCall), 600, 0.05);
    about(count(&|reply| reply.text.starts_with("To find")), 600, 0.2);
    about(count(&|reply| is_same_sql(&sql_in(&reply.text), "SELECT count(*) FROM loaves")), 600, 0.2);
    assert!(replies.iter().all(|reply| reply.usage.is_some_and(|(prompt, _)| prompt > 5)));
}

#[test]
fn a_model_without_errors_has_none() {
    let model = model(manners(""), 100);
    assert!((0..100).all(|number| is_right(&ask(&model, number))));
    assert!(!is_right(&ask(&model, 100)), "nobody told it of this question");
}

#[test]
fn the_same_requests_get_the_same_answers() {
    let model = model(manners("wrong-column=0.4,prose=0.2"), 50);
    let all = |model: &Erring| -> Vec<Reply> { (0..150).map(|number| ask(model, number % 50)).collect() };
    let first = all(&model);
    model.begin_again();
    assert_eq!(all(&model), first);
    let samples_differ = (0..50).any(|number| is_right(&first[number]) != is_right(&first[number + 50]));
    assert!(samples_differ, "samples err apart from each other");
}

#[test]
fn a_stubborn_model_says_the_same_each_time() {
    let model = model(Manners { stubborn: 1.0, ..manners("wrong-column=0.4,prose=0.2") }, 50);
    for number in 0..50 {
        assert_eq!(ask(&model, number), ask(&model, number));
    }
}

#[test]
fn what_it_is_told_of_it_mends_as_often_as_it_should() {
    let model = model(manners("wrong-column=1"), 600);
    let mended = (0..600)
        .filter(|number| {
            let first = ask(&model, *number);
            assert!(!is_right(&first));
            is_right(&tell(&model, *number, &first.text))
        })
        .count();
    about(mended, 600, 0.8);
    assert!((0..100).all(|number| is_right(&tell(&model, number, &answer_of(GOLD)))), "what is right stays");
    let fenced = format!("Sure:\n```sql\n{GOLD};\n```\n");
    for own in [fenced.as_str(), &format!("{GOLD} ;")] {
        assert!((0..100).all(|number| is_right(&tell(&model, number, own))), "in other forms, too");
    }
    let (several, most) = (answer_of(&format!("{GOLD}; SELECT 1")), 100);
    assert!((0..most).any(|number| !is_right(&tell(&model, number, &several))), "that is not right");
}

#[test]
fn every_error_is_one() {
    let asked =
        |gold: &str| Asked { gold: gold.to_owned(), names: ["loaves", "flour"].map(str::to_owned).into(), ..Asked::default() };
    for gold in [GOLD, "SELECT * FROM loaves", "SELECT 1", "SELECT l.flour FROM loaves AS l ORDER BY l.flour LIMIT 3"] {
        for number in 0..30 {
            let draw = Draw::new(3, "q", false, number);
            for slip in [slips::wrong_column, slips::wrong_table, slips::dialect, slips::plausible] {
                let sql = slip(&asked(gold), &draw);
                assert!(sql != gold || gold == "SELECT 1", "{sql}");
            }
            let invented = slips::wrong_column(&asked(gold), &draw);
            let name = invented.split('"').nth(1).expect("a quoted name");
            assert!(!["loaves", "flour"].contains(&name), "{invented}");
        }
    }
}
