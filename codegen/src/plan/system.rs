//! A system becomes a module: its description, the operations that a crate uses, and their messages.
//!
//! In: a system document, and what the interfaces of one crate use of it. Out: [`SystemPlan`].
//! Never knows: flows, interfaces.

use std::collections::{BTreeMap, BTreeSet};

use catalog::model::{
    Auth, Body, Delivered, Field, FieldType, Format, Message, MessageRef, Operation, OutcomeClass, OutcomeRule, Owner,
    Probe, Protocol, RecordRef, System, Target as Looks, Type,
};
use serde::Serialize;

use super::{
    FieldText, FunctionPlan, Problems,
    flow::literal_of,
    records::{EnumPlan, RecordPlan, Records, pointers, sentence},
    types::{Here, Types, record_of, system_module, value_type},
};
use crate::{
    names::{self, Scope, Written},
    rust_expr::{Form, Local, Locals, Printer, Recodes},
};

/// The module of a system.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemPlan {
    /// Module name.
    pub module: String,
    /// Name in documents.
    pub name: String,
    /// One sentence.
    pub title: String,
    /// The document.
    pub document: String,
    /// `OutboundAuth` in Rust.
    pub auth: String,
    /// Reached through Cloud Connector.
    pub cloud_connector: bool,
    /// Calls at a time.
    pub max_concurrency: Option<u32>,
    /// Calls a second.
    pub max_per_second: Option<u32>,
    /// Calls a day.
    pub max_per_day: Option<u64>,
    /// Operations in document order.
    pub operations: Vec<OperationPlan>,
    /// Structs.
    pub records: Vec<RecordPlan>,
    /// Enums.
    pub enums: Vec<EnumPlan>,
    /// Conversions that probes need.
    pub functions: Vec<FunctionPlan>,
}

/// An operation: a static and a function.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperationPlan {
    /// Name of the static.
    pub constant: String,
    /// Name of the function.
    pub function: String,
    /// Name in the document.
    pub name: String,
    /// One sentence.
    pub title: String,
    /// `Protocol` in Rust.
    pub protocol: String,
    /// `Format` in Rust.
    pub format: String,
    /// Query parameters.
    pub query: Vec<String>,
    /// `Repeat` in Rust.
    pub repeat: String,
    /// `OutcomeRule`s in Rust.
    pub outcomes: Vec<String>,
    /// `Paging` in Rust, without `Some`.
    pub paging: Option<String>,
    /// Longest wait, milliseconds.
    pub timeout_ms: u64,
    /// JSON pointers to what must not be shown.
    pub sensitive: Vec<String>,
    /// Parameters of the function: name and type.
    pub parameters: Vec<FieldText>,
    /// Calls on `Request::new()` that set parameters.
    pub request: Vec<String>,
    /// The body.
    pub body: Option<BodyPlan>,
    /// Response type.
    pub response: Option<String>,
    /// How to find out about unknown outcomes.
    pub probe: Option<ProbePlan>,
    /// Only probes use it: no function of its own.
    pub called: bool,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BodyPlan {
    /// Parameter name: `body` or `rows`.
    pub name: String,
    /// Parameter type.
    pub ty: String,
    /// The checked tree.
    pub value: String,
}

/// A probe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbePlan {
    /// Static of the reading operation.
    pub operation: String,
    /// The request in Rust.
    pub request: String,
    /// What the request asks for, if it has a body: bound to `asked` before.
    pub asked: Option<String>,
    /// Response type, spelled from the module.
    pub response: Option<String>,
    /// The condition in Rust, over `response`.
    pub found: String,
    /// The condition may fail.
    pub fallible: bool,
    /// Doc comment of the condition.
    pub doc: String,
}

/// What a crate uses of a system.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used {
    /// Operations that flows call.
    pub(crate) operations: BTreeSet<String>,
    /// Those whose reply some flow keeps. The others' replies are not read: a target that says "known already" answers
    /// with another body, and has done the work.
    pub(crate) bound: BTreeSet<String>,
    /// Messages, those of operations included.
    pub(crate) messages: BTreeSet<String>,
}

/// What a crate uses of all systems, by name.
pub(crate) type UsedSystems = BTreeMap<String, Used>;

/// Adds an operation with its messages and its probe.
pub(crate) fn use_operation(types: &Types<'_>, system: &str, operation: &Operation, used: &mut UsedSystems) {
    used.entry(system.to_owned()).or_default().operations.insert(operation.name.clone());
    use_messages(operation, used);
    let probe = operation.probe.as_ref();
    let asked =
        probe.and_then(|probe| types.system(system)?.operations.iter().find(|other| other.name == probe.operation));
    if let Some(asked) = asked {
        used.entry(system.to_owned()).or_default();
        use_messages(asked, used);
    }
}

