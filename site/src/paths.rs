//! Ways of data from system to system: over one interface, or over several with systems between them.
//!
//! In: the catalog. Out: [`Hop`]s, and what each system reaches over them. Never knows: pages, links.
//!
//! Data goes the way that the flow moves it, which need not be the way of the call: an interface that reads for its
//! source and sends nothing brings data from the system it reads to its source. That one system passes on what it got
//! from another is possible, not proven: documents describe interfaces, not what happens inside a system.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use catalog::Catalog;
use catalog::model::{Interface, Status, StepKind};

use crate::view::walk;

/// Longer ways say nothing: over enough systems, everything reaches everything.
pub(crate) const MOST_HOPS: usize = 4;

/// More ways to the same system than this are not shown.
pub(crate) const MOST_WAYS: usize = 3;

/// From one system to another, without a system between them.
#[derive(Debug, PartialEq)]
pub(crate) struct Hop<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// The interfaces that do it, each once, by Smart ID.
    pub(crate) over: Vec<(&'a Interface, Passing)>,
}

/// How an interface moves data over a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Passing {
    /// Its source hands the data over, and it is sent on.
    Sent,
    /// It reads the data on the way, and sends it on.
    Read,
    /// Its source asks, and gets the data as the answer.
    Asked,
}

/// Interfaces of a hop by Smart ID.
type Over<'a> = BTreeMap<&'a str, (&'a Interface, Passing)>;

/// A system that data gets to, with ways to it: the shortest first.
#[derive(Debug)]
pub(crate) struct Reached<'n, 'a> {
    pub(crate) system: &'a str,
    pub(crate) ways: Vec<Vec<&'n Hop<'a>>>,
}

/// All hops of a catalog.
#[derive(Debug)]
pub(crate) struct Network<'a> {
    hops: Vec<Hop<'a>>,
    /// Hops that go on from each system, by the system that is reached.
    onward: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Network<'a> {
    /// Hops over every interface that is not retired.
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let mut found: BTreeMap<(&str, &str), Over<'a>> = BTreeMap::new();
        for interface in catalog.interfaces().iter().filter(|it| it.status != Status::Retired) {
            for (from, to, passing) in passes(interface) {
                let over = found.entry((from, to)).or_default();
                let entry = over.entry(&interface.smart_id.text).or_insert((interface, passing));
                entry.1 = entry.1.min(passing);
            }
        }
        let hops = found.into_iter().map(|((from, to), over)| Hop { from, to, over: over.into_values().collect() });
        let hops: Vec<Hop<'_>> = hops.collect();
        let mut leaving: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, hop) in hops.iter().enumerate() {
            leaving.entry(hop.from).or_default().push(index);
        }
        let mut onward = HashMap::new();
        for system in catalog.systems() {
            let kin = kin(catalog, &system.name);
            let mut own: Vec<usize> = kin.iter().filter_map(|name| leaving.get(name)).flatten().copied().collect();
            own.sort_by_key(|index| (hops[*index].to, *index));
            onward.insert(system.name.as_str(), own);
        }
        Self { hops, onward }
    }

    /// Every system that data of `start` gets to, nearest first, then by name.
    pub(crate) fn reached(&self, start: &str) -> Vec<Reached<'_, 'a>> {
        let mut found: BTreeMap<&str, Vec<Vec<&Hop<'a>>>> = BTreeMap::new();
        let mut layer: Vec<Vec<&Hop<'a>>> = vec![Vec::new()];
        for _ in 0..MOST_HOPS {
            let mut next = Vec::new();
            for way in &layer {
                let end = way.last().map_or(start, |hop| hop.to);
                for hop in self.onward.get(end).into_iter().flatten().map(|index| &self.hops[*index]) {
                    if hop.to == start || way.iter().any(|before| before.to == hop.to) {
                        continue;
                    }
                    let ways = found.entry(hop.to).or_default();
                    // A detour of one system may matter; longer ones beside a short way do not.
                    let detour = ways.first().is_some_and(|first: &Vec<_>| way.len() > first.len());
                    if ways.len() < MOST_WAYS && !detour {
                        let longer: Vec<&Hop<'a>> = way.iter().copied().chain([hop]).collect();
                        ways.push(longer.clone());
                        next.push(longer);
                    }
                }
            }
            layer = next;
        }
        let mut reached: Vec<Reached<'_, 'a>> =
            found.into_iter().map(|(system, ways)| Reached { system, ways }).collect();
        reached.sort_by_key(|it| it.ways.first().map_or(0, Vec::len));
        reached
    }
}

/// The system, what it is part of, and its parts: what arrived at one of them may leave from another.
fn kin<'a>(catalog: &'a Catalog, name: &'a str) -> BTreeSet<&'a str> {
    let mut kin = BTreeSet::from([name]);
    let mut above = name;
    while let Some(whole) = catalog.system(above).and_then(|it| it.part_of.as_deref()) {
        if !kin.insert(whole) {
            break;
        }
        above = whole;
    }
    kin.extend(catalog.systems().iter().filter(|it| it.part_of.as_deref() == Some(name)).map(|it| it.name.as_str()));
    kin
}

/// From where to where an interface moves data.
pub(crate) fn passes(interface: &Interface) -> Vec<(&str, &str, Passing)> {
    let (mut read, mut sent) = (BTreeSet::new(), BTreeSet::new());
    let mut answers = false;
    walk(&interface.flow, &mut |step| match &step.kind {
        StepKind::Fetch { operation, .. } => {
            read.insert(operation.system.as_str());
        }
        StepKind::Send { operation, .. } => {
            sent.insert(operation.system.as_str());
        }
        StepKind::Reply { message, .. } => answers |= message.is_some(),
        _ => {}
    });
    let (source, target) = (interface.source.as_str(), interface.target.as_str());
    let mut passes = Vec::new();
    if answers {
        passes.extend(read.iter().map(|system| (*system, source, Passing::Asked)));
    }
    // Whoever only asks sends nothing on; every other interface goes where its document says.
    if !sent.is_empty() || passes.is_empty() {
        sent.insert(target);
        for to in sent {
            passes.push((source, to, Passing::Sent));
            passes.extend(read.iter().map(|system| (*system, to, Passing::Read)));
        }
    }
    passes.retain(|(from, to, _)| from != to);
    passes
}
