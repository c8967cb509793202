//! Examples of a document become tests beside its module.
//!
//! In: the examples and the flow of an interface. Out: [`ExamplePlan`]s. Never knows: templates.
//!
//! A block that a mapping or the reply makes is compared with what the code makes of the other blocks. What the
//! example does not give enough for is read as its message, and a note in the test says why it is not compared.

use std::collections::{BTreeMap, BTreeSet};

use catalog::model::{Body, Example, ExampleBlock, ExprKind, Format, Step, StepKind, Type};
use serde::Serialize;

use super::{FlowPrinter, Position, StepPrinter, summary};
use crate::{
    format::{note, raw},
    names,
    plan::{
        mapping::function_name,
        types::{field_type, parameters_record, record_of},
        uses,
    },
    rust_expr::{Form, Local, Locals},
};

/// A test that replays one example.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExamplePlan {
    /// Name of the function.
    pub name: String,
    /// What it replays.
    pub doc: String,
    /// Title in the document.
    pub title: String,
    /// Line of the heading.
    pub line: u32,
    /// Statements that bind the blocks.
    pub blocks: String,
    /// Arguments for the message as it comes in, body and parameters, if the example shows all of it.
    pub input: Option<String>,
    /// Statements that read and compare.
    pub steps: String,
}

/// The tests of an interface.
pub(crate) fn plan(flow: &FlowPrinter<'_>) -> Vec<ExamplePlan> {
    let bound = Bindings::of(flow);
    // A test must not hide the function of a mapping.
    let mut names: BTreeSet<String> = flow.interface.mappings.iter().map(function_name).collect();
    let examples = flow.interface.examples.iter().filter(|example| !example.blocks.is_empty());
    examples
        .map(|example| {
            let name = free_name(&example.title, &mut names);
            Replay { flow, bound: &bound, example, read: BTreeSet::new(), locals: Locals::default() }.plan(name)
        })
        .collect()
}

fn free_name(title: &str, taken: &mut BTreeSet<String>) -> String {
    let name = names::snake(title);
    let numbered = (2..).map(|number| format!("{}_{number}", name.trim_end_matches('_')));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}

/// Every name of the flow with the types it is bound with.
struct Bindings(BTreeMap<String, Vec<Type>>);

impl Bindings {
    fn of(flow: &FlowPrinter<'_>) -> Self {
        let mut bound = Self(BTreeMap::new());
        let trigger = &flow.interface.trigger;
        if let Some(message) = &trigger.message {
            bound.add(&trigger.binding, &Type::Record(record_of(message)));
        }
        if !trigger.parameters.is_empty() {
            bound.add("path", &Type::Record(parameters_record(flow.interface)));
        }
        each_step(&flow.interface.flow, &mut |step| match &step.kind {
            StepKind::Reply { message: Some(message), .. } => bound.add(REPLY, &Type::Record(record_of(message))),
            kind => binds(kind).into_iter().for_each(|bind| bound.add(&bind.name, &bind.ty)),
        });
        bound
    }

    fn add(&mut self, name: &str, ty: &Type) {
        self.0.entry(name.to_owned()).or_default().push(ty.clone());
    }

    /// The type of a name, if every step that binds it agrees and it is a message or a list of messages.
    fn message(&self, name: &str) -> Option<&Type> {
        let types = self.0.get(name)?;
        let first = types.first()?;
        let is_message = match first {
            Type::Record(_) => true,
            Type::List(item) => matches!(**item, Type::Record(_)),
            _ => false,
        };
        (is_message && types.iter().all(|ty| ty == first)).then_some(first)
    }

    fn is_bound_once(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|types| types.len() == 1)
    }
}

/// The name of the block that shows what the caller gets.
const REPLY: &str = "reply";

/// One example on its way to a test.
struct Replay<'r, 'a> {
    flow: &'r FlowPrinter<'a>,
    bound: &'r Bindings,
    example: &'r Example,
    /// Blocks that were read as their messages or compared.
    read: BTreeSet<String>,
    locals: Locals,
}

