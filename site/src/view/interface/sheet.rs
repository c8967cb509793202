//! What every section of an interface's page needs.
//!
//! In: context and interface. Out: [`Sheet`]. Never knows: sections.

use std::collections::HashMap;

use catalog::model::{Interface, Operation, OperationRef, Span, Step, StepKind};

use crate::front::Front;
use crate::html::Html;
use crate::routes::At;
use crate::view::context::{Context, Fact, line_link};

/// One interface on its page.
pub(crate) struct Sheet<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) interface: &'a Interface,
    pub(crate) at: At,
    pub(crate) front: Front<'a>,
    /// `3.1` for each step.
    numbers: HashMap<&'a str, String>,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(context: &'a Context<'a>, interface: &'a Interface) -> Self {
        let path = context.routes.interface(&interface.smart_id.text).unwrap_or_default();
        let mut numbers = HashMap::new();
        number(&interface.flow, "", &mut 0, &mut numbers);
        Self { context, interface, at: At::new(&path), front: Front::of(&interface.text), numbers }
    }

    /// The number of a step on this page.
    pub(crate) fn number(&self, step: &Step) -> &str {
        self.numbers.get(step.name.as_str()).map_or("", String::as_str)
    }

    /// The anchor of a step on this page.
    pub(crate) fn step_href(&self, step: &Step) -> String {
        format!("#{}", step_anchor(step))
    }

    /// A link to a line of this interface's document.
    #[allow(clippy::unused_self, reason = "it is a fact of this sheet where its document lies")]
    pub(crate) fn line(&self, line: u32) -> Html {
        line_link("document/index.html", line)
    }

    /// A link to a place in this interface's document.
    pub(crate) fn place(&self, span: Span) -> Html {
        self.line(span.line)
    }

    /// A link to a line of a system's document.
    pub(crate) fn system_line(&self, system: &str, span: Span) -> Html {
        let href = self.context.system_href(&self.at, system);
        line_link(&href.replace("index.html", "document/index.html"), span.line)
    }

    /// A fact stated in the front matter.
    pub(crate) fn fact(&self, label: &str, value: Html, key: &[&str]) -> Fact {
        Fact { label: label.to_owned(), value, line: self.line(self.front.line(key)) }
    }

    /// The operation behind a reference.
    pub(crate) fn operation(&self, reference: &OperationRef) -> Option<&'a Operation> {
        self.context.catalog.operation(reference)
    }

    /// Address of an operation on its system's page.
    pub(crate) fn operation_href(&self, reference: &OperationRef) -> String {
        let href = self.context.system_href(&self.at, &reference.system);
        format!("{href}#op-{}", crate::routes::slug(&reference.operation))
    }
}

/// Anchor of a step.
pub(crate) fn step_anchor(step: &Step) -> String {
    format!("step-{}", crate::routes::slug(&step.name))
}

fn number<'a>(steps: &'a [Step], prefix: &str, count: &mut usize, numbers: &mut HashMap<&'a str, String>) {
    for step in steps {
        *count += 1;
        let own = format!("{prefix}{count}");
        let inner = format!("{own}.");
        let mut below = 0;
        match &step.kind {
            StepKind::When { then, otherwise, .. } => {
                number(then, &inner, &mut below, numbers);
                number(otherwise, &inner, &mut below, numbers);
            }
            StepKind::Route { cases, otherwise } => {
                for case in cases {
                    number(&case.steps, &inner, &mut below, numbers);
                }
                number(otherwise, &inner, &mut below, numbers);
            }
            StepKind::ForEach { steps, .. } => number(steps, &inner, &mut below, numbers),
            _ => {}
        }
        numbers.insert(&step.name, own);
    }
}
