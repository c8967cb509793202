//! The time line of sends: when a message is tried, and where it ends.
//!
//! In: send times, the end, the agreed time. Out: SVG. Never knows: policies.

use super::svg::{Anchor, Svg};
use super::text;
use crate::html::Html;
use crate::words;

/// What is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    /// Times of the sends after the first, milliseconds; the first is 0.
    pub(crate) sends_ms: Vec<u64>,
    /// What happens after the last: `dead letter`.
    pub(crate) end: String,
    /// The agreed 95th percentile, milliseconds.
    pub(crate) agreed_ms: Option<u64>,
}

/// More marks than this are not told apart; the middle is left out and said to be.
const MOST: usize = 8;
const LEFT: i32 = 56;
const AXIS: i32 = 66;
const HEIGHT: i32 = 124;

/// Draws it. Distances grow with time, but never fall below what the text between two marks needs.
pub(crate) fn draw(timeline: &Timeline) -> Html {
    let marks = marks(&timeline.sends_ms);
    let mut svg = Svg::default();
    let last_x = marks.last().map_or(LEFT, |mark| mark.x);
    let end_x = last_x + 112;
    svg.line((LEFT, AXIS), (last_x, AXIS), "wire");
    svg.line((last_x, AXIS), (end_x - 12, AXIS), "wire dash");
    for pair in marks.windows(2) {
        gap(&mut svg, &pair[0], &pair[1]);
    }
    for mark in &marks {
        svg.circle((mark.x, AXIS), 13, if mark.number == 1 { "knot first" } else { "knot" });
        svg.text((mark.x, AXIS + 4), Anchor::Middle, "knot-text", &mark.number.to_string());
        svg.text((mark.x, AXIS + 34), Anchor::Middle, "strong num", &words::duration(mark.at_ms));
    }
    svg.rect((end_x - 12, AXIS - 9), (18, 18), "end");
    svg.text((end_x - 3, AXIS + 34), Anchor::Middle, "strong", &timeline.end);
    let mut right = end_x + text::width(&timeline.end, 13) / 2 + 16;
    if let Some(agreed) = timeline.agreed_ms {
        right = right.max(agreed_line(&mut svg, agreed, &marks, end_x));
    }
    svg.finish((right, HEIGHT), "Times of the sends of a message whose target always fails")
}

struct Mark {
    number: usize,
    at_ms: u64,
    x: i32,
    /// Marks left out before this one.
    skipped: usize,
}

fn marks(sends_ms: &[u64]) -> Vec<Mark> {
    let shown: Vec<usize> = if sends_ms.len() <= MOST {
        (0..sends_ms.len()).collect()
    } else {
        (0..MOST - 2).chain([sends_ms.len() - 2, sends_ms.len() - 1]).collect()
    };
    let total = sends_ms.last().copied().unwrap_or(0).max(1);
    let mut marks: Vec<Mark> = Vec::with_capacity(shown.len());
    for index in shown {
        let at_ms = sends_ms[index];
        let (x, skipped) = match marks.last() {
            None => (LEFT, 0),
            Some(before) => {
                let share = (at_ms - before.at_ms).saturating_mul(420) / total;
                let grown = i32::try_from(share).unwrap_or(420).clamp(92, 260);
                (before.x + grown, index + 1 - before.number - 1)
            }
        };
        marks.push(Mark { number: index + 1, at_ms, x, skipped });
    }
    marks
}

fn gap(svg: &mut Svg, before: &Mark, after: &Mark) {
    let middle = i32::midpoint(before.x, after.x);
    if after.skipped > 0 {
        svg.text((middle, AXIS - 12), Anchor::Middle, "soft", &format!("{} more", after.skipped));
        svg.rect((middle - 14, AXIS - 4), (28, 8), "blank");
        svg.text((middle, AXIS + 4), Anchor::Middle, "soft", "· · ·");
    } else {
        svg.text(
            (middle, AXIS - 12),
            Anchor::Middle,
            "soft num",
            &format!("+{}", words::duration(after.at_ms - before.at_ms)),
        );
    }
}

/// The agreed time as a dashed upright; beyond the last send it stands behind the end.
fn agreed_line(svg: &mut Svg, agreed: u64, marks: &[Mark], end_x: i32) -> i32 {
    let label = format!("agreed {}", words::duration(agreed));
    let x = marks
        .windows(2)
        .find(|pair| pair[0].at_ms <= agreed && agreed < pair[1].at_ms)
        .map_or(end_x + 40, |pair| between(&pair[0], &pair[1], agreed));
    svg.line((x, 26), (x, AXIS + 46), "agreed");
    svg.text((x, 16), Anchor::Middle, "agreed-text", &label);
    x + text::width(&label, 13) / 2 + 12
}

/// In proportion, but clear of the marks at both ends.
fn between(before: &Mark, after: &Mark, at_ms: u64) -> i32 {
    let span = (after.at_ms - before.at_ms).max(1);
    let width = u64::try_from(after.x - before.x).unwrap_or(0);
    let offset = i32::try_from((at_ms - before.at_ms).saturating_mul(width) / span).unwrap_or(0);
    (before.x + offset).clamp(before.x + 20, after.x - 20)
}
