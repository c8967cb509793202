//! Ways from system to system: one page a system with everything it reaches, and an index with a chooser.
//!
//! In: the hops of the catalog. Out: [`PathsPage`], [`ReachPage`]. Never knows: how ways are found.

use std::collections::BTreeMap;

use askama::Template;
use catalog::model::{Status, System};

use super::context::{Context, Shell};
use super::landscape::{Matrix, MatrixCell, MatrixRow};
use crate::html::Html;
use crate::paths::{Hop, MOST_HOPS, MOST_WAYS, Network, Passing, Reached};
use crate::routes::At;
use crate::words;

/// More systems than this have their ways written out on no page; the rest is named.
const MOST_SYSTEMS: usize = 60;

/// More names than this make no list that anybody reads.
const MOST_NAMES: usize = 300;

/// More systems than this make no matrix that fits a screen.
const WIDE: usize = 40;

/// Interfaces of one hop that are named; a link leads to the others.
const MOST_INTERFACES: usize = 6;

/// What every system reaches, by name.
pub(crate) type Reach<'n, 'a> = BTreeMap<&'a str, Vec<Reached<'n, 'a>>>;

/// Computes it once for all pages.
pub(crate) fn reach<'n, 'a>(context: &Context<'a>, network: &'n Network<'a>) -> Reach<'n, 'a> {
    let systems = context.catalog.systems().iter();
    systems.map(|system| (system.name.as_str(), network.reached(&system.name))).collect()
}

/// Everything that data of one system gets to.
#[derive(Template)]
#[template(path = "reach.html")]
pub(crate) struct ReachPage {
    shell: Shell,
    name: String,
    intro: String,
    groups: Vec<Distance>,
    /// Reached, but too many to write out: name and hops.
    farther: Vec<Named>,
    unreached: Vec<Named>,
    /// Systems whose data gets here, with the number of hops.
    incoming: Vec<Named>,
}

/// Systems at the same distance.
#[derive(Debug)]
struct Distance {
    title: String,
    systems: Vec<Destination>,
}

/// One system with ways to it.
#[derive(Debug)]
struct Destination {
    id: String,
    name: Html,
    ways: Vec<Vec<Leg>>,
}

/// One hop, and what does it.
#[derive(Debug)]
struct Leg {
    from: Html,
    to: Html,
    over: Vec<Carrier>,
    more: Html,
}

#[derive(Debug)]
struct Carrier {
    href: String,
    title: String,
    smart_id: String,
    note: String,
    status: Option<(&'static str, &'static str)>,
}

#[derive(Debug)]
struct Named {
    id: String,
    name: Html,
    note: String,
}

impl ReachPage {
    /// Its path, beside the page of the system.
    pub(crate) fn route(system: &str) -> String {
        system.replace("index.html", "paths/index.html")
    }

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, system: &System, reach: &Reach<'_, '_>, path: &str) -> Self {
        let at = At::new(path);
        let reached = reach.get(system.name.as_str()).map_or(&[][..], Vec::as_slice);
        let (written, named) = reached.split_at(reached.len().min(MOST_SYSTEMS));
        let own = context.routes.system(&system.name).unwrap_or_default();
        let shell = context
            .shell(&at, "systems", &format!("Paths from {}", system.name))
            .under("Systems", &at.to("systems/index.html"))
            .under(&system.name, &at.to(&own));
        let intro = intro(&system.name, reached);
        Self {
            shell: shell.about(&intro),
            name: system.name.clone(),
            intro,
            groups: groups(context, &at, written),
            farther: named.iter().take(MOST_NAMES).map(|it| outward(context, &at, it.system, distance(it))).collect(),
            unreached: unreached(context, &at, system, reached),
            incoming: incoming(context, &at, system, reach),
        }
    }
}

