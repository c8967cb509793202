//! What callers get when they may not, or send what cannot be.
//!
//! In: a stage. Out: notes. Never knows: how the door works inside.

use std::collections::BTreeSet;

use serde_json::Value;
use simulators::{Call, Token, samples};

use crate::{
    demo::{report::Notes, stage::Stage},
    failure::Failure,
};

pub(super) async fn each_with_an_error_id(stage: &mut Stage, notes: &mut Notes) -> Result<(), Failure> {
    let salesforce = stage.callers.salesforce.clone();
    let order = || salesforce.create_order(&samples::order("4713"));
    let cases: [(&str, u16, Call); 8] = [
        ("a body that is no JSON", 400, order().not_json()),
        ("a body without a required field", 400, order().without("customer_id")),
        ("no token", 401, order().token(Token::None)),
        ("an expired token", 401, order().token(Token::Expired)),
        ("a token for somebody else", 401, order().token(Token::WrongAudience)),
        ("a token signed with an unknown key", 401, order().token(Token::UnknownKey)),
        ("a token without the scope", 403, order().token(Token::WrongScope)),
        ("11 MB", 413, order().oversized(11)),
    ];
    let (count, mut ids) = (cases.len(), BTreeSet::new());
    for (what, status, call) in cases {
        let reply = stage.play(call).await?;
        let id = error_id(&reply.text());
        let said = if id.is_some() { "with an error id" } else { "without an error id" };
        notes.same(format!("{what}: {status} with an error id"), format!("{what}: {} {said}", reply.status));
        ids.extend(id);
    }
    notes.same(format!("{count} different error ids"), format!("{} different error ids", ids.len()));
    let orders = stage.landscape.erp.orders().len();
    notes.same("SAP ERP heard of 0 orders", format!("SAP ERP heard of {orders} orders"));
    Ok(())
}

/// `errorId` of an RFC 9457 problem.
fn error_id(body: &str) -> Option<String> {
    serde_json::from_str::<Value>(body).ok()?["errorId"].as_str().map(str::to_owned)
}
