//! The steps of a document become the statements of one function.
//!
//! In: the flow of an interface. Out: the body of `flow`, and the functions that hold its conditions.
//! Never knows: templates, descriptors.

mod calls;
pub(crate) mod examples;

use std::{cell::RefCell, collections::BTreeSet};

use catalog::{
    expr::print,
    model::{Argument, Bound, Case, Expr, Interface, Step, StepKind, Type},
};

pub(crate) use calls::literal_of;

use super::{
    FunctionPlan,
    conditions::Conditions,
    literal::Piece,
    mapping::Mapper,
    types::{Here, Types, is_copy},
};
use crate::{
    format::note,
    names,
    rust_expr::{Code, Form, Local, Locals, Printer, free_names},
};

/// Prints the flow of one interface.
pub(crate) struct FlowPrinter<'a> {
    pub(crate) types: &'a Types<'a>,
    pub(crate) here: &'a Here,
    pub(crate) interface: &'a Interface,
    pub(crate) mapper: Mapper<'a>,
    pub(crate) conditions: RefCell<Conditions>,
}

/// Where a list of steps stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// What it comes to is what the function returns.
    Tail,
    /// More follows.
    Inner,
}

/// Prints one step.
#[derive(Clone, Copy)]
struct StepPrinter<'s> {
    flow: &'s FlowPrinter<'s>,
    step: &'s Step,
    /// The steps behind it in the same list.
    rest: &'s [Step],
    position: Position,
}

impl<'a> FlowPrinter<'a> {
    pub(crate) fn new(types: &'a Types<'a>, here: &'a Here, interface: &'a Interface) -> Self {
        let mapper = Mapper::new(types, here, interface);
        Self { types, here, interface, mapper, conditions: RefCell::default() }
    }

    /// The body of `flow`.
    pub(crate) fn body(&self, locals: &Locals) -> String {
        self.steps(&self.interface.flow, Position::Tail, &mut locals.clone())
    }

    /// Conditions and mappings, in the order they are printed.
    pub(crate) fn into_functions(self) -> Vec<FunctionPlan> {
        let mut functions = self.conditions.into_inner().into_functions();
        functions.extend(self.mapper.into_functions());
        functions
    }

    fn steps(&self, steps: &[Step], position: Position, locals: &mut Locals) -> String {
        let mut text = String::new();
        for (index, step) in steps.iter().enumerate() {
            let rest = steps.get(index + 1..).unwrap_or_default();
            let own = if rest.is_empty() { position } else { Position::Inner };
            let printer = StepPrinter { flow: self, step, rest, position: own };
            text.push_str(&printer.note());
            text.push_str(&printer.statements(locals));
            if ends(step) {
                return text;
            }
        }
        if position == Position::Tail && !steps.last().is_some_and(is_branch) {
            text.push_str("Ok(End::Delivered)");
        }
        text
    }
}

