//! One operation of a system.
//!
//! In: its keys. Out: [`Operation`] and [`Probe`]. Never knows: who calls it.

use super::arguments::{self, Wanted};
use super::parameters::{check_path, method_and_path, parameters};
use crate::expr::{self, Want};
use crate::fields::{Record, Text, shown, system};
use crate::findings::Findings;
use crate::model::{
    Delivered, Field, FieldType, Format, MessageRef, Operation, OperationRef, OutcomeClass, OutcomeRule, Paging, Probe,
    Protocol, Sensitivity, Span, Target, Type,
};
use crate::symbols::{View, record};
use crate::yaml::Entry;

const TIMEOUT_MS: u64 = 30_000;

/// Lowers one operation without its probe; `None` when something that callers need is broken.
pub(crate) fn operation(
    name: &str,
    span: Span,
    fields: &Record<'_>,
    view: &View<'_>,
    findings: &mut Findings,
) -> Option<Operation> {
    let before = findings.errors();
    if !kebab(name) {
        findings
            .add("E-IDENTIFIER", span, format!("`{}` is no operation name", shown(name)))
            .help("write it in lower case with hyphens, like `read-account`");
    }
    let mut parameters = parameters(fields, findings);
    let protocol = protocol(fields, &mut parameters, findings);
    let message =
        |key: &str, findings: &mut Findings| fields.text(key).and_then(|text| view.expect_message(text, findings));
    let (request, response) = (message("request", findings), message("response", findings));
    let format = format(fields, protocol.as_ref(), findings);
    let idempotent = fields.entry("idempotent").and_then(|entry| idempotent(entry, findings));
    let paging = paging(fields, &parameters, response.as_ref(), (view, &mut *findings));
    let outcomes = fields.records("outcomes", findings);
    let outcomes = outcomes.iter().filter_map(|rule| outcome(rule, findings)).collect();
    // A message that is broken elsewhere leaves callers without a type, so the operation counts as broken, too.
    let whole = [("request", &request), ("response", &response)]
        .into_iter()
        .all(|(key, message)| message.is_some() || fields.entry(key).is_none());
    let operation = Operation {
        name: name.to_owned(),
        title: fields.string("title").unwrap_or_default(),
        protocol: protocol?,
        format,
        parameters,
        request,
        response,
        delivered: idempotent?,
        outcomes,
        probe: None,
        paging,
        timeout_ms: fields.duration_ms("timeout").unwrap_or(TIMEOUT_MS),
        span,
    };
    (whole && findings.errors() == before).then_some(operation)
}

fn kebab(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn protocol(fields: &Record<'_>, parameters: &mut Vec<Field>, findings: &mut Findings) -> Option<Protocol> {
    let kinds = ["rest", "odata", "rfc", "sftp"];
    let given: Vec<_> = kinds.into_iter().filter(|kind| fields.entry(kind).is_some()).collect();
    let [kind] = given[..] else {
        let message = match given.len() {
            0 => "the operation does not say how it is called".to_owned(),
            _ => format!("the operation is called in several ways: {}", given.join(", ")),
        };
        findings.add("E-PROTOCOL", fields.place, message).help("give it exactly one of rest, odata, rfc and sftp");
        return None;
    };
    match kind {
        "rest" => {
            let text = fields.text("rest")?;
            let (method, path) = method_and_path(text, findings)?;
            check_path(Text { text: path, span: text.span }, parameters, findings);
            Some(Protocol::Rest { method, path: path.to_owned() })
        }
        "odata" => {
            let odata = fields.record("odata", findings)?;
            let (text, service) = (odata.text("call")?, odata.text("service")?);
            let (method, path) = method_and_path(text, findings)?;
            check_path(Text { text: path, span: text.span }, parameters, findings);
            if !service.text.starts_with('/') {
                findings.add("E-PATH", service.span, "the service is a path that begins with `/`");
            }
            Some(Protocol::OData { method, service: service.text.to_owned(), path: path.to_owned() })
        }
        "rfc" => rfc(fields, parameters, findings),
        _ => sftp(fields, parameters, findings),
    }
}

fn rfc(fields: &Record<'_>, parameters: &[Field], findings: &mut Findings) -> Option<Protocol> {
    let text = fields.text("rfc")?;
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '/');
    if text.text.is_empty() || text.text.len() > 30 || !text.text.chars().all(fits) {
        let message = format!("`{}` is no function module", shown(text.text));
        findings
            .add("E-PROTOCOL", text.span, message)
            .help("its name has at most 30 capital letters, digits, `_` and `/`");
    }
    if let Some(field) = parameters.first() {
        findings.add("E-PROTOCOL", field.span, "a function module has no parameters beside its request message");
    }
    Some(Protocol::Rfc { function: text.text.to_owned() })
}

