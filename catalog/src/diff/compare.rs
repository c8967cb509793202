//! Which items differ.
//!
//! In: the items of two versions. Out: [`Change`]s in the order of the new version. Never knows: what they mean.
//!
//! What is new or gone with all that belongs to it is one change, not one for each of its parts.

use std::collections::{HashMap, HashSet};

use super::facts::Item;
use super::steps;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change<'i> {
    /// The same item with another text.
    Changed { was: &'i Item, is: &'i Item },
    /// New, with all its parts.
    New { place: Vec<String>, parts: Vec<&'i Item> },
    /// Gone, with all its parts.
    Gone { place: Vec<String>, parts: Vec<&'i Item> },
}

impl Change<'_> {
    /// The way to it.
    pub(super) fn way(&self) -> &[String] {
        match self {
            Self::Changed { is, .. } => &is.place,
            Self::New { place, .. } | Self::Gone { place, .. } => place,
        }
    }

    /// The way to it, for people: keys with dots, the rest with arrows.
    pub(super) fn place(&self) -> String {
        let keys = self.way().iter().all(|part| part.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        self.way().join(if keys { "." } else { " › " })
    }

    /// Whether the contract is concerned.
    pub(super) fn fact(&self) -> bool {
        match self {
            Self::Changed { was, is } => was.fact || is.fact,
            Self::New { parts, .. } | Self::Gone { parts, .. } => parts.iter().any(|part| part.fact),
        }
    }

    pub(super) fn before(&self) -> String {
        match self {
            Self::Changed { was, .. } => was.text.clone(),
            Self::New { .. } => String::new(),
            Self::Gone { place, parts } => told(place, parts),
        }
    }

    pub(super) fn after(&self) -> String {
        match self {
            Self::Changed { is, .. } => is.text.clone(),
            Self::New { place, parts } => told(place, parts),
            Self::Gone { .. } => String::new(),
        }
    }

    pub(super) fn line_before(&self) -> u32 {
        match self {
            Self::Changed { was, .. } => was.line,
            Self::New { .. } => 0,
            Self::Gone { parts, .. } => parts.first().map_or(0, |part| part.line),
        }
    }

    pub(super) fn line_after(&self) -> u32 {
        match self {
            Self::Changed { is, .. } => is.line,
            Self::New { parts, .. } => parts.first().map_or(0, |part| part.line),
            Self::Gone { .. } => 0,
        }
    }
}

/// All parts in one line: `Type: text, Required: yes`.
fn told(place: &[String], parts: &[&Item]) -> String {
    let said = parts.iter().map(|part| match part.place.get(place.len()..).unwrap_or_default() {
        [] => part.text.clone(),
        rest => format!("{}: {}", rest.join("."), part.text),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// What differs.
pub(super) fn compare<'i>(was: &'i [Item], is: &'i [Item]) -> Vec<Change<'i>> {
    let old: HashMap<&[String], &Item> = was.iter().map(|item| (item.place.as_slice(), item)).collect();
    let (old_ways, new_ways) = (ways(was), ways(is));
    let mut changes: Vec<Change<'i>> = Vec::new();
    for item in is {
        match old.get(item.place.as_slice()) {
            Some(before) if before.text == item.text => {}
            Some(before) => changes.push(Change::Changed { was: before, is: item }),
            None => {
                let place = shortest(&item.place, &old_ways);
                match changes.iter_mut().rev().find(|it| matches!(it, Change::New { .. }) && it.way() == place) {
                    Some(Change::New { parts, .. }) => parts.push(item),
                    _ => changes.push(Change::New { place: place.to_vec(), parts: vec![item] }),
                }
            }
        }
    }
    let known: HashSet<&[String]> = is.iter().map(|item| item.place.as_slice()).collect();
    for item in was.iter().filter(|item| !known.contains(item.place.as_slice())) {
        let place = shortest(&item.place, &new_ways);
        match changes.iter_mut().rev().find(|it| matches!(it, Change::Gone { .. }) && it.way() == place) {
            Some(Change::Gone { parts, .. }) => parts.push(item),
            _ => changes.push(Change::Gone { place: place.to_vec(), parts: vec![item] }),
        }
    }
    // That steps come and go is said; their order is news only if others changed places.
    let flow = |change: &Change<'_>| change.way().len() == 2 && change.way()[0] == "flow";
    let named: Vec<String> = changes
        .iter()
        .filter(|it| flow(it) && !matches!(it, Change::Changed { .. }))
        .filter_map(|it| it.way().last().cloned())
        .collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    changes.retain(|change| match change {
        Change::Changed { was, is } if flow(change) && is.place[1] == steps::ORDER => {
            steps::without(&was.text, &named) != steps::without(&is.text, &named)
        }
        _ => true,
    });
    changes
}

/// Every place, and everything above it.
fn ways(items: &[Item]) -> HashSet<&[String]> {
    items.iter().flat_map(|item| (1..=item.place.len()).map(|length| &item.place[..length])).collect()
}

/// The highest place of an item that the other side does not have.
fn shortest<'i>(place: &'i [String], other: &HashSet<&[String]>) -> &'i [String] {
    let length = (1..=place.len()).find(|&length| !other.contains(&place[..length]));
    &place[..length.unwrap_or(place.len())]
}