/// Adds a message, if a system declares it.
pub(crate) fn use_message(message: &MessageRef, used: &mut UsedSystems) {
    if let Owner::System(system) = &message.owner {
        used.entry(system.clone()).or_default().messages.insert(message.name.clone());
    }
}

fn use_messages(operation: &Operation, used: &mut UsedSystems) {
    operation.request.iter().chain(&operation.response).for_each(|message| use_message(message, used));
}

/// `get_activity_report`.
pub(crate) fn operation_function(name: &str) -> String {
    names::snake(name)
}

/// The parameters that the caller of an operation gives: all but those that paging fills in.
pub(crate) fn callable_parameters(operation: &Operation) -> impl Iterator<Item = &Field> {
    let paged =
        |name: &str| operation.paging.as_ref().is_some_and(|paging| paging.offset == name || paging.limit == name);
    operation.parameters.iter().filter(move |parameter| !paged(&parameter.name))
}

/// Plans the module of a system.
pub(crate) fn plan(types: &Types<'_>, system: &System, used: &Used, problems: &mut Problems) -> SystemPlan {
    let here = Here::System(system.name.clone());
    let planner = Planner { types, system, here: &here, recodes: Recodes::default() };
    let mut records = Records::new(format!("types of {}", system.name), &system.path, &here);
    for message in system.messages.iter().filter(|message| used.messages.contains(&message.name)) {
        records.message(message, problems);
    }
    let mut scope = Scope::new(format!("operations of {}", system.name));
    let mut operations = Vec::new();
    for operation in system.operations.iter().filter(|operation| planner.is_used(operation, used)) {
        let written = Written { text: operation.name.clone(), path: system.path.clone(), span: operation.span };
        problems.note(scope.claim(&operation_function(&operation.name), written));
        operations.push(planner.operation(operation, used));
    }
    SystemPlan {
        module: system_module(&system.name),
        name: system.name.clone(),
        title: sentence(&system.title).unwrap_or_default(),
        document: system.path.clone(),
        auth: outbound(&system.auth),
        cloud_connector: system.via.is_some(),
        max_concurrency: system.limits.concurrency,
        max_per_second: system.limits.per_second,
        max_per_day: system.limits.per_day,
        operations,
        records: records.types.records,
        enums: records.types.enums,
        functions: planner.recodes.into_functions(),
    }
}

struct Planner<'a> {
    types: &'a Types<'a>,
    system: &'a System,
    here: &'a Here,
    recodes: Recodes,
}

