//! Sequence diagram: who talks to whom, from top to bottom.
//!
//! In: participants and rows. Out: SVG. Never knows: steps.

use super::svg::{Anchor, Svg};
use super::text;
use crate::html::Html;

/// One row, top to bottom.
#[derive(Debug, Clone)]
pub(crate) enum Row {
    /// A message from one participant to another.
    Arrow { from: usize, to: usize, label: String, dashed: bool, href: String },
    /// Something a participant does by itself.
    Own { at: usize, label: String, href: String },
    /// A frame begins: `if report.workUnitNumber is 0`.
    Open { label: String },
    /// The frame's next part: `otherwise`.
    Else { label: String },
    /// The frame ends.
    Close,
}

/// What is drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence {
    /// Name and link of each participant, left to right.
    pub(crate) participants: Vec<(String, String)>,
    pub(crate) rows: Vec<Row>,
}

const SPACING: i32 = 230;
const LEFT: i32 = 92;
const HEAD: i32 = 34;
const ARROW: i32 = 42;
const OWN: i32 = 42;
const FRAME: i32 = 36;

/// Draws it.
pub(crate) fn draw(sequence: &Sequence) -> Html {
    let mut pen = Pen { svg: Svg::default(), y: HEAD + 14, frames: Vec::new() };
    let last = i32::try_from(sequence.participants.len().saturating_sub(1)).unwrap_or(0);
    let width = (LEFT * 2 + last * SPACING).max(480);
    let height = HEAD + 14 + sequence.rows.iter().map(height_of).sum::<i32>() + 20;
    for (index, (name, href)) in sequence.participants.iter().enumerate() {
        participant(&mut pen.svg, (life_x(index), height), name, href);
    }
    // Frames lie behind the arrows.
    for row in &sequence.rows {
        pen.frame(row, width);
    }
    pen.y = HEAD + 14;
    for row in &sequence.rows {
        pen.row(row);
    }
    pen.svg.finish((width, height), "Sequence of calls")
}

struct Pen {
    svg: Svg,
    y: i32,
    frames: Vec<(i32, String)>,
}

impl Pen {
    fn frame(&mut self, row: &Row, width: i32) {
        match row {
            Row::Open { label } => self.frames.push((self.y + 6, label.clone())),
            Row::Else { label } => {
                let inset = self.inset();
                self.svg.line((inset, self.y + 8), (width - inset, self.y + 8), "frame-line");
                self.caption((inset, self.y + 8), label, width);
            }
            Row::Close => {
                let inset = self.inset();
                if let Some((top, label)) = self.frames.pop() {
                    self.svg.rect((inset, top), (width - 2 * inset, self.y + 2 - top), "frame");
                    self.caption((inset, top), &label, width);
                }
            }
            Row::Arrow { .. } | Row::Own { .. } => {}
        }
        self.y += height_of(row);
    }

    /// Nested frames lie further in.
    fn inset(&self) -> i32 {
        2 + 8 * i32::try_from(self.frames.len().saturating_sub(1)).unwrap_or(0).min(8)
    }

    fn caption(&mut self, (x, y): (i32, i32), label: &str, width: i32) {
        let label = text::fit(label, 12, width - 2 * x - 20);
        self.svg.rect((x + 6, y + 5), (text::width(&label, 12) + 12, 19), "blank");
        self.svg.text((x + 12, y + 19), Anchor::Start, "edge-text", &label);
    }

    fn row(&mut self, row: &Row) {
        match row {
            Row::Arrow { from, to, label, dashed, href } => {
                let y = self.y + ARROW - 10;
                let (start, end) = (life_x(*from), life_x(*to));
                let back = if start < end { -6 } else { 6 };
                self.svg.line((start, y), (end + back, y), if *dashed { "wire dash" } else { "wire" });
                self.svg.head((start, y), (end, y));
                let room = (end - start).abs() - 16;
                self.label((i32::midpoint(start, end), y - 8), Anchor::Middle, (label, room), href);
            }
            Row::Own { at, label, href } => self.own((*at, label), href),
            Row::Open { .. } | Row::Else { .. } | Row::Close => {}
        }
        self.y += height_of(row);
    }

    fn own(&mut self, (at, label): (usize, &str), href: &str) {
        let label_text = text::fit(label, 13, SPACING - 30);
        let width = text::width(&label_text, 13) + 20;
        let x = life_x(at) - width / 2;
        let y = self.y + 8;
        self.svg.open_link(href, label);
        self.svg.rect((x, y), (width, 28), "box");
        self.svg.text((life_x(at), y + 18), Anchor::Middle, "label", &label_text);
        self.svg.close_link();
    }

    fn label(&mut self, at: (i32, i32), anchor: Anchor, (label, room): (&str, i32), href: &str) {
        self.svg.open_link(href, label);
        let fitted = text::fit(label, 13, room);
        let width = text::width(&fitted, 13) + 8;
        self.svg.rect((at.0 - width / 2, at.1 - 13), (width, 17), "blank");
        self.svg.text(at, anchor, "label", &fitted);
        self.svg.close_link();
    }
}

fn height_of(row: &Row) -> i32 {
    match row {
        Row::Arrow { .. } => ARROW,
        Row::Own { .. } => OWN,
        Row::Open { .. } => FRAME,
        Row::Else { .. } => FRAME - 4,
        Row::Close => 14,
    }
}

fn life_x(index: usize) -> i32 {
    LEFT + i32::try_from(index).unwrap_or(0) * SPACING
}

fn participant(svg: &mut Svg, (x, bottom): (i32, i32), name: &str, href: &str) {
    svg.line((x, HEAD), (x, bottom - 4), "life");
    let fitted = text::fit(name, 13, SPACING - 40);
    let width = (text::width(&fitted, 13) + 28).max(96);
    let linked = !href.is_empty();
    if linked {
        svg.open_link(href, name);
    }
    svg.rect((x - width / 2, 2), (width, HEAD - 2), "head");
    svg.text((x, 22), Anchor::Middle, "lane-name", &fitted);
    if linked {
        svg.close_link();
    }
}
