//! Maestro's data API: opening a workbook, reading it page by page, and everything that can go wrong meanwhile.

use crate::support::{client, landscape, send};
use serde_json::{Value, json};
use simulators::{Effect, Fault, Landscape, Partner, samples};

async fn maestro_token(l: &Landscape) -> String {
    let ask = client().post(l.maestro.token_url()).basic_auth("tieline", Some(l.maestro.client_secret()));
    let (status, body) = send(ask.form(&[("grant_type", "client_credentials")])).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

fn query(worksheet: &str) -> Value {
    json!({
        "Scenario": { "Name": samples::SCENARIO, "Scope": "Public" },
        "WorkbookParameters": {
            "Workbook": { "Name": samples::WORKBOOK, "Scope": "Public" }, "SiteGroup": "All Sites",
            "WorksheetNames": [worksheet],
        },
    })
}

async fn open(l: &Landscape, token: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/integration/V1/data/workbook", l.maestro.base_url());
    send(client().post(url).bearer_auth(token).json(body)).await
}

async fn page(l: &Landscape, token: &str, handle: &str, start: usize) -> (u16, Value) {
    let url = format!("{}/integration/V1/data/worksheet", l.maestro.base_url());
    let start = start.to_string();
    let query = [
        ("queryId", handle),
        ("workbookName", samples::WORKBOOK),
        ("Scope", "Public"),
        ("worksheetName", "PlannedOrders_PF"),
        ("startRow", &start),
        ("pageSize", "5000"),
    ];
    send(client().get(url).bearer_auth(token).query(&query)).await
}

fn handle(opened: &Value) -> String {
    opened["Worksheets"][0]["QueryHandle"]["QueryID"].as_str().unwrap().strip_prefix('#').unwrap().to_owned()
}

#[tokio::test]
async fn a_worksheet_is_read_page_by_page() {
    let l = landscape().await;
    let token = maestro_token(&l).await;
    let (_, opened) = open(&l, &token, &query("PlannedOrders_PF")).await;
    assert_eq!(opened["Worksheets"][0]["TotalRowCount"], 5200);
    let handle = handle(&opened);
    let first = page(&l, &token, &handle, 0).await.1;
    let second = page(&l, &token, &handle, 5000).await.1;
    assert_eq!((first["Rows"].as_array().unwrap().len(), second["Rows"].as_array().unwrap().len()), (5000, 200));
    assert_eq!(first["Rows"][0]["Values"][0], "MAT-00001");
    assert!(first["Rows"][0]["Values"].as_array().unwrap().iter().all(Value::is_string));
    assert_eq!(page(&l, &token, &format!("#{handle}"), 0).await.0, 400, "the # is not part of the id");
    l.maestro.expire_queries();
    assert_eq!(page(&l, &token, &handle, 0).await.0, 400, "stale");
}

#[tokio::test]
async fn rows_can_move_between_pages() {
    let l = landscape().await;
    let token = maestro_token(&l).await;
    let opened = open(&l, &token, &query("PlannedOrders_PF")).await.1;
    l.maestro.grow_while_paging(3);
    page(&l, &token, &handle(&opened), 0).await;
    let second = page(&l, &token, &handle(&opened), 5000).await.1;
    assert_eq!(second["Rows"].as_array().unwrap().len(), 203, "more rows than were announced");
}

#[tokio::test]
async fn refusals_have_maestros_shape() {
    let l = landscape().await;
    let token = maestro_token(&l).await;
    let mut private = query("PlannedOrders_PF");
    private["WorkbookParameters"]["Workbook"]["Scope"] = json!("Private");
    for (token, body, status) in [
        (token.as_str(), private, 404),
        (token.as_str(), query("NoSuchSheet"), 400),
        (token.as_str(), json!({}), 400),
        ("made-up", query("PlannedOrders_PF"), 401),
    ] {
        let (seen, answer) = open(&l, token, &body).await;
        assert_eq!((seen, &answer["Success"]), (status, &json!(false)), "{body}");
        assert!(answer["Errors"][0].is_string());
    }
    let form =
        [("grant_type", "client_credentials"), ("client_id", "tieline"), ("client_secret", &l.maestro.client_secret())];
    assert_eq!(send(client().post(l.maestro.token_url()).form(&form)).await.0, 401, "Basic only");
}

#[tokio::test]
async fn the_update_window_and_a_token_that_ends_while_paging() {
    let l = landscape().await;
    let token = maestro_token(&l).await;
    l.maestro.update_window(true);
    assert_eq!(open(&l, &token, &query("PlannedOrders_PF")).await.0, 503);
    l.maestro.update_window(false);
    let opened = open(&l, &token, &query("PlannedOrders_PF")).await.1;
    l.maestro.faults(vec![Fault::on("read-worksheet", 1, Effect::ExpireToken)]);
    assert_eq!(page(&l, &token, &handle(&opened), 0).await.0, 401);
    let fresh = maestro_token(&l).await;
    assert_eq!(page(&l, &fresh, &handle(&opened), 0).await.0, 200);
}

#[tokio::test]
async fn a_slow_reply_arrives_whole() {
    let l = landscape().await;
    let token = maestro_token(&l).await;
    l.maestro.faults(vec![Fault::on("query-workbook", 1, Effect::Slow(500))]);
    let before = std::time::Instant::now();
    let (status, body) = open(&l, &token, &query("PlannedOrders_PF")).await;
    assert_eq!((status, &body["Success"]), (200, &json!(true)));
    assert!(before.elapsed() >= std::time::Duration::from_millis(95), "ten pauses of 500 virtual ms");
}
