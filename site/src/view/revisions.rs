//! Revisions of an interface: the document as it stood, and what changed from each to the next.
//!
//! In: trails. Out: [`RevisionPage`], [`DiffPage`], rows for other pages. Never knows: where revisions are kept.

use askama::Template;
use catalog::diff::{Difference, Weight};
use catalog::model::Interface;
use similar::{ChangeTag, DiffOp, TextDiff};

use super::context::{Context, Shell};
use super::document::{self, DocumentLine};
use crate::History;
use crate::html::Html;
use crate::revisions::{Change, Trail};
use crate::routes::At;
use crate::words;

/// Longer documents, both sides together, are not laid side by side: nobody reads that, and it would take long.
const MOST_LINES: usize = 6_000;

/// More differing lines than this make no page that anybody reads.
const MOST_ROWS: usize = 1_500;

/// Lines around a difference that are shown.
const AROUND: usize = 3;

/// All weights, the heaviest first.
const WEIGHTS: [Weight; 3] = [Weight::Breaking, Weight::Behavioural, Weight::Editorial];

/// Page of a revision: `interfaces/<slug>/r/<commit>/index.html`.
pub(crate) fn revision_route(interface: &str, commit: &str) -> String {
    interface.replace("index.html", &format!("r/{commit}/index.html"))
}

/// Page of a change: `interfaces/<slug>/diff/<commit>..<commit>/index.html`.
pub(crate) fn change_route(interface: &str, name: &str) -> String {
    interface.replace("index.html", &format!("diff/{name}/index.html"))
}

/// A document as it stood.
#[derive(Template)]
#[template(path = "revision.html")]
pub(crate) struct RevisionPage {
    shell: Shell,
    back: Html,
    title: String,
    subject: String,
    links: Vec<(String, String)>,
    lines: Vec<DocumentLine>,
}

impl RevisionPage {
    /// Decides everything about the revision at this place of the trail; `page` is the page of the interface.
    pub(crate) fn new(context: &Context<'_>, interface: &Interface, trail: &Trail<'_>, place: (usize, &str)) -> Self {
        let (index, page) = place;
        let revision = &trail.revisions[index];
        let at = At::new(&revision_route(page, &revision.short()));
        let mut links = Vec::new();
        if let Some(before) = index.checked_sub(1).and_then(|it| trail.changes.get(it)) {
            links.push((at.to(&change_route(page, &before.name())), "What it changed".to_owned()));
        }
        if let Some(after) = trail.changes.get(index) {
            links.push((at.to(&change_route(page, &after.name())), "What changed next".to_owned()));
        }
        links.push((at.to(page), "As it is today".to_owned()));
        let title = format!("{} at {}", interface.smart_id.text, revision.short());
        Self {
            shell: context
                .shell(&at, "interfaces", &title)
                .under("Interfaces", &at.to("interfaces/index.html"))
                .under(&interface.title, &at.to(page)),
            back: Html::new().link(&at.to(&format!("{page}#history")), &interface.title),
            title: format!("As of {}", revision.date),
            subject: format!("Revision {}: {}", revision.short(), revision.subject),
            links,
            lines: document::lines(&revision.text, &mut std::collections::BTreeMap::new()),
        }
    }
}

/// What changed from one revision to the next.
#[derive(Template)]
#[template(path = "diff.html")]
pub(crate) struct DiffPage {
    shell: Shell,
    back: Html,
    title: String,
    subject: String,
    before: Html,
    after: Html,
    counts: Html,
    differences: Vec<DifferenceRow>,
    rows: Vec<SideRow>,
    /// What is not shown, in words; empty if everything is.
    left_out: String,
    links: Vec<(String, String)>,
}

/// One difference in words.
#[derive(Debug)]
struct DifferenceRow {
    class: &'static str,
    word: &'static str,
    sentence: Html,
    lines: Html,
}

