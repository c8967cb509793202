//! What an expression may name, and how its fields are found while there is no catalog yet.
//!
//! In: names with types from the caller, fields of messages through [`Records`]. Out: [`Scope`].
//! Never knows: YAML, tables, flows.

use super::narrow::{key, shown_by, shown_by_not};
use crate::model::{Expr, Field, FieldType, MessageRef, RecordRef, Type};

/// Finds the fields of messages. The caller implements it over whatever it has while it lowers.
///
/// The parameters of a trigger are a record too: the caller invents a message for them (`path`) and answers for it.
pub trait Records {
    /// Top-level fields of a message, or `None` when it is not known or its own table is broken; whatever builds on
    /// it is then left unchecked, because its mistake has been reported where it stands.
    fn fields(&self, message: &MessageRef) -> Option<&[Field]>;
}

/// The names an expression may use. Cheap to clone, so that each branch of a flow has its own.
#[derive(Clone)]
pub struct Scope<'a> {
    records: &'a dyn Records,
    /// Latest first wins; `None` is a name whose own declaration is broken.
    names: Vec<(String, Option<Type>)>,
    /// Optional expressions that are known to be set here, spelled canonically (`report.title`).
    known: Vec<String>,
}

impl<'a> Scope<'a> {
    /// An empty scope.
    #[must_use]
    pub fn new(records: &'a dyn Records) -> Self {
        Self { records, names: Vec::new(), known: Vec::new() }
    }

    /// Adds a name; the same name again hides the earlier one.
    pub fn bind(&mut self, name: impl Into<String>, ty: Type) {
        self.add(name.into(), Some(ty));
    }

    /// Adds a name whose declaration has a mistake of its own: expressions that use it give no further problems.
    pub fn bind_broken(&mut self, name: impl Into<String>) {
        self.add(name.into(), None);
    }

    /// The type of a name; `None` when it is not bound or broken.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Type> {
        self.lookup(name).and_then(Option::as_ref)
    }

    /// All names, latest first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().rev().map(|(name, _)| name.as_str())
    }

    /// Remembers what is set wherever `condition` is true: in the `then` of a `when`, in a route's case.
    pub fn assume(&mut self, condition: &Expr) {
        self.known.extend(shown_by(condition));
    }

    /// Remembers what is set wherever `condition` is false: in the `otherwise` of a `when`, in later cases of a route.
    pub fn assume_not(&mut self, condition: &Expr) {
        self.known.extend(shown_by_not(condition));
    }

    /// Fields of a record, nested ones found through their message.
    #[must_use]
    pub fn fields(&self, record: &RecordRef) -> Option<&'a [Field]> {
        let mut fields = self.records.fields(&record.message)?;
        for name in &record.path {
            let field = fields.iter().find(|field| &field.name == name)?;
            fields = nested(&field.ty)?;
        }
        Some(fields)
    }

    /// `Some(None)` is a broken name.
    pub(crate) fn lookup(&self, name: &str) -> Option<&Option<Type>> {
        self.names.iter().rev().find(|(bound, _)| bound == name).map(|(_, ty)| ty)
    }

    /// True when the value of this optional is known to be there.
    pub(super) fn is_known(&self, expr: &Expr) -> bool {
        !self.known.is_empty() && key(expr).is_some_and(|key| self.known.contains(&key))
    }

    /// The state to come back to with [`Scope::reset`].
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.names.len(), self.known.len())
    }

    /// Forgets what was bound and assumed since.
    pub(super) fn reset(&mut self, (names, known): (usize, usize)) {
        self.names.truncate(names);
        self.known.truncate(known);
    }

    fn add(&mut self, name: String, ty: Option<Type>) {
        // A new value under an old name is not known to be set.
        if self.lookup(&name).is_some() {
            let inside = |known: &str| {
                known.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            self.known.retain(|known| !inside(known));
        }
        self.names.push((name, ty));
    }
}

/// The type of a field as an expression sees it, `record` being the record that declares it. An optional list reads as
/// an empty list when it is absent, so it is a plain list here.
#[must_use]
pub fn type_of(record: &RecordRef, field: &Field) -> Type {
    let ty = plain_type(record, &field.name, &field.ty);
    match ty {
        Type::List(_) => ty,
        _ if field.required => ty,
        _ => Type::Optional(Box::new(ty)),
    }
}

fn plain_type(record: &RecordRef, name: &str, ty: &FieldType) -> Type {
    match ty {
        FieldType::Text => Type::Text,
        FieldType::Code(values) => {
            Type::Code { declared: record.clone(), field: name.to_owned(), values: values.clone() }
        }
        FieldType::Integer => Type::Integer,
        FieldType::Decimal(_) => Type::Decimal,
        FieldType::Bool => Type::Bool,
        FieldType::Date => Type::Date,
        FieldType::Time => Type::Time,
        FieldType::Instant => Type::Instant,
        FieldType::Record(_) => {
            let mut path = record.path.clone();
            path.push(name.to_owned());
            Type::Record(RecordRef { message: record.message.clone(), path })
        }
        FieldType::List(item) => Type::List(Box::new(plain_type(record, name, item))),
    }
}

fn nested(ty: &FieldType) -> Option<&[Field]> {
    match ty {
        FieldType::Record(fields) => Some(fields),
        FieldType::List(item) => nested(item),
        _ => None,
    }
}
