//! What a document declares and no step uses, and targets that no step calls.
//!
//! In: an interface whose flow was understood as a whole. Out: diagnostics. Never knows: other interfaces.

use super::Subject;
use crate::findings::Findings;
use crate::model::{Body, ExprKind, Interface, MessageRef, Owner, Rule, Span, Step, StepKind};
use crate::walk;
use std::collections::HashSet;

/// Lints what is not used.
pub(super) fn lint(subject: &Subject<'_>, unused_mappings: &[(String, Span)], findings: &mut Findings) {
    let interface = subject.interface;
    for (name, span) in unused_mappings {
        findings
            .add("W-UNUSED-MAPPING", *span, format!("no step uses the mapping `{name}`, so it was not checked"))
            .help("add a `map` step, or remove the table");
    }
    // A lookup may be used by a mapping that no step uses; that one was reported.
    if unused_mappings.is_empty() {
        lookups(interface, findings);
        messages(interface, findings);
    }
    values(interface, findings);
    target(subject, findings);
}

fn lookups(interface: &Interface, findings: &mut Findings) {
    let rows = interface.mappings.iter().flat_map(|mapping| &mapping.rows);
    let used: HashSet<&str> = rows
        .filter_map(|row| match &row.rule {
            Rule::Lookup { table, .. } => Some(table.as_str()),
            _ => None,
        })
        .collect();
    for lookup in interface.lookups.iter().filter(|lookup| !used.contains(lookup.name.as_str())) {
        findings
            .add("W-UNUSED-LOOKUP", lookup.span, format!("no mapping uses the lookup table `{}`", lookup.name))
            .help("use it with the rule `lookup`, or remove it");
    }
}

fn messages(interface: &Interface, findings: &mut Findings) {
    let mut used: HashSet<&str> = HashSet::new();
    let mut note = |message: &'_ MessageRef| {
        if matches!(message.owner, Owner::Interface(_))
            && let Some(own) = interface.messages.iter().find(|own| own.name == message.name)
        {
            used.insert(&own.name);
        }
    };
    interface.trigger.message.iter().for_each(&mut note);
    interface.mappings.iter().for_each(|mapping| note(&mapping.target));
    walk::steps(&interface.flow, &mut |step| match &step.kind {
        StepKind::Reply { message: Some(message), .. } => note(message),
        StepKind::Custom { bind: Some(bind), .. } => {
            if let crate::model::Type::Record(record) = &bind.ty {
                note(&record.message);
            }
        }
        _ => {}
    });
    for message in interface.messages.iter().filter(|message| !used.contains(message.name.as_str())) {
        findings
            .add("W-UNUSED-MESSAGE", message.span, format!("nothing uses the message `{}`", message.name))
            .help("remove it, or map to it");
    }
}

/// Values that steps make and no later step reads.
fn values(interface: &Interface, findings: &mut Findings) {
    let mut read: HashSet<&str> = HashSet::new();
    walk::steps(&interface.flow, &mut |step| {
        walk::expressions(step, &mut |expr| {
            walk::inside(expr, &mut |part| {
                if let ExprKind::Name(name) = &part.kind {
                    read.insert(name);
                }
            });
        });
    });
    walk::steps(&interface.flow, &mut |step| {
        let Some(name) = made(step).filter(|name| !read.contains(name)) else { return };
        findings
            .add("W-UNUSED-VALUE", step.span, format!("no later step reads `{name}`"))
            .help("use it, or remove the step");
    });
}

/// The name that a step makes for others; what a call or send replies may be kept for examples only.
fn made(step: &Step) -> Option<&str> {
    match &step.kind {
        StepKind::Fetch { bind, .. } | StepKind::Map { bind, .. } | StepKind::Let { bind, .. } => Some(&bind.name),
        _ => None,
    }
}

fn target(subject: &Subject<'_>, findings: &mut Findings) {
    let interface = subject.interface;
    let mut called = false;
    let mut replies = false;
    walk::steps(&interface.flow, &mut |step| {
        if let Some(operation) = walk::operation(step) {
            let parent = subject.systems.get(operation.system.as_str()).and_then(|system| system.part_of.as_deref());
            called |= operation.system == interface.target || parent == Some(interface.target.as_str());
        }
        replies |= matches!(&step.kind, StepKind::Reply { with, .. } if matches!(with.body, Some(Body::Whole(_) | Body::Fields { .. })));
    });
    let served = replies && interface.source == interface.target;
    if !called && !served {
        findings
            .add("W-TARGET", subject.places.target, format!("no step calls {}, the target", interface.target))
            .help("send to it, or correct the target");
    }
}