impl StepPrinter<'_> {
    fn note(&self) -> String {
        let line = self.step.span.line;
        note(&match &self.step.title {
            Some(title) => format!("Line {line}: {title}"),
            None => format!("Line {line}: {}", summary(&self.step.kind)),
        })
    }

    fn statements(&self, locals: &mut Locals) -> String {
        match &self.step.kind {
            StepKind::Fetch { operation, with, bind } => self.call((operation, with), Some(bind), locals),
            StepKind::Call { operation, with, bind } | StepKind::Send { operation, with, bind } => {
                self.call((operation, with), bind.as_ref(), locals)
            }
            StepKind::When { condition, then, otherwise } => self.when(condition, [then, otherwise], locals),
            StepKind::Route { cases, otherwise } => self.route(cases, otherwise, locals),
            StepKind::Map { mapping, inputs, each, bind } => {
                let value = self.map((mapping, inputs, each.as_ref()), locals);
                self.bound(bind, &value, locals)
            }
            StepKind::ForEach { items, bind, steps } => self.for_each(items, bind, steps, locals),
            StepKind::Let { value, bind } => {
                let code = self.printer(locals).template(value);
                self.bound(bind, &code.owned().text, locals)
            }
            StepKind::Reply { status, message, with } => self.reply(*status, (message.as_ref(), with), locals),
            StepKind::Discard { reason } => {
                let (before, reason) = spelled_out(&self.printer(locals).template(reason).as_text().owned());
                let field = if before.is_empty() { format!("reason: {reason}") } else { reason };
                before + &result(&format!("Ok(End::Discarded {{ {field} }})"), self.position)
            }
            StepKind::DeadLetter { reason } => {
                let reason = self.printer(locals).template(reason).as_text();
                let reason = if reason.form == Form::Value { reason } else { reason.borrowed() };
                let (before, reason) = spelled_out(&reason);
                before + &result(&format!("Err(Stop::dead({reason}))"), self.position)
            }
            StepKind::Custom { function, with, bind } => {
                let arguments: Vec<String> = with
                    .iter()
                    .map(|argument| self.printer(locals).template(&argument.value).borrowed().text)
                    .collect();
                let call = format!("custom.{}({})?", names::snake(function), arguments.join(", "));
                match bind {
                    Some(bind) => self.bound(bind, &call, locals),
                    None => format!("{call};"),
                }
            }
        }
    }

    fn printer<'p>(&'p self, locals: &'p Locals) -> Printer<'p> {
        Printer {
            types: self.flow.types,
            here: self.flow.here,
            locals,
            recodes: &self.flow.mapper.recodes,
            subject: &self.step.name,
            line: self.step.span.line,
        }
    }

    fn when(&self, condition: &Expr, [then, otherwise]: [&[Step]; 2], locals: &Locals) -> String {
        let condition = self.condition(condition, &self.step.name, locals);
        let then = self.inner(then, locals);
        if otherwise.is_empty() && self.position == Position::Inner {
            return format!("if {condition} {{ {then} }}");
        }
        let otherwise = self.inner(otherwise, locals);
        format!("if {condition} {{ {then} }} else {{ {otherwise} }}")
    }

    fn route(&self, cases: &[Case], otherwise: &[Step], locals: &Locals) -> String {
        let mut text = String::new();
        for case in cases {
            let condition = self.condition(&case.when, &format!("is-{}", case.label), locals);
            let label = note(&format!("Line {}: route {}", case.when.span.line, case.label));
            let steps = self.inner(&case.steps, locals);
            text.push_str(&format!("if {condition} {{ {label} {steps} }} else "));
        }
        let steps = self.inner(otherwise, locals);
        format!("{text} {{ {steps} }}")
    }

    /// The call of the function that holds a condition.
    fn condition(&self, condition: &Expr, fallback: &str, locals: &Locals) -> String {
        let text = print(condition);
        let parameters: Vec<(String, &Local)> =
            free_names(condition).into_iter().filter_map(|name| Some((name.clone(), locals.get(&name)?))).collect();
        let mut inner = locals.clone();
        for (name, local) in &parameters {
            super::mapping::bind_parameter(&mut inner, name, &local.ty);
        }
        let line = condition.span.line.max(self.step.span.line);
        let printer = Printer { line, ..self.printer(&inner) };
        let code = printer.code(condition).copied();
        let types =
            parameters.iter().map(|(name, local)| (names::snake(name), self.flow.here.borrowed(&local.ty))).collect();
        let body = Piece { text: code.text, fallible: code.fallible };
        let doc = format!("`{text}` (line {line})");
        let name = self
            .flow
            .conditions
            .borrow_mut()
            .function(&text, fallback, |name| FunctionPlan::new(doc, name, types, "bool", body));
        let arguments: Vec<String> = parameters.iter().map(|(_, local)| local.borrowed()).collect();
        format!("{name}({}){}", arguments.join(", "), if code.fallible { "?" } else { "" })
    }

    fn map(&self, (mapping, inputs, each): (&str, &[Argument], Option<&Expr>), locals: &Locals) -> String {
        let Some(table) = self.flow.interface.mappings.iter().find(|table| table.name == mapping) else {
            return String::new();
        };
        let mapped = self.flow.mapper.mapping(table);
        let question = if mapped.fallible { "?" } else { "" };
        let printer = self.printer(locals);
        let given = |name: &str| inputs.iter().find(|input| input.name == name);
        let argument = |name: &str| match given(name) {
            Some(input) => printer.template(&input.value).borrowed().text,
            None => locals.get(name).map_or_else(|| names::snake(name), Local::borrowed),
        };
        let Some(list) = each else {
            let arguments: Vec<String> = table.sources.iter().map(|(name, _)| argument(name)).collect();
            return format!("{}({}){question}", mapped.function, arguments.join(", "));
        };
        let list = printer.code(list);
        let is_item = |name: &str| given(name).is_none() && locals.get(name).is_none();
        let function = match table.sources.as_slice() {
            [(_, Type::Record(_))] => mapped.function,
            sources => {
                let item = sources.iter().find(|(name, _)| is_item(name));
                let (item, ty) = item.map_or(("row".to_owned(), &Type::Text), |(name, ty)| (names::snake(name), ty));
                let arguments: Vec<String> = sources
                    .iter()
                    .map(|(name, _)| match is_item(name) {
                        true if is_copy(ty) => format!("*{item}"),
                        true => item.clone(),
                        false => argument(name),
                    })
                    .collect();
                format!("|{item}| {}({})", mapped.function, arguments.join(", "))
            }
        };
        let collect = if mapped.fallible { "collect::<Result<Vec<_>, _>>()?" } else { "collect::<Vec<_>>()" };
        format!("{}.map({function}).{collect}", list.iterated())
    }

    fn for_each(&self, items: &Expr, bind: &Bound, steps: &[Step], locals: &Locals) -> String {
        let list = self.printer(locals).code(items);
        let item = names::local(&bind.name);
        let mut inner = locals.clone();
        inner.bind(
            &bind.name,
            Local { rust: item.clone(), ty: bind.ty.clone(), form: Form::Reference, sensitive: list.sensitive },
        );
        let steps_text = self.flow.steps(steps, Position::Inner, &mut inner);
        let item = if used_in(&bind.name, steps) { item } else { "_".to_owned() };
        if !super::uses::calls_steps(&steps_text) {
            return format!("for {item} in {} {{ {steps_text} }}", list.iterated());
        }
        format!(
            "for (index, {item}) in {}.enumerate() {{ let run = &run.scoped({:?}, index); {steps_text} }}",
            list.iterated(),
            self.step.name
        )
    }

    /// The steps of a branch, which stands where this step stands.
    fn inner(&self, steps: &[Step], locals: &Locals) -> String {
        self.flow.steps(steps, self.position, &mut locals.clone())
    }

    /// Binds the value, or only evaluates it where nothing uses the name.
    fn bound(&self, bind: &Bound, value: &str, locals: &mut Locals) -> String {
        let rust = names::local(&bind.name);
        let local = Local { rust: rust.clone(), ty: bind.ty.clone(), form: Form::Place, sensitive: false };
        locals.bind(&bind.name, local);
        match used_in(&bind.name, self.rest) {
            true => format!("let {rust} = {value};"),
            false if value.ends_with('?') => format!("{value};"),
            false => format!("let _ = {value};"),
        }
    }
}

