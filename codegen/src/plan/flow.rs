//! The steps of a document become the statements of one function.
//!
//! In: the flow of an interface. Out: the body of `flow`, and the functions that hold its conditions.
//! Never knows: templates, descriptors.

use std::{cell::RefCell, collections::BTreeSet};

use catalog::expr::print;
use catalog::model::{
    Argument, Arguments, Body, Bound, Case, Expr, Field, Format, Interface, MessageRef, Operation, OperationRef,
    RecordRef, Sensitivity, Step, StepKind, TemplatePart, Type,
};

use super::{
    FunctionPlan,
    conditions::Conditions,
    literal::{Leaf, Literal, Piece},
    mapping::Mapper,
    system::{callable_parameters, operation_function},
    types::{Here, Types, bare, is_copy, record_of, reference, system_module, value_type},
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
            text.push_str(&self.note(step));
            text.push_str(&self.step(step, own, rest, locals));
            if ends(step) {
                return text;
            }
        }
        if position == Position::Tail && !steps.last().is_some_and(is_branch) {
            text.push_str("Ok(End::Delivered)");
        }
        text
    }

    fn note(&self, step: &Step) -> String {
        let line = step.span.line;
        note(&match &step.title {
            Some(title) => format!("Line {line}: {title}"),
            None => format!("Line {line}: {}", summary(&step.kind)),
        })
    }

    fn step(&self, step: &Step, position: Position, rest: &[Step], locals: &mut Locals) -> String {
        match &step.kind {
            StepKind::Fetch { operation, with, bind } => self.call(step, (operation, with), Some(bind), rest, locals),
            StepKind::Call { operation, with, bind } | StepKind::Send { operation, with, bind } => {
                self.call(step, (operation, with), bind.as_ref(), rest, locals)
            }
            StepKind::When { condition, then, otherwise } => {
                self.when(step, condition, [then, otherwise], position, locals)
            }
            StepKind::Route { cases, otherwise } => self.route(step, cases, otherwise, position, locals),
            StepKind::Map { mapping, inputs, each, bind } => {
                let value = self.map(step, (mapping, inputs, each.as_ref()), locals);
                bound(bind, &value, Form::Place, rest, locals)
            }
            StepKind::ForEach { items, bind, steps } => self.for_each(step, items, bind, steps, locals),
            StepKind::Let { value, bind } => {
                let code = self.printer(step, locals).template(value);
                bound(bind, &code.owned().text, Form::Place, rest, locals)
            }
            StepKind::Reply { status, message, with } => {
                self.reply(step, *status, (message.as_ref(), with), (position, locals))
            }
            StepKind::Discard { reason } => {
                let (before, reason) = spelled_out(&self.printer(step, locals).template(reason).owned());
                let field = if before.is_empty() { format!("reason: {reason}") } else { reason };
                before + &result(&format!("Ok(End::Discarded {{ {field} }})"), position)
            }
            StepKind::DeadLetter { reason } => {
                let reason = self.printer(step, locals).template(reason);
                let reason = if reason.form == Form::Value { reason } else { reason.borrowed() };
                let (before, reason) = spelled_out(&reason);
                before + &result(&format!("Err(Stop::dead({reason}))"), position)
            }
            StepKind::Custom { function, with, bind } => {
                let arguments: Vec<String> = with
                    .iter()
                    .map(|argument| self.printer(step, locals).template(&argument.value).borrowed().text)
                    .collect();
                let call = format!("custom.{}({})?", names::snake(function), arguments.join(", "));
                match bind {
                    Some(bind) => bound(bind, &call, Form::Place, rest, locals),
                    None => format!("{call};"),
                }
            }
        }
    }

    fn printer<'p>(&'p self, step: &'p Step, locals: &'p Locals) -> Printer<'p> {
        Printer {
            types: self.types,
            here: self.here,
            locals,
            recodes: &self.mapper.recodes,
            subject: &step.name,
            line: step.span.line,
        }
    }

    fn when(
        &self,
        step: &Step,
        condition: &Expr,
        [then, otherwise]: [&[Step]; 2],
        position: Position,
        locals: &Locals,
    ) -> String {
        let condition = self.condition(step, condition, &step.name, locals);
        let then = self.steps(then, position, &mut locals.clone());
        let bare_else = otherwise.is_empty() && position == Position::Inner;
        if bare_else {
            return format!("if {condition} {{ {then} }}");
        }
        let otherwise = self.steps(otherwise, position, &mut locals.clone());
        format!("if {condition} {{ {then} }} else {{ {otherwise} }}")
    }

    fn route(&self, step: &Step, cases: &[Case], otherwise: &[Step], position: Position, locals: &Locals) -> String {
        let mut text = String::new();
        for case in cases {
            let condition = self.condition(step, &case.when, &format!("is-{}", case.label), locals);
            let label = note(&format!("Line {}: route {}", case.when.span.line, case.label));
            let steps = self.steps(&case.steps, position, &mut locals.clone());
            text.push_str(&format!("if {condition} {{ {label} {steps} }} else "));
        }
        let steps = self.steps(otherwise, position, &mut locals.clone());
        format!("{text} {{ {steps} }}")
    }

    /// The call of the function that holds a condition.
    fn condition(&self, step: &Step, condition: &Expr, fallback: &str, locals: &Locals) -> String {
        let text = print(condition);
        let parameters: Vec<(String, &Local)> =
            free_names(condition).into_iter().filter_map(|name| Some((name.clone(), locals.get(&name)?))).collect();
        let mut inner = locals.clone();
        for (name, local) in &parameters {
            super::mapping::bind_parameter(&mut inner, name, &local.ty);
        }
        let line = condition.span.line.max(step.span.line);
        let printer = Printer { line, ..self.printer(step, &inner) };
        let code = printer.code(condition).copied();
        let types =
            parameters.iter().map(|(name, local)| (names::snake(name), self.here.borrowed(&local.ty))).collect();
        let body = Piece { text: code.text, fallible: code.fallible };
        let doc = format!("`{text}` (line {line})");
        let name = self
            .conditions
            .borrow_mut()
            .function(&text, fallback, |name| FunctionPlan::new(doc, name, types, "bool", body));
        let arguments: Vec<String> = parameters.iter().map(|(_, local)| local.borrowed()).collect();
        format!("{name}({}){}", arguments.join(", "), if code.fallible { "?" } else { "" })
    }

    fn map(&self, step: &Step, (mapping, inputs, each): (&str, &[Argument], Option<&Expr>), locals: &Locals) -> String {
        let Some(table) = self.interface.mappings.iter().find(|table| table.name == mapping) else {
            return String::new();
        };
        let mapped = self.mapper.mapping(table);
        let question = if mapped.fallible { "?" } else { "" };
        let printer = self.printer(step, locals);
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

    fn for_each(&self, step: &Step, items: &Expr, bind: &Bound, steps: &[Step], locals: &Locals) -> String {
        let list = self.printer(step, locals).code(items);
        let item = names::snake(&bind.name);
        let mut inner = locals.clone();
        inner.bind(
            &bind.name,
            Local { rust: item.clone(), ty: bind.ty.clone(), form: Form::Reference, sensitive: list.sensitive },
        );
        let steps_text = self.steps(steps, Position::Inner, &mut inner);
        let item = if used_in(&bind.name, steps) { item } else { "_".to_owned() };
        if !steps_text.contains("run.") {
            return format!("for {item} in {} {{ {steps_text} }}", list.iterated());
        }
        format!(
            "for (index, {item}) in {}.enumerate() {{ let run = &run.scoped({:?}, index); {steps_text} }}",
            list.iterated(),
            step.name
        )
    }

    fn reply(
        &self,
        step: &Step,
        status: u16,
        (message, with): (Option<&MessageRef>, &Arguments),
        (position, locals): (Position, &Locals),
    ) -> String {
        let (before, body) = match (message, &with.body) {
            (Some(message), Some(body)) => match self.message_value(step, message, body, locals) {
                literal if literal.contains(' ') => (format!("let reply = {literal};"), "reply.checked()?".to_owned()),
                value => (String::new(), format!("{value}.checked()?")),
            },
            _ => (String::new(), "Value::Null".to_owned()),
        };
        before + &result(&format!("Ok(End::Replied {{ status: {status}, body: {body} }})"), position)
    }

    fn call(
        &self,
        step: &Step,
        (reference, with): (&OperationRef, &Arguments),
        bind: Option<&Bound>,
        rest: &[Step],
        locals: &mut Locals,
    ) -> String {
        let Some(operation) = self.types.operation(reference) else { return String::new() };
        let mut before = String::new();
        let mut arguments = vec![format!("run.step({:?})", step.name)];
        for parameter in callable_parameters(operation) {
            let argument = self.parameter(step, parameter, with, locals);
            let name = names::local(&parameter.name);
            let value = argument.strip_prefix('&').unwrap_or(&argument);
            // What is worked out here stands before the call, under the parameter's name if no other value has it.
            if value.contains('(') && !value.starts_with("Some(") && !locals.has_rust(&name) {
                before.push_str(&format!("let {name} = {value};"));
                arguments.push(if value.len() < argument.len() { format!("&{name}") } else { name });
            } else {
                arguments.push(argument);
            }
        }
        if let (Some(message), Some(body)) = (&operation.request, &with.body) {
            let request = self.request(step, operation, message, body, locals);
            match request.strip_prefix('&').filter(|literal| literal.contains(' ')) {
                Some(literal) => {
                    before.push_str(&format!("let body = {literal};"));
                    arguments.push("&body".to_owned());
                }
                None => arguments.push(request),
            }
        }
        let function = format!("{}::{}", system_module(&reference.system), operation_function(&operation.name));
        let call = format!("{function}({}).await?", arguments.join(", "));
        match bind {
            Some(bind) => before + &bound(bind, &call, Form::Place, rest, locals),
            None => format!("{before}{call};"),
        }
    }

    /// The value of an operation's parameter, as its function takes it.
    fn parameter(&self, step: &Step, parameter: &Field, with: &Arguments, locals: &Locals) -> String {
        let Some(argument) = with.parameters.iter().find(|argument| argument.name == parameter.name) else {
            return "None".to_owned();
        };
        let printer = self.printer(step, locals);
        let code = match (argument.value.parts.as_slice(), bare(&argument.value.ty)) {
            ([TemplatePart::Text(words)], Type::Code { .. }) => Code::value_of(format!("{words:?}"), Type::Bool),
            _ => printer.template(&argument.value),
        };
        let text = match bare(&code.ty) {
            Type::Code { .. } if matches!(code.ty, Type::Optional(_)) => {
                format!("{}.map(|code| code.as_code())", code.viewed())
            }
            Type::Code { .. } => code.displayed(),
            _ => code.borrowed().text,
        };
        if parameter.required || matches!(code.ty, Type::Optional(_)) { text } else { format!("Some({text})") }
    }

    /// The request message, as the operation's function takes it.
    fn request(
        &self,
        step: &Step,
        operation: &Operation,
        message: &MessageRef,
        body: &Body,
        locals: &Locals,
    ) -> String {
        match body {
            Body::Whole(expr) if matches!(operation.format, Format::Csv { .. }) => {
                self.printer(step, locals).code(expr).borrowed().text
            }
            Body::Whole(expr) if is_record(&expr.ty, message) => self.printer(step, locals).code(expr).borrowed().text,
            _ => format!("&{}", self.message_value(step, message, body, locals)),
        }
    }

    /// An expression for a message: a name, a conversion by fields, or a literal.
    fn message_value(&self, step: &Step, message: &MessageRef, body: &Body, locals: &Locals) -> String {
        match body {
            Body::Whole(expr) => {
                let code = self.printer(step, locals).code(expr);
                if is_record(&expr.ty, message) {
                    return code.text;
                }
                // Another message with the same fields: read as the one that is wanted.
                let wanted = self.here.owned(&Type::Record(record_of(message)));
                format!("{wanted}::from_value( &{}.checked()?)?", code.receiver())
            }
            Body::Fields { message, fields } => literal_of(&self.printer(step, locals), message, fields).text,
        }
    }
}

