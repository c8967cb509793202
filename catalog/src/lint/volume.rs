//! Volume against limits: a quota of the target that the expected messages would use up.
//!
//! In: an interface and the systems that it calls. Out: diagnostics. Never knows: other interfaces on the same quota.

use super::Subject;
use crate::findings::Findings;
use crate::walk;
use std::collections::BTreeMap;

/// Lints the expected volume.
pub(super) fn lint(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(volume) = &subject.interface.volume else { return };
    let mut calls: BTreeMap<&str, u64> = BTreeMap::new();
    walk::steps(&subject.interface.flow, &mut |step| {
        if let Some(operation) = walk::operation(step) {
            *calls.entry(&operation.system).or_default() += 1;
        }
    });
    for (name, calls) in calls {
        let Some(system) = subject.systems.get(name) else { continue };
        let day = volume.per_day.map(|messages| messages.saturating_mul(calls)).zip(system.limits.per_day);
        let minute = volume
            .per_minute
            .map(|messages| messages.saturating_mul(calls))
            .zip(system.limits.per_second.map(|limit| u64::from(limit) * 60));
        for (wanted, limit, unit) in
            [day.map(|(wanted, limit)| (wanted, limit, "day")), minute.map(|(wanted, limit)| (wanted, limit, "minute"))]
                .into_iter()
                .flatten()
        {
            if wanted > limit {
                let message = format!("the flow may need {wanted} calls of {name} a {unit}, and {name} bears {limit}");
                findings
                    .add("W-VOLUME", volume.span, message)
                    .help("messages will wait; agree on a higher limit, or correct the volume");
            }
        }
    }
}
