//! Personal and secret values that leave the fields which mask them.
//!
//! In: an interface and the fields of its messages. Out: diagnostics. Never knows: how masking works.

use super::Subject;
use crate::expr::{Records, Scope};
use crate::findings::Findings;
use crate::model::{Expr, ExprKind, Field, FieldType, KeySource, RecordRef, Sensitivity, Span, Step, StepKind, Type};
use crate::walk;

/// Lints where sensitive values go.
pub(super) fn lint(subject: &Subject<'_>, findings: &mut Findings) {
    let scope = Scope::new(subject);
    let mut checker = Checker { scope, records: subject, findings };
    for mapping in &subject.interface.mappings {
        let root = RecordRef { message: mapping.target.clone(), path: Vec::new() };
        for row in &mapping.rows {
            let Some(target) = checker.target(&root, &row.target) else { continue };
            for source in walk::sources(row) {
                if let Some((name, sensitive)) = checker.most_sensitive(source).filter(|(_, of)| *of > target) {
                    checker.report(
                        row.span,
                        &name,
                        sensitive,
                        &format!("is mapped to `{}`, which is not masked", row.target_text),
                    );
                }
            }
        }
    }
    if let Some(KeySource::Expr(key)) = subject.interface.trigger.idempotency.as_ref().map(|rule| &rule.key) {
        checker.expression(key, key.span, "is part of the idempotency key, which the journal keeps in clear");
    }
    if let Some(key) = walk::order(&subject.interface.errors.order) {
        checker.expression(key, key.span, "is part of the order key, which the journal keeps in clear");
    }
    walk::steps(&subject.interface.flow, &mut |step| checker.step(step));
}

struct Checker<'a, 'f> {
    scope: Scope<'a>,
    records: &'a dyn Records,
    findings: &'f mut Findings,
}

impl Checker<'_, '_> {
    fn step(&mut self, step: &Step) {
        match &step.kind {
            StepKind::Discard { reason } | StepKind::DeadLetter { reason } => {
                walk::template(reason, &mut |expr| {
                    self.expression(expr, step.span, "is written into a reason, which logs and console show");
                });
            }
            StepKind::Fetch { with, .. } | StepKind::Call { with, .. } | StepKind::Send { with, .. } => {
                for argument in &with.parameters {
                    walk::template(&argument.value, &mut |expr| {
                        self.expression(expr, argument.span, "is part of an address, which proxies log");
                    });
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, expr: &Expr, span: Span, what: &str) {
        if let Some((name, sensitive)) = self.most_sensitive(expr) {
            self.report(span, &name, sensitive, what);
        }
    }

    fn report(&mut self, span: Span, name: &str, sensitive: Sensitivity, what: &str) {
        let word = if sensitive == Sensitivity::Secret { "secret" } else { "personal" };
        self.findings
            .add("W-SENSITIVE", span, format!("the {word} field `{name}` {what}"))
            .help("mark the field that receives it, or use one that is not sensitive");
    }

    /// The most sensitive field that an expression hands on; sizes and comparisons hand on nothing.
    fn most_sensitive(&self, expr: &Expr) -> Option<(String, Sensitivity)> {
        let mut most: Option<(String, Sensitivity)> = None;
        if matches!(expr.ty, Type::Bool | Type::Record(_) | Type::List(_)) {
            return None;
        }
        walk::inside(expr, &mut |part| {
            let ExprKind::Field { record, name } = &part.kind else { return };
            let ty = if let Type::Optional(inner) = &record.ty { inner } else { &record.ty };
            let Type::Record(record) = ty else { return };
            let Some(field) =
                self.scope.fields(record).and_then(|fields| fields.iter().find(|field| field.name == *name))
            else {
                return;
            };
            let sensitive = field.sensitive.max(self.around(record));
            if sensitive > most.as_ref().map_or(Sensitivity::Public, |(_, of)| *of) {
                most = Some((name.clone(), sensitive));
            }
        });
        most
    }

    /// What the records around a field say.
    fn around(&self, record: &RecordRef) -> Sensitivity {
        let mut fields = self.records.fields(&record.message).unwrap_or_default();
        let mut most = Sensitivity::Public;
        for name in &record.path {
            let Some(field) = fields.iter().find(|field| field.name == *name) else { break };
            most = most.max(field.sensitive);
            fields = inner(field);
        }
        most
    }

    fn target(&self, root: &RecordRef, path: &[String]) -> Option<Sensitivity> {
        let mut fields = self.records.fields(&root.message)?;
        let mut most = Sensitivity::Public;
        for level in path {
            let field = fields.iter().find(|field| field.name == level.trim_end_matches("[]"))?;
            most = most.max(field.sensitive);
            fields = inner(field);
        }
        Some(most)
    }
}

fn inner(field: &Field) -> &[Field] {
    let mut ty = &field.ty;
    while let FieldType::List(item) = ty {
        ty = item;
    }
    if let FieldType::Record(fields) = ty { fields } else { &[] }
}
