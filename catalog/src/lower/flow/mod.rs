//! `flow:` becomes [`Step`]s: every name resolved, every expression typed, every mapping used lowered.
//!
//! In: the list of steps and the names of the trigger. Out: [`Flow`]. Never knows: the rules about endings, which
//! are checked on the finished steps.

mod calls;
mod data;
mod routes;

use super::mapping::{self, Request};
use crate::expr::{self, Scope, Want};
use crate::fields::{Record, Table, Text, did_you_mean, flow, shown};
use crate::findings::Findings;
use crate::markdown::Part;
use crate::model::{CustomFunction, Expr, Lookup, Mapping, Span, Step, StepKind, Template, Type};
use crate::symbols::View;
use crate::yaml::{Entry, Node};
use std::collections::{HashMap, HashSet};

/// Most steps of one flow.
const MAX_STEPS: usize = 500;

/// A lowered flow.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) steps: Vec<Step>,
    /// Mappings that steps use, in the order of first use.
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) custom: Vec<CustomFunction>,
    /// Names that steps bind, with types: what examples may show.
    pub(crate) bound: Vec<(String, Type)>,
    /// Every step was understood: only then endings can be judged.
    pub(crate) whole: bool,
}

/// What a flow is lowered with.
pub(crate) struct Tables<'a> {
    pub(crate) mappings: &'a HashMap<&'a str, &'a Part>,
    pub(crate) lookups: &'a HashMap<&'a str, Option<Lookup>>,
    /// Text of the document.
    pub(crate) text: &'a str,
}

/// Lowers the steps under `flow:`.
pub(crate) fn flow(
    node: &Node,
    scope: Scope<'_>,
    (view, tables): (&View<'_>, &Tables<'_>),
    findings: &mut Findings,
) -> Flow {
    let flow = Flow { whole: true, ..Flow::default() };
    let mut lowerer =
        Lowerer { view, tables, findings, flow, names: HashSet::new(), count: 0, by_mapping: HashMap::new() };
    let mut scope = scope;
    lowerer.flow.steps = lowerer.steps(node, &mut scope);
    lowerer.flow
}

struct Lowerer<'a, 'f> {
    view: &'a View<'a>,
    tables: &'a Tables<'a>,
    findings: &'f mut Findings,
    flow: Flow,
    names: HashSet<String>,
    count: usize,
    /// Index in `flow.mappings`, or `None` for a mapping whose lowering failed.
    by_mapping: HashMap<String, Option<usize>>,
}

