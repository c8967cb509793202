//! The steps of a flow as items: each step by its name, and their order.
//!
//! In: the node of a flow. Out: items. Never knows: what a step does.

use std::collections::HashSet;

use super::facts::{Items, joined, text};
use crate::fields::{Kind, Table, flow};
use crate::yaml::Node;

/// The last part of the place that holds the order of all steps.
pub(super) const ORDER: &str = "order of the steps";

/// Adds every step, inner ones too, and their order.
pub(super) fn flow(items: &mut Items, place: &[&str], node: &Node) {
    let mut order = Order::default();
    steps(items, place, node, &mut order);
    items.add(&joined(place, ORDER), order.text, node.span.line, true);
}

/// The names so far, in order, inner steps in brackets.
#[derive(Default)]
struct Order {
    text: String,
    taken: HashSet<String>,
}

impl Order {
    /// Adds a step under a name that no other step of the flow has.
    fn add(&mut self, wanted: String) -> String {
        let mut name = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted} {number}");
            number += 1;
        }
        if !self.text.is_empty() && !self.text.ends_with('(') {
            self.text.push_str(", ");
        }
        self.text.push_str(&name);
        name
    }
}

/// An order without these steps: what is left of it when they come or go.
pub(super) fn without(order: &str, names: &[&str]) -> Vec<String> {
    let parts = order.replace('(', "(,").replace(')', ",)");
    let parts = parts.split(',').map(|part| part.trim().trim_end_matches(" (").to_owned());
    parts.filter(|part| !part.is_empty() && !names.contains(&part.as_str())).collect()
}

fn steps(items: &mut Items, place: &[&str], node: &Node, order: &mut Order) {
    for step in node.list().unwrap_or_default() {
        let name = order.add(name(step));
        let table = table(step);
        for entry in step.map().unwrap_or_default() {
            let key = table.and_then(|table| table.find(&entry.key)).map(|(_, key)| key);
            let step_place = joined(place, &name);
            match key.map(|key| key.kind) {
                Some(Kind::Steps) => inner(items, place, &entry.value, order),
                // The ways of a router: each has steps of its own.
                _ if entry.key == "route" => {
                    for case in entry.value.list().unwrap_or_default() {
                        let label = ways(case);
                        items.add(&joined(&step_place, &label), label.clone(), case.span.line, true);
                        for way in case.map().unwrap_or_default().iter().filter(|way| way.value.list().is_some()) {
                            inner(items, place, &way.value, order);
                        }
                    }
                }
                _ => {
                    let fact = key.is_none_or(|key| key.fact);
                    items.add(&joined(&step_place, &entry.key), text(&entry.value), entry.value.span.line, fact);
                }
            }
        }
    }
}

fn inner(items: &mut Items, place: &[&str], node: &Node, order: &mut Order) {
    order.text.push_str(" (");
    steps(items, place, node, order);
    order.text.push(')');
}

/// What a way of a router says besides its steps.
fn ways(case: &Node) -> String {
    let entries = case.map().unwrap_or_default().iter();
    let said = entries.filter(|entry| entry.value.list().is_none());
    said.map(|entry| format!("{} {}", entry.key, text(&entry.value))).collect::<Vec<_>>().join(", ")
}

fn table(step: &Node) -> Option<&'static Table> {
    let entries = step.map()?;
    flow::STEPS.iter().find(|table| entries.iter().any(|entry| entry.key == table.keys[0].name))
}

/// What the step is called, or else what it binds, or else the operation it uses. Others are known by their kind and
/// number alone, so that a condition may change and stay the same step.
fn name(step: &Node) -> String {
    let entries = step.map().unwrap_or_default();
    let value = |key: &str| entries.iter().find(|entry| entry.key == key).and_then(|entry| entry.value.scalar());
    let kind = table(step).map(|table| table.keys[0].name);
    let said = value("name").or_else(|| value("as")).map(|scalar| scalar.text.trim().to_owned());
    let by_operation = kind.filter(|kind| matches!(*kind, "fetch" | "call" | "send" | "custom"));
    said.or_else(|| Some(value(by_operation?)?.text.trim().to_owned()))
        .or_else(|| kind.map(str::to_owned))
        .unwrap_or_else(|| text(step))
}
