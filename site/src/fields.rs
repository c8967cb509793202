//! Where values go: which messages carry a field, and which field of one message fills which field of another.
//!
//! In: the catalog. Out: [`Carrier`]s and [`Move`]s by field name. Never knows: pages, links.
//!
//! A field is known by the last name of its path (`ITEM.PRICE` is `PRICE`): this is the name people look for.

use std::collections::BTreeMap;

use catalog::Catalog;
use catalog::model::{
    Argument, Arguments, Body, Expr, ExprKind, Field, FieldType, Interface, MappingRow, Message, MessageRef,
    OperationRef, Span, StepKind, TemplatePart,
};

use crate::view::walk;

/// A message that has a field of this name.
#[derive(Debug)]
pub(crate) struct Carrier<'a> {
    pub(crate) message: &'a Message,
    /// The whole path, lists marked with `[]`.
    pub(crate) path: String,
    pub(crate) field: &'a Field,
}

/// A value that goes from fields of one message into a field of another.
#[derive(Debug, Clone)]
pub(crate) struct Move<'a> {
    pub(crate) interface: &'a Interface,
    /// Paths as the document writes them; none for a fixed value.
    pub(crate) from: String,
    pub(crate) into: Filled<'a>,
    /// Names of the fields that are read.
    pub(crate) read: Vec<&'a str>,
    /// Path that is filled, as the document writes it.
    pub(crate) filled: &'a str,
    pub(crate) span: Span,
}

/// What is filled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Filled<'a> {
    /// A field of a message, by a row of a mapping table.
    Message(&'a MessageRef, &'a MappingRow),
    /// A parameter or a field of a request, by a step.
    Request(&'a OperationRef),
}

impl Move<'_> {
    /// Name of the field that is filled.
    pub(crate) fn name(&self) -> &str {
        last(self.filled)
    }
}

/// Everything about fields of one name.
#[derive(Debug, Default)]
pub(crate) struct Name<'a> {
    pub(crate) carriers: Vec<Carrier<'a>>,
    /// Values that come out of it.
    pub(crate) onward: Vec<Move<'a>>,
    /// Values that go into it.
    pub(crate) inward: Vec<Move<'a>>,
}

impl Name<'_> {
    /// The other names of what it holds: one step away in either direction, sorted.
    pub(crate) fn others(&self, own: &str) -> Vec<&str> {
        let onward = self.onward.iter().map(Move::name);
        let inward = self.inward.iter().flat_map(|it| it.read.iter().copied());
        let mut others: Vec<&str> = onward.chain(inward).filter(|name| *name != own).collect();
        others.sort_unstable();
        others.dedup();
        others
    }
}

/// The last name of a path: `items[].price` → `price`.
pub(crate) fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path).trim_end_matches("[]")
}

/// Every name that a field of a message has.
pub(crate) fn names(catalog: &Catalog) -> impl Iterator<Item = &str> {
    let mut names = Vec::new();
    for message in messages(catalog) {
        each(&message.fields, "", &mut |_, field| names.push(field.name.as_str()));
    }
    names.into_iter()
}

/// Everything, by name.
pub(crate) fn index(catalog: &Catalog) -> BTreeMap<&str, Name<'_>> {
    let mut index: BTreeMap<&str, Name<'_>> = BTreeMap::new();
    for message in messages(catalog) {
        each(&message.fields, "", &mut |path, field| {
            index.entry(&field.name).or_default().carriers.push(Carrier { message, path, field });
        });
    }
    for found in catalog.interfaces().iter().flat_map(moves) {
        for name in &found.read {
            if let Some(entry) = index.get_mut(name) {
                entry.onward.push(found.clone());
            }
        }
        // A parameter of an address is no field of a message.
        let filled = matches!(found.into, Filled::Message(..)) || !found.read.is_empty();
        if let Some(entry) = index.get_mut(last(found.filled)).filter(|_| filled) {
            entry.inward.push(found);
        }
    }
    index
}

fn messages(catalog: &Catalog) -> impl Iterator<Item = &Message> {
    let systems = catalog.systems().iter().flat_map(|it| &it.messages);
    systems.chain(catalog.interfaces().iter().flat_map(|it| &it.messages))
}

/// Visits every field, outer before inner, with its path.
fn each<'a>(fields: &'a [Field], before: &str, visit: &mut impl FnMut(String, &'a Field)) {
    for field in fields {
        let (mut path, mut ty) = (format!("{before}{}", field.name), &field.ty);
        while let FieldType::List(item) = ty {
            (path, ty) = (path + "[]", item);
        }
        if let FieldType::Record(inner) = ty {
            each(inner, &format!("{path}."), visit);
        }
        visit(path, field);
    }
}

/// Every move of an interface: rows of mapping tables, then values that steps put into requests.
pub(crate) fn moves(interface: &Interface) -> Vec<Move<'_>> {
    let mut moves = Vec::new();
    for mapping in &interface.mappings {
        moves.extend(mapping.rows.iter().map(|row| Move {
            interface,
            from: row.source_text.clone(),
            into: Filled::Message(&mapping.target, row),
            read: row.rule.sources().into_iter().flat_map(read).collect(),
            filled: &row.target_text,
            span: row.span,
        }));
    }
    walk(&interface.flow, &mut |step| {
        if let StepKind::Fetch { operation, with, .. }
        | StepKind::Call { operation, with, .. }
        | StepKind::Send { operation, with, .. } = &step.kind
        {
            moves.extend(arguments(with).map(|argument| requested(interface, operation, argument)));
        }
    });
    moves
}

fn arguments(with: &Arguments) -> impl Iterator<Item = &Argument> {
    let fields = match &with.body {
        Some(Body::Fields { fields, .. }) => fields.as_slice(),
        Some(Body::Whole(_)) | None => &[],
    };
    with.parameters.iter().chain(fields)
}

fn requested<'a>(interface: &'a Interface, operation: &'a OperationRef, argument: &'a Argument) -> Move<'a> {
    let expressions = argument.value.parts.iter().filter_map(|part| match part {
        TemplatePart::Expr(expr) => Some(expr),
        TemplatePart::Text(_) => None,
    });
    let read: Vec<&str> = expressions.flat_map(read).collect();
    Move {
        interface,
        from: read.join(", "),
        into: Filled::Request(operation),
        read,
        filled: &argument.name,
        span: argument.span,
    }
}

/// Names of the fields whose values an expression reads: of a path, the last one.
fn read(expr: &Expr) -> Vec<&str> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) => Vec::new(),
        ExprKind::Field { name, .. } => vec![name],
        ExprKind::Index { list, .. } => read(list),
        ExprKind::Unary { operand, .. } => read(operand),
        ExprKind::Binary { left, right, .. } => [read(left), read(right)].concat(),
        ExprKind::Conditional { condition, then, otherwise } => [read(condition), read(then), read(otherwise)].concat(),
        ExprKind::List(items) => items.iter().flat_map(read).collect(),
        ExprKind::Call { arguments, .. } => arguments.iter().flat_map(read).collect(),
        ExprKind::Quantifier { list, condition, .. } => [read(list), read(condition)].concat(),
    }
}
