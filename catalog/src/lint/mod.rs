//! Warnings that argue with the document: it is valid, and somebody should look.
//!
//! In: everything that was lowered. Out: diagnostics. Never knows: syntax.

mod life;
mod object;
mod policy;
pub(crate) mod residue;
mod sensitive;
mod unused;
mod version;
mod volume;

use crate::expr::Records;
use crate::model::{Field, Interface, MessageRef, Owner};
use crate::open::{File, Project};
use crate::spread::spread;
use crate::symbols::Symbols;

/// Lints a project.
pub(crate) fn lint(project: &Project<'_>, files: &mut [File<'_>]) {
    for file in files.iter_mut() {
        residue::lint(&file.residue, &mut file.findings);
    }
    object::lint(project, files);
    let systems = project.systems();
    spread(project.each(files), |(interface, lowered, findings)| {
        let subject = Subject { interface, places: &lowered.places, symbols: project.symbols, systems: &systems };
        // What is broken looks unused, missing or out of order: warnings about it would be wrong.
        if findings.has_errors() || !lowered.whole {
            return;
        }
        policy::lint(&subject, findings);
        life::lint(&subject, findings);
        version::lint(&subject, findings);
        volume::lint(&subject, findings);
        sensitive::lint(&subject, findings);
        unused::lint(&subject, &lowered.unused_mappings, findings);
    });
}

/// An interface and what it can be held against.
struct Subject<'a> {
    interface: &'a Interface,
    places: &'a crate::lower::interface::Places,
    symbols: &'a Symbols,
    systems: &'a std::collections::HashMap<&'a str, &'a crate::model::System>,
}

impl Records for Subject<'_> {
    fn fields(&self, message: &MessageRef) -> Option<&[Field]> {
        match &message.owner {
            Owner::System(name) => {
                let declared = self.symbols.system(name)?.messages.get(&message.name)?;
                Some(&declared.as_ref()?.fields)
            }
            Owner::Interface(smart_id) if *message == MessageRef::parameters_of_trigger(smart_id) => {
                Some(&self.interface.trigger.parameters)
            }
            Owner::Interface(_) => {
                let own = self.interface.messages.iter().find(|own| own.name == message.name)?;
                Some(&own.fields)
            }
        }
    }
}
