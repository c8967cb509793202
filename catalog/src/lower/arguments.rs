//! `with:` becomes [`Arguments`]: parameters, fields of the request message, or a whole body.
//!
//! In: the key's value, what is wanted, the names in scope. Out: [`Arguments`]. Never knows: which kind of step asks.

use super::structure;
use super::values::check_scalar;
use crate::expr::{self, Scope, Want, type_of};
use crate::fields::{did_you_mean, shown};
use crate::findings::Findings;
use crate::model::{
    Argument, Arguments, Body, Expr, Field, FieldType, Format, MessageRef, Operation, OperationRef, Paging, RecordRef,
    Span, Template, TemplatePart, Type,
};
use crate::symbols::{View, record};
use crate::yaml::{Entry, Node};
use std::collections::BTreeSet;

/// What is to be filled.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// For sentences: `SAP SRM7.create-confirmation`.
    what: String,
    parameters: &'a [Field],
    parameters_of: RecordRef,
    /// Offset and limit are the runtime's to fill.
    paging: Option<&'a Paging>,
    message: Option<&'a MessageRef>,
    /// The body is a list of the message.
    rows: bool,
}

impl<'a> Wanted<'a> {
    /// The arguments of an operation.
    pub(crate) fn operation(reference: &OperationRef, operation: &'a Operation) -> Self {
        let message = MessageRef::parameters_of_operation(&reference.system, &reference.operation);
        Self {
            what: format!("{}.{}", reference.system, reference.operation),
            parameters: &operation.parameters,
            parameters_of: RecordRef { message, path: Vec::new() },
            paging: operation.paging.as_ref(),
            message: operation.request.as_ref(),
            rows: matches!(operation.format, Format::Csv { .. }),
        }
    }

    /// The body of a reply.
    pub(crate) fn reply(message: &'a MessageRef) -> Self {
        let parameters_of = RecordRef { message: message.clone(), path: Vec::new() };
        let what = format!("the reply {}", message.name);
        Self { what, parameters: &[], parameters_of, paging: None, message: Some(message), rows: false }
    }

    fn body_type(&self) -> Option<Type> {
        let whole = record(self.message?);
        Some(if self.rows { Type::List(Box::new(whole)) } else { whole })
    }

    fn is_paged(&self, name: &str) -> bool {
        self.paging.is_some_and(|paging| paging.offset == name || paging.limit == name)
    }
}

/// Lowers `with:`; `None` when anything in it is broken.
pub(crate) fn arguments(
    entry: Option<&Entry>,
    wanted: &Wanted<'_>,
    scope: &Scope<'_>,
    (view, place): (&View<'_>, Span),
    findings: &mut Findings,
) -> Option<Arguments> {
    let before = findings.errors();
    let mut filler = Filler { wanted, scope, findings, arguments: Arguments::default(), whole: true };
    match entry.map(|entry| &entry.value) {
        None => {}
        Some(node) if node.scalar().is_some() => filler.body(node),
        Some(node) => filler.entries(node),
    }
    let Filler { mut arguments, whole, .. } = filler;
    if findings.errors() == before && whole {
        missing(&arguments, wanted, (view, entry.map_or(place, |entry| entry.key_span)), findings);
    }
    let order = |argument: &Argument| wanted.parameters.iter().position(|field| field.name == argument.name);
    arguments.parameters.sort_by_key(order);
    (findings.errors() == before && whole).then_some(arguments)
}

struct Filler<'a, 's, 'f> {
    wanted: &'a Wanted<'a>,
    scope: &'a Scope<'s>,
    findings: &'f mut Findings,
    arguments: Arguments,
    /// Nothing was left out because of a mistake reported elsewhere.
    whole: bool,
}

