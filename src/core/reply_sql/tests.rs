//! Answers as models write them.

use super::*;
use crate::provider::reply::Usage;
use crate::testing::Random;

const SQL: &str = "select count(*) as ovens from ovens";

fn found(text: &str) -> String {
    from_text(text).unwrap_or_else(|problem| panic!("{problem:?}: {text}"))
}

#[test]
fn a_json_object() {
    for text in [
        r#"{"sql": "select count(*) as ovens from ovens", "reason": null}"#,
        r#" {"reason": "easy", "sql": "select count(*) as ovens from ovens;\n"} "#,
        "```json\n{\"sql\": \"select count(*) as ovens from ovens\"}\n```",
        "```\n{\"sql\": \"select count(*) as ovens from ovens\"}\n```",
        "Here it is: {\"sql\": \"select count(*) as ovens from ovens\"} Hope that helps!",
        r#"{"query": "select count(*) as ovens from ovens"}"#,
        "{\"sql\": \"```sql\\nselect count(*) as ovens from ovens;\\n```\"}",
        "<think>{\"sql\": null}</think>{\"sql\": \"select count(*) as ovens from ovens\"}",
    ] {
        assert_eq!(found(text), SQL, "{text}");
    }
}

#[test]
fn json_with_the_lines_of_a_query_in_it() {
    assert_eq!(found("{\n\t\"sql\": \"select 'a\\\"b' -- so\r\n\tfrom t\"\n}"), "select 'a\"b' -- so\n\tfrom t");
    assert_eq!(from_text("{\"sql\": \"select 1\nfrom"), Err(NoSql::Truncated));
}

#[test]
fn a_fence() {
    for text in [
        "```sql\nselect count(*) as ovens from ovens;\n```",
        "Sure! Here is the query:\n\n```SQL\nselect count(*) as ovens from ovens\n```\n\nIt counts `ovens`; each one once.",
        "~~~postgresql\nselect count(*) as ovens from ovens\n~~~",
        "```select count(*) as ovens from ovens```",
        "````sql\nselect count(*) as ovens from ovens\n````",
        "Data:\n```text\novens\n```\nQuery:\n```sql\nselect count(*) as ovens from ovens\n```",
        "```sql\nselect count(*) as ovens from ovens\n```\nagain:\n```sql\nselect count(*) as ovens from ovens;\n```",
        "  - item\n    ```sql\n    select count(*) as ovens from ovens\n    ```",
    ] {
        assert_eq!(found(text), SQL, "{text}");
    }
}

#[test]
fn bare_sql() {
    for text in [
        "select count(*) as ovens from ovens",
        "select count(*) as ovens from ovens;",
        "The query is:\nselect count(*) as ovens from ovens;\nIt counts the ovens.",
        "select count(*) as ovens from ovens\n\nThis counts the ovens.",
        "<think>\nselect 1;\n</think>\n\nselect count(*) as ovens from ovens",
    ] {
        assert_eq!(found(text), SQL, "{text}");
    }
    for sql in [
        "WITH hot AS (SELECT 1)\n\nSELECT * FROM hot",
        "with recursive t(n) as (select 1) select n from t",
        "(select 1) union (select 2)",
        "VALUES (1), (2)",
        "-- ovens; all of them\nselect 1",
    ] {
        assert_eq!(found(sql), if sql.starts_with("--") { "select 1" } else { sql });
    }
}

#[test]
fn semicolons_in_texts_and_comments_end_nothing() {
    for sql in [
        "select ';' as a, \"b;c\" from t -- d; e\n where x = $$f;g$$ and y = $t$ ; $t$ /* h; /* i; */ ; */ and z = E'j\\';'",
        "select 'it''s; so' as a",
        "select a $1, b",
        "select e'\\'', 1",
        "select name', ' from t where x = '1'",
    ] {
        assert_eq!(found(sql), sql);
        assert_eq!(found(&format!("```sql\n{sql}\n;\n```")), sql);
    }
}

#[test]
fn several_statements_are_none() {
    for text in [
        "select 1; select 2",
        "{\"sql\": \"select 1; drop table ovens\"}",
        "```sql\nselect 1;\nselect 2;\n```",
        "```sql\nselect 1\n```\nor\n```sql\nselect 2\n```",
        "select 1;\nselect 2;\n",
        "select 1; drop table ovens",
        "select 1;\nCOMMIT;\n",
        "select 'a'; -- x\nwith t as (select 1) select 2",
    ] {
        assert_eq!(from_text(text), Err(NoSql::Several), "{text}");
    }
}

#[test]
fn other_statements_are_handed_on_for_the_guard_to_refuse() {
    assert_eq!(found("{\"sql\": \"delete from ovens\"}"), "delete from ovens");
    assert_eq!(found("```sql\ndrop table ovens;\n```"), "drop table ovens");
}

