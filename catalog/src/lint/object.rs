//! Business objects: one name for each of them, over all documents.
//!
//! In: every interface. Out: diagnostics. Never knows: what an object is.

use std::collections::HashMap;

use crate::model::object_key;
use crate::open::{File, Project};

/// Compares the names with those of the documents before.
pub(super) fn lint(project: &Project<'_>, files: &mut [File<'_>]) {
    let mut known: HashMap<String, (&str, &str)> = HashMap::new();
    for (index, lowered) in &project.interfaces {
        let Some(interface) = &lowered.interface else { continue };
        // Names that only a Smart ID gives have no place, and nobody chose how they are spelled.
        for (name, span) in interface.objects.iter().zip(&lowered.places.objects) {
            let (spelled, path) = *known.entry(object_key(name)).or_insert((name, &interface.path));
            if spelled != name {
                files[*index]
                    .findings
                    .add("W-OBJECT", *span, format!("`{name}` is written `{spelled}` in {path}"))
                    .help("give the object one spelling")
                    .fix(spelled);
            }
        }
    }
}
