//! Steps that talk to somebody: `fetch`, `call`, `send`, `reply`.
//!
//! In: their keys. Out: [`StepKind`]s. Never knows: what the runtime does with a failure.

use super::Lowerer;
use crate::expr::Scope;
use crate::fields::Record;
use crate::lower::arguments::{self, Wanted};
use crate::model::{Arguments, Bound, StepKind};
use crate::symbols::record;

const OK: u16 = 200;

impl<'a> Lowerer<'a, '_> {
    pub(super) fn operation(&mut self, kind: &str, fields: &Record<'_>, scope: &mut Scope<'a>) -> Option<StepKind> {
        let text = fields.text(kind)?;
        let (operation, declared) = self.view.symbols.expect_operation(text, self.findings)?;
        let wanted = Wanted::operation(&operation, declared);
        let with = arguments::arguments(fields.entry("with"), &wanted, scope, (self.view, text.span), self.findings);
        let mut bind = None;
        if let Some(name) = fields.text("as") {
            let Some(response) = &declared.response else {
                self.findings
                    .add("E-NO-RESPONSE", name.span, format!("{} has no response to keep", text.text))
                    .help("leave `as` out, or declare the `response` of the operation");
                return None;
            };
            let ty = record(response);
            self.bind(name, ty.clone(), scope);
            bind = Some(Bound { name: name.text.to_owned(), ty });
        }
        // A mistake in the arguments leaves the reply's type as it is, so the name above stays bound.
        let Some(with) = with else {
            self.flow.whole = false;
            return bind.map(|bind| StepKind::Call { operation, with: Arguments::default(), bind: Some(bind) });
        };
        match kind {
            "fetch" => Some(StepKind::Fetch { operation, with, bind: bind? }),
            "call" => Some(StepKind::Call { operation, with, bind }),
            _ => Some(StepKind::Send { operation, with, bind }),
        }
    }

    pub(super) fn reply(&mut self, fields: &Record<'_>, scope: &mut Scope<'a>) -> Option<StepKind> {
        let text = fields.text("reply")?;
        let status = fields.integer("status").map_or(Some(OK), |status| u16::try_from(status).ok());
        let Some(status) = status.filter(|status| (200..600).contains(status)) else {
            self.findings.add("E-REPLY", fields.span("status"), "the status of a reply lies between 200 and 599");
            return None;
        };
        if text.text == "none" {
            if let Some(entry) = fields.entry("with") {
                self.findings
                    .add("E-REPLY", entry.key_span, "a reply without message has no fields")
                    .help("name the message, or leave `with` out");
            }
            return Some(StepKind::Reply { status, message: None, with: Arguments::default() });
        }
        if status == 204 {
            self.findings
                .add("E-REPLY", fields.span("status"), "204 means that there is no body")
                .help("write `reply: none`, or another status");
        }
        let message = self.view.expect_message(text, self.findings)?;
        let wanted = Wanted::reply(&message);
        let with = arguments::arguments(fields.entry("with"), &wanted, scope, (self.view, text.span), self.findings)?;
        self.flow.bound.push(("reply".to_owned(), record(&message)));
        Some(StepKind::Reply { status, message: Some(message), with })
    }
}