#[test]
fn an_answer_that_there_is_none() {
    for (text, why) in [
        (r#"{"sql": null, "reason": "There are no prices."}"#, "There are no prices."),
        (r#"{"sql": "", "reason": "There are no prices."}"#, "There are no prices."),
        (r#"{"reason": "There are no prices."}"#, "There are no prices."),
        (r#"{"error": "no"}"#, "no"),
        ("```json\n{\"sql\": null, \"reason\": null}\n```", ""),
        ("This question cannot be answered from these tables.", "This question cannot be answered from these tables."),
        ("I can’t answer that.", "I can’t answer that."),
    ] {
        assert_eq!(from_text(text), Err(NoSql::Declined(why.to_owned())), "{text}");
    }
}

#[test]
fn half_an_answer_is_none() {
    for text in [
        r#"{"sql": "select count(*) from ovens where"#,
        "```sql\nselect count(*) from ovens",
        "select count(*) from ovens where name = 'x",
        "select count(*) from (select 1",
        "select 1 /* so",
        "select $$ so",
        "<think>first I",
        "Here: {\"sql\": \"select 1",
    ] {
        assert_eq!(from_text(text), Err(NoSql::Truncated), "{text}");
    }
}

#[test]
fn what_is_no_answer() {
    for text in ["", " \n", "<think>x</think>", "```sql\n```", "{\"sql\": \"-- nothing\"}", "{\"sql\": \";\"}"] {
        assert_eq!(from_text(text), Err(NoSql::Empty), "{text}");
    }
    for text in [
        "Hello!",
        "With these tables I would begin.",
        "With the ovens as the first table, nothing fits.",
        "Selecting is hard.",
        "{\"sql\": [1]}",
        "{}",
        "[1]",
        "{\"a\": 1}",
    ] {
        assert!(matches!(from_text(text), Err(NoSql::NoStatement(_))), "{text}");
    }
    assert!(matches!(from_text(&"select 1 ".repeat(20_000)), Err(NoSql::NoStatement(_))));
}

#[test]
fn why_the_model_stopped_comes_first() {
    let reply = |finish, text: &str| {
        from_reply(&Reply { text: text.to_owned(), finish, usage: Usage::default(), request_id: None, model: None })
    };
    assert_eq!(reply(Finish::Complete, SQL).as_deref(), Ok(SQL));
    assert_eq!(reply(Finish::Unknown, SQL).as_deref(), Ok(SQL));
    assert_eq!(reply(Finish::Truncated, SQL), Err(NoSql::Truncated), "a statement that may go on is none");
    assert_eq!(reply(Finish::Filtered, SQL), Err(NoSql::Filtered));
    assert_eq!(reply(Finish::Refused, "no"), Err(NoSql::Refused("no".to_owned())));
    assert_eq!(reply(Finish::ToolCall, ""), Err(NoSql::ToolCall));
}

#[test]
fn no_text_makes_it_fail_and_no_part_of_an_answer_gives_another() {
    let mut random = Random::new(12);
    const PARTS: [&str; 22] = [
        "select", " 1", "\n", "```", "sql", "{", "}", "\"sql\"", ":", "\"", "'", ";", "--", "/*", "*/", "$$", "$a$", "(", ")",
        "é", "\\", "<think>",
    ];
    for _ in 0..15_000 {
        let text: String = (0..random.below(14)).map(|_| PARTS[random.below(PARTS.len())]).collect();
        let _ = from_text(&text);
    }
    for whole in ["{\"sql\": \"select a from t where b = 1\"}", "```sql\nselect a from t where b = 1;\n```"] {
        for end in 0..whole.len() {
            match from_text(&whole[..end]) {
                Ok(sql) => assert_eq!(sql, "select a from t where b = 1", "{end}"),
                Err(problem) => assert!(!matches!(problem, NoSql::Declined(_)), "{end}"),
            }
        }
    }
}

#[test]
fn what_is_an_answer_after_all_is_told_and_the_rest_is_a_failure_of_the_server() {
    let told = |none: NoSql| none.complaint("gpt").map(|complaint| (complaint.sqlstate, complaint.detail));
    assert_eq!(told(NoSql::Declined("no weather here".to_owned())), Some(("22023", Some("It says: no weather here".to_owned()))));
    assert_eq!(told(NoSql::Refused(String::new())), Some(("22023", None)));
    assert_eq!(told(NoSql::Filtered), Some(("22023", None)));
    for none in [NoSql::Truncated, NoSql::Empty, NoSql::Several, NoSql::ToolCall, NoSql::NoStatement("Hello!".to_owned())] {
        assert_eq!(told(none.clone()), None);
        let failure = none.failure();
        assert!(failure.class.fails_over() && !failure.is_passing() && !failure.message.is_empty(), "{none:?}");
    }
}