impl Filler<'_, '_, '_> {
    /// The whole body out of one expression, with or without `${…}` around it.
    fn body(&mut self, node: &Node) {
        let Some(scalar) = node.scalar() else {
            self.findings.add(
                "E-SHAPE",
                node.place(),
                "the body is a bound name or an expression, found a mapping or list",
            );
            return;
        };
        let Some(body_type) = self.wanted.body_type() else {
            let message = format!("{} takes no body", self.wanted.what);
            self.findings
                .add("E-ARGUMENT", node.span, message)
                .help("declare its `request` message, or fill only parameters");
            return;
        };
        let Some(expr) = self.expression(&scalar.text, node.span) else { return };
        if let Err(why) = structure::carries(self.scope, &expr.ty, &body_type) {
            let message = format!("`{}` does not fit {}: {why}", shown(&scalar.text), self.wanted.what);
            self.findings.add("E-BODY", node.span, message).help("map it first, with a table `Mapping: …`");
            return;
        }
        self.arguments.body = Some(Body::Whole(expr));
    }

    fn expression(&mut self, text: &str, span: Span) -> Option<Expr> {
        let result = if text.contains("${") {
            expr::template(text, span, self.scope, Want::Anything).and_then(|template| single(template, span))
        } else {
            expr::check(text, span, self.scope, Want::Anything)
        };
        match result {
            Ok(expr) => Some(expr),
            Err(problems) => {
                self.whole = false;
                self.findings.problems(problems);
                None
            }
        }
    }

    fn entries(&mut self, node: &Node) {
        let Some(entries) = node.map() else {
            let message = "`with` is a bound name or a mapping, found a list";
            self.findings.add("E-SHAPE", node.place(), message);
            return;
        };
        let mut fields = Vec::new();
        for entry in entries {
            if let Some(field) = self.wanted.parameters.iter().find(|field| field.name == entry.key) {
                self.parameter(entry, field);
            } else if entry.key == "body" {
                self.body(&entry.value);
            } else {
                fields.extend(self.field(entry));
            }
        }
        let Some(message) = self.wanted.message.filter(|_| !fields.is_empty()) else { return };
        if self.arguments.body.is_some() {
            let span = fields.first().map_or(node.place(), |field: &Argument| field.span);
            self.findings
                .add("E-ARGUMENT", span, "the body is given twice: as a whole and by field")
                .help("keep `body`, or the fields");
            return;
        }
        self.arguments.body = Some(Body::Fields { message: message.clone(), fields });
    }

    fn parameter(&mut self, entry: &Entry, field: &Field) {
        if self.wanted.is_paged(&field.name) {
            let message = format!("`{}` is filled page by page", field.name);
            self.findings.add("E-ARGUMENT", entry.key_span, message).help("leave it out");
            return;
        }
        let ty = type_of(&self.wanted.parameters_of, field);
        if let Some(argument) = self.value(entry, field, &ty) {
            self.arguments.parameters.push(argument);
        }
    }

    fn field(&mut self, entry: &Entry) -> Option<Argument> {
        let message = self.wanted.message.filter(|_| !self.wanted.rows);
        let root = message.map(|message| RecordRef { message: message.clone(), path: Vec::new() });
        let root = root.and_then(|root| Some((self.scope.fields(&root)?, root)));
        let Some((mut fields, mut record)) = root else {
            // A broken request message was reported; without one, only parameters can be meant.
            if message.is_none() {
                self.unknown(entry, &[]);
            } else {
                self.whole = false;
            }
            return None;
        };
        let levels: Vec<&str> = entry.key.split('.').collect();
        for (index, level) in levels.iter().enumerate() {
            let Some(field) = fields.iter().find(|field| field.name == *level) else {
                self.unknown(entry, fields);
                return None;
            };
            if index + 1 == levels.len() {
                let ty = type_of(&record, field);
                return self.value(entry, field, &ty);
            }
            let FieldType::Record(inner) = &field.ty else {
                let message = format!("`{}` is no record, so it has no fields to fill", levels[..=index].join("."));
                self.findings
                    .add("E-ARGUMENT", entry.key_span, message)
                    .help("fill the whole field, or map the message first");
                return None;
            };
            record.path.push(field.name.clone());
            fields = inner;
        }
        None
    }

    fn unknown(&mut self, entry: &Entry, fields: &[Field]) {
        let message = format!("{} has neither a parameter nor a field `{}`", self.wanted.what, shown(&entry.key));
        let known = self.wanted.parameters.iter().chain(fields).map(|field| field.name.as_str());
        let last = entry.key.rsplit('.').next().unwrap_or_default();
        let close = did_you_mean(&entry.key, known.clone()).or_else(|| did_you_mean(last, known.clone()));
        let names: Vec<_> = known.take(12).collect();
        let diagnostic = self.findings.add("E-ARGUMENT", entry.key_span, message);
        match close {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None if self.wanted.rows => diagnostic.help("the body is a list of rows: write `body: ${rows}`"),
            None if names.is_empty() => diagnostic.help("it takes no arguments"),
            None => diagnostic.help(format!("it knows {}", names.join(", "))),
        };
    }

    fn value(&mut self, entry: &Entry, field: &Field, ty: &Type) -> Option<Argument> {
        let Some(scalar) = entry.value.scalar() else {
            let message = format!("the value of `{}` is a mapping or list", shown(&entry.key));
            self.findings
                .add("E-SHAPE", entry.value.place(), message)
                .help("write nested fields with dots, like `HEADER.TEXT`");
            return None;
        };
        match expr::template(&scalar.text, entry.value.span, self.scope, Want::Type(ty)) {
            Ok(value) => {
                if let [TemplatePart::Text(text)] = &value.parts[..]
                    && let Err(message) = check_scalar(text, field)
                {
                    self.findings.add("E-VALUE", entry.value.span, message);
                    return None;
                }
                Some(Argument { name: entry.key.clone(), value, span: entry.key_span })
            }
            Err(problems) => {
                self.whole = false;
                self.findings.problems(problems);
                None
            }
        }
    }
}

