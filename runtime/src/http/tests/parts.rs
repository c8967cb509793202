//! Parts of the listener as data.

use std::sync::{Arc, LazyLock};

use axum::{Router, body::Body};
use http::{Request, Uri};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use proptest::prelude::*;

use super::{
    super::{jwt, routes, trace},
    CHANGES, Front, HandClock, NOON_MS, Named, OPEN, ORDERS, Refused, Script, endpoint, interface,
};
use crate::{
    descriptor::{InboundAuth, Interface, Method, Trigger},
    environment::Identity,
    flow::Handler,
    random::Random,
};

/// What is said about interfaces with these endpoints, in this order.
fn check(endpoints: &[(&'static str, Method, &'static str)], expect: &[&str]) {
    let handler = |(smart_id, method, path): &(&'static str, Method, &'static str)| {
        let trigger = Trigger::Http(endpoint(*method, path, InboundAuth::None));
        let interface: &'static Interface = Box::leak(Box::new(interface(smart_id, trigger)));
        Arc::new(Named(interface)) as Arc<dyn Handler>
    };
    let clashes = routes::lay_out(&endpoints.iter().map(handler).collect::<Vec<_>>()).err().unwrap_or_default();
    assert_eq!(clashes.iter().map(ToString::to_string).collect::<Vec<_>>(), expect, "{endpoints:?}");
}

#[test]
fn interfaces_that_want_the_same_endpoint_are_named() {
    let handlers = [&ORDERS, &OPEN, &CHANGES, &ORDERS].map(|interface| Arc::new(Named(interface)) as Arc<dyn Handler>);
    let clashes = routes::lay_out(&handlers).unwrap_err();
    assert_eq!(
        clashes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["ORDERS and ORDERS both want Post /orders"]
    );
    use Method::{Get, Post, Put};
    check(&[("A", Get, "/o/{id}"), ("B", Put, "/o/{number}"), ("C", Post, "/o/{id}/items")], &[]);
    check(&[("A", Put, "/o/{id}"), ("B", Put, "/o/{number}")], &["A and B both want Put /o/{number}"]);
    check(&[("A", Get, "/o/{id}"), ("B", Get, "/o/new"), ("C", Get, "/o/x-{id}"), ("D", Get, "/{a}/{b}")], &[]);
    check(&[("A", Post, "/messages/{id}"), ("B", Get, "/messages")], &[]);
    check(&[("A", Get, "/messages/{x}")], &["the state of messages and A both want Get /messages/{x}"]);
}

#[test]
fn paths_that_no_request_could_reach_are_refused_and_do_not_panic() {
    let check = |path: &'static str, problem: &str| {
        let clash = format!("A cannot listen on {path}: {problem}");
        let expect = if problem.is_empty() { Vec::new() } else { vec![clash.as_str()] };
        check(&[("A", Method::Get, path)], &expect);
    };
    for fine in ["/", "/a/", "/:a/*", "/aufträge/{id}", "/{*rest}"] {
        check(fine, "");
    }
    let braces = "Parameters must be registered with a valid name";
    check("", "it does not begin with `/`");
    check("orders", "it does not begin with `/`");
    check("/{a}-{b}", "Only one parameter is allowed per path segment");
    check("/a/{b", braces);
    check("/a/b}", braces);
}

#[test]
fn only_valid_traces_go_on() {
    let trace = |header: Option<&str>| trace::traceparent(header, &Random::seeded(1));
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    assert!(trace(Some(good)).starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    assert!(trace(Some(good)).ends_with("-00"));
    let later = format!("01{}-more", &good[2..]);
    assert!(trace(Some(&later)).starts_with("00-0af7"));
    for bad in [
        None,
        Some(""),
        Some("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
        Some("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
        Some("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        Some("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"),
    ] {
        let fresh = trace(bad);
        assert!(!fresh.contains("0af7651916cd43dd8448eb211c80319c") && fresh.len() == 55, "{bad:?}");
    }
}

/// A listener's router without a listener.
static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    let handlers = [&ORDERS, &CHANGES].map(|interface| Arc::new(Named(interface)) as Arc<dyn Handler>).to_vec();
    let script = Arc::new(Script { handlers, arrivals: std::sync::Mutex::default(), ready: true.into() });
    let (clock, random) = (Arc::new(HandClock(NOON_MS.into())), Arc::new(Random::seeded(1)));
    let front = Front::new(script, &Identity::default(), clock, random, Arc::new(Refused::default())).unwrap();
    let front = Arc::new(front);
    front.router.clone().with_state(front)
});

fn status(path: &str) -> Option<u16> {
    let uri: Uri = path.parse().ok()?;
    let request = Request::put(uri).body(Body::empty()).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let answer = runtime.block_on(TowerToHyperService::new(ROUTER.clone()).call(request)).unwrap();
    Some(answer.status().as_u16())
}

proptest! {
    #[test]
    fn nothing_a_caller_sends_panics(text in "\\PC{0,80}", path in "[/%a-f0-9{}.+&=]{0,40}") {
        let _ = jwt::parse(&text);
        let _ = routes::query(&text);
        let _ = trace::traceparent(Some(&text), &Random::seeded(1));
        for path in [path.clone(), format!("/orders/{path}"), format!("/messages/{path}"), text] {
            // 415: an order without a media type.
            prop_assert!(matches!(status(&path), None | Some(404 | 405 | 415)), "{path}");
        }
    }

    #[test]
    fn parameters_come_decoded_and_whole(value in "\\PC{1,20}") {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let encoded = utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
        prop_assert_eq!(status(&format!("/orders/{encoded}")), Some(415));
        prop_assert_eq!(routes::query(&format!("a={encoded}")), Some(vec![("a".to_owned(), value)]));
    }
}
