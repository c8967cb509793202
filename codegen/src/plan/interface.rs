//! An interface becomes a module: its promises as constants, its flow as a function, its messages as structs.
//!
//! In: a checked interface. Out: [`InterfacePlan`]. Never knows: templates, the crate around it.

use catalog::model::{CustomFunction, Expr, Interface, KeySource, OnDead, OnUnknown, Order, Type};
use serde::Serialize;

use super::{
    FieldText, FunctionPlan, Problems,
    flow::{
        FlowPrinter,
        examples::{self, ExamplePlan},
    },
    policy,
    records::{EnumPlan, RecordPlan, Records, pointers, sentence},
    system::{UsedSystems, use_message, use_operation},
    types::{Here, Types, bare, field_type, parameters_record, record_of, system_module},
    uses,
};
use crate::{
    names,
    rust_expr::{Form, Local, Locals, Printer, Recodes},
};

/// The module of an interface.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InterfacePlan {
    /// Module name.
    pub module: String,
    /// Smart ID.
    pub smart_id: String,
    /// One line.
    pub title: String,
    /// The document.
    pub document: String,
    /// Every document that the module follows from, its own first.
    pub documents: Vec<String>,
    /// What the runtime needs to know.
    pub descriptor: DescriptorPlan,
    /// What the flow is given.
    pub inputs: Vec<InputPlan>,
    /// Checks at the door.
    pub admit: AdmitPlan,
    /// Body of the flow.
    pub flow: String,
    /// The flow has steps with side effects.
    pub uses_run: bool,
    /// Conditions, mappings, lookups.
    pub functions: Vec<FunctionPlan>,
    /// Examples of the document, as tests.
    pub examples: Vec<ExamplePlan>,
    /// Some example shows the whole message as it comes in.
    pub replays_door: bool,
    /// Functions that the user writes.
    pub custom: Vec<CustomPlan>,
    /// Structs.
    pub records: Vec<RecordPlan>,
    /// Enums.
    pub enums: Vec<EnumPlan>,
}

/// The constants of an interface.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DescriptorPlan {
    /// Contract digest.
    pub digest: String,
    /// Source system.
    pub source: String,
    /// Target system.
    pub target: String,
    /// `Trigger` in Rust.
    pub trigger: String,
    /// `Retry` in Rust.
    pub retry: String,
    /// The timetable in words.
    pub timetable: String,
    /// Keep what could not be delivered.
    pub dead_letter: bool,
    /// Channels.
    pub alerts: Vec<String>,
    /// `OnUnknown` in Rust.
    pub on_unknown: String,
    /// `DeliveryOrder` in Rust.
    pub order: String,
    /// `Override`s in Rust.
    pub outcomes: Vec<String>,
    /// `KeySource` in Rust.
    pub idempotency: String,
    /// Seconds.
    pub idempotency_window_s: u64,
    /// Encryption at rest is demanded.
    pub encrypted: bool,
    /// Milliseconds.
    pub sla_p95_ms: Option<u64>,
    /// `Kept` in Rust.
    pub kept: String,
    /// JSON pointers.
    pub sensitive: Vec<String>,
    /// `Searchable`s in Rust.
    pub searchable: Vec<String>,
    /// Statics of operations.
    pub operations: Vec<String>,
    /// Status and meaning.
    pub responses: Vec<FieldText>,
}

/// Something the flow is given: the message, the parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InputPlan {
    /// Name in the flow.
    pub name: String,
    /// Name of the flow's parameter: with `_` in front if no step uses it.
    pub parameter: String,
    /// Rust type.
    pub ty: String,
    /// How it is read from `input`.
    pub read: String,
    /// The door needs it too.
    pub at_door: bool,
}

/// What the door needs to know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdmitPlan {
    /// `Option<String>` in Rust.
    pub idempotency_key: String,
    /// `Option<String>` in Rust.
    pub order_key: String,
    /// There is no key at all.
    pub no_keys: bool,
}

/// A function that the user writes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomPlan {
    /// Name.
    pub name: String,
    /// What it must do.
    pub doc: String,
    /// Parameters with their types.
    pub parameters: String,
    /// Result type.
    pub returns: String,
}

/// Plans the module of an interface, and notes what it uses of systems.
pub(crate) fn plan(
    types: &Types<'_>,
    interface: &Interface,
    used: &mut UsedSystems,
    problems: &mut Problems,
) -> InterfacePlan {
    let here = Here::Interface(interface.smart_id.text.clone());
    note_uses(types, interface, used);
    let mut records = Records::new(format!("types of {}", interface.smart_id.text), &interface.path, &here);
    for message in &interface.messages {
        records.message(message, problems);
    }
    if !interface.trigger.parameters.is_empty() {
        records.parameters(&parameters_record(interface), &interface.trigger.parameters, problems);
    }
    check_locals(interface, problems);
    let locals = trigger_locals(interface);
    let printer = FlowPrinter::new(types, &here, interface);
    let flow = printer.body(&locals);
    let examples = examples::plan(&printer);
    let functions = printer.into_functions();
    let admit = admit(types, interface, &here, &locals);
    InterfacePlan {
        module: names::snake(&interface.smart_id.text),
        smart_id: interface.smart_id.text.clone(),
        title: interface.title.clone(),
        document: interface.path.clone(),
        documents: documents(types, interface),
        descriptor: descriptor(types, interface),
        inputs: inputs(interface, &here, &flow, &admit),
        admit,
        uses_run: uses::calls_steps(&flow),
        flow,
        functions,
        replays_door: examples.iter().any(|example| example.input.is_some()),
        examples,
        custom: interface.custom.iter().map(|function| custom(function, &here)).collect(),
        records: records.types.records,
        enums: records.types.enums,
    }
}

