//! Every worked example of every document, replayed through the generated flow: what a step is sent must be the block
//! that the document shows for it, and what the caller gets must be the block `reply`.
//!
//! Systems are a script: a step that binds a name is answered with the block of that name.

#![allow(clippy::expect_used, reason = "a test stops at the first thing that is not there")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use catalog::{
    Catalog,
    model::{Arguments, Body, Bound, Example, ExprKind, Field, FieldType, Interface, OperationRef, Step, StepKind},
};
use runtime::{Decimal, End, Exchange, Handler, Input, Run, Steps, Stop, Value, door::Promise, format};
use tieline_tests::project;

#[tokio::test]
async fn every_example_does_what_it_shows() {
    let (catalog, _, _) = catalog::open(&project());
    let catalog = Arc::new(catalog.expect("the documents are valid"));
    let handlers = service::handlers();
    let mut examples = 0;
    for interface in catalog.interfaces() {
        let handler = handlers.iter().find(|handler| handler.interface().smart_id == interface.smart_id.text);
        let handler = handler.expect("every interface is registered");
        for example in &interface.examples {
            replay(&catalog, interface, handler.as_ref(), example).await;
            examples += 1;
        }
    }
    assert!(examples > catalog.interfaces().len(), "the reference catalog shows more than one example an interface");
}

async fn replay(catalog: &Arc<Catalog>, interface: &Interface, handler: &dyn Handler, example: &Example) {
    let place = format!("{}, example `{}`", interface.smart_id.text, example.title);
    let blocks = blocks(example);
    let given = |name: &str| blocks.get(name).and_then(|block| block.tree.clone());
    let input = Input {
        body: given(&interface.trigger.binding).unwrap_or_default(),
        parameters: given("path").map(parameters).unwrap_or_default(),
    };
    handler.admit(&input).unwrap_or_else(|violations| panic!("{place}: {violations:?}"));
    let script = Arc::new(Script {
        catalog: Arc::clone(catalog),
        steps: calls(&interface.flow),
        blocks: blocks.clone(),
        seen: Mutex::default(),
        parameters: Mutex::default(),
        wrong: Mutex::default(),
    });
    let end = handler.run(&input, &Run::new(Arc::clone(&script) as Arc<dyn Steps>)).await;
    match end {
        Ok(End::Replied { body, .. }) => {
            let whole = replies(&interface.flow).into_iter().filter(|name| blocks.contains_key(name));
            whole.chain(["reply".to_owned()]).for_each(|name| script.compare(&name, &body));
        }
        Ok(_) => {}
        // A flow may end in the dead-letter list on purpose; a mapping or a message of an example may not fail.
        Err(stop) => assert!(format!("{stop:?}").contains("Business"), "{place}: {stop:?}"),
    }
    let wrong = script.wrong.lock().expect("one thread");
    assert!(wrong.is_empty(), "{place}:\n{}", wrong.join("\n"));
    let mut unseen: BTreeSet<&str> = blocks.keys().map(String::as_str).collect();
    unseen.retain(|name| *name != interface.trigger.binding && *name != "path");
    let (seen, parameters) = (script.seen.lock().expect("one thread"), script.parameters.lock().expect("one thread"));
    // What goes into addresses only is not sent as a body: each of its values must have been a parameter.
    let sent = |block: &Block| {
        block.tree.as_ref().is_some_and(|tree| scalars(tree).iter().all(|value| parameters.contains(value)))
    };
    unseen.retain(|name| !seen.contains(*name) && !sent(&blocks[*name]));
    assert!(unseen.is_empty(), "{place}: the flow never came to {unseen:?}");
}

/// A fenced block: its text, and its tree if it is JSON.
#[derive(Debug, Clone)]
struct Block {
    text: String,
    tree: Option<Value>,
}

fn blocks(example: &Example) -> BTreeMap<String, Block> {
    let block = |block: &catalog::model::ExampleBlock| {
        let tree = (block.format == "json").then(|| format::json::read(block.text.as_bytes()).expect("JSON"));
        (block.binding.clone(), Block { text: block.text.clone(), tree })
    };
    example.blocks.iter().map(block).collect()
}

fn parameters(tree: Value) -> Vec<(String, String)> {
    let Value::Record(record) = tree else { return Vec::new() };
    record.iter().map(|(name, value)| (name.to_owned(), scalars(value).concat())).collect()
}

/// Every scalar of a tree as text.
fn scalars(tree: &Value) -> Vec<String> {
    match tree {
        Value::Null => Vec::new(),
        Value::Bool(value) => vec![value.to_string()],
        Value::Text(text) | Value::Number(text) => vec![text.clone()],
        Value::List(items) => items.iter().flat_map(scalars).collect(),
        Value::Record(record) => record.iter().flat_map(|(_, value)| scalars(value)).collect(),
    }
}

/// A step that calls an operation.
#[derive(Debug, Clone)]
struct Call {
    operation: OperationRef,
    /// Name of the value that is sent whole, if one is.
    sends: Option<String>,
    /// Name that the reply is bound to.
    binds: Option<String>,
}

fn calls(steps: &[Step]) -> BTreeMap<String, Call> {
    let mut found = BTreeMap::new();
    every_step(steps, &mut |step| {
        let call = match &step.kind {
            StepKind::Fetch { operation, with, bind } => call(operation, with, Some(bind)),
            StepKind::Call { operation, with, bind } | StepKind::Send { operation, with, bind } => {
                call(operation, with, bind.as_ref())
            }
            _ => return,
        };
        found.insert(step.name.clone(), call);
    });
    found
}

fn call(operation: &OperationRef, with: &Arguments, bind: Option<&Bound>) -> Call {
    Call { operation: operation.clone(), sends: whole(with), binds: bind.map(|bind| bind.name.clone()) }
}

