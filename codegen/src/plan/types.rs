//! Which Rust type stands for which type of the catalog, and in which module it lives.
//!
//! In: a checked catalog. Out: [`Types`], the index every planner asks. Never knows: templates, expressions.

use std::collections::HashMap;

use catalog::{
    Catalog,
    model::{
        Field, FieldType, Interface, Message, MessageRef, Operation, OperationRef, Owner, RecordRef, Sensitivity,
        System, Type,
    },
};

use crate::names;

/// Everything that planners look up by name.
#[derive(Debug)]
pub(crate) struct Types<'a> {
    systems: HashMap<&'a str, &'a System>,
    messages: HashMap<MessageRef, &'a Message>,
}

/// The module that code is printed into; decides how paths are spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Here {
    /// The module of an interface.
    Interface(String),
    /// The module of a system.
    System(String),
}

/// A field with what it inherits from the records around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    /// The field.
    pub(crate) field: &'a Field,
    /// It, or a record around it, must not be shown.
    pub(crate) sensitive: bool,
}

impl<'a> Types<'a> {
    pub(crate) fn new(catalog: &'a Catalog) -> Self {
        let of_systems = catalog.systems().iter().flat_map(|system| &system.messages);
        let of_interfaces = catalog.interfaces().iter().flat_map(|interface| &interface.messages);
        Self {
            systems: catalog.systems().iter().map(|system| (system.name.as_str(), system)).collect(),
            messages: of_systems.chain(of_interfaces).map(|message| (reference(message), message)).collect(),
        }
    }

    pub(crate) fn system(&self, name: &str) -> Option<&'a System> {
        self.systems.get(name).copied()
    }

    pub(crate) fn operation(&self, reference: &OperationRef) -> Option<&'a Operation> {
        self.system(&reference.system)?.operations.iter().find(|operation| operation.name == reference.operation)
    }

    pub(crate) fn message(&self, reference: &MessageRef) -> Option<&'a Message> {
        self.messages.get(reference).copied()
    }

    /// A field of a record, nested or not.
    pub(crate) fn field(&self, record: &RecordRef, name: &str) -> Option<Found<'a>> {
        let mut fields: &'a [Field] = &self.message(&record.message)?.fields;
        let mut sensitive = false;
        for step in &record.path {
            let field = fields.iter().find(|field| &field.name == step)?;
            sensitive |= field.sensitive != Sensitivity::Public;
            fields = record_fields(&field.ty)?;
        }
        let field = fields.iter().find(|field| field.name == name)?;
        Some(Found { field, sensitive: sensitive || field.sensitive != Sensitivity::Public })
    }
}

impl Here {
    /// How a type of this owner is spelled here.
    pub(crate) fn path(&self, owner: &Owner, name: &str) -> String {
        match (self, owner) {
            (Self::Interface(here), Owner::Interface(there)) if here == there => name.to_owned(),
            (_, Owner::Interface(there)) => format!("crate::{}::{name}", names::snake(there)),
            (Self::System(here), Owner::System(there)) if here == there => name.to_owned(),
            (Self::System(_), Owner::System(there)) => format!("super::{}::{name}", system_module(there)),
            (Self::Interface(_), Owner::System(there)) => format!("{}::{name}", system_module(there)),
        }
    }

    /// The Rust type that owns a value of `ty`.
    pub(crate) fn owned(&self, ty: &Type) -> String {
        match ty {
            Type::Text => "String".to_owned(),
            Type::Code { declared, field, .. } => self.path(&declared.message.owner, &enum_name(declared, field)),
            Type::Integer => "i64".to_owned(),
            Type::Decimal => "Decimal".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Date => "Date".to_owned(),
            Type::Time => "Time".to_owned(),
            Type::Instant => "Instant".to_owned(),
            Type::Record(record) => self.path(&record.message.owner, &record_name(record)),
            Type::List(item) => format!("Vec<{}>", self.owned(item)),
            Type::Optional(inner) => match inner.as_ref() {
                list @ Type::List(_) => self.owned(list),
                inner => format!("Option<{}>", self.owned(inner)),
            },
        }
    }

    /// The Rust type that a function takes for a value of `ty`.
    pub(crate) fn borrowed(&self, ty: &Type) -> String {
        match ty {
            Type::Text => "&str".to_owned(),
            Type::Record(_) => format!("&{}", self.owned(ty)),
            Type::List(item) => format!("&[{}]", self.owned(item)),
            Type::Optional(inner) => match inner.as_ref() {
                list @ Type::List(_) => self.borrowed(list),
                inner => format!("Option<{}>", self.borrowed(inner)),
            },
            _ => self.owned(ty),
        }
    }
}

