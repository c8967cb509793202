//! Why a try of a flow ended early.
//!
//! In: mapping errors, violations, `dead_letter` steps, the engine's own decisions. Out: [`Stop`], opaque to flows.
//! Never knows: journals, transports.

use crate::{convert::MappingError, message::Violations};

/// Why a try of a flow ended early. Flows only hand it on with `?`.
#[derive(Debug)]
pub struct Stop(Why);

/// What the engine reads out of a [`Stop`].
#[derive(Debug)]
pub(crate) enum Why {
    /// A mapping could not be done: same input, same error, so it is never tried again.
    Mapping(MappingError),
    /// A message breaks its own rules.
    Schema(Violations),
    /// The document says this message belongs in the dead-letter list.
    Business(String),
    /// A step did not succeed; the engine knows which one and what follows from it.
    Step,
}

impl Stop {
    /// Ends the message in the dead-letter list with the document's reason (step `dead_letter`).
    #[must_use]
    pub fn dead(reason: impl Into<String>) -> Self {
        Self(Why::Business(reason.into()))
    }

    pub(crate) const fn step() -> Self {
        Self(Why::Step)
    }

    pub(crate) fn into_why(self) -> Why {
        self.0
    }
}

impl From<MappingError> for Stop {
    fn from(error: MappingError) -> Self {
        Self(Why::Mapping(error))
    }
}

impl From<Violations> for Stop {
    fn from(violations: Violations) -> Self {
        Self(Why::Schema(violations))
    }
}
