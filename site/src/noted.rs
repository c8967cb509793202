//! The catalog as those who make pages see it: whatever they read of an interface is noted.
//!
//! In: a catalog. Out: the same answers as [`Catalog`] gives. Never knows: pages.

use catalog::Catalog;
use catalog::model::{
    Environment, Field, Interface, Message, MessageRef, Operation, OperationRef, Owner, RecordRef, Settings, System,
};

use crate::reads::{note, note_all};

/// A catalog that notes what is read. Systems, environments and settings are few, and whoever reads one of them is made anew
/// when any of them changes.
#[derive(Clone, Copy)]
pub(crate) struct Noted<'a>(&'a Catalog);

impl<'a> Noted<'a> {
    /// Notes from now on.
    pub(crate) const fn new(catalog: &'a Catalog) -> Self {
        Self(catalog)
    }

    /// All interfaces, sorted by Smart ID.
    pub(crate) fn interfaces(self) -> &'a [Interface] {
        note_all();
        self.0.interfaces()
    }

    /// The interface of this Smart ID.
    pub(crate) fn interface(self, smart_id: &str) -> Option<&'a Interface> {
        self.0.interface(smart_id).inspect(|it| self.read(it))
    }

    /// Notes that an interface of this catalog is read.
    pub(crate) fn read(self, interface: &Interface) {
        let place = self.0.interfaces().binary_search_by(|it| it.smart_id.text.cmp(&interface.smart_id.text));
        match place.ok().and_then(|it| u32::try_from(it).ok()) {
            Some(place) => note(place),
            None => note_all(),
        }
    }

    /// The message that a resolved reference names.
    pub(crate) fn message(self, reference: &MessageRef) -> Option<&'a Message> {
        self.read_owner(&reference.owner);
        self.0.message(reference)
    }

    /// The fields of a record, nested or not.
    pub(crate) fn fields(self, record: &RecordRef) -> Option<&'a [Field]> {
        self.read_owner(&record.message.owner);
        self.0.fields(record)
    }

    fn read_owner(self, owner: &Owner) {
        if let Owner::Interface(smart_id) = owner {
            self.interface(smart_id);
        }
    }

    /// Contract digest over all documents.
    pub(crate) fn digest(self) -> &'a str {
        note_all();
        self.0.digest()
    }

    /// The operation that a resolved reference names.
    pub(crate) fn operation(self, reference: &OperationRef) -> Option<&'a Operation> {
        self.0.operation(reference)
    }

    /// The system of this name.
    pub(crate) fn system(self, name: &str) -> Option<&'a System> {
        self.0.system(name)
    }

    /// All systems, sorted by name.
    pub(crate) fn systems(self) -> &'a [System] {
        self.0.systems()
    }

    /// All environments, sorted by name.
    pub(crate) fn environments(self) -> &'a [Environment] {
        self.0.environments()
    }

    /// What `tieline.toml` says.
    pub(crate) fn settings(self) -> &'a Settings {
        self.0.settings()
    }

    /// The catalog itself, for what several files share: see [`crate::reads::quietly`].
    pub(crate) const fn unnoted(self) -> &'a Catalog {
        self.0
    }
}