/// A value that is copied rather than borrowed.
pub(crate) fn is_copy(ty: &Type) -> bool {
    match ty {
        Type::Text | Type::Record(_) | Type::List(_) => false,
        Type::Optional(inner) => is_copy(inner),
        _ => true,
    }
}

/// The type without `Optional` around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    if let Type::Optional(inner) = ty { inner } else { ty }
}

pub(crate) fn reference(message: &Message) -> MessageRef {
    MessageRef { owner: message.owner.clone(), name: message.name.clone() }
}

/// The type of a field, `Optional` included.
pub(crate) fn field_type(field: &Field, record: &RecordRef) -> Type {
    let ty = value_type(&field.ty, record, &field.name);
    if field.required { ty } else { Type::Optional(Box::new(ty)) }
}

/// The type of a field's value.
pub(crate) fn value_type(ty: &FieldType, record: &RecordRef, field: &str) -> Type {
    match ty {
        FieldType::Text => Type::Text,
        FieldType::Code(values) => {
            Type::Code { declared: record.clone(), field: field.to_owned(), values: values.clone() }
        }
        FieldType::Integer => Type::Integer,
        FieldType::Decimal(_) => Type::Decimal,
        FieldType::Bool => Type::Bool,
        FieldType::Date => Type::Date,
        FieldType::Time => Type::Time,
        FieldType::Instant => Type::Instant,
        FieldType::Record(_) => Type::Record(nested(record, field)),
        FieldType::List(item) => Type::List(Box::new(value_type(item, record, field))),
    }
}

/// The record that a field of `record` holds.
pub(crate) fn nested(record: &RecordRef, field: &str) -> RecordRef {
    let mut path = record.path.clone();
    path.push(field.to_owned());
    RecordRef { message: record.message.clone(), path }
}

/// The fields of a record type, through lists.
pub(crate) fn record_fields(ty: &FieldType) -> Option<&[Field]> {
    match ty {
        FieldType::Record(fields) => Some(fields),
        FieldType::List(item) => record_fields(item),
        _ => None,
    }
}

/// `sap_srm7`.
pub(crate) fn system_module(name: &str) -> String {
    names::snake(name)
}

/// Name of the struct: the message's, then the names of the fields on the way down.
pub(crate) fn record_name(record: &RecordRef) -> String {
    free(names::camel(&whole_path(record)))
}

/// Name of the enum of a code field.
pub(crate) fn enum_name(record: &RecordRef, field: &str) -> String {
    free(names::camel(&format!("{} {field}", whole_path(record))))
}

fn whole_path(record: &RecordRef) -> String {
    std::iter::once(&record.message.name).chain(&record.path).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Name of the variant of a code value.
pub(crate) fn variant_name(value: &str) -> String {
    names::camel(value)
}

/// A type name that no import and no fixed name of a module takes.
fn free(name: String) -> String {
    if RESERVED_TYPES.contains(&name.as_str()) { name + "Message" } else { name }
}

/// Interfaces that use a document's own records.
pub(crate) fn record_of(message: &MessageRef) -> RecordRef {
    RecordRef { message: message.clone(), path: Vec::new() }
}

/// The pseudo-message of an interface's path and query parameters.
pub(crate) fn parameters_record(interface: &Interface) -> RecordRef {
    record_of(&MessageRef { owner: Owner::Interface(interface.smart_id.text.clone()), name: "Parameters".to_owned() })
}

/// Names that modules import or define for themselves, and the prelude.
const RESERVED_TYPES: &[&str] = &[
    // fixed names of a module
    "Custom",
    "Flow",
    // runtime
    "Admitted",
    "Class",
    "Date",
    "Decimal",
    "DeliveryOrder",
    "End",
    "Endpoint",
    "Fields",
    "Format",
    "Handler",
    "InboundAuth",
    "Input",
    "Instant",
    "Interface",
    "Items",
    "MappingError",
    "Matches",
    "Message",
    "Method",
    "Number",
    "OnDead",
    "OnUnknown",
    "Operation",
    "OutboundAuth",
    "OutcomeRule",
    "Paging",
    "Probe",
    "Protocol",
    "Record",
    "Repeat",
    "Request",
    "Retry",
    "Run",
    "Running",
    "Sensitive",
    "Step",
    "Stop",
    "System",
    "Text",
    "Time",
    "ToValue",
    "Trigger",
    "UnknownFields",
    "Value",
    "Violations",
    // prelude
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];
