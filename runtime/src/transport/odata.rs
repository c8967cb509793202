//! OData V2 on SAP Gateway: REST with a CSRF session for everything that modifies.
//!
//! In: a call. Out: an outcome; the `d` around V2 results is taken off. Never knows: tokens of ours.

use super::{
    Call, Outcome, csrf,
    partner::Partner,
    rest::{judge, prepare, unsendable},
    url::{self, Quoting},
};
use crate::{
    descriptor::Method,
    flow::Request,
    value::{Record, Value},
};

/// What is called: the parts of [`Protocol::OData`](crate::descriptor::Protocol::OData).
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) method: Method,
    pub(super) service: &'static str,
    pub(super) path: &'static str,
}

/// Makes one call; a refused CSRF token is fetched again once.
pub(super) async fn exchange(partner: &Partner, call: Call<'_>, target: Target) -> Result<Outcome, Outcome> {
    let operation = call.operation;
    let system = operation.system;
    let base = partner.base_url(system)?;
    let path = format!("{}{}", target.service.trim_end_matches('/'), target.path);
    let url = url::build(base, &path, operation.query, call.request, Quoting::Literal)
        .map_err(|reason| unsendable(&reason))?;
    let wire = prepare(&call, target.method, url)?;
    if target.method == Method::Get {
        let reply = partner.send(system, wire, operation.timeout_ms).await?;
        return Ok(unwrap(judge(partner, &call, &reply)));
    }
    let root = format!("{}/", target.service.trim_end_matches('/'));
    let root = url::build(base, &root, &[], &Request::new(), Quoting::Plain).map_err(|reason| unsendable(&reason))?;
    for last in [false, true] {
        let session = partner.csrf.session(partner, system, &root, operation.timeout_ms).await?;
        let mut wire = wire.clone();
        session.apply(&mut wire.headers);
        let reply = partner.send(system, wire, operation.timeout_ms).await?;
        if last || !csrf::is_required(&reply) {
            return Ok(unwrap(judge(partner, &call, &reply)));
        }
        partner.csrf.forget(&root, &session).await;
    }
    Err(unsendable("no CSRF session"))
}

/// V2 puts everything below `d`, and metadata beside the fields.
pub(super) fn unwrap(mut outcome: Outcome) -> Outcome {
    if let Value::Record(record) = &mut outcome.reply
        && record.len() == 1
        && let Some(inner) = record.get_mut("d")
    {
        outcome.reply = std::mem::replace(inner, Value::Record(Record::new()));
    }
    outcome
}
