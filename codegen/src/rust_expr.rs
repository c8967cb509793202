//! Expressions become Rust.
//!
//! In: a checked expression, the names it may use, and the module it stands in. Out: [`Code`], a Rust expression that
//! knows whether it is a place, a reference or a value. Never knows: statements, functions, templates.
//!
//! Numbers are checked: what can overflow, divide by zero or index beyond a list is printed as a call of
//! `runtime::convert` that fails with the document's line.

mod forms;
mod literals;
mod recodes;

use std::collections::BTreeMap;

use catalog::model::{BinaryOp, Builtin, Expr, ExprKind, FieldType, Template, TemplatePart, Type, UnaryOp};

use forms::Chain;
pub(crate) use forms::{AS_STR, Code, Form, Target};
use literals::literal;
pub(crate) use literals::text;
pub(crate) use recodes::Recodes;

use crate::{
    names,
    plan::types::{Here, Types, bare, is_copy, variant_name},
};

/// Binding strength of what was printed, as far as parentheses need to know.
pub(crate) mod level {
    /// `if … {} else {}`.
    pub(crate) const OPEN: u8 = 0;
    /// `||`.
    pub(crate) const OR: u8 = 1;
    /// `&&`.
    pub(crate) const AND: u8 = 2;
    /// `==` and its kin.
    pub(crate) const COMPARE: u8 = 3;
    /// `!x`, `*x`, `&x`, `-x`.
    pub(crate) const UNARY: u8 = 4;
    /// Names, calls, fields.
    pub(crate) const TIGHT: u8 = 5;
}

/// A name that expressions may use.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    /// In Rust.
    pub(crate) rust: String,
    /// Its type.
    pub(crate) ty: Type,
    /// What the Rust name is.
    pub(crate) form: Form,
    /// It is wrapped in `Sensitive`.
    pub(crate) sensitive: bool,
}

impl Local {
    fn code(&self) -> Code {
        Code { form: self.form, sensitive: self.sensitive, ..Code::place(self.rust.clone(), self.ty.clone()) }
    }
}

/// The names that expressions may use, and fields of names that are no records of their own (`path.id`).
#[derive(Debug, Clone, Default)]
pub(crate) struct Locals {
    names: BTreeMap<String, Local>,
    fields: BTreeMap<(String, String), Local>,
}

impl Locals {
    pub(crate) fn bind(&mut self, name: &str, local: Local) {
        self.names.insert(name.to_owned(), local);
    }

    pub(crate) fn bind_field(&mut self, name: &str, field: &str, local: Local) {
        self.fields.insert((name.to_owned(), field.to_owned()), local);
    }