/// A message put together from the fields of a `with:`.
pub(crate) fn literal_of(printer: &Printer<'_>, message: &MessageRef, arguments: &[Argument]) -> Piece {
    let Some(declared) = printer.types.message(message) else { return Piece { text: String::new(), fallible: false } };
    let leaves: Vec<Leaf<'_>> = arguments
        .iter()
        .map(|argument| Leaf {
            path: argument.name.split('.').collect(),
            note: String::new(),
            value: Box::new(move |slot| {
                let wanted = value_type(&slot.field.ty, slot.record, &slot.field.name);
                let code = printer.coerced(printer.template(&argument.value), &wanted);
                Piece { text: code.stored(slot.target), fallible: code.fallible }
            }),
        })
        .collect();
    let leaves: Vec<&Leaf<'_>> = leaves.iter().collect();
    let record = record_of(&reference(declared));
    Literal { here: printer.here, record: &record, fields: &declared.fields, around: Sensitivity::Public }
        .print(&leaves, 0)
}

impl Local {
    /// What a function takes for it.
    pub(crate) fn borrowed(&self) -> String {
        Code { form: self.form, sensitive: self.sensitive, ..Code::place(self.rust.clone(), self.ty.clone()) }
            .borrowed()
            .text
    }
}

/// Binds the value, or only evaluates it where nothing uses the name.
fn bound(bind: &Bound, value: &str, form: Form, rest: &[Step], locals: &mut Locals) -> String {
    let rust = names::local(&bind.name);
    locals.bind(&bind.name, Local { rust: rust.clone(), ty: bind.ty.clone(), form, sensitive: false });
    match used_in(&bind.name, rest) {
        true => format!("let {rust} = {value};"),
        false if value.ends_with('?') => format!("{value};"),
        false => format!("let _ = {value};"),
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

fn is_record(ty: &Type, message: &MessageRef) -> bool {
    matches!(ty, Type::Record(RecordRef { message: own, path }) if own == message && path.is_empty())
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
