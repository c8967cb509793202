//! Parts of the listener as data.

use std::sync::Arc;

use proptest::prelude::*;

use super::{
    super::{jwt, routes, trace},
    CHANGES, Named, OPEN, ORDERS,
};
use crate::{flow::Handler, random::Random};

#[test]
fn interfaces_that_want_the_same_endpoint_are_named() {
    let handlers = [&ORDERS, &OPEN, &CHANGES, &ORDERS].map(|interface| Arc::new(Named(interface)) as Arc<dyn Handler>);
    let clashes = routes::Routes::new(&handlers).unwrap_err();
    assert_eq!(
        clashes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["ORDERS and ORDERS both want Post /orders"]
    );
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

proptest! {
    #[test]
    fn nothing_a_caller_sends_panics(text in "\\PC{0,80}", path in "[/%a-f0-9{}.+&=]{0,40}") {
        let _ = jwt::parse(&text);
        let _ = routes::query(&text);
        let _ = trace::traceparent(Some(&text), &Random::seeded(1));
        let handlers = [&ORDERS, &CHANGES].map(|interface| Arc::new(Named(interface)) as Arc<dyn Handler>);
        let routes = routes::Routes::new(&handlers).unwrap();
        let _ = routes.find(None, &path);
        let _ = routes.find(None, &text);
    }
}
