//! Names across documents: which system a spelling means, which message and operation a reference means.
//!
//! In: what systems and one interface declare. Out: lookups that tell *unknown* from *known but broken*, so that one
//! mistake is reported once. Never knows: flows, Markdown.

use crate::expr::{Records, Scope};
use crate::fields::{Text, did_you_mean, shown};
use crate::findings::Findings;
use crate::model::PARAMETERS;
use crate::model::{Field, Message, MessageRef, Operation, OperationRef, Owner, RecordRef, Type};
use std::collections::HashMap;

/// The name under which a flow sees the parameters of its trigger.
pub(crate) const PATH: &str = "path";

/// Something declared: `None` when its declaration is broken and was reported.
type Declared<T> = HashMap<String, Option<T>>;

/// What one system declares.
#[derive(Debug, Default)]
pub(crate) struct SystemSymbols {
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) proxy: Option<String>,
    pub(crate) messages: Declared<Message>,
    pub(crate) operations: Declared<Operation>,
    /// Its front matter could not be read, so nobody knows what else it declares.
    pub(crate) broken: bool,
}

/// What all systems declare.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    pub(crate) systems: Vec<SystemSymbols>,
    /// Names and aliases.
    pub(crate) spellings: HashMap<String, usize>,
    /// Some system's name could not be read: an unknown system may be that one.
    pub(crate) unreadable: bool,
}

/// The outcome of a lookup.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Found<T> {
    /// Here it is.
    Yes(T),
    /// It is declared, or may be, where a mistake was reported.
    Broken,
    /// Nobody declares it.
    No,
}

impl Symbols {
    /// The system that a name or alias means.
    pub(crate) fn system(&self, spelling: &str) -> Option<&SystemSymbols> {
        self.spellings.get(spelling).map(|index| &self.systems[*index])
    }

    /// The system that a name or alias means; an unknown one is reported.
    pub(crate) fn expect_system(&self, spelling: Text<'_>, findings: &mut Findings) -> Option<&SystemSymbols> {
        if let Some(system) = self.system(spelling.text) {
            return Some(system);
        }
        if self.unreadable {
            return None;
        }
        let message = format!("there is no system `{}`", shown(spelling.text));
        let diagnostic = findings.add("E-UNKNOWN-SYSTEM", spelling.span, message);
        match did_you_mean(spelling.text, self.spellings.keys().map(String::as_str)) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(meant),
            None => diagnostic.help("describe it in a document under spec/systems, or use one of its names there"),
        };
        None
    }

    /// The operation that `System.operation` means; an unknown one is reported. `Some(Broken)` never happens: it is `None`.
    pub(crate) fn expect_operation<'s>(
        &'s self,
        text: Text<'_>,
        findings: &mut Findings,
    ) -> Option<(OperationRef, &'s Operation)> {
        let Some((system, operation)) = text.text.rsplit_once('.') else {
            let message = format!("`{}` names no operation", shown(text.text));
            findings.add("E-UNKNOWN-OPERATION", text.span, message).help("write `System.operation`");
            return None;
        };
        let system = self.expect_system(Text { text: system.trim(), span: text.span }, findings)?;
        let operation = operation.trim();
        match system.operations.get(operation) {
            Some(Some(found)) => {
                Some((OperationRef { system: system.name.clone(), operation: operation.to_owned() }, found))
            }
            Some(None) => None,
            None if system.broken => None,
            None => {
                let message = format!("{} has no operation `{}`", system.name, shown(operation));
                let diagnostic = findings.add("E-UNKNOWN-OPERATION", text.span, message);
                match did_you_mean(operation, system.operations.keys().map(String::as_str)) {
                    Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                    None => diagnostic.help(format!("declare it in the document of {}", system.name)),
                };
                None
            }
        }
    }
}

impl SystemSymbols {
    /// The message of this name.
    pub(crate) fn message(&self, name: &str) -> Found<&Message> {
        match self.messages.get(name) {
            Some(Some(message)) => Found::Yes(message),
            Some(None) => Found::Broken,
            None if self.broken => Found::Broken,
            None => Found::No,
        }
    }
}

