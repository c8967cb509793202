//! Lost replies: a call that would do its work twice needs a rule before it may be repeated.
//!
//! In: an interface and the systems it calls. Out: diagnostics. Never knows: how the runtime probes.

use crate::findings::Findings;
use crate::lower::interface::Places;
use crate::model::{Delivered, Interface, System};
use crate::walk;
use std::collections::HashMap;

/// Checks every call of a flow.
pub(crate) fn check(interface: &Interface, places: &Places, systems: &HashMap<&str, &System>, findings: &mut Findings) {
    if interface.errors.retry.retries == 0 || places.on_unknown.is_some() {
        return;
    }
    walk::steps(&interface.flow, &mut |step| {
        let Some(reference) = walk::operation(step) else { return };
        let system = systems.get(reference.system.as_str());
        let operation =
            system.and_then(|system| system.operations.iter().find(|operation| operation.name == reference.operation));
        let Some(operation) = operation else { return };
        if operation.delivered == Delivered::Twice && operation.probe.is_none() {
            let message = format!(
                "{}.{} does its work again when it is repeated, and nothing says what to do when a reply is lost",
                reference.system, reference.operation
            );
            findings.add("E-UNKNOWN-OUTCOME", step.span, message).help(
                "give the operation an `on_unknown` probe in the system's document, or write `on_unknown: hold` under `errors`",
            );
        }
    });
}
