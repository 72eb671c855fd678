//! What is sent.

use super::*;

fn body(api: Api, request: &Request) -> Value {
    serde_json::from_slice(&api.request("https://host", request).body).expect("JSON")
}

#[test]
fn chat_completions() {
    let http = Api::OpenAi.request("http://127.0.0.1:11434/v1", &question());
    assert_eq!(http.url, "http://127.0.0.1:11434/v1/chat/completions");
    assert_eq!(http.headers.get("Content-Type"), Some("application/json"));
    assert_eq!(
        body(Api::OpenAi, &question()),
        json!({
            "model": "small-1",
            "messages": [{"role": "system", "content": "Answer in SQL."}, {"role": "user", "content": "how many \"ships\"?\n"}],
            "max_tokens": 500, "temperature": 0.0, "stream": false,
        })
    );
    assert_eq!(Api::OpenAi.request("https://host", &question()).url, "https://host/v1/chat/completions");
    let shaped = body(Api::OpenAi, &Request { shape: schema(), completion_tokens: true, temperature: None, ..question() });
    assert_eq!(shaped["response_format"]["json_schema"]["name"], "answer");
    assert_eq!(shaped["max_completion_tokens"], 500);
    assert!(shaped.get("max_tokens").is_none() && shaped.get("temperature").is_none());
    assert_eq!(body(Api::OpenAi, &Request { shape: Shape::Json, ..question() })["response_format"]["type"], "json_object");
}

#[test]
fn messages() {
    let mut request = Request { shape: schema(), temperature: Some(1.5), ..question() };
    request.messages.push(Message { speaker: Speaker::Model, text: "select".to_owned() });
    request.messages.push(Message { speaker: Speaker::User, text: "no".to_owned() });
    let http = Api::Anthropic.request("https://host", &request);
    assert_eq!((http.url.as_str(), http.headers.get("anthropic-version")), ("https://host/v1/messages", Some("2023-06-01")));
    let body = body(Api::Anthropic, &request);
    assert_eq!(body["system"], "Answer in SQL.");
    assert_eq!(body["messages"][1], json!({"role": "assistant", "content": "select"}));
    assert_eq!((&body["max_tokens"], &body["temperature"]), (&json!(500), &json!(1.0)));
    assert_eq!(body["output_config"]["format"]["type"], "json_schema");
}

#[test]
fn generate_content() {
    let request = Request { shape: schema(), model: "models/small/../1".to_owned(), ..question() };
    let http = Api::Gemini.request("https://host", &request);
    assert_eq!(http.url, "https://host/v1beta/models/small_.._1:generateContent");
    let body = body(Api::Gemini, &request);
    assert_eq!(body["systemInstruction"]["parts"][0]["text"], "Answer in SQL.");
    assert_eq!(body["contents"][0]["role"], "user");
    assert_eq!(
        body["generationConfig"]["responseSchema"],
        json!({
            "type": "object",
            "properties": {"sql": {"type": "string", "nullable": true}, "title": {"type": "string"}},
            "required": ["sql", "title"],
        })
    );
}

#[test]
fn extra_members_reach_the_body() {
    let extra = json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}, "seed": 1});
    let request = Request { extra: extra.as_object().cloned().expect("an object"), ..question() };
    let body = body(Api::Gemini, &request);
    assert_eq!(body["generationConfig"]["thinkingConfig"]["thinkingBudget"], 0);
    assert_eq!((&body["generationConfig"]["maxOutputTokens"], &body["seed"]), (&json!(500), &json!(1)));
}

#[test]
fn what_a_server_refuses_is_left_out() {
    let refuse = |parameter: &str, request: &Request| {
        let failure = Failure { parameter: Some(parameter.to_owned()), ..*Failure::transport(Class::BadRequest, "no") };
        request.without_refused(&failure)
    };
    let request = Request { shape: schema(), ..question() };
    assert_eq!(refuse("temperature", &request).map(|request| request.temperature), Some(None));
    assert_eq!(refuse("max_tokens", &request).map(|request| request.completion_tokens), Some(true));
    let weaker = refuse("response_format", &request).expect("a weaker shape");
    assert_eq!(weaker.shape, Shape::Json);
    let weakest = refuse("response_format", &weaker).expect("a weaker shape");
    assert_eq!((&weakest.shape, refuse("response_format", &weakest)), (&Shape::Text, None));
    assert_eq!(refuse("model", &request), None);
    let other = Failure { parameter: Some("temperature".to_owned()), ..*Failure::transport(Class::Server, "no") };
    assert_eq!(request.without_refused(&other), None);
}

#[test]
fn every_name_is_read_back() {
    for api in Api::ALL {
        assert_eq!(Api::parse(api.name()), Some(api));
    }
    assert_eq!(Api::parse("OpenAI"), None);
}
