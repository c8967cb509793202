//! What replies mean: a call that would do its work twice needs a rule for lost replies before it may be repeated, and
//! the rules of an interface must be about answers that can come.
//!
//! In: an interface and the systems it calls. Out: diagnostics. Never knows: how the runtime probes.

use crate::findings::Findings;
use crate::lower::interface::Places;
use crate::model::{Delivered, Interface, Operation, OperationRef, System};
use crate::outcomes::{answers_so, same};
use crate::walk;
use std::collections::HashMap;

/// Checks every call of a flow, and every rule about their replies.
pub(crate) fn check(interface: &Interface, places: &Places, systems: &HashMap<&str, &System>, findings: &mut Findings) {
    rules(interface, systems, findings);
    lost(interface, places, systems, findings);
}

fn find<'s>(systems: &HashMap<&str, &'s System>, reference: &OperationRef) -> Option<&'s Operation> {
    let system = systems.get(reference.system.as_str())?;
    system.operations.iter().find(|operation| operation.name == reference.operation)
}

fn rules(interface: &Interface, systems: &HashMap<&str, &System>, findings: &mut Findings) {
    let mut called = Vec::new();
    walk::steps(&interface.flow, &mut |step| called.extend(walk::operation(step)));
    let rules = &interface.errors.outcomes;
    for (index, own) in rules.iter().enumerate() {
        let about = |reference: &OperationRef| own.operation.as_ref().is_none_or(|named| named == reference);
        let covered: Vec<_> = called.iter().filter(|reference| about(reference)).collect();
        let place = own.rule.span;
        if let (true, Some(named)) = (covered.is_empty(), &own.operation) {
            let message = format!("the flow does not call {}.{}", named.system, named.operation);
            findings.add("E-OUTCOME", place, message).help("name an operation of this flow, or leave `operation` out");
            continue;
        }
        // What could not be read elsewhere is not judged here.
        let can =
            |reference: &&&OperationRef| find(systems, reference).is_none_or(|it| answers_so(it, &own.rule.target));
        if !covered.iter().any(can) {
            let message = "no operation that the rule is about answers like this";
            findings.add("E-OUTCOME", place, message).help(
                "`status` and `error_code` are answers of REST, OData and RFC operations, `bapi` of RFC operations only",
            );
        }
        let hides = |earlier: &&crate::model::Override| {
            (earlier.operation.is_none() || earlier.operation == own.operation)
                && same(&earlier.rule.target, &own.rule.target)
        };
        if let Some(earlier) = rules[..index].iter().find(hides) {
            let message = format!("the rule of line {} decides before this one", earlier.rule.span.line);
            findings.add("E-OUTCOME", place, message).help("leave one of them out, or put the special one first");
        }
    }
}

fn lost(interface: &Interface, places: &Places, systems: &HashMap<&str, &System>, findings: &mut Findings) {
    if interface.errors.retry.retries == 0 || places.on_unknown.is_some() {
        return;
    }
    walk::steps(&interface.flow, &mut |step| {
        let Some(reference) = walk::operation(step) else { return };
        let Some(operation) = find(systems, reference) else { return };
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
