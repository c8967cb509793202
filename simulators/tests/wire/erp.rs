//! SAP ERP's OData service: CSRF tokens and their sessions, V2 bodies, orders created once.

use crate::support::{client, landscape, send};
use serde_json::{Value, json};
use simulators::erp::SERVICE;
use simulators::{Client, Effect, Fault, Landscape, Partner, Token};

struct Gateway {
    root: String,
    bearer: String,
    csrf: String,
    cookies: String,
}

impl Gateway {
    async fn open(l: &Landscape) -> Self {
        let root = format!("{}{SERVICE}", l.erp.base_url());
        let bearer = l.idp.token(Client::Tieline, Token::Valid).unwrap();
        let fetch = client().get(format!("{root}/")).bearer_auth(&bearer).header("x-csrf-token", "Fetch");
        let response = fetch.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        let csrf = response.headers()["x-csrf-token"].to_str().unwrap().to_owned();
        let cookies = response.headers().get_all("set-cookie").iter().map(|c| c.to_str().unwrap());
        let cookies = cookies.map(|c| c.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
        Gateway { root, bearer, csrf, cookies }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        client()
            .request(method.parse().unwrap(), format!("{}{path}", self.root))
            .bearer_auth(&self.bearer)
            .header("x-csrf-token", &self.csrf)
            .header("cookie", &self.cookies)
            .header("accept", "application/json")
    }
}

fn order(number: u64) -> Value {
    json!({
        "order_id": number, "cust_id": "C-1001", "cust_email": "buyer@example.org", "status": "OPEN", "currency": "EUR",
        "items": [{ "material": "MAT-100", "quantity": 2, "price": 149.9 }],
    })
}

#[tokio::test]
async fn orders_live_through_create_change_and_payment() {
    let l = landscape().await;
    let gateway = Gateway::open(&l).await;
    let check = async |method: &str, path: &str, body: Option<Value>, status: u16, part: &str| {
        let mut request = gateway.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let (seen, body) = send(request).await;
        assert_eq!(seen, status, "{method} {path}: {body}");
        assert!(body.to_string().contains(part), "{method} {path}: {body}");
    };
    check("POST", "/SalesOrders", Some(order(4711)), 201, "\"results\":").await;
    check("POST", "/SalesOrders", Some(order(4711)), 409, "SD_ORDER/005").await;
    l.erp.configure(|s| s.duplicate_status = 400);
    check("POST", "/SalesOrders", Some(order(4711)), 400, "SD_ORDER/005").await;
    let (mut empty, mut bad) = (order(1), order(2));
    empty["items"] = json!([]);
    bad["status"] = json!("LATER");
    check("POST", "/SalesOrders", Some(empty), 400, "at least one item").await;
    check("POST", "/SalesOrders", Some(bad), 400, "status must be").await;
    check("POST", "/SalesOrders", Some(json!({ "order_id": 3 })), 400, "'cust_id' is mandatory").await;
    check("POST", "/SalesOrders", Some(json!({ "orderid": 3 })), 400, "Property 'orderid' is invalid").await;
    let mut changed = order(4711);
    changed["items"] = json!({ "results": [{ "material": "MAT-200", "quantity": "0.5", "price": 12 }] });
    check("PUT", "/SalesOrders('4711')", Some(changed), 204, "").await;
    check("PUT", "/SalesOrders('4711')", Some(order(4712)), 400, "cannot be changed").await;
    check("PUT", "/SalesOrders('9')", Some(order(9)), 404, "SD_ORDER/004").await;
    check("PATCH", "/SalesOrders('4711')", Some(json!({ "status": "PAID" })), 204, "").await;
    check("PATCH", "/SalesOrders(%279%27)", Some(json!({ "status": "PAID" })), 404, "SD_ORDER/004").await;
    check("GET", "/SalesOrders('4711')", None, 200, "MAT-200").await;
    check("GET", "/Customers", None, 404, "CM_BEC").await;
    assert_eq!(l.erp.order(4711).unwrap()["status"], "PAID");
    assert_eq!(l.erp.orders().len(), 1);
    assert_eq!(l.erp.calls("create-order")[0].key.as_deref(), Some("4711"));
}

#[tokio::test]
async fn a_token_without_its_session_is_worth_nothing() {
    let l = landscape().await;
    let gateway = Gateway::open(&l).await;
    let post = |csrf: &str, cookies: &str| {
        client()
            .post(format!("{}/SalesOrders", gateway.root))
            .bearer_auth(&gateway.bearer)
            .header("x-csrf-token", csrf)
            .header("cookie", cookies)
            .json(&order(1))
    };
    for (csrf, cookies) in [("", ""), (gateway.csrf.as_str(), ""), ("made-up", gateway.cookies.as_str())] {
        let response = post(csrf, cookies).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()["x-csrf-token"].to_str().unwrap()),
            (403, "Required")
        );
    }
    assert_eq!(send(post(&gateway.csrf, &gateway.cookies)).await.0, 201);
    l.erp.end_sessions();
    assert_eq!(send(post(&gateway.csrf, &gateway.cookies)).await.0, 403);
    let again = Gateway::open(&l).await;
    assert_eq!(send(post(&again.csrf, &again.cookies)).await.0, 409);
}

#[tokio::test]
async fn who_may_call() {
    let l = landscape().await;
    let root = format!("{}{SERVICE}/", l.erp.base_url());
    for (client_kind, kind, status) in [
        (Client::Tieline, Token::Valid, 200),
        (Client::Tieline, Token::Expired, 401),
        (Client::Tieline, Token::UnknownKey, 401),
        (Client::Tieline, Token::WrongAudience, 401),
        (Client::Salesforce, Token::Valid, 401),
    ] {
        let token = l.idp.token(client_kind, kind).unwrap();
        assert_eq!(send(client().get(&root).bearer_auth(token)).await.0, status, "{client_kind:?} {kind:?}");
    }
    assert_eq!(send(client().get(&root)).await.0, 401);
    l.idp.rotate_key().unwrap();
    let token = l.idp.token(Client::Tieline, Token::Valid).unwrap();
    assert_eq!(send(client().get(&root).bearer_auth(&token)).await.0, 200, "a new key is known at once");
    l.erp.faults(vec![Fault::on("csrf-fetch", 1, Effect::ExpireToken)]);
    assert_eq!(send(client().get(&root).bearer_auth(&token)).await.0, 401);
}

#[tokio::test]
async fn errors_are_xml_for_those_who_want_no_json() {
    let l = landscape().await;
    let gateway = Gateway::open(&l).await;
    let url = format!("{}/SalesOrders('1')", gateway.root);
    let (status, body) = send(client().get(&url).bearer_auth(&gateway.bearer)).await;
    assert_eq!(status, 404);
    assert!(body.as_str().unwrap().contains("<code>SD_ORDER/004</code>"), "{body}");
    l.erp.faults(vec![Fault::on("create-order", 1, Effect::DropAfter)]);
    assert!(gateway.request("POST", "/SalesOrders").json(&order(5)).send().await.is_err());
    assert!(l.erp.order(5).is_some(), "the work was done");
}
