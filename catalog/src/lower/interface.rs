//! An interface's document becomes an [`Interface`].
//!
//! In: [`Document`] and the symbols of all systems. Out: [`Lowered`]. Never knows: other interfaces.

use super::example::{self, Shown};
use super::flow::{self, Flow, Tables};
use super::headings::{Headings, headings};
use super::retention::retention;
use super::{errors, header, lookup, message, trigger};
use crate::document::Document;
use crate::expr::Scope;
use crate::fields::{Record, interface};
use crate::findings::Findings;
use crate::model::{Example, Interface, Lookup, Owner, Span, Step, StepKind, Trigger, Type};
use crate::symbols::{Own, PATH, Symbols, SystemSymbols, View};
use std::collections::HashMap;

/// An interface as far as its document could be understood, with what later checks want to know.
#[derive(Debug, Clone)]
pub(crate) struct Lowered {
    /// `None` after mistakes that leave a hole.
    pub(crate) interface: Option<Interface>,
    /// Every step of the flow was understood.
    pub(crate) whole: bool,
    /// Smart ID as written, with its place; for duplicates and references.
    pub(crate) smart_id: Option<(String, Span)>,
    /// Mapping tables that no step uses.
    pub(crate) unused_mappings: Vec<(String, Span)>,
    /// Places of the front matter's parts, for checks that argue with them.
    pub(crate) places: Places,
}

/// Where some keys stand.
#[derive(Debug, Default, Clone)]
pub(crate) struct Places {
    pub(crate) smart_id: Span,
    pub(crate) target: Span,
    pub(crate) owners: Span,
    pub(crate) dead_letter: Span,
    pub(crate) on_unknown: Option<Span>,
    pub(crate) audit: Option<Span>,
    pub(crate) related: Vec<Span>,
    pub(crate) components: Vec<Span>,
    pub(crate) artefacts: Vec<Span>,
    pub(crate) objects: Vec<Span>,
}

/// Lowers one interface.
pub(crate) fn interface(document: &Document<'_>, symbols: &Symbols, findings: &mut Findings) -> Lowered {
    let source = document.source;
    let headings = headings(&document.parts, &source.text, findings);
    let fields = document
        .front
        .as_ref()
        .and_then(|front| Record::read(front, &interface::INTERFACE, source.span(0, 3), findings));
    let smart_id = fields.as_ref().and_then(|fields| fields.text("smart_id"));
    let id = smart_id.map_or(source.stem(), |text| text.text).to_owned();
    let mut own = Own { smart_id: id.clone(), ..Own::default() };
    let owner = Owner::Interface(id);
    for (name, part) in &headings.messages {
        own.messages.insert((*name).to_owned(), message::message(part, name, &source.text, &owner, findings));
    }
    let lookups: HashMap<&str, Option<Lookup>> = headings
        .lookups
        .iter()
        .map(|(name, part)| (*name, lookup::lookup(part, name, &source.text, findings)))
        .collect();
    let Some(fields) = fields else {
        return Lowered {
            interface: None,
            whole: false,
            smart_id: None,
            unused_mappings: Vec::new(),
            places: Places::default(),
        };
    };
    let lowerer = Lowerer { document, symbols, headings: &headings, lookups: &lookups, fields: &fields };
    let (interface, flow) = lowerer.lower(own, findings);
    let used: Vec<&str> = flow.mappings.iter().map(|mapping| mapping.name.as_str()).collect();
    let unused = headings.mappings.iter().filter(|(name, _)| !used.contains(name));
    Lowered {
        interface,
        whole: flow.whole,
        smart_id: smart_id.map(|text| (text.text.to_owned(), text.span)),
        unused_mappings: unused.map(|(name, part)| ((*name).to_owned(), part.span)).collect(),
        places: places(&fields),
    }
}

struct Lowerer<'a, 'd> {
    document: &'a Document<'d>,
    symbols: &'a Symbols,
    headings: &'a Headings<'a>,
    lookups: &'a HashMap<&'a str, Option<Lookup>>,
    fields: &'a Record<'a>,
}

impl Lowerer<'_, '_> {
    fn lower(&self, mut own: Own, findings: &mut Findings) -> (Option<Interface>, Flow) {
        let system = |key: &str, findings: &mut Findings| {
            self.fields.text(key).and_then(|text| self.symbols.expect_system(text, findings))
        };
        let ends = (system("source", findings), system("target", findings));
        let fields = self.fields.record("trigger", findings);
        let start = fields.as_ref().map(|fields| trigger::start(fields, findings));
        let Some((fields, (start, parameters))) = fields.zip(start) else {
            return (None, Flow::default());
        };
        own.parameters = parameters;
        let view = View { symbols: self.symbols, own: Some(&own), near: [ends.0, ends.1] };
        let (bindings, has_message) = (start.bindings, start.has_message);
        let (trigger, message) = trigger::trigger(&fields, start, &view, findings);
        let scope = trigger::names(&view, bindings, message.as_ref(), has_message);
        let mappings: HashMap<_, _> = self.headings.mappings.iter().copied().collect();
        let tables = Tables { mappings: &mappings, lookups: self.lookups, text: &self.document.source.text };
        let flow = match self.fields.node("flow") {
            Some(node) => flow::flow(node, scope.clone(), (&view, &tables), findings),
            None => Flow::default(),
        };
        let policy = self.fields.record("errors", findings);
        let policy = policy.and_then(|fields| errors::errors(&fields, &scope, self.symbols, findings));
        let examples = self.examples(&scope, &flow, trigger.as_ref(), findings);
        let interface = self.assemble(ends, (trigger, policy), (&own, &flow, examples), findings);
        (interface, flow)
    }