fn documents(types: &Types<'_>, interface: &Interface) -> Vec<String> {
    let systems = interface.systems.iter().filter_map(|name| types.system(name));
    std::iter::once(&interface.path).chain(systems.map(|system| &system.path)).cloned().collect()
}

fn note_uses(types: &Types<'_>, interface: &Interface, used: &mut UsedSystems) {
    let mut operations = Vec::new();
    uses::operations(&interface.flow, &mut operations);
    for reference in &operations {
        if let Some(operation) = types.operation(reference) {
            use_operation(types, &reference.system, operation, used);
        }
    }
    let mut bound = Vec::new();
    uses::bound_operations(&interface.flow, &mut bound);
    for reference in bound {
        used.entry(reference.system).or_default().bound.insert(reference.operation);
    }
    interface.trigger.message.iter().for_each(|message| use_message(message, used));
    for mapping in &interface.mappings {
        use_message(&mapping.target, used);
        mapping.sources.iter().for_each(|(_, ty)| use_type(ty, used));
    }
    uses::messages(&interface.flow, &mut |message| use_message(message, used));
    for function in &interface.custom {
        function.parameters.iter().map(|(_, ty)| ty).chain(&function.returns).for_each(|ty| use_type(ty, used));
    }
}

fn use_type(ty: &Type, used: &mut UsedSystems) {
    match ty {
        Type::Record(record) => use_message(&record.message, used),
        Type::Code { declared, .. } => use_message(&declared.message, used),
        Type::List(inner) | Type::Optional(inner) => use_type(inner, used),
        _ => {}
    }
}

/// Names that steps bind become variables: two of them must not become one.
fn check_locals(interface: &Interface, problems: &mut Problems) {
    let mut scope = names::Scope::new(format!("names of the flow of {}", interface.smart_id.text));
    let mut seen = std::collections::BTreeSet::new();
    uses::bindings(&interface.flow, &mut |name, span| {
        if seen.insert(name.to_owned()) {
            let written = names::Written { text: name.to_owned(), path: interface.path.clone(), span };
            problems.note(scope.claim(&names::local(name), written));
        }
    });
}

/// The names that the flow starts with: the message, and the parameters as fields of `path`.
fn trigger_locals(interface: &Interface) -> Locals {
    let mut locals = Locals::default();
    if let Some(message) = &interface.trigger.message {
        let ty = Type::Record(record_of(message));
        let rust = names::local(&interface.trigger.binding);
        locals.bind(&interface.trigger.binding, Local { rust, ty, form: Form::Reference, sensitive: false });
    }
    let record = parameters_record(interface);
    for parameter in &interface.trigger.parameters {
        let local = Local {
            rust: format!("path.{}", names::snake(&parameter.name)),
            ty: field_type(parameter, &record),
            form: Form::Place,
            sensitive: parameter.sensitive != catalog::model::Sensitivity::Public,
        };
        locals.bind_field("path", &parameter.name, local);
    }
    if !interface.trigger.parameters.is_empty() {
        let ty = Type::Record(record);
        locals.bind("path", Local { rust: "path".to_owned(), ty, form: Form::Reference, sensitive: false });
    }
    locals
}

fn inputs(interface: &Interface, here: &Here, flow: &str, admit: &AdmitPlan) -> Vec<InputPlan> {
    let mut inputs = Vec::new();
    let uses = |text: &str, name: &str| crate::rust_expr::names_used(text).any(|used| used == name);
    let mut input = |name: String, ty: String, read: String| {
        let parameter = if uses(flow, &name) { name.clone() } else { format!("_{name}") };
        let at_door = uses(&admit.idempotency_key, &name) || uses(&admit.order_key, &name);
        inputs.push(InputPlan { name, parameter, ty, read, at_door });
    };
    if let Some(message) = &interface.trigger.message {
        let ty = here.owned(&Type::Record(record_of(message)));
        let read = format!("{ty}::from_value(&input.body)?");
        input(names::local(&interface.trigger.binding), ty, read);
    }
    if !interface.trigger.parameters.is_empty() {
        input("path".to_owned(), "Parameters".to_owned(), "Parameters::from_parameters(&input.parameters)?".to_owned());
    }
    inputs
}