impl<'a> Lowerer<'a, '_> {
    /// Lowers a list of steps; names that they bind are added to `scope`.
    fn steps(&mut self, node: &Node, scope: &mut Scope<'a>) -> Vec<Step> {
        let Some(nodes) = node.list() else {
            self.broken("E-SHAPE", node.place(), format!("steps are a list, found {}", node.what()));
            return Vec::new();
        };
        if nodes.is_empty() {
            self.broken("E-STEP", node.span, "there are no steps");
        }
        let mut steps = Vec::new();
        for node in nodes {
            self.count += 1;
            if self.count > MAX_STEPS {
                if self.count == MAX_STEPS + 1 {
                    self.broken("E-STEP", node.place(), format!("the flow has more than {MAX_STEPS} steps"));
                }
                break;
            }
            match self.step(node, scope) {
                Some(step) => steps.push(step),
                None => self.flow.whole = false,
            }
        }
        steps
    }

    fn broken(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.flow.whole = false;
        self.findings.add(code, span, message);
    }

    fn step(&mut self, node: &Node, scope: &mut Scope<'a>) -> Option<Step> {
        let Some(table) = self.kind(node) else {
            // Whatever the step meant to bind, its users are not at fault.
            bind_broken(node, scope);
            return None;
        };
        let fields = Record::read(node, table, node.place(), self.findings)?;
        let kind = self.lower(table.keys[0].name, &fields, scope);
        let Some(kind) = kind else {
            bind_broken(node, scope);
            return None;
        };
        let name = self.name(&fields, &kind);
        Some(Step { name, title: fields.string("title"), kind, span: node.place() })
    }

    fn lower(&mut self, kind: &str, fields: &Record<'_>, scope: &mut Scope<'a>) -> Option<StepKind> {
        match kind {
            "fetch" | "call" | "send" => self.operation(kind, fields, scope),
            "when" => self.when(fields, scope),
            "route" => self.route(fields, scope),
            "map" => self.map(fields, scope),
            "for_each" => self.for_each(fields, scope),
            "let" => self.bind_value(fields, scope),
            "reply" => self.reply(fields, scope),
            "discard" => Some(StepKind::Discard { reason: self.reason(fields.text("discard")?, scope)? }),
            "dead_letter" => Some(StepKind::DeadLetter { reason: self.reason(fields.text("dead_letter")?, scope)? }),
            _ => self.custom(fields, scope),
        }
    }

    /// The table of the step's kind.
    fn kind(&mut self, node: &Node) -> Option<&'static Table> {
        let Some(entries) = node.map() else {
            self.broken(
                "E-STEP",
                node.place(),
                format!("a step is a mapping that begins with its kind, found {}", node.what()),
            );
            return None;
        };
        let table_of = |entry: &Entry| flow::STEPS.iter().find(|table| table.keys[0].name == entry.key);
        let first = entries.first()?;
        if let Some(table) = table_of(first) {
            return Some(table);
        }
        if let Some(table) = entries.iter().find_map(table_of) {
            return Some(table);
        }
        if flow::LATER.contains(&first.key.as_str()) {
            self.flow.whole = false;
            self.findings
                .add("E-NOT-YET", first.key_span, format!("`{}` steps are not supported yet", first.key))
                .help("split the interface, or use a custom step");
            return None;
        }
        let words: Vec<_> = flow::STEPS.iter().map(|table| table.keys[0].name).collect();
        let message = format!("`{}` is no kind of step", shown(&first.key));
        self.flow.whole = false;
        let diagnostic = self.findings.add("E-STEP", first.key_span, message);
        match did_you_mean(&first.key, words.iter().copied()) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(meant),
            None => diagnostic.help(format!("a step begins with one of {}", words.join(", "))),
        };
        None
    }

    /// The step's stable name, unique in the flow.
    fn name(&mut self, fields: &Record<'_>, kind: &StepKind) -> String {
        if let Some(text) = fields.text("name") {
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !text.text.chars().all(kebab) {
                self.findings
                    .add("E-IDENTIFIER", text.span, format!("`{}` is no step name", shown(text.text)))
                    .help("write it in lower case with hyphens, like `read-report`");
            } else if !self.names.insert(text.text.to_owned()) {
                self.findings.add("E-IDENTIFIER", text.span, format!("the step name `{}` stands twice", text.text));
            }
            return text.text.to_owned();
        }
        let base = derived(kind);
        let mut name = base.clone();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{base}-{number}");
        }
        name
    }

    fn condition(&mut self, text: Text<'_>, scope: &Scope<'_>) -> Option<Expr> {
        self.expression(text, scope, Want::Type(&Type::Bool))
    }

    fn expression(&mut self, text: Text<'_>, scope: &Scope<'_>, want: Want<'_>) -> Option<Expr> {
        expr::check(text.text, text.span, scope, want).map_err(|problems| self.findings.problems(problems)).ok()
    }

    fn reason(&mut self, text: Text<'_>, scope: &Scope<'_>) -> Option<Template> {
        let want = Want::Scalar;
        expr::template(text.text, text.span, scope, want).map_err(|problems| self.findings.problems(problems)).ok()
    }

    /// Adds a name to the scope; a name that hides another is refused, because readers would mix them up.
    fn bind(&mut self, text: Text<'_>, ty: Type, scope: &mut Scope<'a>) {
        let fits = text.text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !fits {
            self.findings
                .add("E-IDENTIFIER", text.span, format!("`{}` is no name for a value", shown(text.text)))
                .help("names are letters and digits with a small letter first, like `receipt`");
        } else if scope.names().any(|name| name == text.text) {
            self.findings
                .add("E-IDENTIFIER", text.span, format!("the name `{}` is taken", text.text))
                .help("give the value another name; every name means one thing in a flow");
            scope.bind_broken(text.text);
            return;
        }
        self.flow.bound.push((text.text.to_owned(), ty.clone()));
        scope.bind(text.text, ty);
    }

    /// Lowers the mapping on its first use; later uses must give the same sources.
    fn mapping(&mut self, text: Text<'_>, sources: &[(String, Type)]) -> Option<&Mapping> {
        if let Some(known) = self.by_mapping.get(text.text) {
            let known = &self.flow.mappings[(*known)?];
            if known.sources != sources {
                let names: Vec<_> = known.sources.iter().map(|(name, _)| name.as_str()).collect();
                self.findings
                    .add(
                        "E-MAP-SOURCE",
                        text.span,
                        format!("the mapping `{}` is used with other sources before", text.text),
                    )
                    .help(format!("give it {} of the same types, or write a second table", names.join(", ")));
                return None;
            }
            return Some(known);
        }
        let Some((name, part)) = self.tables.mappings.get_key_value(text.text) else {
            let message = format!("there is no mapping `{}`", shown(text.text));
            let diagnostic = self.findings.add("E-UNKNOWN-MAPPING", text.span, message);
            match did_you_mean(text.text, self.tables.mappings.keys().copied()) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(meant),
                None => diagnostic.help(format!("add a heading `## Mapping: {}` with its table", shown(text.text))),
            };
            return None;
        };
        let request = Request { part, name, sources, lookups: self.tables.lookups, text: self.tables.text };
        let lowered = mapping::mapping(&request, self.view, self.findings);
        let index = lowered.map(|mapping| {
            self.flow.mappings.push(mapping);
            self.flow.mappings.len() - 1
        });
        self.by_mapping.insert(text.text.to_owned(), index);
        Some(&self.flow.mappings[index?])
    }
}

