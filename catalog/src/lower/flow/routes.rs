//! Steps that decide: `when`, `route`, `for_each`.
//!
//! In: their keys. Out: [`StepKind`]s. Never knows: what the steps inside do.

use super::Lowerer;
use crate::expr::{Scope, Want};
use crate::fields::{Record, shown};
use crate::model::{Bound, Case, Step, StepKind, Type};

impl<'a> Lowerer<'a, '_> {
    pub(super) fn when(&mut self, fields: &Record<'_>, scope: &Scope<'a>) -> Option<StepKind> {
        let condition = fields.text("when").and_then(|text| self.condition(text, scope));
        let mut inside = scope.clone();
        if let Some(condition) = &condition {
            inside.assume(condition);
        }
        let then = self.branch(fields, "then", inside);
        let otherwise = self.branch(fields, "otherwise", scope.clone());
        Some(StepKind::When { condition: condition?, then, otherwise })
    }

    fn branch(&mut self, fields: &Record<'_>, key: &str, mut scope: Scope<'a>) -> Vec<Step> {
        fields.node(key).map(|node| self.steps(node, &mut scope)).unwrap_or_default()
    }

    pub(super) fn route(&mut self, fields: &Record<'_>, scope: &Scope<'a>) -> Option<StepKind> {
        let records = fields.records("route", self.findings);
        let total = fields.node("route").and_then(|node| node.list()).map_or(0, <[_]>::len);
        if total == 0 {
            self.broken("E-STEP", fields.key_span("route"), "the route has no cases");
        }
        let mut cases: Vec<Case> = Vec::new();
        for case in records {
            let label = case.text("label");
            if let Some(label) = label.filter(|label| cases.iter().any(|case| case.label == label.text)) {
                let message = format!("the label `{}` stands twice in this route", shown(label.text));
                self.findings.add("E-IDENTIFIER", label.span, message);
            }
            let condition = case.text("when").and_then(|text| self.condition(text, scope));
            let mut inside = scope.clone();
            if let Some(condition) = &condition {
                inside.assume(condition);
            }
            let steps = self.branch(&case, "then", inside);
            if let (Some(when), Some(label)) = (condition, label) {
                cases.push(Case { when, label: label.text.to_owned(), steps });
            }
        }
        let otherwise = self.branch(fields, "otherwise", scope.clone());
        (cases.len() == total && !otherwise.is_empty()).then_some(StepKind::Route { cases, otherwise })
    }

    pub(super) fn for_each(&mut self, fields: &Record<'_>, scope: &Scope<'a>) -> Option<StepKind> {
        let items = fields.text("for_each").and_then(|text| self.expression(text, scope, Want::List));
        let name = fields.text("as")?;
        let mut inside = scope.clone();
        let item = items.as_ref().and_then(|items| match &items.ty {
            Type::List(item) => Some((**item).clone()),
            _ => None,
        });
        match &item {
            Some(ty) => self.bind(name, ty.clone(), &mut inside),
            None => inside.bind_broken(name.text),
        }
        let steps = self.branch(fields, "do", inside);
        Some(StepKind::ForEach { items: items?, bind: Bound { name: name.text.to_owned(), ty: item? }, steps })
    }
}