fn admit(types: &Types<'_>, interface: &Interface, here: &Here, locals: &Locals) -> AdmitPlan {
    let key = |expr: &Expr, subject: &str| {
        let recodes = Recodes::default();
        let printer = Printer { types, here, locals, recodes: &recodes, subject, line: expr.span.line };
        let code = printer.code(expr);
        let key = match &code.ty {
            Type::Optional(inner) if **inner == Type::Text => code.owned().text,
            Type::Optional(_) => format!("{}.map(|key| convert::to_text(&key))", code.viewed()),
            ty if *bare(ty) == Type::Text => format!("Some({})", code.owned().text),
            _ => format!("Some({})", code.as_text().owned().text),
        };
        if !code.fallible {
            return key;
        }
        format!("(|| Ok({key}))().map_err(|error: MappingError| Violations::one(\"\", error.to_string()))?")
    };
    let idempotency_key = match interface.trigger.idempotency.as_ref().map(|idempotency| &idempotency.key) {
        Some(KeySource::Expr(expr)) => key(expr, "idempotency"),
        _ => "None".to_owned(),
    };
    let order_key = match &interface.errors.order {
        Order::None | Order::Strict(_) => "None".to_owned(),
        Order::PerKey(expr, _) => key(expr, "order"),
    };
    let no_keys = idempotency_key == "None" && order_key == "None";
    AdmitPlan { idempotency_key, order_key, no_keys }
}

fn custom(function: &CustomFunction, here: &Here) -> CustomPlan {
    let parameters: Vec<String> =
        function.parameters.iter().map(|(name, ty)| format!("{}: {}", names::snake(name), here.borrowed(ty))).collect();
    let promise = sentence(&function.description).unwrap_or_else(|| format!("The step `{}`.", function.name));
    CustomPlan {
        name: names::snake(&function.name),
        doc: format!("{} (line {})", promise, function.span.line),
        parameters: parameters.join(", "),
        returns: function.returns.as_ref().map_or("()".to_owned(), |ty| here.owned(ty)),
    }
}

fn descriptor(types: &Types<'_>, interface: &Interface) -> DescriptorPlan {
    let mut operations = Vec::new();
    uses::operations(&interface.flow, &mut operations);
    let trigger_message = interface.trigger.message.as_ref().and_then(|message| types.message(message));
    DescriptorPlan {
        digest: interface.digest.clone(),
        source: interface.source.clone(),
        target: interface.target.clone(),
        trigger: policy::trigger(&interface.trigger),
        retry: policy::retry(&interface.errors.retry),
        timetable: policy::timetable(&interface.errors.retry),
        dead_letter: interface.errors.dead_letter,
        alerts: interface.errors.alerts.iter().map(|alert| alert.channel.clone()).collect(),
        on_unknown: match interface.errors.on_unknown {
            OnUnknown::Retry => "OnUnknown::Retry".to_owned(),
            OnUnknown::Hold => "OnUnknown::Hold".to_owned(),
        },
        order: order(&interface.errors.order),
        outcomes: interface.errors.outcomes.iter().map(policy::outcome_override).collect(),
        idempotency: policy::key_source(&interface.trigger),
        idempotency_window_s: policy::idempotency_window_s(&interface.trigger),
        encrypted: interface.errors.encryption.is_some(),
        sla_p95_ms: interface.sla.latency_p95_ms,
        kept: policy::kept(interface.retention),
        sensitive: trigger_message.map(|message| pointers(&message.fields, "")).unwrap_or_default(),
        searchable: interface.trigger.searchable.iter().map(policy::searchable).collect(),
        operations: operation_statics(types, &operations),
        responses: responses(interface),
    }
}

fn order(order: &Order) -> String {
    let (kind, on_dead) = match order {
        Order::None => return "DeliveryOrder::None".to_owned(),
        Order::PerKey(_, on_dead) => ("PerKey", on_dead),
        Order::Strict(on_dead) => ("Strict", on_dead),
    };
    let on_dead = match on_dead {
        OnDead::BlockKey => "BlockKey",
        OnDead::Continue => "Continue",
    };
    format!("DeliveryOrder::{kind}(OnDead::{on_dead})")
}

/// Every static that the flow may call, probes included.
fn operation_statics(types: &Types<'_>, operations: &[catalog::model::OperationRef]) -> Vec<String> {
    let mut statics = Vec::new();
    for reference in operations {
        let module = system_module(&reference.system);
        let probe = types.operation(reference).and_then(|operation| operation.probe.as_ref());
        for name in std::iter::once(&reference.operation).chain(probe.map(|probe| &probe.operation)) {
            let path = format!("{module}::{}", names::constant(name));
            if !statics.contains(&path) {
                statics.push(path);
            }
        }
    }
    statics
}

fn responses(interface: &Interface) -> Vec<FieldText> {
    let rules = interface.errors.responses.iter();
    rules.map(|rule| FieldText { name: rule.status.to_string(), value: rule.meaning.clone() }).collect()
}