    /// Some name is spelled like this in Rust.
    pub(crate) fn has_rust(&self, name: &str) -> bool {
        self.names.values().any(|local| local.rust == name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Local> {
        self.names.get(name)
    }

    fn field(&self, record: &Expr, name: &str) -> Option<&Local> {
        let ExprKind::Name(record) = &record.kind else { return None };
        self.fields.get(&(record.clone(), name.to_owned()))
    }
}

/// Prints expressions of one place of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer<'a> {
    /// The catalog's types.
    pub(crate) types: &'a Types<'a>,
    /// The module.
    pub(crate) here: &'a Here,
    /// The names in scope.
    pub(crate) locals: &'a Locals,
    /// Conversions between codes that the module needs.
    pub(crate) recodes: &'a Recodes,
    /// What the expression is for: said when it fails.
    pub(crate) subject: &'a str,
    /// Its line.
    pub(crate) line: u32,
}

impl Printer<'_> {
    /// The expression in Rust.
    pub(crate) fn code(&self, expr: &Expr) -> Code {
        match &expr.kind {
            ExprKind::Literal(value) => literal(value, &expr.ty, self.here),
            ExprKind::Name(name) => self.name(name, &expr.ty),
            ExprKind::Field { record, name } => self.field(record, name, &expr.ty),
            ExprKind::Index { list, index } => self.index(list, index, &expr.ty),
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let operand = self.code(operand);
                Code {
                    text: format!("!{}", operand.copied().at_least(level::UNARY)),
                    level: level::UNARY,
                    ..operand.value()
                }
            }
            ExprKind::Unary { op: UnaryOp::Negate, operand } => {
                let operand = self.code(operand);
                self.checked("negate", &[operand.copied().text], operand)
            }
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, &expr.ty),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.conditional([condition, then, otherwise], &expr.ty)
            }
            ExprKind::List(items) => {
                let items: Vec<Code> = items.iter().map(|item| self.code(item)).collect();
                let fallible = items.iter().any(|item| item.fallible);
                let items: Vec<String> = items.iter().map(|item| item.owned().text).collect();
                Code { fallible, ..Code::value_of(format!("vec![{}]", items.join(", ")), expr.ty.clone()) }
            }
            ExprKind::Call { function, arguments } => self.call(*function, arguments, &expr.ty),
            ExprKind::Quantifier { all, list, item, condition } => self.quantifier(*all, list, (item, condition)),
        }
    }

    /// A template in Rust: one single expression keeps its type, everything else is text.
    pub(crate) fn template(&self, template: &Template) -> Code {
        match template.parts.as_slice() {
            [TemplatePart::Expr(expr)] => self.code(expr),
            [] => text("", &template.ty, self.here),
            [TemplatePart::Text(words)] => text(words, &template.ty, self.here),
            parts => {
                let mut pattern = String::new();
                let mut arguments = Vec::new();
                let mut fallible = false;
                for part in parts {
                    match part {
                        TemplatePart::Text(words) => pattern.push_str(&words.replace('{', "{{").replace('}', "}}")),
                        TemplatePart::Expr(expr) => {
                            let code = self.code(expr);
                            fallible |= code.fallible;
                            pattern.push_str("{}");
                            arguments.push(code.displayed());
                        }
                    }
                }
                Code { fallible, ..Code::value_of(format_call(&pattern, &arguments), Type::Text) }
            }
        }
    }

    fn name(&self, name: &str, ty: &Type) -> Code {
        match self.locals.get(name) {
            Some(local) => local.code(),
            None => Code::place(names::snake(name), ty.clone()),
        }
    }

    fn field(&self, record: &Expr, name: &str, ty: &Type) -> Code {
        if let Some(local) = self.locals.field(record, name) {
            return local.code();
        }
        let receiver = self.code(record);
        let found = match bare(&record.ty) {
            Type::Record(reference) => self.types.field(reference, name),
            _ => None,
        };
        let sensitive = found.is_some_and(|found| found.sensitive && is_scalar(ty));
        let required = found.is_none_or(|found| found.field.required || matches!(found.field.ty, FieldType::List(_)));
        let own = if required { bare(ty).clone() } else { Type::Optional(Box::new(bare(ty).clone())) };
        let field = names::snake(name);
        if !matches!(receiver.ty, Type::Optional(_)) {
            let text = format!("{}.{field}", receiver.at_least(level::TIGHT));
            return Code { sensitive, fallible: receiver.fallible, ..Code::place(text, own) };
        }
        // An optional record: the field of what may be there.
        let item = match &record.kind {
            ExprKind::Field { name, .. } => names::snake(name),
            _ => "record".to_owned(),
        };
        let inner = Code { sensitive, ..Code::place(format!("{item}.{field}"), own) };
        let method = if required { "map" } else { "and_then" };
        let head = format!("{}.{method}(|{item}| ", receiver.viewed());
        let text = format!("{head}{})", inner.viewed());
        let ty = Type::Optional(Box::new(bare(ty).clone()));
        let chain = Some(Box::new(Chain { head, field: inner }));
        Code { form: Form::Reference, fallible: receiver.fallible, chain, ..Code::value_of(text, ty) }
    }

    fn index(&self, list: &Expr, index: &Expr, ty: &Type) -> Code {
        let (list, index) = (self.code(list), self.code(index));
        let code = self.checked("item", &[list.borrowed().text, index.copied().text], list.clone());
        Code { form: Form::Reference, ty: ty.clone(), sensitive: false, ..code }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr, ty: &Type) -> Code {
        if op == BinaryOp::In {
            return self.contained(left, right);
        }
        let (l, r) = (self.code(left), self.code(right));
        let fallible = l.fallible || r.fallible;
        let comparison = |sign: &str| {
            if let Some(text) = compared_with_nothing(&l, &r, sign) {
                let level = if sign == "!=" { level::UNARY } else { level::TIGHT };
                return Code { level, fallible, ..Code::value_of(text, Type::Bool) };
            }
            let (a, b) = l.compared(&r, sign);
            Code { level: level::COMPARE, fallible, ..Code::value_of(format!("{a} {sign} {b}"), Type::Bool) }
        };
        let logical = |sign: &str, own: u8| {
            // The same operator needs no parentheses on its left side; on the right they keep the document's grouping.
            let text = format!("{} {sign} {}", l.copied().at_least(own), r.copied().at_least(own + 1));
            Code { level: own, fallible, ..Code::value_of(text, Type::Bool) }
        };
        let arithmetic = |function: &str| {
            let code = self.checked(function, &[l.copied().text, r.copied().text], l.clone());
            Code { ty: ty.clone(), ..code }
        };
        match op {
            BinaryOp::And => logical("&&", level::AND),
            BinaryOp::Or => logical("||", level::OR),
            BinaryOp::Equal => comparison("=="),
            BinaryOp::NotEqual => comparison("!="),
            BinaryOp::Less => comparison("<"),
            BinaryOp::LessOrEqual => comparison("<="),
            BinaryOp::Greater => comparison(">"),
            BinaryOp::GreaterOrEqual => comparison(">="),
            BinaryOp::Add if *ty == Type::Text => {
                Code { fallible, ..Code::value_of(format_call("{}{}", &[l.displayed(), r.displayed()]), Type::Text) }
            }
            BinaryOp::Add => arithmetic("add"),
            BinaryOp::Subtract => arithmetic("subtract"),
            BinaryOp::Multiply => arithmetic("multiply"),
            BinaryOp::Divide => arithmetic("divide"),
            BinaryOp::Remainder | BinaryOp::In => arithmetic("remainder"),
        }
    }

    /// `x in [a, b]`, `x in list`.
    fn contained(&self, item: &Expr, list: &Expr) -> Code {
        let wanted = self.code(item);
        let bool_of = |text, fallible| Code { fallible, ..Code::value_of(text, Type::Bool) };
        let ExprKind::List(items) = &list.kind else {
            let list = self.code(list);
            let fallible = wanted.fallible || list.fallible;
            let (list, item) = (list.iterated(), wanted.compared_with_item());
            return bool_of(format!("{list}.any(|item| {item})"), fallible);
        };
        let items: Vec<Code> = items.iter().map(|item| self.code(item)).collect();
        let fallible = wanted.fallible || items.iter().any(|item| item.fallible);
        let wanted = if *bare(&wanted.ty) == Type::Text { wanted.as_str() } else { wanted.copied() };
        let items: Vec<String> = items
            .iter()
            .map(|item| if item.ty == Type::Text { item.as_str().text } else { item.copied().text })
            .collect();
        bool_of(format!("[{}].contains(&{})", items.join(", "), wanted.at_least(level::UNARY)), fallible)
    }

    fn conditional(&self, [condition, then, otherwise]: [&Expr; 3], ty: &Type) -> Code {
        let (condition, then, otherwise) = (self.code(condition), self.code(then), self.code(otherwise));
        let fallible = condition.fallible || then.fallible || otherwise.fallible;
        let branch = |code: &Code| match (ty, &code.ty) {
            (Type::Optional(_), plain) if !matches!(plain, Type::Optional(_)) => format!("Some({})", code.owned().text),
            _ => code.owned().text,
        };
        let text = format!("if {} {{ {} }} else {{ {} }}", condition.copied().text, branch(&then), branch(&otherwise));
        Code { level: level::OPEN, fallible, ..Code::value_of(text, ty.clone()) }
    }

    fn call(&self, function: Builtin, arguments: &[Expr], ty: &Type) -> Code {
        let codes: Vec<Code> = arguments.iter().map(|argument| self.code(argument)).collect();
        let fallible = codes.iter().any(|code| code.fallible);
        let Some(first) = codes.first() else { return Code::value_of(String::new(), ty.clone()) };
        let second = || codes.get(1).unwrap_or(first);
        let receiver = || first.receiver();
        let argument = || second().as_str().text;
        let value = |text: String| Code { fallible, ..Code::value_of(text, ty.clone()) };
        match function {
            Builtin::Size if matches!(bare(&first.ty), Type::List(_)) => {
                value(format!("convert::size({})", first.borrowed().text))
            }
            Builtin::Size => value(format!("convert::length({})", first.borrowed().text)),
            Builtin::StartsWith => value(format!("{}.starts_with({})", receiver(), argument())),
            Builtin::EndsWith => value(format!("{}.ends_with({})", receiver(), argument())),
            Builtin::Contains => value(format!("{}.contains({})", receiver(), argument())),
            Builtin::Matches => value(format!("convert::matches({}, {})", first.borrowed().text, argument())),
            Builtin::IsSet => value(first.is_set()),
            Builtin::Or => Code { fallible, ..first.or(second()) },
            Builtin::Text => Code { fallible, ..first.as_text() },
            Builtin::Lower => value(format!("convert::lower({})", first.borrowed().text)),
            Builtin::Upper => value(format!("convert::upper({})", first.borrowed().text)),
            Builtin::Trim => value(format!("convert::trim({})", first.borrowed().text)),
            Builtin::Known => Code { fallible: true, ..self.present(first) },
            Builtin::Skip => value(format!("convert::skip({}, {})", first.borrowed().text, second().copied().text)),
        }
    }

    fn quantifier(&self, all: bool, list: &Expr, (item, condition): (&str, &Expr)) -> Code {
        let list = self.code(list);
        let Type::List(item_type) = bare(&list.ty).clone() else { return list };
        let mut locals = self.locals.clone();
        let rust = names::snake(item);
        let ty = if let Type::Record(_) = *item_type { (*item_type).clone() } else { *item_type };
        locals.bind(item, Local { rust: rust.clone(), ty, form: Form::Reference, sensitive: list.sensitive });
        let condition = Printer { locals: &locals, ..*self }.code(condition);
        let parameter = if names_used(&condition.text).any(|name| name == rust) { rust } else { "_".to_owned() };
        let fallible = list.fallible || condition.fallible;
        let text = if condition.fallible {
            let function = if all { "all" } else { "exists" };
            format!("convert::{function}({}, |{parameter}| Ok({}))?", list.borrowed().text, condition.copied().text)
        } else {
            let method = if all { "all" } else { "any" };
            format!("{}.{method}(|{parameter}| {})", list.iterated(), condition.copied().text)
        };
        Code { fallible, ..Code::value_of(text, Type::Bool) }
    }

    /// The same value as another type that it fits: a code whose values are all values of another.
    pub(crate) fn coerced(&self, code: Code, wanted: &Type) -> Code {
        let (from, to) = (bare(&code.ty), bare(wanted));
        let same = !matches!((from, to), (Type::Code { .. }, Type::Code { .. }))
            || self.here.owned(from) == self.here.owned(to);
        if same {
            return code;
        }
        let function = self.recodes.function(from, to, self.here);
        if !matches!(code.ty, Type::Optional(_)) {
            let text = format!("{function}({})", code.copied().text);
            return Code { fallible: code.fallible, ..Code::value_of(text, to.clone()) };
        }
        let text = format!("{}.map({function})", code.viewed());
        Code { fallible: code.fallible, ..Code::value_of(text, Type::Optional(Box::new(to.clone()))) }
    }

    /// A conversion that can fail, with its place.
    pub(crate) fn located(&self, call: &str) -> String {
        format!("{call}.at({:?}, {})?", self.subject, self.line)
    }

    /// A value that a condition before it has found to be set.
    fn present(&self, code: &Code) -> Code {
        let ty = bare(&code.ty).clone();
        let text = self.located(&format!("convert::present({})", code.viewed()));
        let form = if is_copy(&ty) { Form::Value } else { Form::Reference };
        Code { form, fallible: true, ..Code::value_of(text, ty) }
    }

    /// A call of a conversion that can fail, with its place.
    fn checked(&self, function: &str, arguments: &[String], like: Code) -> Code {
        let text = self.located(&format!("convert::{function}({})", arguments.join(", ")));
        Code { fallible: true, ..Code::value_of(text, like.ty) }
    }
}