/// One line of each side.
#[derive(Debug, Default)]
pub(super) struct SideRow {
    /// `gap`, `eq` or `ch`.
    class: &'static str,
    left: Option<SideLine>,
    right: Option<SideLine>,
}

#[derive(Debug)]
struct SideLine {
    number: usize,
    text: String,
    /// `del`, `ins` or nothing.
    class: &'static str,
}

impl DiffPage {
    /// Decides everything about the change at this place of the trail; `page` is the page of the interface.
    pub(crate) fn new(context: &Context<'_>, interface: &Interface, trail: &Trail<'_>, place: (usize, &str)) -> Self {
        let (index, page) = place;
        let change = &trail.changes[index];
        let at = At::new(&change_route(page, &change.name()));
        let before = at.to(&revision_route(page, &change.before.short()));
        let after = match change.after {
            Some(it) => at.to(&revision_route(page, &it.short())),
            None => at.to(&document::DocumentPage::route(page)),
        };
        let mut links = Vec::new();
        if let Some(earlier) = index.checked_sub(1).and_then(|it| trail.changes.get(it)) {
            links.push((at.to(&change_route(page, &earlier.name())), "The change before".to_owned()));
        }
        if let Some(later) = trail.changes.get(index + 1) {
            links.push((at.to(&change_route(page, &later.name())), "The change after".to_owned()));
        }
        let (rows, left_out) = side_by_side(&change.before.text, change.text);
        let title = format!("Changes of {}, {}", interface.smart_id.text, change.name());
        Self {
            shell: context
                .shell(&at, "interfaces", &title)
                .under("Interfaces", &at.to("interfaces/index.html"))
                .under(&interface.title, &at.to(page)),
            back: Html::new().link(&at.to(&format!("{page}#history")), &interface.title),
            title: heading(change),
            subject: subject(change),
            before: Html::new().link(&before, &format!("{}, {}", change.before.date, change.before.short())),
            after: Html::new().link(
                &after,
                &change.after.map_or_else(|| "today".to_owned(), |it| format!("{}, {}", it.date, it.short())),
            ),
            counts: counts(change),
            differences: change.differences().iter().map(|it| difference(it, (&before, &after))).collect(),
            rows,
            left_out,
            links,
        }
    }
}

/// From when to when; two revisions of one day are told apart by their names.
fn heading(change: &Change<'_>) -> String {
    let before = change.before;
    match change.after {
        Some(after) if after.date == before.date => {
            format!("On {}: from {} to {}", after.date, before.short(), after.short())
        }
        Some(after) => format!("From {} to {}", before.date, after.date),
        None => format!("From {} to today", before.date),
    }
}

fn subject(change: &Change<'_>) -> String {
    match change.after {
        Some(revision) => revision.subject.clone(),
        None => "Not recorded yet: the document of today against its last revision.".to_owned(),
    }
}

fn difference(it: &Difference, (before, after): (&str, &str)) -> DifferenceRow {
    let line = |href: &str, line: u32| super::context::line_link(href, line);
    let lines = match (it.line_before, it.line_after) {
        (0, is) => line(after, is),
        (was, 0) => line(before, was),
        (was, is) => line(before, was).muted(" → ").html(&line(after, is)),
    };
    DifferenceRow {
        class: weight_class(it.weight),
        word: it.weight.word(),
        sentence: Html::new().sentence(&it.sentence),
        lines,
    }
}

/// The colour of a weight.
pub(crate) const fn weight_class(weight: Weight) -> &'static str {
    match weight {
        Weight::Breaking => "bad",
        Weight::Behavioural => "warn",
        Weight::Editorial => "plain",
    }
}

/// `1 breaking` `2 editorial`, each in its colour.
fn counts(change: &Change<'_>) -> Html {
    let found = WEIGHTS.into_iter().map(|weight| (weight, change.count(weight))).filter(|(_, count)| *count > 0);
    let chips = found.map(|(weight, count)| {
        Html::new().chip(weight_class(weight), &format!("{} {}", words::number(count as u64), weight.word()))
    });
    let chips = Html::join(chips, " ");
    if chips.is_empty() { Html::new().chip("plain", "layout only") } else { chips }
}