    fn examples(
        &self,
        scope: &Scope<'_>,
        flow: &Flow,
        trigger: Option<&Trigger>,
        findings: &mut Findings,
    ) -> Vec<Example> {
        let mut bound: Vec<(String, Type)> = ["event", "request", PATH]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), scope.get(name)?.clone())))
            .collect();
        bound.extend(flow.bound.iter().cloned());
        let whole = flow.whole && trigger.is_some();
        let shown = Shown { scope, bound: &bound, whole, source: self.document.source };
        self.headings.examples.iter().map(|(title, part)| example::example(part, title, &shown, findings)).collect()
    }

    fn assemble(
        &self,
        ends: (Option<&SystemSymbols>, Option<&SystemSymbols>),
        (trigger, policy): (Option<Trigger>, Option<crate::model::ErrorPolicy>),
        (own, flow, examples): (&Own, &Flow, Vec<Example>),
        findings: &mut Findings,
    ) -> Option<Interface> {
        let fields = self.fields;
        let smart_id = fields.text("smart_id").and_then(|text| header::smart_id(text, findings));
        let history = header::history(fields, findings);
        let objects = header::objects(fields, findings);
        let (owners, sla, volume) =
            (header::owners(fields, findings), header::sla(fields, findings), header::volume(fields, findings));
        let (artefacts, components, monitoring, related) = (
            header::artefacts(fields, findings),
            header::components(fields, findings),
            header::monitoring(fields, findings),
            header::related(fields, findings),
        );
        let retention = retention(fields, trigger.as_ref(), findings);
        let (source, target) = (ends.0?.name.clone(), ends.1?.name.clone());
        let mut systems = vec![source.clone()];
        take_part(&target, &mut systems);
        visit(&flow.steps, &mut systems);
        let message = |(name, _): &(&str, _)| own.messages.get(*name)?.clone();
        let lookup = |(name, _): &(&str, _)| self.lookups.get(name)?.clone();
        let smart_id = smart_id?;
        let objects = match objects.as_slice() {
            [] => vec![smart_id.object_name()],
            stated => stated.iter().map(|name| name.text.trim().to_owned()).collect(),
        };
        Some(Interface {
            path: self.document.source.path.clone(),
            text: self.document.source.text.clone(),
            smart_id,
            legacy_ids: fields.strings("legacy_ids"),
            title: fields.string("title")?,
            status: header::status(fields)?,
            domain: fields.string("domain")?,
            objects,
            process: fields.string("process"),
            style: header::style(fields)?,
            volume,
            frequency: fields.string("frequency"),
            source,
            target,
            owners,
            sla,
            retention,
            trigger: trigger?,
            flow: flow.steps.clone(),
            errors: policy?,
            messages: self.headings.messages.iter().filter_map(message).collect(),
            mappings: flow.mappings.clone(),
            lookups: self.headings.lookups.iter().filter_map(lookup).collect(),
            custom: flow.custom.clone(),
            examples,
            sections: self.headings.sections.clone(),
            history,
            related,
            artefacts,
            components,
            monitoring,
            digest: String::new(),
            systems,
        })
    }
}

fn take_part(system: &str, systems: &mut Vec<String>) {
    if !systems.iter().any(|known| known == system) {
        systems.push(system.to_owned());
    }
}

/// Adds the systems that steps call, in order.
fn visit(steps: &[Step], systems: &mut Vec<String>) {
    for step in steps {
        match &step.kind {
            StepKind::Fetch { operation, .. } | StepKind::Call { operation, .. } | StepKind::Send { operation, .. } => {
                take_part(&operation.system, systems);
            }
            StepKind::When { then, otherwise, .. } => {
                visit(then, systems);
                visit(otherwise, systems);
            }
            StepKind::Route { cases, otherwise } => {
                cases.iter().for_each(|case| visit(&case.steps, systems));
                visit(otherwise, systems);
            }
            StepKind::ForEach { steps, .. } => visit(steps, systems),
            _ => {}
        }
    }
}

fn places(fields: &Record<'_>) -> Places {
    let mut quiet = Findings::new("");
    let errors = fields.record("errors", &mut quiet);
    let key =
        |name: &str| errors.as_ref().filter(|errors| errors.entry(name).is_some()).map(|errors| errors.span(name));
    let each = |name: &str, field: &str, quiet: &mut Findings| {
        fields
            .records(name, quiet)
            .iter()
            .filter(|item| item.entry(field).is_some())
            .map(|item| item.span(field))
            .collect()
    };
    Places {
        smart_id: fields.span("smart_id"),
        target: fields.span("target"),
        owners: fields.key_span("owners"),
        dead_letter: key("dead_letter").unwrap_or_default(),
        on_unknown: key("on_unknown"),
        audit: key("audit"),
        related: each("related", "smart_id", &mut quiet),
        components: each("components", "name", &mut quiet),
        artefacts: each("artefacts", "name", &mut quiet),
        objects: header::objects(fields, &mut Findings::new("")).iter().map(|name| name.span).collect(),
    }
}
