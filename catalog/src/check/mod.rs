//! Rules that need more than one place: endings of flows, references between documents, identities.
//!
//! In: everything that was lowered. Out: diagnostics, and digests in their places. Never knows: syntax.

use crate::digest;
use crate::open::{File, Project};
use std::collections::HashMap;

/// Checks a project.
pub(crate) fn check(project: &mut Project<'_>, files: &mut [File<'_>]) {
    digests(project, files);
}

fn digests(project: &mut Project<'_>, files: &[File<'_>]) {
    let mut of_systems = HashMap::new();
    for (index, system) in &mut project.systems {
        system.digest = digest::document(&files[*index].document);
        of_systems.insert(system.name.as_str(), system.digest.as_str());
    }
    for (index, lowered) in &mut project.interfaces {
        let Some(interface) = &mut lowered.interface else { continue };
        let own = digest::document(&files[*index].document);
        let systems = interface.systems.iter().filter_map(|name| of_systems.get(name.as_str()).copied());
        interface.digest = digest::together(std::iter::once(own.as_str()).chain(systems));
    }
}