/// Both texts line by line, and what was left out.
pub(super) fn side_by_side(before: &str, after: &str) -> (Vec<SideRow>, String) {
    if before.lines().count() + after.lines().count() > MOST_LINES {
        return (Vec::new(), "The documents are too long to be laid side by side.".to_owned());
    }
    let diff = TextDiff::from_lines(before, after);
    let mut rows = Vec::new();
    for (index, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if index > 0 {
            rows.push(SideRow { class: "gap", ..SideRow::default() });
        }
        for op in group {
            operation(&diff, op, &mut rows);
        }
    }
    let more = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    (rows, if more == 0 { String::new() } else { format!("{} more are not shown.", words::count(more, "line")) })
}

/// The lines of one stretch: what went beside what came.
fn operation<'t>(diff: &TextDiff<'t, 't, str>, op: &DiffOp, rows: &mut Vec<SideRow>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for change in diff.iter_changes(op) {
        let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
        let line = |number: Option<usize>, class| SideLine {
            number: number.map_or(0, |it| it + 1),
            text: text.clone(),
            class,
        };
        match change.tag() {
            ChangeTag::Equal => {
                left.push(line(change.old_index(), ""));
                right.push(line(change.new_index(), ""));
            }
            ChangeTag::Delete => left.push(line(change.old_index(), "del")),
            ChangeTag::Insert => right.push(line(change.new_index(), "ins")),
        }
    }
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    loop {
        let (left, right) = (left.next(), right.next());
        if left.is_none() && right.is_none() {
            return;
        }
        let same = left.as_ref().is_some_and(|it| it.class.is_empty());
        rows.push(SideRow { class: if same { "eq" } else { "ch" }, left, right });
    }
}

/// Revisions on the page of their interface, the latest first.
#[derive(Debug)]
pub(super) struct RevisionRow {
    pub(super) date: String,
    pub(super) revision: Html,
    pub(super) subject: String,
    pub(super) counts: Html,
    pub(super) change: Html,
}

/// Rows of an interface, and a sentence: why there are none, or what limits them.
pub(super) fn rows(context: &Context<'_>, interface: &Interface) -> (Vec<RevisionRow>, String) {
    let Some(trail) = context.trail(interface) else {
        let why = match &context.options.history {
            History::Unknown(why) => why.clone(),
            History::Known(..) => "No revision of the document is recorded yet.".to_owned(),
        };
        return (Vec::new(), why);
    };
    let mut rows = Vec::new();
    let linked = |change: &Change<'_>| Html::new().link(&format!("diff/{}/index.html", change.name()), "differences");
    if let Some(change) = trail.changes.get(trail.revisions.len() - 1) {
        rows.push(RevisionRow {
            date: "today".to_owned(),
            revision: Html::new().muted("not recorded"),
            subject: String::new(),
            counts: counts(change),
            change: linked(change),
        });
    }
    for (index, revision) in trail.revisions.iter().enumerate().rev() {
        let change = index.checked_sub(1).and_then(|it| trail.changes.get(it));
        rows.push(RevisionRow {
            date: revision.date.clone(),
            revision: Html::new().link(&format!("r/{0}/index.html", revision.short()), &revision.short()),
            subject: revision.subject.clone(),
            counts: change.map(counts).unwrap_or_default(),
            change: change.map(linked).unwrap_or_default(),
        });
    }
    let mut note = match &context.options.history {
        History::Known(_, note) => note.clone(),
        History::Unknown(_) => String::new(),
    };
    if trail.older > 0 {
        note = format!("{} left out. {note}", words::count(trail.older, "older revision"));
    }
    (rows, note.trim().to_owned())
}