/// `x.is_empty()` for `x == ''`.
fn compared_with_nothing(left: &Code, right: &Code, sign: &str) -> Option<String> {
    let not = match sign {
        "==" => "",
        "!=" => "!",
        _ => return None,
    };
    (right.text == "\"\"").then(|| format!("{not}{}.is_empty()", left.receiver()))
}

/// `format!` with inlined names where the arguments are plain names.
fn format_call(pattern: &str, arguments: &[String]) -> String {
    let mut pieces = pattern.split("{}");
    let mut inlined = pieces.next().unwrap_or_default().to_owned();
    let mut rest = Vec::new();
    for (piece, argument) in pieces.zip(arguments) {
        if argument.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            inlined.push_str(&format!("{{{argument}}}"));
        } else {
            inlined.push_str("{}");
            rest.push(argument.as_str());
        }
        inlined.push_str(piece);
    }
    let rest: String = rest.iter().map(|argument| format!(", {argument}")).collect();
    format!("format!({inlined:?}{rest})")
}

/// Scalars are wrapped in `Sensitive`; records and lists carry it on their leaves.
fn is_scalar(ty: &Type) -> bool {
    match bare(ty) {
        Type::Record(_) => false,
        Type::List(item) => is_scalar(item),
        _ => true,
    }
}

