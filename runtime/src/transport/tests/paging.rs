//! Long results as data: pages in, one result or one reason out.

use super::*;
use crate::descriptor::Paging;
use peer::Act;

async fn check(total: &str, pages: &[&str], expect: &str, requests: &[&str]) -> Outcome {
    let peer = Peer::start(pages.iter().map(|page| Act::json(200, page)).collect()).await;
    let paging = Paging { offset: "startRow", limit: "pageSize", size: 2, rows: "Rows", total: "totalRowCount" };
    let operation = Operation {
        paging: Some(paging),
        query: &["queryId", "startRow", "pageSize"],
        ..operation(system(OutboundAuth::None), rest(Method::Get, "/ws"))
    };
    let request = Request::new().parameter("queryId", "Q").parameter("totalRowCount", total);
    let outcome = Net::to(&peer).call(operation, request).await;
    assert_eq!(told(&outcome), expect);
    let lines: Vec<_> =
        peer.lines().iter().map(|line| line.replace("GET /base/ws?queryId=Q&", "").replace(" HTTP/1.1", "")).collect();
    assert_eq!(lines, requests);
    outcome
}

#[tokio::test]
async fn all_pages_make_one_result() {
    let pages = [r#"{"Name":"W","Rows":[1,2]}"#, r#"{"Name":"W","Rows":[3,4]}"#, r#"{"Name":"W","Rows":[5]}"#];
    let requests = ["startRow=0&pageSize=2", "startRow=2&pageSize=2", "startRow=4&pageSize=2"];
    let outcome = check("5", &pages, "Delivered: 5 rows", &requests).await;
    assert_eq!(json::write(&outcome.reply), r#"{"Name":"W","Rows":[1,2,3,4,5]}"#);
    let outcome = check("0", &[r#"{"Rows":[]}"#], "Delivered: 0 rows", &requests[..1]).await;
    assert_eq!(json::write(&outcome.reply), r#"{"Rows":[]}"#);
    check("4", &pages, "Delivered: 4 rows", &requests[..2]).await;
}

#[tokio::test]
async fn a_result_that_changes_is_no_result() {
    let first = r#"{"Rows":[1,2]}"#;
    let requests = ["startRow=0&pageSize=2", "startRow=2&pageSize=2"];
    let changed = |wanted: u8, from: u8, got: u8| {
        format!("Retryable: the result changed while it was read: {wanted} rows expected from row {from}, got {got}")
    };
    check("4", &[first, r#"{"Rows":[3]}"#], &changed(2, 2, 1), &requests).await;
    check("3", &[first, r#"{"Rows":[3,4]}"#], &changed(1, 2, 2), &requests).await;
    check("4", &[first, "{}"], &changed(2, 2, 0), &requests).await;
    check("many", &[first], "Permanent: not sent: totalRowCount must be a number", &[]).await;
    check("9999999", &[first], "Permanent: not sent: more than 1000000 rows", &[]).await;
}

#[tokio::test]
async fn a_page_that_fails_ends_the_read() {
    let paging = Paging { offset: "startRow", limit: "pageSize", size: 2, rows: "Rows", total: "total" };
    let peer = Peer::start(vec![Act::json(200, r#"{"Rows":[1,2]}"#), Act::json(503, "")]).await;
    let operation =
        Operation { paging: Some(paging), ..operation(system(OutboundAuth::None), rest(Method::Get, "/ws")) };
    let outcome = Net::to(&peer).call(operation, Request::new().parameter("total", 4)).await;
    assert_eq!(told(&outcome), "Retryable: 503 Service Unavailable");
}