/// What an interface declares itself.
#[derive(Debug, Default)]
pub(crate) struct Own {
    pub(crate) smart_id: String,
    pub(crate) messages: Declared<Message>,
    /// Parameters of the trigger.
    pub(crate) parameters: Vec<Field>,
}

/// The names that one document sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) symbols: &'a Symbols,
    pub(crate) own: Option<&'a Own>,
    /// Systems whose messages may be used without their name, in order: source and target, or the system itself.
    pub(crate) near: [Option<&'a SystemSymbols>; 2],
}

impl<'a> View<'a> {
    /// A fresh scope over these names.
    pub(crate) fn scope(&'a self) -> Scope<'a> {
        Scope::new(self)
    }

    /// The message that `Name` or `System.Name` means; an unknown one is reported.
    pub(crate) fn expect_message(&self, text: Text<'_>, findings: &mut Findings) -> Option<MessageRef> {
        match self.find_message(text, findings)? {
            Found::Yes(message) => Some(reference(message)),
            Found::Broken => None,
            Found::No => {
                self.unknown_message(text, findings);
                None
            }
        }
    }

    /// `None` when the system in front of the dot is unknown and was reported.
    fn find_message(&self, text: Text<'_>, findings: &mut Findings) -> Option<Found<&'a Message>> {
        if let Some((system, name)) = text.text.rsplit_once('.') {
            let system = self.symbols.expect_system(Text { text: system.trim(), span: text.span }, findings)?;
            return Some(system.message(name.trim()));
        }
        if let Some(found) = self.own.and_then(|own| own.messages.get(text.text)) {
            return Some(found.as_ref().map_or(Found::Broken, Found::Yes));
        }
        for system in self.near.into_iter().flatten() {
            match system.message(text.text) {
                Found::No => {}
                found => return Some(found),
            }
        }
        let sure = self.near.iter().all(Option::is_some) || self.own.is_none();
        Some(if sure { Found::No } else { Found::Broken })
    }

    fn unknown_message(&self, text: Text<'_>, findings: &mut Findings) {
        let message = format!("there is no message `{}`", shown(text.text));
        let diagnostic = findings.add("E-UNKNOWN-MESSAGE", text.span, message);
        let (prefix, name) = match text.text.rsplit_once('.') {
            Some((system, name)) => (Some(system.trim()), name.trim()),
            None => (None, text.text),
        };
        let far = prefix.and_then(|system| self.symbols.system(system));
        let own = self.own.filter(|_| prefix.is_none()).map(|own| &own.messages);
        let near = self.near.into_iter().flatten().filter(|_| prefix.is_none());
        let known = own.into_iter().chain(near.chain(far).map(|system| &system.messages));
        match did_you_mean(name, known.flat_map(HashMap::keys).map(String::as_str)) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None => diagnostic
                .help(format!("declare it under a heading `## Message: {}`, or write `System.Name`", shown(name))),
        };
    }
}

impl Records for View<'_> {
    fn fields(&self, message: &MessageRef) -> Option<&[Field]> {
        let declared = match &message.owner {
            Owner::System(name) => {
                let system = self.symbols.system(name)?;
                if let Some(operation) = message.operation_of_parameters() {
                    return Some(&system.operations.get(operation)?.as_ref()?.parameters);
                }
                system.messages.get(&message.name)?
            }
            Owner::Interface(_) if message.name == PARAMETERS => return Some(&self.own?.parameters),
            Owner::Interface(_) => self.own?.messages.get(&message.name)?,
        };
        Some(&declared.as_ref()?.fields)
    }
}

/// The reference to a message.
pub(crate) fn reference(message: &Message) -> MessageRef {
    MessageRef { owner: message.owner.clone(), name: message.name.clone() }
}

/// The type of a whole message.
pub(crate) fn record(message: &MessageRef) -> Type {
    Type::Record(RecordRef { message: message.clone(), path: Vec::new() })
}
