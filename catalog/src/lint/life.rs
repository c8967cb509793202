//! People, history and the table of components.
//!
//! In: an interface. Out: diagnostics. Never knows: flows.

use super::Subject;
use crate::findings::Findings;
use crate::model::Status;

/// Lints what people need.
pub(super) fn lint(subject: &Subject<'_>, findings: &mut Findings) {
    owners(subject, findings);
    history(subject, findings);
    components(subject, findings);
}

fn owners(subject: &Subject<'_>, findings: &mut Findings) {
    let interface = subject.interface;
    if matches!(interface.status, Status::Draft | Status::Retired) {
        return;
    }
    let owners = &interface.owners;
    let all = [("business", &owners.business), ("technical", &owners.technical), ("support", &owners.support)];
    let missing: Vec<_> = all.into_iter().filter(|(_, owner)| owner.is_none()).map(|(name, _)| name).collect();
    if !missing.is_empty() {
        findings
            .add(
                "W-OWNER",
                subject.places.owners,
                format!("the interface is in use and has no {} owner", missing.join(" and no ")),
            )
            .help("name a team; somebody will look for it at night");
    }
}

fn history(subject: &Subject<'_>, findings: &mut Findings) {
    for pair in subject.interface.history.windows(2) {
        let [before, after] = pair else { continue };
        // ISO dates sort as text.
        if after.date < before.date || after.version <= before.version {
            findings
                .add(
                    "W-HISTORY",
                    after.span,
                    format!(
                        "version {} of {} stands behind version {} of {}",
                        after.version, after.date, before.version, before.date
                    ),
                )
                .help("list the oldest change first, and count versions up");
        }
    }
}

/// A row about a system that no step calls is a left-over of another interface.
fn components(subject: &Subject<'_>, findings: &mut Findings) {
    let interface = subject.interface;
    for (component, span) in interface.components.iter().zip(&subject.places.components) {
        let Some(system) = subject.symbols.system(&component.name) else { continue };
        let part_of = |name: &String| {
            let parent = subject.systems.get(name.as_str()).and_then(|system| system.part_of.as_deref());
            *name == system.name || parent == Some(system.name.as_str())
        };
        if !interface.systems.iter().any(part_of) {
            let message = format!("{} takes no part in this interface", component.name);
            findings
                .add("W-SYSTEM-PART", *span, message)
                .help(format!("remove the row, or call {} in the flow", system.name));
        }
    }
}