fn sftp(fields: &Record<'_>, parameters: &mut Vec<Field>, findings: &mut Findings) -> Option<Protocol> {
    let put = fields.record("sftp", findings)?.text("put")?;
    if !put.text.starts_with('/') || put.text.contains("..") {
        findings.add("E-PATH", put.span, "the folder is an absolute path without `..`");
    }
    if let Some(field) = parameters.first() {
        findings.add("E-PROTOCOL", field.span, "a file operation has one parameter, `fileName`, which is implied");
    }
    parameters.clear();
    parameters.push(Field {
        name: "fileName".to_owned(),
        ty: FieldType::Text,
        required: true,
        constraints: Vec::new(),
        sensitive: Sensitivity::Public,
        description: "name of the file in the folder".to_owned(),
        span: put.span,
    });
    Some(Protocol::SftpPut { directory: put.text.to_owned() })
}

fn format(fields: &Record<'_>, protocol: Option<&Protocol>, findings: &mut Findings) -> Format {
    let separator = fields.text("separator");
    let format = fields.text("format").map(|text| (text.text, text.span));
    if let (Some(separator), false) = (separator, matches!(format, Some(("csv", _)))) {
        findings.add("E-FORMAT", separator.span, "only CSV has a separator").help("add `format: csv`");
    }
    match (format, protocol) {
        (Some((other, span)), Some(Protocol::Rfc { .. })) if other != "xml" => {
            findings.add("E-FORMAT", span, format!("RFC is always XML, not {other}")).help("leave the key out");
            Format::Xml
        }
        (Some(("xml", _)), _) | (None, Some(Protocol::Rfc { .. })) => Format::Xml,
        (Some(("csv", _)), _) => {
            let mut chars = separator.map_or(",", |text| text.text).chars();
            match (chars.next(), chars.next()) {
                (Some(separator), None) if separator.is_ascii() && separator != '"' => Format::Csv { separator },
                _ => {
                    let span = fields.span("separator");
                    findings
                        .add("E-FORMAT", span, "the separator is one ASCII character")
                        .help("for example `separator: \";\"`");
                    Format::Csv { separator: ',' }
                }
            }
        }
        _ => Format::Json,
    }
}

fn idempotent(entry: &Entry, findings: &mut Findings) -> Option<Delivered> {
    let node = &entry.value;
    let help = "write `natural` (reads, and writes of the whole state), `no` (the work is done again), or `{ key: Idempotency-Key }` (the target recognises a key in that header)";
    if let Some(scalar) = node.scalar() {
        return match scalar.text.as_str() {
            "natural" => Some(Delivered::Naturally),
            "no" => Some(Delivered::Twice),
            other => {
                let message = format!("`idempotent` cannot be `{}`", shown(other));
                findings.add("E-CHOICE", node.span, message).help(help);
                None
            }
        };
    }
    let header = match node.map() {
        Some([only]) if only.key == "key" => only.value.scalar().map(|scalar| scalar.text.clone()),
        _ => None,
    };
    let token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match header.filter(|header| !header.is_empty() && header.chars().all(token)) {
        Some(header) => Some(Delivered::ByKey { header }),
        None => {
            findings.add("E-CHOICE", node.place(), "`idempotent` names no header").help(help);
            None
        }
    }
}

