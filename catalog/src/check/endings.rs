//! How flows end: a synchronous one replies on every path, an asynchronous one never does, nothing stands behind an end.
//!
//! In: an interface whose flow was understood as a whole. Out: diagnostics. Never knows: what steps do in between.

use crate::findings::Findings;
use crate::model::{Interface, Span, Step, StepKind, TriggerKind};

/// Checks the endings of a flow.
pub(crate) fn check(interface: &Interface, findings: &mut Findings) {
    let synchronous = matches!(interface.trigger.kind, TriggerKind::Request { .. });
    let mut checker = Checker { synchronous, findings };
    let open = checker.steps(&interface.flow);
    if let (true, Some(span)) = (synchronous, open.or_else(|| empty(interface))) {
        checker
            .findings
            .add("E-REPLY", span, "the caller waits for a reply, and a way through the flow ends without one")
            .help("end every way with `reply`, or with `dead_letter` for a business error");
    }
}

fn empty(interface: &Interface) -> Option<Span> {
    interface.flow.is_empty().then_some(interface.trigger.span)
}

struct Checker<'f> {
    synchronous: bool,
    findings: &'f mut Findings,
}

impl Checker<'_> {
    /// The last step of a way on which the flow runs out of steps; `None` when every way ends.
    fn steps(&mut self, steps: &[Step]) -> Option<Span> {
        let mut open = None;
        for (index, step) in steps.iter().enumerate() {
            open = self.step(step);
            if open.is_none() {
                if let Some(next) = steps.get(index + 1) {
                    self.findings
                        .add(
                            "E-UNREACHABLE",
                            next.span,
                            "this step is never reached, because the one before it ends the flow",
                        )
                        .help("move it before the end, or remove it");
                }
                return None;
            }
        }
        open
    }

    fn step(&mut self, step: &Step) -> Option<Span> {
        match &step.kind {
            StepKind::Reply { .. } => {
                if !self.synchronous {
                    self.findings
                        .add("E-REPLY", step.span, "nobody waits for a reply: the trigger is asynchronous")
                        .help("use `trigger: { request: … }`, or deliver with `send`");
                }
                None
            }
            StepKind::Discard { .. } => {
                if self.synchronous {
                    self.findings
                        .add("E-REPLY", step.span, "the caller waits for a reply, so the message cannot be discarded")
                        .help("reply with what happened, or use `dead_letter`");
                }
                None
            }
            StepKind::DeadLetter { .. } => None,
            StepKind::When { then, otherwise, .. } => {
                let then = self.steps(then);
                // Without `otherwise` the flow goes on behind the step.
                let otherwise = if otherwise.is_empty() { Some(step.span) } else { self.steps(otherwise) };
                then.or(otherwise)
            }
            StepKind::Route { cases, otherwise } => {
                let ways: Vec<_> = cases.iter().map(|case| self.steps(&case.steps)).collect();
                let otherwise = self.steps(otherwise);
                ways.into_iter().flatten().next().or(otherwise)
            }
            StepKind::ForEach { steps, .. } => {
                self.loop_body(steps);
                Some(step.span)
            }
            _ => Some(step.span),
        }
    }

    /// A reply per item would answer one caller many times.
    fn loop_body(&mut self, steps: &[Step]) {
        self.steps(steps);
        if let Some(span) = first_reply(steps) {
            self.findings
                .add("E-REPLY", span, "a caller gets one reply, not one per item")
                .help("collect what the reply needs, and reply behind the loop");
        }
    }
}

fn first_reply(steps: &[Step]) -> Option<Span> {
    steps.iter().find_map(|step| match &step.kind {
        StepKind::Reply { .. } => Some(step.span),
        StepKind::When { then, otherwise, .. } => first_reply(then).or_else(|| first_reply(otherwise)),
        StepKind::Route { cases, otherwise } => {
            cases.iter().find_map(|case| first_reply(&case.steps)).or_else(|| first_reply(otherwise))
        }
        _ => None,
    })
}