impl Local {
    /// What a function takes for it.
    pub(crate) fn borrowed(&self) -> String {
        Code { form: self.form, sensitive: self.sensitive, ..Code::place(self.rust.clone(), self.ty.clone()) }
            .borrowed()
            .text
    }
}

/// A reason that is worked out is bound to a name first.
fn spelled_out(reason: &Code) -> (String, String) {
    match reason.text.starts_with("format!") {
        true => (format!("let reason = {};", reason.text), "reason".to_owned()),
        false => (String::new(), reason.text.clone()),
    }
}

/// What the function returns, early or at its end.
fn result(value: &str, position: Position) -> String {
    match position {
        Position::Tail => value.to_owned(),
        Position::Inner => format!("return {value};"),
    }
}

fn is_branch(step: &Step) -> bool {
    matches!(step.kind, StepKind::When { .. } | StepKind::Route { .. })
}

/// Nothing after this step is ever reached.
fn ends(step: &Step) -> bool {
    let all_end = |steps: &[Step]| steps.last().is_some_and(ends);
    match &step.kind {
        StepKind::Reply { .. } | StepKind::Discard { .. } | StepKind::DeadLetter { .. } => true,
        StepKind::When { then, otherwise, .. } => all_end(then) && all_end(otherwise),
        StepKind::Route { cases, otherwise } => all_end(otherwise) && cases.iter().all(|case| all_end(&case.steps)),
        _ => false,
    }
}

/// The step in the document's words.
fn summary(kind: &StepKind) -> String {
    match kind {
        StepKind::Fetch { operation, .. } => format!("fetch {}.{}", operation.system, operation.operation),
        StepKind::Call { operation, .. } => format!("call {}.{}", operation.system, operation.operation),
        StepKind::Send { operation, .. } => format!("send {}.{}", operation.system, operation.operation),
        StepKind::When { condition, .. } => format!("when {}", print(condition)),
        StepKind::Route { .. } => "route".to_owned(),
        StepKind::Map { mapping, each: None, .. } => format!("map {mapping}"),
        StepKind::Map { mapping, each: Some(list), .. } => {
            format!("map {mapping}, each of {}", print(list))
        }
        StepKind::ForEach { items, .. } => format!("for each of {}", print(items)),
        StepKind::Let { bind, .. } => format!("let {}", bind.name),
        StepKind::Reply { status, .. } => format!("reply {status}"),
        StepKind::Discard { .. } => "discard".to_owned(),
        StepKind::DeadLetter { .. } => "dead letter".to_owned(),
        StepKind::Custom { function, .. } => format!("custom {function}"),
    }
}

/// Some step, or a step inside it, uses the name.
fn used_in(name: &str, steps: &[Step]) -> bool {
    let mut names = BTreeSet::new();
    super::uses::of_steps(steps, &mut names);
    names.contains(name)
}