/// Names of values that the caller gets whole.
fn replies(steps: &[Step]) -> Vec<String> {
    let mut found = Vec::new();
    every_step(steps, &mut |step| {
        if let StepKind::Reply { with, .. } = &step.kind {
            found.extend(whole(with));
        }
    });
    found
}

/// The name of a value that is sent as it is.
fn whole(with: &Arguments) -> Option<String> {
    let Some(Body::Whole(expr)) = &with.body else { return None };
    let ExprKind::Name(name) = &expr.kind else { return None };
    Some(name.clone())
}

fn every_step(steps: &[Step], see: &mut dyn FnMut(&Step)) {
    for step in steps {
        see(step);
        let inner: Vec<&[Step]> = match &step.kind {
            StepKind::When { then, otherwise, .. } => vec![then, otherwise],
            StepKind::Route { cases, otherwise } => {
                cases.iter().map(|case| case.steps.as_slice()).chain([otherwise.as_slice()]).collect()
            }
            StepKind::ForEach { steps, .. } => vec![steps],
            _ => Vec::new(),
        };
        inner.into_iter().for_each(|steps| every_step(steps, see));
    }
}

/// Plays every system of an example.
struct Script {
    catalog: Arc<Catalog>,
    steps: BTreeMap<String, Call>,
    blocks: BTreeMap<String, Block>,
    /// Blocks that were compared or answered with.
    seen: Mutex<BTreeSet<String>>,
    /// Values of all parameters that were sent.
    parameters: Mutex<BTreeSet<String>>,
    wrong: Mutex<Vec<String>>,
}

impl Steps for Script {
    fn exchange<'a>(&'a self, exchange: Exchange<'a>) -> Promise<'a, Result<Value, Stop>> {
        let name = exchange.name.rsplit('.').next().unwrap_or_default();
        let call = self.steps.get(name).unwrap_or_else(|| panic!("the document has no step `{name}`"));
        if let Some(sent) = call.sends.as_ref().filter(|sent| self.blocks.contains_key(*sent)) {
            match exchange.operation.format {
                runtime::Format::Csv { separator, columns } => {
                    let file = format::csv::write(exchange.request.payload(), separator, columns).expect("rows");
                    self.compare_text(sent, &String::from_utf8(file).expect("UTF-8"));
                }
                _ => self.compare(sent, exchange.request.payload()),
            }
        }
        let sent = exchange.request.parameters().iter().map(|(_, value)| value.clone());
        self.parameters.lock().expect("one thread").extend(sent);
        let reply = call.binds.as_ref().and_then(|name| self.reply(name));
        let reply = reply.unwrap_or_else(|| self.smallest_reply(&call.operation));
        Box::pin(async move { Ok(reply) })
    }
}

impl Script {
    fn reply(&self, name: &str) -> Option<Value> {
        let tree = self.blocks.get(name)?.tree.clone()?;
        self.seen.lock().expect("one thread").insert(name.to_owned());
        Some(tree)
    }

    fn compare(&self, name: &str, shown_by_flow: &Value) {
        self.seen.lock().expect("one thread").insert(name.to_owned());
        let Some(block) = self.blocks.get(name).and_then(|block| block.tree.as_ref()) else { return };
        if !same(block, shown_by_flow) {
            let (block, flow) = (format::json::write(block), format::json::write(shown_by_flow));
            self.wrong.lock().expect("one thread").push(format!("`{name}` shows {block}\nthe flow has {flow}"));
        }
    }

    fn compare_text(&self, name: &str, file: &str) {
        self.seen.lock().expect("one thread").insert(name.to_owned());
        let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        let block = self.blocks.get(name).map(|block| lines(&block.text)).unwrap_or_default();
        if block != lines(file) {
            self.wrong.lock().expect("one thread").push(format!("`{name}` shows {block:?}\nthe file is {file:?}"));
        }
    }

    /// The smallest reply that the operation's message allows.
    fn smallest_reply(&self, operation: &OperationRef) -> Value {
        let response = self.catalog.operation(operation).and_then(|operation| operation.response.as_ref());
        let message = response.and_then(|response| self.catalog.message(response));
        message.map_or(Value::Null, |message| smallest_record(&message.fields))
    }
}

fn smallest_record(fields: &[Field]) -> Value {
    let required = fields.iter().filter(|field| field.required);
    let members: Vec<String> =
        required.map(|field| format!("{:?}: {}", field.name, format::json::write(&smallest(&field.ty)))).collect();
    format::json::read(format!("{{{}}}", members.join(", ")).as_bytes()).expect("JSON")
}

fn smallest(ty: &FieldType) -> Value {
    match ty {
        FieldType::Text => Value::Text("x".to_owned()),
        FieldType::Code(values) => Value::Text(values.first().cloned().unwrap_or_default()),
        FieldType::Integer | FieldType::Decimal(_) => Value::Number("1".to_owned()),
        FieldType::Bool => Value::Bool(false),
        FieldType::Date => Value::Text("2026-01-01".to_owned()),
        FieldType::Time => Value::Text("00:00:00".to_owned()),
        FieldType::Instant => Value::Text("2026-01-01T00:00:00Z".to_owned()),
        FieldType::Record(fields) => smallest_record(fields),
        FieldType::List(item) => Value::List(vec![smallest(item)]),
    }
}

/// The same content: numbers by value, records in any order of fields.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let number = |text: &str| Decimal::from_scientific(text).or_else(|_| text.parse::<Decimal>()).ok();
            number(left).is_some() && number(left) == number(right)
        }
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Record(left), Value::Record(right)) => {
            left.iter().count() == right.iter().count()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}
