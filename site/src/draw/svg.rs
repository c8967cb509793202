//! A small writer of SVG.
//!
//! In: shapes. Out: markup. Never knows: what the shapes mean.

use std::fmt::Write;

use crate::html::{Html, escape_into};

/// A drawing under construction.
#[derive(Debug, Default)]
pub(crate) struct Svg {
    body: String,
}

/// Where a text is anchored.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// A rectangle with rounded corners.
    pub(crate) fn rect(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), class: &str) {
        self.write(format_args!(r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" class="{class}"/>"#));
    }

    /// A circle.
    pub(crate) fn circle(&mut self, (x, y): (i32, i32), radius: i32, class: &str) {
        self.write(format_args!(r#"<circle cx="{x}" cy="{y}" r="{radius}" class="{class}"/>"#));
    }

    /// A straight line.
    pub(crate) fn line(&mut self, (x1, y1): (i32, i32), (x2, y2): (i32, i32), class: &str) {
        self.write(format_args!(r#"<path d="M{x1} {y1}L{x2} {y2}" class="{class}"/>"#));
    }

    /// A line through points, corners rounded.
    pub(crate) fn polyline(&mut self, points: &[(i32, i32)], class: &str) {
        let mut path = String::new();
        for (index, point) in points.iter().enumerate() {
            let neighbours = (index.checked_sub(1).and_then(|it| points.get(it)), points.get(index + 1));
            if let (Some(before), Some(after)) = neighbours {
                let (enter, leave) = (towards(*point, *before), towards(*point, *after));
                let _ = write!(path, "L{} {}Q{} {} {} {}", enter.0, enter.1, point.0, point.1, leave.0, leave.1);
            } else {
                let _ = write!(path, "{}{} {}", if index == 0 { 'M' } else { 'L' }, point.0, point.1);
            }
        }
        self.write(format_args!(r#"<path d="{path}" class="{class}"/>"#));
    }

    /// The head of an arrow that points from `from` to its tip.
    pub(crate) fn head(&mut self, from: (i32, i32), (x, y): (i32, i32)) {
        let path = if from.1 == y {
            let back = if from.0 < x { x - 7 } else { x + 7 };
            format!("M{x} {y}L{back} {}L{back} {}Z", y - 4, y + 4)
        } else {
            let back = if from.1 < y { y - 7 } else { y + 7 };
            format!("M{x} {y}L{} {back}L{} {back}Z", x - 4, x + 4)
        };
        self.write(format_args!(r#"<path d="{path}" class="tip"/>"#));
    }

    /// A free path.
    pub(crate) fn path(&mut self, path: &str, class: &str) {
        self.write(format_args!(r#"<path d="{path}" class="{class}"/>"#));
    }

    /// One line of text.
    pub(crate) fn text(&mut self, (x, y): (i32, i32), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        self.write(format_args!(r#"<text x="{x}" y="{y}"{anchor} class="{class}">"#));
        escape_into(&mut self.body, text);
        self.body.push_str("</text>");
    }

    /// What follows until [`Svg::close`] is a link; `title` is its tooltip and name.
    pub(crate) fn open_link(&mut self, href: &str, title: &str) {
        self.body.push_str("<a href=\"");
        escape_into(&mut self.body, href);
        self.body.push_str("\"><title>");
        escape_into(&mut self.body, title);
        self.body.push_str("</title>");
    }

    /// Ends a link.
    pub(crate) fn close_link(&mut self) {
        self.body.push_str("</a>");
    }

    /// The drawing in its own size, inside a box that scrolls sideways rather than shrink it.
    pub(crate) fn finish(self, (width, height): (i32, i32), title: &str) -> Html {
        let mut out = String::with_capacity(self.body.len() + 300);
        let mut name = String::new();
        escape_into(&mut name, title);
        let _ = write!(
            out,
            r#"<div class="drawing" tabindex="0" role="region" aria-label="{name}"><svg role="group" aria-label="{name}" width="{width}" height="{height}" viewBox="0 0 {width} {height}">"#
        );
        out.push_str(&self.body);
        out.push_str("</svg></div>");
        Html::trusted(out)
    }

    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(arguments);
    }
}

/// The point up to 6 px from a corner towards a neighbour, where the rounding begins.
fn towards(corner: (i32, i32), neighbour: (i32, i32)) -> (i32, i32) {
    let step = |from: i32, to: i32| from + (to - from).clamp(-6, 6);
    (step(corner.0, neighbour.0), step(corner.1, neighbour.1))
}