impl Planner<'_> {
    /// Called by a flow, or asked by the probe of one that is.
    fn is_used(&self, operation: &Operation, used: &Used) -> bool {
        let asks = |other: &Operation| other.probe.as_ref().is_some_and(|probe| probe.operation == operation.name);
        let called = |operation: &Operation| used.operations.contains(&operation.name);
        called(operation) || self.system.operations.iter().any(|other| called(other) && asks(other))
    }

    fn operation(&self, operation: &Operation, used: &Used) -> OperationPlan {
        let called = used.operations.contains(&operation.name);
        let response = operation.response.as_ref().filter(|_| used.bound.contains(&operation.name));
        let total = operation.paging.as_ref().map(|paging| paging.total.as_str());
        OperationPlan {
            constant: names::constant(&operation.name),
            function: operation_function(&operation.name),
            name: operation.name.clone(),
            title: sentence(&operation.title).unwrap_or_default(),
            protocol: protocol(&operation.protocol),
            format: self.format(operation),
            query: query(operation, total),
            repeat: repeat(&operation.delivered),
            outcomes: operation.outcomes.iter().map(outcome).collect(),
            paging: operation.paging.as_ref().map(|paging| {
                let catalog::model::Paging { offset, limit, size, rows, total } = paging;
                format!(
                    "Paging {{ offset: {offset:?}, limit: {limit:?}, size: {size}, rows: {rows:?}, total: {total:?} }}"
                )
            }),
            timeout_ms: operation.timeout_ms,
            sensitive: self.sensitive(operation),
            parameters: callable_parameters(operation).map(|parameter| self.parameter(parameter)).collect(),
            request: callable_parameters(operation).map(set_parameter).collect(),
            body: operation.request.as_ref().map(|message| self.body(operation, message)),
            response: response.map(|message| self.message_path(message)),
            probe: operation.probe.as_ref().filter(|_| called).and_then(|probe| self.probe(operation, probe)),
            called,
        }
    }

    fn message(&self, reference: &MessageRef) -> Option<&Message> {
        self.types.message(reference)
    }

    fn message_path(&self, message: &MessageRef) -> String {
        self.here.owned(&Type::Record(record_of(message)))
    }

    fn format(&self, operation: &Operation) -> String {
        match &operation.format {
            Format::Json => "Format::Json".to_owned(),
            Format::Xml => "Format::Xml".to_owned(),
            Format::Csv { separator } => {
                let fields =
                    operation.request.as_ref().and_then(|message| self.message(message)).map(|message| &message.fields);
                let columns: Vec<String> =
                    fields.into_iter().flatten().map(|field| format!("{:?}", field.name)).collect();
                format!("Format::Csv {{ separator: {separator:?}, columns: &[{}] }}", columns.join(", "))
            }
        }
    }

    fn parameter(&self, parameter: &Field) -> FieldText {
        let ty = value_type(&parameter.ty, &no_record(), &parameter.name);
        let ty = if matches!(parameter.ty, FieldType::Code(_)) { "&str".to_owned() } else { self.here.borrowed(&ty) };
        let ty = if parameter.required { ty } else { format!("Option<{ty}>") };
        FieldText { name: parameter_name(&parameter.name), value: ty }
    }

    fn body(&self, operation: &Operation, message: &MessageRef) -> BodyPlan {
        let ty = self.message_path(message);
        match operation.format {
            Format::Csv { .. } => {
                BodyPlan { name: "rows".to_owned(), ty: format!("&[{ty}]"), value: "checked_rows(rows)?".to_owned() }
            }
            _ => BodyPlan { name: "body".to_owned(), ty: format!("&{ty}"), value: "body.checked()?".to_owned() },
        }
    }

    fn sensitive(&self, operation: &Operation) -> Vec<String> {
        let rows = matches!(operation.format, Format::Csv { .. });
        let request = operation.request.as_ref().and_then(|message| self.message(message));
        let response = operation.response.as_ref().and_then(|message| self.message(message));
        let prefix = if rows { "/*" } else { "" };
        let mut found = request.map(|message| pointers(&message.fields, prefix)).unwrap_or_default();
        found.extend(response.map(|message| pointers(&message.fields, "")).unwrap_or_default());
        found.sort();
        found.dedup();
        found
    }

    fn probe(&self, operation: &Operation, probe: &Probe) -> Option<ProbePlan> {
        let asked = self.system.operations.iter().find(|other| other.name == probe.operation)?;
        let mut locals = Locals::default();
        if let Some(message) = &operation.request {
            bind_record(&mut locals, ("request", "body"), &record_of(message));
        }
        for parameter in callable_parameters(operation) {
            let ty = value_type(&parameter.ty, &no_record(), &parameter.name);
            let form = if super::types::is_copy(&ty) { Form::Value } else { Form::Reference };
            let ty = if parameter.required { ty } else { Type::Optional(Box::new(ty)) };
            let local = Local { rust: parameter_name(&parameter.name), ty, form, sensitive: false };
            locals.bind_field("parameters", &parameter.name, local);
        }
        if let Some(message) = &asked.response {
            bind_record(&mut locals, ("response", "response"), &record_of(message));
        }
        let line = probe.span.line;
        let printer = Printer {
            types: self.types,
            here: self.here,
            locals: &locals,
            recodes: &self.recodes,
            subject: &operation.name,
            line,
        };
        let found = printer.code(&probe.found).copied();
        let (request, body) = probe_request(&printer, probe);
        Some(ProbePlan {
            operation: names::constant(&asked.name),
            request,
            asked: body,
            response: asked.response.as_ref().map(|message| self.message_path(message)),
            found: found.text,
            fallible: found.fallible,
            doc: format!(
                "`{}` (line {}): the work of `{}` was done.",
                catalog::expr::print(&probe.found),
                probe.found.span.line.max(line),
                operation.name
            ),
        })
    }
}

