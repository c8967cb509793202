//! The checked catalog.
//!
//! In: parts that passed every check. Out: [`Catalog`]. Never knows: how they were checked.

use std::collections::HashMap;

use crate::model::{
    Environment, Field, FieldType, Interface, Message, MessageRef, Operation, OperationRef, Owner, RecordRef, Settings,
    System,
};

/// Every interface and system of a project, valid and sorted by identity.
///
/// Holding one means: ids are unique, every reference resolves, every expression has a type, every mapping is
/// complete. Code that has a `Catalog` need not check any of this again.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    parts: CatalogParts,
    /// Place of each operation and message in its document, by owner and name.
    operations: HashMap<(usize, String), usize>,
    messages: HashMap<(Owner, String), usize>,
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
    /// What `tieline.toml` says.
    pub settings: Settings,
    /// Contract digest over all documents: 12 hex digits.
    pub digest: String,
}

impl Catalog {
    /// Only the checker may say that parts are valid.
    #[must_use]
    pub(crate) fn blessed(parts: CatalogParts) -> Self {
        let mut operations = HashMap::new();
        let mut messages = HashMap::new();
        for (at, system) in parts.systems.iter().enumerate() {
            let places = system.operations.iter().enumerate();
            operations.extend(places.map(|(place, operation)| ((at, operation.name.clone()), place)));
            messages.extend(places_of(&system.messages));
        }
        for interface in &parts.interfaces {
            messages.extend(places_of(&interface.messages));
        }
        Self { parts, operations, messages }
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

    /// What `tieline.toml` says; nothing if there is none.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// Contract digest over all documents: 12 hex digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.parts.digest
    }

    /// The system of this name.
    #[must_use]
    pub fn system(&self, name: &str) -> Option<&System> {
        Some(&self.parts.systems[self.system_at(name)?])
    }

    /// The interface of this Smart ID.
    #[must_use]
    pub fn interface(&self, smart_id: &str) -> Option<&Interface> {
        let interfaces = &self.parts.interfaces;
        let at = interfaces.binary_search_by(|interface| interface.smart_id.text.as_str().cmp(smart_id)).ok()?;
        Some(&interfaces[at])
    }

    /// The operation that a resolved reference names.
    #[must_use]
    pub fn operation(&self, reference: &OperationRef) -> Option<&Operation> {
        let at = self.system_at(&reference.system)?;
        let place = self.operations.get(&(at, reference.operation.clone()))?;
        Some(&self.parts.systems[at].operations[*place])
    }

    /// The message that a resolved reference names.
    #[must_use]
    pub fn message(&self, reference: &MessageRef) -> Option<&Message> {
        let place = self.messages.get(&(reference.owner.clone(), reference.name.clone()))?;
        let messages = match &reference.owner {
            Owner::System(name) => &self.system(name)?.messages,
            Owner::Interface(smart_id) => &self.interface(smart_id)?.messages,
        };
        Some(&messages[*place])
    }

    /// Systems are sorted by name.
    fn system_at(&self, name: &str) -> Option<usize> {
        self.parts.systems.binary_search_by(|system| system.name.as_str().cmp(name)).ok()
    }

    /// Top-level fields of a message, of a trigger's parameters, or of an operation's parameters
    /// (see [`MessageRef::parameters_of_trigger`] and [`MessageRef::parameters_of_operation`]).
    fn top_fields(&self, reference: &MessageRef) -> Option<&[Field]> {
        if let Some(message) = self.message(reference) {
            return Some(&message.fields);
        }
        match &reference.owner {
            Owner::Interface(smart_id) if *reference == MessageRef::parameters_of_trigger(smart_id) => {
                Some(&self.interface(smart_id)?.trigger.parameters)
            }
            Owner::System(system) => {
                let operation = reference.operation_of_parameters()?.to_owned();
                Some(&self.operation(&OperationRef { system: system.clone(), operation })?.parameters)
            }
            Owner::Interface(_) => None,
        }
    }

    /// The fields of a record, nested or not.
    #[must_use]
    pub fn fields(&self, record: &RecordRef) -> Option<&[Field]> {
        let mut fields = self.top_fields(&record.message)?;
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

fn places_of(messages: &[Message]) -> impl Iterator<Item = ((Owner, String), usize)> {
    messages.iter().enumerate().map(|(place, message)| ((message.owner.clone(), message.name.clone()), place))
}
