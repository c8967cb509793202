//! The type checker: an untyped tree and a scope in, a typed tree or problems out.
//!
//! In: [`Node`]s. Out: [`Expr`]s. Never knows: grammar, YAML, the Rust that expressions become.
//!
//! A part that cannot be typed gives `None` after its problem was reported; whatever builds on it is silent, so that
//! one mistake is one problem.

use super::place::Place;
use super::scope::{Scope, type_of};
use super::tree::{Node, NodeKind, Range, Word};
use super::{literal, print, type_name, words};
use crate::model::{Builtin, Expr, ExprKind, Field, Literal, RecordRef, Span, Type};
use crate::nearest::{list, nearest};
use crate::problem::Problem;

/// Fields and names that are listed in a help before it is cut.
const LISTED: usize = 12;

/// What is collected while one expression is checked.
pub(super) struct Checker<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) place: Place<'a>,
    pub(super) problems: Vec<Problem>,
}

impl Checker<'_> {
    /// Types a node. `hint` is the type a literal here should take; it never converts anything else.
    pub(super) fn node(&mut self, node: &Node, hint: Option<&Type>) -> Option<Expr> {
        let at = node.range;
        match &node.kind {
            NodeKind::Text(text) => self.text(text, at, hint),
            NodeKind::Integer(value) => Some(literal::integer(*value, self.span(at), hint)),
            NodeKind::Decimal(text) => Some(Expr {
                kind: ExprKind::Literal(Literal::Decimal(text.clone())),
                ty: Type::Decimal,
                span: self.span(at),
            }),
            NodeKind::Bool(value) => {
                Some(Expr { kind: ExprKind::Literal(Literal::Bool(*value)), ty: Type::Bool, span: self.span(at) })
            }
            NodeKind::Name(name) => self.name(name, at),
            NodeKind::Field { record, name } => self.field(record, name, at),
            NodeKind::Index { list, index } => self.index(list, index, at),
            NodeKind::Unary { op, operand } => self.unary(*op, operand, at, hint),
            NodeKind::Binary { op, left, right } => self.binary(*op, [left, right], at, hint),
            NodeKind::Conditional { condition, then, otherwise } => {
                self.conditional(condition, [then, otherwise], at, hint)
            }
            NodeKind::List(items) => self.list(items, at, hint),
            NodeKind::Call { receiver, name, arguments } => self.call(receiver.as_deref(), name, arguments, at),
        }
    }

    /// Types a node whose value is needed: an optional is a problem.
    pub(super) fn value(&mut self, node: &Node, hint: Option<&Type>) -> Option<Expr> {
        let mut expr = self.node(node, hint)?;
        if let Type::Optional(inner) = &expr.ty {
            let inner = inner.as_ref().clone();
            self.optional(&expr, &inner);
            expr.ty = inner;
        }
        Some(expr)
    }

    /// Types a condition.
    pub(super) fn condition(&mut self, node: &Node) -> Option<Expr> {
        let expr = self.value(node, Some(&Type::Bool))?;
        if expr.ty == Type::Bool {
            return Some(expr);
        }
        let message = format!("`{}` is {}, not a condition", print::brief(&expr), words::a(&expr.ty));
        self.report(Problem::new("E-TYPE", expr.span, message).help(condition_help(&expr)));
        None
    }

    pub(super) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(super) fn span(&self, range: Range) -> Span {
        self.place.span(range)
    }

    /// A fix, where its place is known.
    pub(super) fn fixed(&self, problem: Problem, fix: impl Into<String>) -> Problem {
        if self.place.is_exact() { problem.fix(fix) } else { problem }
    }

    /// Reports an optional used as if it were always there.
    pub(super) fn optional(&mut self, expr: &Expr, inner: &Type) {
        let text = print::brief(expr);
        let default = literal::example(inner).unwrap_or_else(|| "…".to_owned());
        let message = format!("`{text}` may be absent");
        let help = format!("give a default with `{text}.or({default})`, or ask `{text}.isSet() && …` before");
        self.report(Problem::new("E-OPTIONAL", expr.span, message).label("optional").help(help));
    }

    fn text(&mut self, text: &str, at: Range, hint: Option<&Type>) -> Option<Expr> {
        match literal::text(text, self.span(at), hint) {
            Ok(expr) => Some(expr),
            Err(problem) => {
                let problem = *problem;
                let written = &self.place.text()[at.start..at.end];
                let quoted = |fix: Box<str>| {
                    if written.starts_with('"') { print::double_quoted(&fix) } else { print::quoted(&fix) }
                };
                let fix = problem.fix.clone().filter(|_| self.place.is_exact()).map(|fix| quoted(fix).into());
                self.report(Problem { fix, ..problem });
                None
            }
        }
    }

    fn name(&mut self, name: &str, at: Range) -> Option<Expr> {
        let span = self.span(at);
        let Some(bound) = self.scope.lookup(name) else {
            let problem = self.unknown_name(name, span);
            self.report(problem);
            return None;
        };
        let ty = bound.clone()?;
        Some(self.known(Expr { kind: ExprKind::Name(name.to_owned()), ty, span }))
    }

    fn unknown_name(&self, name: &str, span: Span) -> Problem {
        let problem = Problem::new("E-NAME", span, format!("nothing here is called `{name}`"));
        if let Some(meant) = nearest(name, self.scope.names()) {
            return self.fixed(problem.help(format!("did you mean `{meant}`?")), meant);
        }
        match self.owners_of(name).as_slice() {
            [] => {}
            [owner] => {
                let meant = format!("{owner}.{name}");
                return self.fixed(problem.help(format!("`{name}` is a field of `{owner}`: write `{meant}`")), meant);
            }
            owners => {
                let paths: Vec<String> = owners.iter().map(|owner| format!("{owner}.{name}")).collect();
                return problem.help(format!("write {}", list(paths.iter().map(String::as_str), LISTED)));
            }
        }
        let names = list(self.scope.names(), LISTED);
        if names.is_empty() {
            return problem.help("no name is bound here; a fixed text stands in quotes: `'…'`");
        }
        problem.help(format!("bound here: {names}; a fixed text stands in quotes: `'{name}'`"))
    }

    /// The bound records that have a field of this name.
    fn owners_of(&self, field: &str) -> Vec<&str> {
        let has_field = |name: &&str| {
            let Some(Type::Record(record)) = self.scope.get(name) else { return false };
            self.scope.fields(record).is_some_and(|fields| fields.iter().any(|known| known.name == field))
        };
        self.scope.names().filter(has_field).collect()
    }

    fn field(&mut self, record: &Node, name: &Word, at: Range) -> Option<Expr> {
        let owner = self.node(record, None)?;
        let (reference, absent) = match &owner.ty {
            Type::Record(reference) => (reference.clone(), false),
            Type::Optional(inner) => match inner.as_ref() {
                Type::Record(reference) => (reference.clone(), true),
                _ => return self.no_fields(&owner, name),
            },
            _ => return self.no_fields(&owner, name),
        };
        let fields = self.scope.fields(&reference)?;
        let Some(field) = fields.iter().find(|field| field.name == name.text) else {
            let problem = self.unknown_field(&owner, name, fields);
            self.report(problem);
            return None;
        };
        let ty = field_type(&reference, field, absent);
        let kind = ExprKind::Field { record: Box::new(owner), name: name.text.clone() };
        Some(self.known(Expr { kind, ty, span: self.span(at) }))
    }

    fn unknown_field(&self, owner: &Expr, name: &Word, fields: &[Field]) -> Problem {
        let owner_text = print::brief(owner);
        let message = format!("`{owner_text}` has no field `{}`", name.text);
        let problem = Problem::new("E-FIELD", self.span(name.range), message);
        let names = || fields.iter().map(|field| field.name.as_str());
        if let Some(meant) = nearest(&name.text, names()) {
            return self.fixed(problem.help(format!("did you mean `{meant}`?")), meant);
        }
        let inner = fields.iter().find(|field| has_inside(field, &name.text));
        if let Some(inner) = inner {
            let meant = format!("{}.{}", inner.name, name.text);
            return self.fixed(problem.help(format!("it stands one level below: `{owner_text}.{meant}`")), meant);
        }
        problem.help(format!("it has {}", list(names(), LISTED)))
    }

    fn no_fields(&mut self, owner: &Expr, name: &Word) -> Option<Expr> {
        let text = print::brief(owner);
        let message = format!("`{text}` is {} and has no fields", words::a(&owner.ty));
        let problem = Problem::new("E-FIELD", self.span(name.range), message);
        let problem = match &owner.ty {
            Type::List(_) => problem.help(format!(
                "name an item, `{text}[0].{field}`, or ask about all of them, `{text}.exists(item, item.{field} == …)`",
                field = name.text
            )),
            _ if words::is_method(&name.text) => {
                let meant = format!("{}()", name.text);
                self.fixed(problem.help(format!("a method is called with brackets: `{text}.{meant}`")), meant)
            }
            _ => problem,
        };
        self.report(problem);
        None
    }

    /// `list[0]`, and `record['name that is no word']`.
    fn index(&mut self, list: &Node, index: &Node, at: Range) -> Option<Expr> {
        if let NodeKind::Text(name) = &index.kind {
            return self.field(list, &Word { text: name.clone(), range: index.range }, at);
        }
        let owner = self.value(list, None);
        let index = self.value(index, Some(&Type::Integer));
        let (owner, index) = (owner?, index?);
        let Type::List(item) = &owner.ty else {
            let message = format!("`{}` is {}, not a list", print::brief(&owner), words::a(&owner.ty));
            self.report(Problem::new("E-TYPE", owner.span, message));
            return None;
        };
        let ty = item.as_ref().clone();
        let negative = matches!(index.kind, ExprKind::Literal(Literal::Integer(value)) if value < 0);
        if index.ty != Type::Integer || negative {
            let message = format!("`{}` is no place in a list", print::brief(&index));
            self.report(Problem::new("E-TYPE", index.span, message).help("items are counted from 0"));
            return None;
        }
        let kind = ExprKind::Index { list: Box::new(owner), index: Box::new(index) };
        Some(self.known(Expr { kind, ty, span: self.span(at) }))
    }

    fn list(&mut self, items: &[Node], at: Range, hint: Option<&Type>) -> Option<Expr> {
        let hinted = match hint {
            Some(Type::List(item)) => Some(item.as_ref().clone()),
            _ => None,
        };
        let Some(typed) = items.iter().find(|item| !literal::is_flexible(item)).or(items.first()) else {
            let Some(item) = hinted else {
                let message = "an empty list says nothing about its items";
                self.report(Problem::new("E-TYPE", self.span(at), message));
                return None;
            };
            return Some(Expr {
                kind: ExprKind::List(Vec::new()),
                ty: Type::List(Box::new(item)),
                span: self.span(at),
            });
        };
        let item = match hinted {
            Some(item) => item,
            None => self.value(typed, None)?.ty,
        };
        let items: Vec<Option<Expr>> = items.iter().map(|node| self.item(node, &item)).collect();
        let items = items.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Expr { kind: ExprKind::List(items), ty: Type::List(Box::new(item)), span: self.span(at) })
    }

    /// One item of a list of `ty`.
    pub(super) fn item(&mut self, node: &Node, ty: &Type) -> Option<Expr> {
        let expr = self.value(node, Some(ty))?;
        if super::fits(&expr.ty, ty) {
            return Some(expr);
        }
        let message = format!("`{}` is {} among {} values", print::brief(&expr), words::a(&expr.ty), type_name(ty));
        self.report(Problem::new("E-TYPE", expr.span, message));
        None
    }

    /// Wraps an optional that a condition before it has shown to be set.
    fn known(&self, expr: Expr) -> Expr {
        let Type::Optional(inner) = &expr.ty else { return expr };
        if !self.scope.is_known(&expr) {
            return expr;
        }
        let (ty, span) = (inner.as_ref().clone(), expr.span);
        Expr { kind: ExprKind::Call { function: Builtin::Known, arguments: vec![expr] }, ty, span }
    }
}

fn field_type(record: &RecordRef, field: &Field, absent: bool) -> Type {
    match type_of(record, field) {
        ty @ Type::Optional(_) => ty,
        ty if absent => Type::Optional(Box::new(ty)),
        ty => ty,
    }
}

fn has_inside(field: &Field, name: &str) -> bool {
    matches!(&field.ty, crate::model::FieldType::Record(fields) if fields.iter().any(|inner| inner.name == name))
}

fn condition_help(expr: &Expr) -> String {
    let text = print::brief(expr);
    match &expr.ty {
        Type::Code { values, .. } if !values.is_empty() => {
            format!("compare it: `{text} == {}`", print::quoted(&values[0]))
        }
        Type::List(_) => format!("ask about its items: `size({text}) > 0`"),
        Type::Record(_) => "name one of its fields and compare it".to_owned(),
        ty => format!("compare it: `{text} == {}`", literal::example(ty).unwrap_or_else(|| "…".to_owned())),
    }
}