/// The request of a probe, and the body that it sends as `asked`.
fn probe_request(printer: &Printer<'_>, probe: &Probe) -> (String, Option<String>) {
    let mut request = "Request::new()".to_owned();
    for argument in &probe.with.parameters {
        let code = printer.template(&argument.value);
        let (method, value) = match &code.ty {
            Type::Optional(_) => ("optional", code.viewed()),
            Type::Text => ("parameter", code.borrowed().text),
            _ => ("parameter", code.displayed()),
        };
        request.push_str(&format!(".{method}({:?}, {value})", argument.name));
    }
    let body = probe.with.body.as_ref().map(|body| match body {
        Body::Whole(expr) => printer.code(expr).text,
        Body::Fields { message, fields } => literal_of(printer, message, fields).text,
    });
    if body.is_some() {
        request.push_str(".body(asked.checked()?)");
    }
    (request, body)
}

fn bind_record(locals: &mut Locals, (name, rust): (&str, &str), record: &RecordRef) {
    let ty = Type::Record(record.clone());
    locals.bind(name, Local { rust: rust.to_owned(), ty, form: Form::Reference, sensitive: false });
}

/// Names that the function has of its own get `_` behind them.
fn parameter_name(name: &str) -> String {
    let name = names::snake(name);
    if ["step", "body", "rows", "probe", "reply", "request", "response"].contains(&name.as_str()) {
        name + "_"
    } else {
        name
    }
}

fn set_parameter(parameter: &Field) -> String {
    let method = if parameter.required { "parameter" } else { "optional" };
    format!("{method}({:?}, {})", parameter.name, parameter_name(&parameter.name))
}

/// Parameters belong to no message.
fn no_record() -> RecordRef {
    record_of(&MessageRef { owner: Owner::System(String::new()), name: String::new() })
}

fn query(operation: &Operation, total: Option<&str>) -> Vec<String> {
    let (Protocol::Rest { path, .. } | Protocol::OData { path, .. }) = &operation.protocol else { return Vec::new() };
    let in_path = |name: &str| path.contains(&format!("{{{name}}}"));
    let sent = operation.parameters.iter().map(|parameter| &parameter.name);
    sent.filter(|name| !in_path(name) && total != Some(name.as_str())).cloned().collect()
}

fn protocol(protocol: &Protocol) -> String {
    match protocol {
        Protocol::Rest { method, path } => format!("Protocol::Rest {{ method: Method::{method:?}, path: {path:?} }}"),
        Protocol::OData { method, service, path } => {
            format!("Protocol::OData {{ method: Method::{method:?}, service: {service:?}, path: {path:?} }}")
        }
        Protocol::Rfc { function } => format!("Protocol::Rfc {{ function: {function:?} }}"),
        Protocol::SftpPut { directory } => format!("Protocol::SftpPut {{ directory: {directory:?} }}"),
    }
}

fn repeat(delivered: &Delivered) -> String {
    match delivered {
        Delivered::Naturally => "Repeat::Harmless".to_owned(),
        Delivered::ByKey { header } => format!("Repeat::Keyed {{ header: {header:?} }}"),
        Delivered::Twice => "Repeat::Repeats".to_owned(),
    }
}

/// `OutcomeRule` in Rust.
pub(super) fn outcome(rule: &OutcomeRule) -> String {
    let matches = match &rule.target {
        Looks::Status(status) => format!("Matches::Status({status})"),
        Looks::ErrorCode(code) => format!("Matches::ErrorCode({code:?})"),
        Looks::BapiMessage { id, number } => format!("Matches::Bapi {{ id: {id:?}, number: {number:?} }}"),
    };
    let class = match rule.class {
        OutcomeClass::Delivered => "Delivered",
        OutcomeClass::Duplicate => "Duplicate",
        OutcomeClass::Retryable => "Retryable",
        OutcomeClass::Unknown => "Unknown",
        OutcomeClass::Target => "Target",
        OutcomeClass::Permanent => "Permanent",
    };
    format!("OutcomeRule {{ matches: {matches}, class: Class::{class}, reason: {:?} }}", rule.reason)
}

fn outbound(auth: &Auth) -> String {
    match auth {
        Auth::OAuth2 { scopes, audience } => {
            let scopes: Vec<String> = scopes.iter().map(|scope| format!("{scope:?}")).collect();
            format!("OutboundAuth::OAuth2 {{ scopes: &[{}], audience: {audience:?} }}", scopes.join(", "))
        }
        Auth::Basic => "OutboundAuth::Basic".to_owned(),
        Auth::ClientCertificate => "OutboundAuth::ClientCertificate".to_owned(),
        Auth::SshPassword => "OutboundAuth::SshPassword".to_owned(),
        Auth::SshKey => "OutboundAuth::SshKey".to_owned(),
        Auth::None => "OutboundAuth::None".to_owned(),
    }
}