impl Replay<'_, '_> {
    fn plan(mut self, name: String) -> ExamplePlan {
        let mut steps = String::new();
        let flow = self.flow;
        each_step(&flow.interface.flow, &mut |step| steps.push_str(&self.step(step)));
        let input = self.input();
        if input.is_some() {
            // The door reads what comes in.
            self.read.extend([flow.interface.trigger.binding.clone(), "path".to_owned()]);
        }
        let blocks: String = self.example.blocks.iter().map(|block| self.block(block)).collect();
        for block in &self.example.blocks {
            steps.push_str(&self.only_read(block));
        }
        ExamplePlan {
            name,
            doc: format!("Example: {} (line {}).", self.example.title, self.example.span.line),
            title: self.example.title.clone(),
            line: self.example.span.line,
            blocks,
            input,
            steps,
        }
    }

    /// The block of this name, if it can be read.
    fn given(&self, name: &str) -> Option<&ExampleBlock> {
        let block = self.example.blocks.iter().find(|block| block.binding == name)?;
        (block.format != "xml" && self.bound.message(name).is_some()).then_some(block)
    }

    fn block(&self, block: &ExampleBlock) -> String {
        let Some(given) = self.given(&block.binding).filter(|given| given.span == block.span) else {
            return note(&format!("Line {}: `{}` is not replayed", block.span.line, block.binding));
        };
        let (name, line, text) = (&given.binding, given.span.line, raw(given.text.trim_end()));
        let variable = names::local(name);
        match given.format.as_str() {
            "csv" => {
                let separator = self.separator(given);
                format!("let {variable} = runtime::example::csv({name:?}, {line}, {separator:?}, {text});")
            }
            _ => format!("let {variable} = runtime::example::json({name:?}, {line}, {text});"),
        }
    }

    /// What the operation that sends the rows puts between cells, else what the header line has.
    fn separator(&self, block: &ExampleBlock) -> char {
        let mut found = None;
        each_step(&self.flow.interface.flow, &mut |step| {
            if let StepKind::Call { operation, with, .. } | StepKind::Send { operation, with, .. } = &step.kind
                && let Some(Body::Whole(expr)) = &with.body
                && expr.kind == ExprKind::Name(block.binding.clone())
                && let Some(Format::Csv { separator, .. }) = self.flow.types.operation(operation).map(|it| &it.format)
            {
                found = Some(*separator);
            }
        });
        let header = block.text.lines().next().unwrap_or_default();
        found.or_else(|| [';', '\t', '|', ','].into_iter().find(|mark| header.contains(*mark))).unwrap_or(';')
    }

    /// The message as it comes in.
    fn input(&self) -> Option<String> {
        let trigger = &self.flow.interface.trigger;
        let body = match &trigger.message {
            Some(_) => {
                self.given(&trigger.binding)?;
                format!("{}.tree()?", names::local(&trigger.binding))
            }
            None => "runtime::Value::Null".to_owned(),
        };
        let parameters = if trigger.parameters.is_empty() {
            "Vec::new()".to_owned()
        } else {
            self.given("path")?;
            "path.parameters()?".to_owned()
        };
        let is_empty = trigger.message.is_none() && trigger.parameters.is_empty();
        (!is_empty).then(|| format!("{body}, {parameters}"))
    }

