//! Salesforce: sessions that end unannounced, upserts by external id, errors as a list.

use crate::support::{client, landscape, send};
use serde_json::{Value, json};
use simulators::{Effect, Fault, Landscape, Partner, samples};

async fn session(l: &Landscape) -> Value {
    let secret = l.salesforce.client_secret();
    let form = [("grant_type", "client_credentials"), ("client_id", "tieline"), ("client_secret", &secret)];
    let (status, body) = send(client().post(l.salesforce.token_url()).form(&form)).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn a_session_says_where_it_is_and_not_how_long_it_lives() {
    let l = landscape().await;
    let body = session(&l).await;
    assert_eq!(body["instance_url"], l.salesforce.base_url());
    assert!(body["expires_in"].is_null() && body["issued_at"].is_string());
    let form = [("grant_type", "client_credentials"), ("client_id", "tieline"), ("client_secret", "wrong")];
    let (status, body) = send(client().post(l.salesforce.token_url()).form(&form)).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_client")));
}

#[tokio::test]
async fn accounts_and_orders() {
    let l = landscape().await;
    let token = session(&l).await["access_token"].as_str().unwrap().to_owned();
    let base = format!("{}/services/data/v60.0/sobjects", l.salesforce.base_url());
    let check = async |method: &str, path: &str, body: Option<Value>, status: u16, part: &str| {
        let mut request = client().request(method.parse().unwrap(), format!("{base}{path}")).bearer_auth(&token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let (seen, body) = send(request).await;
        assert_eq!(seen, status, "{method} {path}: {body}");
        assert!(body.to_string().contains(part), "{method} {path}: {body}");
    };
    check("GET", &format!("/Account/{}", samples::ACCOUNT_ID), None, 200, "Example Street").await;
    check("GET", "/Account/0015g00000XyZab", None, 200, "C-1001").await;
    check("GET", &format!("/Account/{}?fields=Name", samples::ACCOUNT_ID), None, 200, "Customer C-1001").await;
    check("GET", "/Account/0015g00000NobdyAAA", None, 404, "NOT_FOUND").await;
    check("GET", "/Account/12", None, 400, "MALFORMED_ID").await;
    let account = "/Account/ERP_Customer_Id__c/C-2001";
    check("PATCH", account, Some(json!({ "Phone": "1" })), 400, "REQUIRED_FIELD_MISSING").await;
    check("PATCH", account, Some(json!({ "Name": "Customer C-2001" })), 201, "\"created\":true").await;
    check("PATCH", account, Some(json!({ "Name": "Renamed" })), 200, "\"created\":false").await;
    check("PATCH", account, Some(json!({ "ERP_Customer_Id__c": "C-2001" })), 400, "INVALID_FIELD").await;
    check("PATCH", account, Some(json!({ "Nmae": "x" })), 400, "No such column").await;
    check("PATCH", account, Some(json!({ "Email__c": "nowhere" })), 400, "INVALID_EMAIL_ADDRESS").await;
    l.salesforce.lock_once("C-2001");
    check("PATCH", account, Some(json!({ "Name": "Again" })), 400, "UNABLE_TO_LOCK_ROW").await;
    check("PATCH", account, Some(json!({ "Name": "Again" })), 200, "").await;
    l.salesforce.put_twin_account(samples::account("0015g00000TwinAAAA", "C-2001"));
    check("PATCH", account, Some(json!({ "Name": "Which" })), 300, "/sobjects/Account/").await;
    let order = "/Order/ERP_Order_Number__c/4711";
    check("PATCH", order, Some(json!({ "Payment_Status__c": "PAID" })), 400, "REQUIRED_FIELD_MISSING").await;
    l.salesforce.put_order("4711");
    check("PATCH", order, Some(json!({ "Payment_Status__c": "PAID" })), 200, "").await;
    assert_eq!(l.salesforce.order_of("4711").unwrap()["Payment_Status__c"], "PAID");
    check("PATCH", order, None, 415, "UNSUPPORTED_MEDIA_TYPE").await;
    check("DELETE", order, None, 405, "METHOD_NOT_ALLOWED").await;
    assert_eq!(l.salesforce.calls("set-order-payment")[0].key.as_deref(), Some("4711"));
}

#[tokio::test]
async fn sessions_end_and_requests_run_out() {
    let l = landscape().await;
    let token = session(&l).await["access_token"].as_str().unwrap().to_owned();
    let url = format!("{}/services/data/v60.0/sobjects/Account/{}", l.salesforce.base_url(), samples::ACCOUNT_ID);
    let response = client().get(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(response.headers()["sforce-limit-info"], "api-usage=1/1000000");
    l.salesforce.faults(vec![Fault::on("read-account", 1, Effect::ExpireToken)]);
    let (status, body) = send(client().get(&url).bearer_auth(&token)).await;
    assert_eq!((status, &body[0]["errorCode"]), (401, &json!("INVALID_SESSION_ID")));
    let fresh = session(&l).await["access_token"].as_str().unwrap().to_owned();
    l.salesforce.configure(|s| s.daily_requests = 2);
    let (status, body) = send(client().get(&url).bearer_auth(&fresh)).await;
    assert_eq!((status, &body[0]["errorCode"]), (403, &json!("REQUEST_LIMIT_EXCEEDED")));
}