/// Binds the name that a broken step would have bound.
fn bind_broken(node: &Node, scope: &mut Scope<'_>) {
    let name = node.map().and_then(|entries| entries.iter().find(|entry| entry.key == "as"));
    if let Some(scalar) = name.and_then(|entry| entry.value.scalar()) {
        scope.bind_broken(scalar.text.clone());
    }
}

fn derived(kind: &StepKind) -> String {
    let (operation, bind) = match kind {
        StepKind::Fetch { bind, .. } | StepKind::Map { bind, .. } | StepKind::Let { bind, .. } => (None, Some(bind)),
        StepKind::Call { operation, bind, .. } | StepKind::Send { operation, bind, .. } => {
            (Some(operation), bind.as_ref())
        }
        StepKind::Custom { bind, .. } => (None, bind.as_ref()),
        _ => (None, None),
    };
    if let Some(bind) = bind {
        return kebab(&bind.name);
    }
    if let Some(operation) = operation {
        return operation.operation.clone();
    }
    match kind {
        StepKind::When { .. } => "when".to_owned(),
        StepKind::Route { .. } => "route".to_owned(),
        StepKind::ForEach { bind, .. } => format!("for-each-{}", kebab(&bind.name)),
        StepKind::Reply { .. } => "reply".to_owned(),
        StepKind::Discard { .. } => "discard".to_owned(),
        StepKind::DeadLetter { .. } => "dead-letter".to_owned(),
        StepKind::Custom { function, .. } => kebab(function),
        _ => "step".to_owned(),
    }
}

/// `orderReply` and `order_reply` become `order-reply`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    let mut previous_lower = false;
    for c in name.chars() {
        if c == '_' {
            kebab.push('-');
        } else {
            if c.is_ascii_uppercase() && previous_lower {
                kebab.push('-');
            }
            kebab.push(c.to_ascii_lowercase());
        }
        previous_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    kebab
}