    /// What a step makes of other blocks, compared with the block that shows it.
    fn step(&mut self, step: &Step) -> String {
        let made = match &step.kind {
            StepKind::Map { bind, .. } => &bind.name,
            StepKind::Reply { message: Some(_), .. } => REPLY,
            _ => return String::new(),
        };
        if self.given(made).is_none() {
            return String::new();
        }
        let said =
            |why: &str| note(&format!("Line {}: {} is not compared: {why}", step.span.line, summary(&step.kind)));
        if !self.bound.is_bound_once(made) {
            return said("another step makes it too");
        }
        let needed = self.needed(step);
        if let Some(missing) = needed.iter().find(|name| self.given(name).is_none()) {
            return said(&format!("the example does not show `{missing}`"));
        }
        let mut text: String = needed.iter().map(|name| self.typed(name)).collect();
        let printer = StepPrinter { flow: self.flow, step, rest: &[], position: Position::Inner };
        let value = match &step.kind {
            StepKind::Map { mapping, inputs, each, .. } => {
                printer.map((mapping.as_str(), inputs.as_slice(), each.as_ref()), &self.locals)
            }
            StepKind::Reply { message: Some(message), with, .. } => match &with.body {
                Some(body) => printer.message_value(message, body, &self.locals),
                None => return String::new(),
            },
            _ => return String::new(),
        };
        let shows = if matches!(self.bound.message(made), Some(Type::List(_))) { "shows_all" } else { "shows" };
        text.push_str(&note(&format!("Line {}: {}", step.span.line, summary(&step.kind))));
        text.push_str(&format!("{}.{shows}(&{value})?;", names::local(made)));
        self.read.insert(made.to_owned());
        text
    }

    /// Names of the flow that a mapping or a reply uses.
    fn needed(&self, step: &Step) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        uses::of_steps(std::slice::from_ref(step), &mut names);
        if let StepKind::Map { mapping, inputs, each, .. } = &step.kind {
            let table = self.flow.interface.mappings.iter().find(|table| &table.name == mapping);
            let sources = table.into_iter().flat_map(|table| &table.sources).map(|(name, _)| name);
            names.extend(
                sources
                    .filter(|name| !inputs.iter().any(|input| &input.name == *name))
                    // What is bound nowhere in the flow is the item of the list.
                    .filter(|name| each.is_none() || self.bound.0.contains_key(*name))
                    .cloned(),
            );
        }
        names
    }

    /// The statement that reads a block as its message, once.
    fn typed(&mut self, name: &str) -> String {
        if self.locals.get(name).is_some() {
            return String::new();
        }
        let Some(ty) = self.bound.message(name) else { return String::new() };
        let rust = names::local(name);
        if name == "path" {
            let record = parameters_record(self.flow.interface);
            for parameter in &self.flow.interface.trigger.parameters {
                let sensitive = parameter.sensitive != catalog::model::Sensitivity::Public;
                let (rust, ty) = (format!("path.{}", names::snake(&parameter.name)), field_type(parameter, &record));
                self.locals.bind_field("path", &parameter.name, Local { rust, ty, form: Form::Place, sensitive });
            }
        }
        let local = Local { rust: rust.clone(), ty: ty.clone(), form: Form::Place, sensitive: false };
        self.locals.bind(name, local);
        self.read.insert(name.to_owned());
        let read = if matches!(ty, Type::List(_)) { "messages" } else { "message" };
        format!("let {rust}: {} = {rust}.{read}()?;", self.flow.here.owned(ty))
    }

    /// A block that nothing was compared with is a message all the same.
    fn only_read(&self, block: &ExampleBlock) -> String {
        let name = &block.binding;
        if self.read.contains(name) {
            return String::new();
        }
        let Some(ty) = self.given(name).filter(|given| given.span == block.span).and(self.bound.message(name)) else {
            return String::new();
        };
        let (read, item) = match ty {
            Type::List(item) => ("messages", item.as_ref()),
            ty => ("message", ty),
        };
        format!("{}.{read}::<{}>()?;", names::local(name), self.flow.here.owned(item))
    }
}

fn binds(kind: &StepKind) -> Option<&catalog::model::Bound> {
    match kind {
        StepKind::Fetch { bind, .. }
        | StepKind::Map { bind, .. }
        | StepKind::ForEach { bind, .. }
        | StepKind::Let { bind, .. } => Some(bind),
        StepKind::Call { bind, .. } | StepKind::Send { bind, .. } | StepKind::Custom { bind, .. } => bind.as_ref(),
        _ => None,
    }
}

/// Every step, those inside steps behind the step around them.
fn each_step<'s>(steps: &'s [Step], visit: &mut dyn FnMut(&'s Step)) {
    for step in steps {
        visit(step);
        for inner in uses::inner_steps(&step.kind) {
            each_step(inner, visit);
        }
    }
}
