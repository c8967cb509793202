//! Three columns: who sends to a system, the system, whom it sends to.
//!
//! In: neighbours with counts. Out: SVG. Never knows: interfaces.

use super::svg::{Anchor, Svg};
use super::text;
use crate::html::Html;

/// One neighbour.
#[derive(Debug, Clone)]
pub(crate) struct Neighbour {
    pub(crate) name: String,
    pub(crate) href: String,
    /// Interfaces between the two.
    pub(crate) count: usize,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Neighbours {
    /// What the drawing is called.
    pub(crate) title: &'static str,
    /// What stands over the three columns.
    pub(crate) headings: [&'static str; 3],
    /// What stands in the middle.
    pub(crate) name: String,
    pub(crate) sources: Vec<Neighbour>,
    pub(crate) targets: Vec<Neighbour>,
}

const MOST: usize = 12;
const NODE: (i32, i32) = (200, 40);
const STEP: i32 = 52;
const SPAN: i32 = 120;
const HEAD: i32 = 26;

/// Draws them; beyond twelve a side the rest is counted, never dropped silently.
pub(crate) fn draw(neighbours: &Neighbours) -> Html {
    let rows = neighbours.sources.len().max(neighbours.targets.len()).clamp(1, MOST + 1);
    let height = HEAD + i32::try_from(rows).unwrap_or(1) * STEP + 6;
    let width = NODE.0 * 3 + SPAN * 2 + 4;
    let middle = HEAD + (height - HEAD) / 2;
    let mut svg = Svg::default();
    let columns = [2, 2 + NODE.0 + SPAN, 2 + 2 * (NODE.0 + SPAN)];
    for (x, heading) in columns.into_iter().zip(neighbours.headings) {
        svg.text((x + NODE.0 / 2, 14), Anchor::Middle, "soft", heading);
    }
    let left_edge = 2 + NODE.0 + SPAN;
    let side = Side { x: 2, from: 2 + NODE.0, to: left_edge, middle, height };
    column(&mut svg, &neighbours.sources, &side);
    let side =
        Side { x: 2 + 2 * (NODE.0 + SPAN), from: 2 + 2 * (NODE.0 + SPAN), to: left_edge + NODE.0, middle, height };
    column(&mut svg, &neighbours.targets, &side);
    svg.rect((left_edge, middle - 26), (NODE.0, 52), "box delivery");
    svg.text(
        (left_edge + NODE.0 / 2, middle + 5),
        Anchor::Middle,
        "lane-name",
        &text::fit(&neighbours.name, 13, NODE.0 - 24),
    );
    svg.finish((width, height), neighbours.title)
}

struct Side {
    x: i32,
    /// Where lines leave the neighbours.
    from: i32,
    /// Where they meet the system.
    to: i32,
    middle: i32,
    height: i32,
}

fn column(svg: &mut Svg, nodes: &[Neighbour], side: &Side) {
    let shown = &nodes[..nodes.len().min(MOST)];
    let rows = i32::try_from(shown.len() + usize::from(nodes.len() > MOST)).unwrap_or(0);
    let top = HEAD + (side.height - HEAD - 6 - rows * STEP) / 2 + (STEP - NODE.1) / 2;
    let inward = side.from < side.to;
    for (index, node) in shown.iter().enumerate() {
        let y = top + i32::try_from(index).unwrap_or(0) * STEP;
        wire(svg, side, y + NODE.1 / 2, node.count);
        svg.open_link(&node.href, &format!("{}: {}", node.name, crate::words::count(node.count, "interface")));
        svg.rect((side.x, y), NODE, "box");
        svg.text((side.x + 12, y + 25), Anchor::Start, "label", &text::fit(&node.name, 13, NODE.0 - 56));
        svg.text((side.x + NODE.0 - 12, y + 25), Anchor::End, "strong num", &node.count.to_string());
        svg.close_link();
    }
    if nodes.len() > MOST {
        let y = top + i32::try_from(MOST).unwrap_or(0) * STEP;
        svg.open_link("#interfaces", "All interfaces");
        svg.text((side.x + NODE.0 / 2, y + 25), Anchor::Middle, "label", &format!("+ {} more", nodes.len() - MOST));
        svg.close_link();
    }
    if inward && !nodes.is_empty() {
        svg.head((side.to - 20, side.middle), (side.to, side.middle));
    }
}

fn wire(svg: &mut Svg, side: &Side, y: i32, count: usize) {
    let class = match count {
        0 | 1 => "wire",
        2..=4 => "wire w2",
        5..=9 => "wire w3",
        _ => "wire w4",
    };
    let half = i32::midpoint(side.from, side.to);
    let inward = side.from < side.to;
    let (a, b) = (side.from, if inward { side.to - 6 } else { side.to });
    let start = if inward { a } else { a - 6 };
    svg.path(&format!("M{start} {y}C{half} {y} {half} {m} {b} {m}", m = side.middle), class);
    if !inward {
        svg.head((side.from - 20, y), (side.from, y));
    }
}
