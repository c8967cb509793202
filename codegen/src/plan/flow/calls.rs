//! Steps that send something: what goes along is put together, then one function is called.
//!
//! In: an operation or a reply with its arguments. Out: statements. Never knows: control flow.

use catalog::model::{
    Argument, Arguments, Body, Bound, Field, Format, MessageRef, Operation, OperationRef, RecordRef, Sensitivity,
    TemplatePart, Type,
};

use super::{StepPrinter, result};
use crate::{
    names,
    plan::{
        literal::{Leaf, Literal, Piece},
        system::{callable_parameters, operation_function},
        types::{bare, record_of, reference, system_module, value_type},
    },
    rust_expr::{Code, Locals, Printer},
};

impl StepPrinter<'_> {
    /// What the caller gets.
    pub(super) fn reply(
        &self,
        status: u16,
        (message, with): (Option<&MessageRef>, &Arguments),
        locals: &Locals,
    ) -> String {
        let (before, body) = match (message, &with.body) {
            (Some(message), Some(body)) => match self.message_value(message, body, locals) {
                literal if literal.contains(' ') => (format!("let reply = {literal};"), "reply.checked()?".to_owned()),
                value => (String::new(), format!("{value}.checked()?")),
            },
            _ => (String::new(), "Value::Null".to_owned()),
        };
        before + &result(&format!("Ok(End::Replied {{ status: {status}, body: {body} }})"), self.position)
    }

    /// The call of an operation's function, with what it is given spelled out before.
    pub(super) fn call(
        &self,
        (reference, with): (&OperationRef, &Arguments),
        bind: Option<&Bound>,
        locals: &mut Locals,
    ) -> String {
        let Some(operation) = self.flow.types.operation(reference) else { return String::new() };
        let mut before = String::new();
        let mut arguments = vec![format!("run.step({:?})", self.step.name)];
        for parameter in callable_parameters(operation) {
            let argument = self.parameter(parameter, with, locals);
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
            let request = self.request(operation, (message, body), locals);
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
            Some(bind) => before + &self.bound(bind, &call, locals),
            None => format!("{before}{call};"),
        }
    }

    /// The value of an operation's parameter, as its function takes it.
    fn parameter(&self, parameter: &Field, with: &Arguments, locals: &Locals) -> String {
        let Some(argument) = with.parameters.iter().find(|argument| argument.name == parameter.name) else {
            return "None".to_owned();
        };
        let printer = self.printer(locals);
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
    fn request(&self, operation: &Operation, (message, body): (&MessageRef, &Body), locals: &Locals) -> String {
        match body {
            Body::Whole(expr) if matches!(operation.format, Format::Csv { .. }) => {
                self.printer(locals).code(expr).borrowed().text
            }
            Body::Whole(expr) if is_record(&expr.ty, message) => self.printer(locals).code(expr).borrowed().text,
            _ => format!("&{}", self.message_value(message, body, locals)),
        }
    }

    /// An expression for a message: a name, a conversion by fields, or a literal.
    pub(super) fn message_value(&self, message: &MessageRef, body: &Body, locals: &Locals) -> String {
        match body {
            Body::Whole(expr) => {
                let code = self.printer(locals).code(expr);
                if is_record(&expr.ty, message) {
                    return code.text;
                }
                // Another message with the same fields: read as the one that is wanted.
                let wanted = self.flow.here.owned(&Type::Record(record_of(message)));
                format!("{wanted}::from_value( &{}.checked()?)?", code.receiver())
            }
            Body::Fields { message, fields } => literal_of(&self.printer(locals), message, fields).text,
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

fn is_record(ty: &Type, message: &MessageRef) -> bool {
    matches!(ty, Type::Record(RecordRef { message: own, path }) if own == message && path.is_empty())
}
