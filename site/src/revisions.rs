//! Revisions of interfaces: what changed from each to the next.
//!
//! In: the catalog and the history of its documents. Out: a [`Trail`] an interface. Never knows: pages.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use catalog::diff::{Difference, Weight, between};
use catalog::model::Interface;
use catalog::{Catalog, Sources, from_files};

use crate::{History, Revision};

/// The revisions of one interface.
#[derive(Debug)]
pub(crate) struct Trail<'a> {
    /// The oldest first.
    pub(crate) revisions: &'a [Revision],
    pub(crate) older: usize,
    /// One for each revision but the oldest; and one more where the document of today was not recorded yet.
    pub(crate) changes: Vec<Change<'a>>,
}

/// From one revision to the next.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) before: &'a Revision,
    /// `None`: the document as it is today.
    pub(crate) after: Option<&'a Revision>,
    pub(crate) text: &'a str,
    interface: &'a Interface,
    /// Compared when somebody asks, on whatever thread.
    differences: OnceLock<Vec<Difference>>,
}

/// Trails of all interfaces that have one, by Smart ID.
pub(crate) fn trails<'a>(catalog: &'a Catalog, history: &'a History) -> BTreeMap<&'a str, Trail<'a>> {
    let History::Known(known, _) = history else { return BTreeMap::new() };
    let interfaces = catalog.interfaces().iter();
    interfaces
        .filter_map(|interface| {
            let revisions = known.get(&interface.path).filter(|it| !it.list.is_empty())?;
            let changes = changes(interface, &revisions.list);
            let trail = Trail { revisions: &revisions.list, older: revisions.older, changes };
            Some((interface.smart_id.text.as_str(), trail))
        })
        .collect()
}

fn changes<'a>(interface: &'a Interface, revisions: &'a [Revision]) -> Vec<Change<'a>> {
    let mut changes: Vec<Change<'a>> = revisions
        .windows(2)
        .filter_map(|pair| match pair {
            [before, after] => Some(change(interface, before, Some(after))),
            _ => None,
        })
        .collect();
    if let Some(last) = revisions.last().filter(|last| last.text != interface.text) {
        changes.push(change(interface, last, None));
    }
    changes
}

fn change<'a>(interface: &'a Interface, before: &'a Revision, after: Option<&'a Revision>) -> Change<'a> {
    let text = after.map_or(interface.text.as_str(), |it| it.text.as_str());
    Change { before, after, text, interface, differences: OnceLock::new() }
}

fn document(interface: &Interface, text: &str) -> Sources {
    from_files([(interface.path.clone(), text.as_bytes().to_vec())]).sources
}

impl Revision {
    /// The name that people and addresses use.
    pub(crate) fn short(&self) -> String {
        self.commit.chars().filter(char::is_ascii_hexdigit).take(10).collect()
    }
}

impl Change<'_> {
    /// What is different, the heaviest first.
    pub(crate) fn differences(&self) -> &[Difference] {
        let document = |text| document(self.interface, text);
        self.differences.get_or_init(|| between(&document(&self.before.text), &document(self.text)))
    }

    /// `1a2b3c4d5e..6f7a8b9c0d`: the folder of its page.
    pub(crate) fn name(&self) -> String {
        let after = self.after.map_or_else(|| "today".to_owned(), Revision::short);
        format!("{}..{after}", self.before.short())
    }

    /// The weight of the heaviest difference; nothing where only the layout changed.
    pub(crate) fn weight(&self) -> Option<Weight> {
        self.differences().iter().map(|it| it.weight).max()
    }

    /// How many differences have this weight.
    pub(crate) fn count(&self, weight: Weight) -> usize {
        self.differences().iter().filter(|it| it.weight == weight).count()
    }
}