fn paging(
    fields: &Record<'_>,
    parameters: &[Field],
    response: Option<&MessageRef>,
    (view, findings): (&View<'_>, &mut Findings),
) -> Option<Paging> {
    let rule = fields.record("paging", findings)?;
    for key in ["offset", "limit", "total"] {
        let Some(text) = rule.text(key) else { continue };
        match parameters.iter().find(|field| field.name == text.text) {
            Some(field) if field.ty == FieldType::Integer => {}
            Some(field) => {
                let message = format!("`{}` counts rows, so it must be an integer", field.name);
                findings.add("E-PAGING", field.span, message);
            }
            None => {
                let message = format!("`{}` is not among the parameters", shown(text.text));
                findings.add("E-PAGING", text.span, message).help("declare it under `parameters` as integer");
            }
        }
    }
    let known = response.and_then(|message| expr::Records::fields(view, message));
    if let (Some(rows), Some(known)) = (rule.text("rows"), known) {
        let list = known
            .iter()
            .find(|field| field.name == rows.text)
            .is_some_and(|field| matches!(field.ty, FieldType::List(_)));
        if !list {
            findings.add("E-PAGING", rows.span, format!("the response has no list `{}`", shown(rows.text)));
        }
    } else if fields.entry("response").is_none() {
        findings.add("E-PAGING", fields.key_span("paging"), "an operation without response has no pages");
    }
    if rule.small("size").is_some_and(|size| size == 0 || size > 100_000) {
        findings.add("E-PAGING", rule.span("size"), "a page has between 1 and 100,000 rows");
    }
    Some(Paging {
        offset: rule.string("offset")?,
        limit: rule.string("limit")?,
        size: rule.small("size")?,
        rows: rule.string("rows")?,
        total: rule.string("total")?,
    })
}

/// Lowers one rule about what a reply means.
pub(crate) fn outcome(rule: &Record<'_>, findings: &mut Findings) -> Option<OutcomeRule> {
    let given: Vec<_> = ["status", "error_code", "bapi"].into_iter().filter(|key| rule.entry(key).is_some()).collect();
    let [key] = given[..] else {
        let message = "an outcome rule is about exactly one of status, error_code and bapi";
        findings.add("E-OUTCOME", rule.place, message);
        return None;
    };
    let text = rule.text(key)?;
    let target = match key {
        "status" => rule
            .small("status")
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| (100..600).contains(status))
            .map(Target::Status),
        "error_code" => Some(Target::ErrorCode(text.text.to_owned())),
        _ => text
            .text
            .rsplit_once(' ')
            .filter(|(_, number)| number.len() == 3 && number.bytes().all(|c| c.is_ascii_digit()))
            .map(|(id, number)| Target::BapiMessage { id: id.trim().to_owned(), number: number.to_owned() }),
    };
    if target.is_none() {
        let message = format!(
            "`{}` is no {}",
            shown(text.text),
            if key == "bapi" { "message class and number" } else { "HTTP status" }
        );
        findings.add("E-OUTCOME", text.span, message).help(if key == "bapi" {
            "write it like `ME 006`"
        } else {
            "a status lies between 100 and 599"
        });
    }
    let class = match rule.text("class")?.text {
        "delivered" => OutcomeClass::Delivered,
        "duplicate" => OutcomeClass::Duplicate,
        "retryable" => OutcomeClass::Retryable,
        "unknown" => OutcomeClass::Unknown,
        "target" => OutcomeClass::Target,
        _ => OutcomeClass::Permanent,
    };
    Some(OutcomeRule { target: target?, class, reason: rule.string("reason")?, span: rule.place })
}

/// Lowers `on_unknown` of the operation `name` of the view's system.
pub(crate) fn probe(name: &str, rule: &Entry, view: &View<'_>, findings: &mut Findings) -> Option<Probe> {
    let system = view.near[0]?;
    let fields = Record::read(&rule.value, &system::PROBE, rule.key_span, findings)?;
    let text = fields.text("probe")?;
    let full = format!("{}.{}", system.name, text.text);
    let (_, asked) = view.symbols.expect_operation(Text { text: &full, span: text.span }, findings)?;
    let asking = system.operations.get(name)?.as_ref()?;
    if asked.delivered != Delivered::Naturally {
        findings
            .add("E-PROBE", text.span, format!("`{}` changes something, so it cannot be asked as a probe", asked.name))
            .help("a probe only reads; its operation is `idempotent: natural`");
    }
    let Some(response) = &asked.response else {
        findings.add("E-PROBE", text.span, format!("`{}` has no response to look at", asked.name));
        return None;
    };
    let mut scope = view.scope();
    if let Some(request) = &asking.request {
        scope.bind("request", record(request));
    }
    if !asking.parameters.is_empty() {
        let message = MessageRef::parameters_of_operation(&system.name, name);
        scope.bind("parameters", record(&message));
    }
    let reference = OperationRef { system: system.name.clone(), operation: asked.name.clone() };
    let wanted = Wanted::operation(&reference, asked);
    let with = arguments::arguments(fields.entry("with"), &wanted, &scope, (view, fields.place), findings);
    scope.bind("response", record(response));
    let found = fields.text("found")?;
    match expr::check(found.text, found.span, &scope, Want::Type(&Type::Bool)) {
        Ok(found) => Some(Probe { operation: asked.name.clone(), with: with?, found, span: rule.key_span }),
        Err(problems) => {
            findings.problems(problems);
            None
        }
    }
}
