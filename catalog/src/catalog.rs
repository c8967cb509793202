//! The checked catalog.
//!
//! In: parts that passed every check. Out: [`Catalog`]. Never knows: how they were checked.

use crate::model::{
    Environment, Field, FieldType, Interface, Message, MessageRef, Operation, OperationRef, Owner, RecordRef, System,
};

/// Every interface and system of a project, valid and sorted by identity.
///
/// Holding one means: ids are unique, every reference resolves, every expression has a type, every mapping is
/// complete. Code that has a `Catalog` need not check any of this again.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    parts: CatalogParts,
}

/// What a catalog is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CatalogParts {
    /// Interfaces, sorted by Smart ID.
    pub interfaces: Vec<Interface>,
    /// Systems, sorted by name.
    pub systems: Vec<System>,
    /// Environments, sorted by name.
    pub environments: Vec<Environment>,
    /// Contract digest over all documents: 12 hex digits.
    pub digest: String,
}

impl Catalog {
    /// Only the checker may say that parts are valid.
    #[must_use]
    pub(crate) fn blessed(parts: CatalogParts) -> Self {
        Self { parts }
    }

    /// All interfaces, sorted by Smart ID.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.parts.interfaces
    }

    /// All systems, sorted by name.
    #[must_use]
    pub fn systems(&self) -> &[System] {
        &self.parts.systems
    }

    /// All environments, sorted by name.
    #[must_use]
    pub fn environments(&self) -> &[Environment] {
        &self.parts.environments
    }

    /// Contract digest over all documents: 12 hex digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.parts.digest
    }

    /// The system of this name.
    #[must_use]
    pub fn system(&self, name: &str) -> Option<&System> {
        self.parts.systems.iter().find(|system| system.name == name)
    }

    /// The interface of this Smart ID.
    #[must_use]
    pub fn interface(&self, smart_id: &str) -> Option<&Interface> {
        self.parts.interfaces.iter().find(|interface| interface.smart_id.text == smart_id)
    }

    /// The operation that a resolved reference names.
    #[must_use]
    pub fn operation(&self, reference: &OperationRef) -> Option<&Operation> {
        self.system(&reference.system)?.operations.iter().find(|operation| operation.name == reference.operation)
    }

    /// The message that a resolved reference names.
    #[must_use]
    pub fn message(&self, reference: &MessageRef) -> Option<&Message> {
        let messages = match &reference.owner {
            Owner::System(name) => &self.system(name)?.messages,
            Owner::Interface(smart_id) => &self.interface(smart_id)?.messages,
        };
        messages.iter().find(|message| message.name == reference.name)
    }

    /// The fields of a record, nested or not.
    #[must_use]
    pub fn fields(&self, record: &RecordRef) -> Option<&[Field]> {
        let mut fields: &[Field] = &self.message(&record.message)?.fields;
        for name in &record.path {
            let mut ty = &fields.iter().find(|field| &field.name == name)?.ty;
            while let FieldType::List(item) = ty {
                ty = item;
            }
            let FieldType::Record(inner) = ty else {
                return None;
            };
            fields = inner;
        }
        Some(fields)
    }
}