/// The expression of a template that is one `${…}`.
fn single(mut template: Template, span: Span) -> Result<Expr, Vec<expr::Problem>> {
    match (template.parts.pop(), template.parts.is_empty()) {
        (Some(TemplatePart::Expr(expr)), true) => Ok(expr),
        _ => Err(vec![expr::Problem::new("E-BODY", span, "a body is one value, not a text with parts")]),
    }
}

/// Reports required parameters and fields that nobody fills.
fn missing(arguments: &Arguments, wanted: &Wanted<'_>, (view, place): (&View<'_>, Span), findings: &mut Findings) {
    for field in wanted.parameters.iter().filter(|field| field.required && !wanted.is_paged(&field.name)) {
        if !arguments.parameters.iter().any(|argument| argument.name == field.name) {
            let message = format!("{} needs the parameter `{}`", wanted.what, field.name);
            findings
                .add("E-ARGUMENT-MISSING", place, message)
                .help(format!("add it under `with:`, like `{}: ${{…}}`", field.name));
        }
    }
    let Some(message) = wanted.message else { return };
    let Some(fields) = expr::Records::fields(view, message) else { return };
    let mut gaps = Vec::new();
    match &arguments.body {
        Some(Body::Whole(_)) => return,
        Some(Body::Fields { fields: given, .. }) => {
            let given: BTreeSet<&str> = given.iter().map(|argument| argument.name.as_str()).collect();
            collect(fields, "", &given, &mut gaps);
        }
        None if wanted.rows => gaps.push("body".to_owned()),
        None => collect(fields, "", &BTreeSet::new(), &mut gaps),
    }
    if !gaps.is_empty() {
        let message = format!("{} needs {}", wanted.what, gaps.join(", "));
        findings.add("E-ARGUMENT-MISSING", place, message).help("fill each under `with:`, or give a whole body");
    }
}

fn collect(fields: &[Field], prefix: &str, given: &BTreeSet<&str>, gaps: &mut Vec<String>) {
    for field in fields {
        let path = format!("{prefix}{}", field.name);
        if given.contains(path.as_str()) {
            continue;
        }
        let below = format!("{path}.");
        let touched = given.range(below.as_str()..).next().is_some_and(|first| first.starts_with(&below));
        match &field.ty {
            FieldType::Record(inner) if touched => collect(inner, &below, given, gaps),
            _ if field.required => gaps.push(format!("`{path}`")),
            _ => {}
        }
    }
}