/// Identifiers in a piece of Rust.
pub(crate) fn names_used(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|name| !name.is_empty())
}

/// The variant of a code value, spelled from `here`.
pub(crate) fn variant(ty: &Type, value: &str, here: &Here) -> String {
    format!("{}::{}", here.owned(bare(ty)), variant_name(value))
}

/// The free names of an expression, in order of appearance.
pub(crate) fn free_names(expr: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    collect(expr, &mut Vec::new(), &mut names);
    names
}

fn collect(expr: &Expr, bound: &mut Vec<String>, names: &mut Vec<String>) {
    match &expr.kind {
        ExprKind::Literal(_) => {}
        ExprKind::Name(name) => {
            if !bound.contains(name) && !names.contains(name) {
                names.push(name.clone());
            }
        }
        ExprKind::Field { record, .. } => collect(record, bound, names),
        ExprKind::Index { list, index } => [list, index].into_iter().for_each(|part| collect(part, bound, names)),
        ExprKind::Unary { operand, .. } => collect(operand, bound, names),
        ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|part| collect(part, bound, names)),
        ExprKind::Conditional { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().for_each(|part| collect(part, bound, names));
        }
        ExprKind::List(items) | ExprKind::Call { arguments: items, .. } => {
            items.iter().for_each(|part| collect(part, bound, names));
        }
        ExprKind::Quantifier { list, item, condition, .. } => {
            collect(list, bound, names);
            bound.push(item.clone());
            collect(condition, bound, names);
            bound.pop();
        }
    }
}
