//! The flow as lanes: where each step happens.
//!
//! In: the flow. Out: the description that [`crate::draw::lanes`] draws. Never knows: coordinates.

use catalog::model::{Step, StepKind, TriggerKind};

use super::Sheet;
use super::flow::kind;
use crate::draw::lanes::{self, Cell, Edge, Lanes, Loop, Shape};
use crate::html::Html;
use crate::words;

/// The middleman's lane.
pub(super) const OURS: &str = "Tieline";

/// Draws the lanes of the interface.
pub(super) fn draw(sheet: &Sheet<'_>) -> Html {
    let mut plan = Plan { sheet, lanes: Lanes::default(), tracks: 1 };
    plan.start();
    let (open, column) = plan.walk(&sheet.interface.flow, vec![open(0)], 1, 0);
    let _ = (open, column);
    plan.sort_lanes();
    lanes::draw(&plan.lanes)
}

/// The end of a line that still has to be led somewhere.
#[derive(Debug, Clone)]
struct Open {
    cell: usize,
    label: String,
}

fn open(cell: usize) -> Open {
    Open { cell, label: String::new() }
}

struct Plan<'a, 'b> {
    sheet: &'b Sheet<'a>,
    lanes: Lanes,
    tracks: usize,
}

impl Plan<'_, '_> {
    fn start(&mut self) {
        let interface = self.sheet.interface;
        let (lane, kind) = match interface.trigger.kind {
            TriggerKind::Schedule(_) => (OURS, "timetable"),
            TriggerKind::Http { .. } => (interface.source.as_str(), "sends"),
            TriggerKind::Request { .. } => (interface.source.as_str(), "asks"),
        };
        let label = match &interface.trigger.message {
            Some(message) => message.name.clone(),
            None => super::facts::wire(interface),
        };
        let lane = self.lane(lane);
        self.lanes.cells.push(Cell {
            lane,
            column: 0,
            track: 0,
            shape: Shape::Start,
            kind: kind.to_owned(),
            label,
            href: "#step-trigger".to_owned(),
        });
    }

    /// Places steps one after the other; returns the ends left open and the next free column.
    fn walk(&mut self, steps: &[Step], mut ends: Vec<Open>, mut column: usize, track: usize) -> (Vec<Open>, usize) {
        for step in steps {
            let cell = self.place(step, column, track);
            for end in ends.drain(..) {
                self.lanes.edges.push(Edge { from: end.cell, to: cell, label: end.label });
            }
            column += 1;
            (ends, column) = self.inside(step, cell, column, track);
        }
        (ends, column)
    }

    fn inside(&mut self, step: &Step, cell: usize, column: usize, track: usize) -> (Vec<Open>, usize) {
        let labelled = |label: &str| vec![Open { cell, label: label.to_owned() }];
        match &step.kind {
            StepKind::Discard { .. } | StepKind::DeadLetter { .. } | StepKind::Reply { .. } => (Vec::new(), column),
            StepKind::When { then, otherwise, .. } => {
                let side = self.track();
                let (mut ends, after_then) = self.walk(then, labelled("yes"), column, side);
                let (others, after) = self.walk(otherwise, labelled("no"), column, track);
                // A branch that ends leaves the main line free to go on beside it.
                let next = if ends.is_empty() { after } else { after.max(after_then) };
                ends.extend(others);
                (ends, next)
            }
            StepKind::Route { cases, otherwise } => {
                let mut ends = Vec::new();
                let mut next = column;
                for (index, case) in cases.iter().enumerate() {
                    let own = if index == 0 { track } else { self.track() };
                    let (more, after) = self.walk(&case.steps, labelled(&case.label), column, own);
                    ends.extend(more);
                    next = next.max(after);
                }
                let own = self.track();
                let (more, after) = self.walk(otherwise, labelled("otherwise"), column, own);
                ends.extend(more);
                (ends, next.max(after))
            }
            StepKind::ForEach { steps, bind, .. } => {
                let (ends, after) = self.walk(steps, labelled(""), column, track);
                let label = format!("for every {}", bind.name);
                self.lanes.loops.push(Loop { first_column: column, last_column: after - 1, label });
                (ends, after)
            }
            _ => (labelled(""), column),
        }
    }

    fn place(&mut self, step: &Step, column: usize, track: usize) -> usize {
        let (system, label) = self.describe(step);
        let lane = self.lane(&system);
        let shape = match &step.kind {
            StepKind::Send { .. } | StepKind::Reply { .. } => Shape::Delivery,
            StepKind::When { .. } | StepKind::Route { .. } => Shape::Decision,
            StepKind::Discard { .. } | StepKind::DeadLetter { .. } => Shape::End,
            _ => Shape::Step,
        };
        self.lanes.cells.push(Cell {
            lane,
            column,
            track,
            shape,
            kind: format!("{} · {}", self.sheet.number(step), kind(&step.kind).to_lowercase()),
            label,
            href: self.sheet.step_href(step),
        });
        self.lanes.cells.len() - 1
    }

    /// Lane and label of a step.
    fn describe(&self, step: &Step) -> (String, String) {
        let ours = |label: String| (OURS.to_owned(), label);
        match &step.kind {
            StepKind::Fetch { operation, .. } | StepKind::Call { operation, .. } | StepKind::Send { operation, .. } => {
                (operation.system.clone(), operation.operation.clone())
            }
            StepKind::When { condition, .. } => ours(plain(&words::in_words(condition))),
            StepKind::Route { cases, .. } => {
                ours(cases.iter().map(|case| case.label.as_str()).collect::<Vec<_>>().join(", "))
            }
            StepKind::Map { mapping, .. } => ours(mapping.clone()),
            StepKind::ForEach { items, .. } => ours(plain(&words::in_words(items))),
            StepKind::Let { bind, .. } => ours(bind.name.clone()),
            StepKind::Reply { status, message, .. } => {
                let name = message.as_ref().map_or("", |message| message.name.as_str());
                (self.sheet.interface.source.clone(), format!("{status} {name}"))
            }
            StepKind::Discard { reason } | StepKind::DeadLetter { reason } => ours(plain(&words::template(reason))),
            StepKind::Custom { function, .. } => ours(function.clone()),
        }
    }

    fn track(&mut self) -> usize {
        self.tracks += 1;
        self.tracks - 1
    }

    fn lane(&mut self, name: &str) -> usize {
        if let Some(index) = self.lanes.names.iter().position(|(known, _)| known == name) {
            return index;
        }
        let href = self.sheet.context.system_href(&self.sheet.at, name);
        self.lanes.names.push((name.to_owned(), href));
        self.lanes.names.len() - 1
    }

    /// Source on top, ourselves below it, everybody else in the order of appearance.
    fn sort_lanes(&mut self) {
        let source = &self.sheet.interface.source;
        let rank = |name: &str| match name {
            name if name == source => 0,
            OURS => 1,
            _ => 2,
        };
        let mut order: Vec<usize> = (0..self.lanes.names.len()).collect();
        order.sort_by_key(|index| (rank(&self.lanes.names[*index].0), *index));
        let place_of = |old: usize| order.iter().position(|index| *index == old).unwrap_or(old);
        for cell in &mut self.lanes.cells {
            cell.lane = place_of(cell.lane);
        }
        self.lanes.names = order.iter().map(|index| self.lanes.names[*index].clone()).collect();
    }
}

/// Words without markup, for a drawing.
pub(super) fn plain(html: &Html) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in html.to_string().chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}
