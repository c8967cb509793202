//! Versions: a Smart ID that says V1 and a flow that goes through a V2 proxy.
//!
//! In: an interface and the systems that it calls. Out: diagnostics. Never knows: what a proxy does.

use super::Subject;
use crate::findings::Findings;
use crate::walk;
use std::collections::HashSet;

/// Lints versions of proxies and artefacts.
pub(super) fn lint(subject: &Subject<'_>, findings: &mut Findings) {
    let version = subject.interface.smart_id.version;
    let mut seen = HashSet::new();
    let mut check = |name: &str, span, findings: &mut Findings| {
        let Some(other) = version_of(name).filter(|other| *other != version) else { return };
        if seen.insert(name.to_owned()) {
            findings
                .add("W-VERSION", span, format!("the Smart ID says V{version}, and {name} is version {other}"))
                .help("if the contract changed with it, the interface needs a new Smart ID; if not, nothing is to do");
        }
    };
    for (artefact, span) in subject.interface.artefacts.iter().zip(&subject.places.artefacts) {
        check(&artefact.name, *span, findings);
    }
    walk::steps(&subject.interface.flow, &mut |step| {
        let system = walk::operation(step).and_then(|operation| subject.symbols.system(&operation.system));
        if let Some(proxy) = system.and_then(|system| system.proxy.as_deref()) {
            check(proxy, step.span, findings);
        }
    });
}

/// The number behind the last `_V`, `-v` or ` v`.
fn version_of(name: &str) -> Option<u32> {
    let digits = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name[digits.len()..].parse().ok()?;
    let rest = digits.strip_suffix(['v', 'V'])?;
    rest.ends_with(['_', '-', ' ', '.']).then_some(number)
}
