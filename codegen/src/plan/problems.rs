//! What an architect has to change before code can be generated.
//!
//! In: collisions of names. Out: diagnostics of the catalog, all at once. Never knows: how they are shown.

use catalog::diagnostic::{COLLISION, Diagnostic};

use crate::names::Collision;

/// Problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Diagnostic>,
}

impl Problems {
    /// Keeps the collision, if there is one.
    pub(crate) fn note(&mut self, claimed: Result<(), Box<Collision>>) {
        let Err(collision) = claimed else { return };
        let Collision { name, scope, first, second } = *collision;
        let place = if first.path == second.path {
            format!("line {}", first.span.line)
        } else {
            format!("{}, line {}", first.path, first.span.line)
        };
        let (one, other) = (&second.text, &first.text);
        let message = format!("`{one}` and `{other}` ({place}) would both be called `{name}` in Rust ({scope})");
        let mut diagnostic = Diagnostic::new(COLLISION, &second.path, second.span, message);
        diagnostic.label(format!("becomes `{name}`, like `{other}`"));
        diagnostic.help("rename one of the two; case, blanks and punctuation do not tell names apart");
        self.found.push(diagnostic);
    }

    /// All of them, in order of document and place.
    pub(crate) fn into_result<T>(mut self, value: T) -> Result<T, Vec<Diagnostic>> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by(|a, b| (&a.path, a.span, &a.message).cmp(&(&b.path, b.span, &b.message)));
        self.found.dedup();
        Err(self.found)
    }
}