fn intro(name: &str, reached: &[Reached<'_, '_>]) -> String {
    let direct = reached.iter().filter(|it| distance(it) == 1).count();
    match (reached.len(), direct) {
        (0, _) => format!("No interface takes data out of {name}."),
        (all, direct) if all == direct => {
            format!("Data of {name} gets to {}, directly.", words::count(all, "other system"))
        }
        (all, direct) => format!(
            "Data of {name} gets to {}: {} directly, the rest over systems between them.",
            words::count(all, "other system"),
            words::number(direct as u64),
        ),
    }
}

fn distance(reached: &Reached<'_, '_>) -> usize {
    reached.ways.first().map_or(0, Vec::len)
}

fn groups(context: &Context<'_>, at: &At, reached: &[Reached<'_, '_>]) -> Vec<Distance> {
    let groups = reached.chunk_by(|a, b| distance(a) == distance(b));
    groups
        .map(|group| Distance {
            title: match group.first().map_or(0, distance) {
                0 | 1 => "Directly".to_owned(),
                hops => format!("Over {}", far(hops)),
            },
            systems: group
                .iter()
                .map(|it| Destination {
                    id: anchor(context, it.system),
                    name: context.system_link(at, it.system),
                    ways: it.ways.iter().map(|way| way.iter().map(|hop| leg(context, at, hop)).collect()).collect(),
                })
                .collect(),
        })
        .collect()
}

/// How far it is: `directly`, `2 systems between`.
fn far(hops: usize) -> String {
    match hops {
        0 => String::new(),
        1 => "directly".to_owned(),
        hops => format!("{} between", words::count(hops - 1, "system")),
    }
}

/// `to-sap-srm7`, after the folder of the system.
pub(crate) fn anchor(context: &Context<'_>, system: &str) -> String {
    let route = context.routes.system(system).unwrap_or_default();
    format!("to-{}", route.trim_start_matches("systems/").trim_end_matches("/index.html"))
}

fn leg(context: &Context<'_>, at: &At, hop: &Hop<'_>) -> Leg {
    let shown = hop.over.iter().take(MOST_INTERFACES).inspect(|(interface, _)| context.catalog.read(interface));
    let over = shown.map(|(interface, passing)| Carrier {
        href: context.routes.interface(&interface.smart_id.text).map(|path| at.to(&path)).unwrap_or_default(),
        title: interface.title.clone(),
        smart_id: interface.smart_id.text.clone(),
        note: match passing {
            Passing::Sent => String::new(),
            Passing::Read => format!("reads it from {} on its way", hop.from),
            Passing::Asked => format!("{} asks for it", hop.to),
        },
        status: (interface.status != Status::Active)
            .then(|| (words::status_class(interface.status), words::status_name(interface.status))),
    });
    let more = match hop.over.len().saturating_sub(MOST_INTERFACES) {
        0 => Html::new(),
        more => Html::new().muted(&format!("and {more} more between the two")),
    };
    Leg { from: context.system_link(at, hop.from), to: context.system_link(at, hop.to), over: over.collect(), more }
}

fn outward(context: &Context<'_>, at: &At, system: &str, hops: usize) -> Named {
    Named { id: anchor(context, system), name: context.system_link(at, system), note: far(hops) }
}

/// Systems that no way leads to; nothing where that would be a long list.
fn unreached(context: &Context<'_>, at: &At, system: &System, reached: &[Reached<'_, '_>]) -> Vec<Named> {
    let known: std::collections::BTreeSet<&str> = reached.iter().map(|it| it.system).collect();
    let others = context.catalog.systems().iter().map(|it| it.name.as_str());
    let others: Vec<&str> = others.filter(|it| *it != system.name && !known.contains(it)).collect();
    if others.len() > MOST_NAMES {
        return Vec::new();
    }
    others.into_iter().map(|name| outward(context, at, name, 0)).collect()
}

