//! REST as data: a reply in, a class out; a request in, its wire out.

use super::{
    super::{
        classify::retry_after_ms,
        url::{Quoting, build},
    },
    *,
};
use crate::descriptor::{Matches, Override};
use peer::Act;

async fn check(method: Method, outcomes: &'static [OutcomeRule], act: Act, expect: &str) {
    let peer = Peer::start(vec![act.clone()]).await;
    let operation = Operation { outcomes, ..operation(system(OutboundAuth::None), rest(method, "/x")) };
    let outcome = Net::to(&peer).call(operation, Request::new().body(tree("{}"))).await;
    assert_eq!(told(&outcome), expect, "{act:?}");
}

#[tokio::test]
async fn statuses_have_classes() {
    let post = async |status: u16, expect: &str| check(Method::Post, &[], Act::json(status, ""), expect).await;
    post(200, "Delivered: 200 OK").await;
    post(201, "Delivered: 201 Created").await;
    post(204, "Delivered: 204 No Content").await;
    post(302, "Permanent: 302 Found").await;
    post(400, "Permanent: 400 Bad Request").await;
    post(401, "Target: 401 Unauthorized").await;
    post(403, "Target: 403 Forbidden").await;
    post(404, "Permanent: 404 Not Found").await;
    post(408, "Retryable: 408 Request Timeout").await;
    post(409, "Permanent: 409 Conflict").await;
    post(425, "Retryable: 425 Too Early").await;
    post(429, "Retryable: 429 Too Many Requests").await;
    post(500, "Retryable: 500 Internal Server Error").await;
    post(501, "Permanent: 501 Not Implemented").await;
    post(502, "Retryable: 502 Bad Gateway").await;
    post(503, "Retryable: 503 Service Unavailable").await;
    post(504, "Retryable: 504 Gateway Timeout").await;
    post(505, "Permanent: 505 HTTP Version Not Supported").await;
}

const RULES: &[OutcomeRule] = &[
    OutcomeRule { matches: Matches::Status(409), class: Class::Duplicate, reason: "known already" },
    OutcomeRule {
        matches: Matches::ErrorCode("policies.ratelimit.QuotaViolation"),
        class: Class::Retryable,
        reason: "quota used up",
    },
    OutcomeRule { matches: Matches::ErrorCode("UNABLE_TO_LOCK_ROW"), class: Class::Retryable, reason: "row locked" },
    OutcomeRule { matches: Matches::ErrorCode("/IWBEP/042"), class: Class::Duplicate, reason: "order exists" },
];