/// The systems whose data gets to this one, nearest first; each leads to the ways that it takes.
fn incoming(context: &Context<'_>, at: &At, system: &System, reach: &Reach<'_, '_>) -> Vec<Named> {
    let here = anchor(context, &system.name);
    let mut found: Vec<(usize, &str)> = reach
        .iter()
        .filter_map(|(from, reached)| Some((distance(reached.iter().find(|it| it.system == system.name)?), *from)))
        .collect();
    found.sort_unstable();
    let named = found.into_iter().take(MOST_NAMES).map(|(hops, from)| {
        let page = context.routes.system(from).map(|it| at.to(&ReachPage::route(&it))).unwrap_or_default();
        Named { id: String::new(), name: Html::new().link(&format!("{page}#{here}"), from), note: far(hops) }
    });
    named.collect()
}

/// The index: who reaches whom in how many hops.
#[derive(Template)]
#[template(path = "paths.html")]
pub(crate) struct PathsPage {
    shell: Shell,
    intro: String,
    matrix: Option<Matrix>,
    rows: Vec<ReachRow>,
}

/// One system of the index.
#[derive(Debug)]
struct ReachRow {
    name: Html,
    direct: usize,
    all: usize,
    incoming: usize,
}

impl PathsPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "paths/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>, reach: &Reach<'_, '_>) -> Self {
        let at = At::new(Self::PATH);
        let mut incoming: BTreeMap<&str, usize> = BTreeMap::new();
        for it in reach.values().flatten() {
            *incoming.entry(it.system).or_default() += 1;
        }
        let page = |name: &str| context.routes.system(name).map(|it| at.to(&ReachPage::route(&it))).unwrap_or_default();
        let rows = reach.iter().map(|(name, reached)| ReachRow {
            name: Html::new().link(&page(name), name),
            direct: reached.iter().filter(|it| distance(it) == 1).count(),
            all: reached.len(),
            incoming: incoming.get(name).copied().unwrap_or_default(),
        });
        let intro = format!(
            "How data gets from one system to another: directly, or over as many as {MOST_HOPS} interfaces in a row with systems between them."
        );
        let shell = context.shell(&at, "landscape", "Paths").under("Landscape", &at.to("landscape/index.html"));
        Self { shell: shell.about(&intro), intro, matrix: matrix(context, &at, reach, &incoming), rows: rows.collect() }
    }
}

/// Hops from each system to each other; nothing for landscapes too wide for it.
fn matrix(context: &Context<'_>, at: &At, reach: &Reach<'_, '_>, incoming: &BTreeMap<&str, usize>) -> Option<Matrix> {
    if context.catalog.systems().len() > WIDE || incoming.is_empty() {
        return None;
    }
    let rows = reach.iter().filter(|(_, reached)| !reached.is_empty()).map(|(from, reached)| {
        let page = context.routes.system(from).map(|it| at.to(&ReachPage::route(&it))).unwrap_or_default();
        let cell = |to: &str| {
            let hops = reached.iter().find(|it| it.system == to).map_or(0, distance);
            MatrixCell {
                class: ["s0", "s4", "s3", "s2", "s1"].get(hops).copied().unwrap_or("s1"),
                count: hops,
                href: format!("{page}#{}", anchor(context, to)),
                name: format!("{from} to {to}: {}", far(hops)),
            }
        };
        MatrixRow { head: Html::new().link(&page, from), cells: incoming.keys().map(|to| cell(to)).collect() }
    });
    Some(Matrix {
        title: "Interfaces in a row".to_owned(),
        columns: incoming.keys().map(|name| context.system_link(at, name)).collect(),
        rows: rows.collect(),
        more: String::new(),
    })
}

/// Said under ways: what a way is, and what it is not.
pub(crate) fn caveat() -> String {
    format!(
        "A way says that interfaces meet: what one brings, a later one may take on. Whether a value does is decided inside the systems between them. At most {MOST_HOPS} interfaces in a row and {MOST_WAYS} ways to a system are shown; retired interfaces take nothing anywhere."
    )
}