#[tokio::test]
async fn rules_of_the_document_come_first() {
    let post = async |act: Act, expect: &str| check(Method::Post, RULES, act, expect).await;
    post(Act::json(409, ""), "Duplicate: known already").await;
    let apim = r#"{"fault":{"faultstring":"x","detail":{"errorcode":"policies.ratelimit.QuotaViolation"}}}"#;
    post(Act::json(500, apim), "Retryable: quota used up").await;
    let salesforce = r#"[{"message":"x","errorCode":"UNABLE_TO_LOCK_ROW","fields":[]}]"#;
    post(Act::json(400, salesforce), "Retryable: row locked").await;
    let odata = r#"{"error":{"code":"ZX/1","innererror":{"errordetails":[{"code":"/IWBEP/042"}]}}}"#;
    post(Act::json(400, odata), "Duplicate: order exists").await;
    post(Act::json(400, r#"[{"errorCode":"INVALID_FIELD"}]"#), "Permanent: 400 Bad Request (INVALID_FIELD)").await;
    let threat = r#"{"fault":{"detail":{"errorcode":"steps.jsonthreatprotection.ExecutionFailed"}}}"#;
    post(Act::json(500, threat), "Permanent: 500 Internal Server Error (steps.jsonthreatprotection.ExecutionFailed)")
        .await;
    post(Act::json(200, r#"{"Success":false,"Errors":[]}"#), "Permanent: the reply says that it did not succeed").await;
    post(Act::json(200, r#"{"success":true,"errors":[]}"#), "Delivered: 200 OK").await;
}

#[tokio::test]
async fn rules_of_the_interface_come_before_those_of_the_operation() {
    const fn named(name: &'static str) -> Operation {
        Operation {
            system: &SYSTEM_OF_RULES,
            name,
            protocol: rest(Method::Post, "/x"),
            format: Format::Json,
            query: &[],
            repeat: Repeat::Repeats,
            outcomes: RULES,
            paging: None,
            timeout_ms: 5_000,
            sensitive: &[],
        }
    }
    static SYSTEM_OF_RULES: System = SYSTEM;
    static OTHER: Operation = named("other");
    static OP: Operation = named("op");
    const fn rule(matches: Matches, class: Class) -> OutcomeRule {
        OutcomeRule { matches, class, reason: "the interface says so" }
    }
    static OWN: &[Override] = &[
        Override { operation: Some(&OTHER), rule: rule(Matches::Status(404), Class::Delivered) },
        Override { operation: Some(&OP), rule: rule(Matches::Status(409), Class::Permanent) },
        Override { operation: None, rule: rule(Matches::Status(404), Class::Retryable) },
        Override { operation: None, rule: rule(Matches::ErrorCode("UNABLE_TO_LOCK_ROW"), Class::Unknown) },
    ];
    for (act, expect) in [
        (Act::json(409, ""), "Permanent: the interface says so"),
        (Act::json(404, ""), "Retryable: the interface says so"),
        (Act::json(400, r#"[{"errorCode":"UNABLE_TO_LOCK_ROW"}]"#), "Unknown: the interface says so"),
        (Act::json(500, r#"{"code":"policies.ratelimit.QuotaViolation"}"#), "Retryable: quota used up"),
        (Act::json(410, ""), "Permanent: 410 Gone"),
    ] {
        let peer = Peer::start(vec![act.clone()]).await;
        let request = Request::new().body(tree("{}"));
        let call = Call { operation: &OP, request: &request, overrides: OWN, key: KEY, traceparent: TRACE };
        assert_eq!(told(&Net::to(&peer).transport.exchange(call).await), expect, "{act:?}");
    }
}

#[tokio::test]
async fn replies_that_cannot_be_read() {
    let html = Act::Reply(200, "content-type: text/html\r\n".to_owned(), "<p>hello".to_owned());
    let expect = "Retryable: the reply is unreadable: expected value (line 1, column 1)";
    check(Method::Get, &[], html.clone(), expect).await;
    check(Method::Post, &[], html, "Delivered: 200 OK").await;
    check(Method::Get, &[], Act::CutOff(200, "{\"a\"".to_owned()), "Retryable: connection lost inside the reply").await;
    check(Method::Put, &[], Act::CutOff(200, "{\"a\"".to_owned()), "Unknown: connection lost inside the reply").await;
    check(Method::Put, &[], Act::CutOff(503, "busy".to_owned()), "Retryable: 503 Service Unavailable").await;
}

#[tokio::test]
async fn excerpts_are_short_and_masked() {
    let long = format!(r#"{{"token":"hunter2","text":"{}"}}"#, "é".repeat(4000));
    let peer = Peer::start(vec![Act::json(400, &long), Act::json(400, &long), Act::json(400, "hunter2")]).await;
    let net = Net::to(&peer);
    let plain = operation(system(OutboundAuth::None), rest(Method::Get, "/x"));
    let outcome = net.call(plain, Request::new()).await;
    assert!(outcome.excerpt.len() <= 4096 && outcome.excerpt.contains("hunter2"));
    let careful =
        || Operation { sensitive: &["/token"], ..operation(system(OutboundAuth::None), rest(Method::Get, "/x")) };
    let outcome = net.call(careful(), Request::new()).await;
    assert!(outcome.excerpt.len() <= 4096 && outcome.excerpt.starts_with(r#"{"token":"***","text":"#));
    assert!(!net.call(careful(), Request::new()).await.excerpt.contains("hunter2"));
}

#[tokio::test]
async fn requests_are_written_as_the_document_says() {
    let peer = Peer::start(vec![Act::json(200, r#"{"id": 7, "amount": 620.00}"#)]).await;
    let operation = Operation {
        query: &["startRow", "name", "absent"],
        repeat: Repeat::Keyed { header: "Idempotency-Key" },
        ..operation(system(OutboundAuth::None), rest(Method::Put, "/reports/{id}"))
    };
    let request = Request::new().parameter("id", "a/b ?é").parameter("name", "x&y=z").parameter("startRow", 0);
    let outcome = Net::to(&peer).call(operation, request.body(tree(r#"{"price":1.50}"#))).await;
    assert_eq!(json::write(&outcome.reply), r#"{"id":7,"amount":620.00}"#);
    assert_eq!((outcome.status, outcome.excerpt.as_str()), (Some(200), r#"{"id": 7, "amount": 620.00}"#));
    let seen = &peer.seen()[0];
    assert_eq!(seen.line, "PUT /base/reports/a%2Fb%20%3F%C3%A9?startRow=0&name=x%26y%3Dz HTTP/1.1");
    assert_eq!(seen.body, r#"{"price":1.50}"#);
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.header("accept"), "application/json");
    assert_eq!(seen.header("idempotency-key"), "\"0198-delivery\"");
    assert_eq!(seen.header("traceparent"), TRACE);
}

#[tokio::test]
async fn bodies_follow_the_format() {
    let peer = Peer::start(vec![Act::xml(200, "<Reply><Id>7</Id></Reply>")]).await;
    let net = Net::to(&peer);
    let call = async |format: Format, body: &str| {
        let operation = Operation { format, ..operation(system(OutboundAuth::None), rest(Method::Post, "/x")) };
        net.call(operation, Request::new().body(tree(body))).await
    };
    let outcome = call(Format::Xml, r#"{"Order":{"Id":"1 < 2"}}"#).await;
    assert_eq!(json::write(&outcome.reply), r#"{"Reply":{"Id":"7"}}"#);
    assert!(peer.seen()[0].body.ends_with("<Order><Id>1 &lt; 2</Id></Order>"));
    let outcome = call(Format::Xml, r#"{"a":1,"b":2}"#).await;
    let expect = "Permanent: not sent: an XML body needs exactly one field at the top: the root element";
    assert_eq!(told(&outcome), expect);
    call(Format::Csv { separator: ';', columns: &["A", "B"] }, r#"[{"A":1,"B":"x;y"}]"#).await;
    assert_eq!(peer.seen()[1].body, "A;B\r\n1;\"x;y\"\r\n");
    assert_eq!(peer.seen()[1].header("content-type"), "text/csv; charset=utf-8");
}

#[test]
fn parameters_stay_in_their_place() {
    let check = |base: &str, value: &str, expect: Result<&str, &str>| {
        let request = Request::new().parameter("id", value).parameter("q", value);
        let url = build(base, "/x('{id}')/{id}", &["q"], &request, Quoting::Literal);
        assert_eq!(url.as_deref().map_err(String::as_str), expect, "{value}");
    };
    check("http://h/", "a'b", Ok("http://h/x('a%27%27b')/a%27%27b?q=a%27b"));
    check("http://h?sap-client=100", "1", Ok("http://h/x('1')/1?sap-client=100&q=1"));
    for wrong in ["", ".", ".."] {
        check("http://h", wrong, Err("the parameter id would change the path"));
    }
    let url = build("http://h", "/x/{id}", &[], &Request::new(), Quoting::Plain);
    assert_eq!(url, Err("the parameter id is missing".to_owned()));
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = jiff::Timestamp::from_millisecond(NOON_MS).unwrap();
    let check = |text: &str, expect: Option<u64>| assert_eq!(retry_after_ms(text, now), expect, "{text}");
    check("120", Some(120_000));
    check("0", Some(0));
    check("Sun, 01 Feb 2026 12:00:30 GMT", Some(30_000));
    check("Sun, 01 Feb 2026 11:00:00 GMT", Some(0));
    check("Sunday, 01-Feb-26 12:00:30 GMT", Some(30_000));
    check("Sun Feb  1 12:00:30 2026", Some(30_000));
    check("soon", None);
    check("-5", None);
    check("99999999999999999999", None);
}

#[tokio::test]
async fn retry_after_comes_along() {
    let peer = Peer::start(vec![Act::json(503, "").with("retry-after: 2")]).await;
    let operation = operation(system(OutboundAuth::None), rest(Method::Get, "/x"));
    assert_eq!(Net::to(&peer).call(operation, Request::new()).await.retry_after_ms, Some(2000));
}

proptest::proptest! {
    #[test]
    fn no_value_leaves_its_segment(value in "\\PC{1,40}") {
        let request = Request::new().parameter("id", &value).parameter("q", &value);
        match build("http://h/base", "/a/{id}/b", &["q"], &request, Quoting::Literal) {
            Ok(url) => {
                let parsed = reqwest::Url::parse(&url).unwrap();
                proptest::prop_assert_eq!(parsed.path().split('/').count(), 5);
                proptest::prop_assert!(parsed.path().starts_with("/base/a/") && parsed.path().ends_with("/b"));
                proptest::prop_assert_eq!(parsed.query_pairs().collect::<Vec<_>>(), [("q".into(), value.into())]);
            }
            Err(_) => proptest::prop_assert!(matches!(value.as_str(), "." | "..")),
        }
    }
}
