//! Lanes: one for each system, steps as boxes from left to right.
//!
//! In: boxes with lane, column and track, and the lines between them. Out: SVG. Never knows: steps. Upright parts of
//! lines run only in the gutters between columns and level parts only in rows that are empty there, so that no line
//! ever crosses a box.

use super::svg::{Anchor, Svg};
use super::text;
use crate::html::Html;

/// What a box looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Where the message comes from.
    Start,
    /// A step.
    Step,
    /// A step with more than one way out.
    Decision,
    /// The delivery that the interface exists for.
    Delivery,
    /// An end on purpose.
    End,
}

/// One box.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// Index into [`Lanes::names`].
    pub(crate) lane: usize,
    /// Position from left to right.
    pub(crate) column: usize,
    /// Branch it belongs to; 0 is the main line.
    pub(crate) track: usize,
    /// Shape.
    pub(crate) shape: Shape,
    /// Small line on top: `3 · fetch`.
    pub(crate) kind: String,
    /// What it is called.
    pub(crate) label: String,
    /// Where it leads.
    pub(crate) href: String,
}

/// A line from the right of one box to the left of another.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// `yes`, `PF2`; often empty.
    pub(crate) label: String,
}

/// Columns that are repeated.
#[derive(Debug, Clone)]
pub(crate) struct Loop {
    pub(crate) first_column: usize,
    pub(crate) last_column: usize,
    pub(crate) label: String,
}

/// What is drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lanes {
    /// Name and link of each lane, top to bottom.
    pub(crate) names: Vec<(String, String)>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) loops: Vec<Loop>,
}

const BOX: (i32, i32) = (136, 58);
/// Narrowest gap between two columns; labels widen it.
const GUTTER: i32 = 40;
const LEFT: i32 = 14;
const ROW: i32 = 72;
const LANE_HEAD: i32 = 30;

/// Draws them.
pub(crate) fn draw(lanes: &Lanes) -> Html {
    let grid = Grid::of(lanes);
    let mut svg = Svg::default();
    for (index, (name, href)) in lanes.names.iter().enumerate() {
        let (top, height) = grid.lanes[index];
        svg.rect((1, top), (grid.width - 2, height - 6), if index % 2 == 0 { "lane" } else { "lane odd" });
        lane_name(&mut svg, (LEFT, top + 20), name, href);
    }
    for repeated in &lanes.loops {
        let x = grid.x(repeated.first_column) - 12;
        let right = grid.x(repeated.last_column) + BOX.0 + 12;
        svg.rect((x, 3), (right - x, grid.height - 12), "loop");
        let label = text::fit(&repeated.label, 12, right - x - 12);
        svg.text((right - 8, 20), Anchor::End, "soft", &label);
    }
    for edge in &lanes.edges {
        draw_edge(&mut svg, lanes, &grid, edge);
    }
    for (index, cell) in lanes.cells.iter().enumerate() {
        draw_cell(&mut svg, cell, grid.corner(index, cell));
    }
    svg.finish((grid.width, grid.height), "Lanes of the systems and the steps in them")
}

fn lane_name(svg: &mut Svg, at: (i32, i32), name: &str, href: &str) {
    if href.is_empty() {
        svg.text(at, Anchor::Start, "lane-name", name);
    } else {
        svg.open_link(href, name);
        svg.text(at, Anchor::Start, "lane-name", name);
        svg.close_link();
    }
}

struct Grid {
    width: i32,
    height: i32,
    /// Left edge of each column.
    columns: Vec<i32>,
    /// Top and height of each lane.
    lanes: Vec<(i32, i32)>,
    /// Row of each cell inside its lane.
    rows: Vec<i32>,
}

impl Grid {
    fn of(lanes: &Lanes) -> Self {
        let rows = assign_rows(lanes);
        let columns = column_edges(lanes);
        let mut tops = Vec::with_capacity(lanes.names.len());
        let mut top = 1;
        for lane in 0..lanes.names.len() {
            let used = lanes.cells.iter().zip(&rows).filter(|(cell, _)| cell.lane == lane);
            let count = used.map(|(_, row)| row + 1).max().unwrap_or(1);
            let height = LANE_HEAD + count * ROW;
            tops.push((top, height));
            top += height;
        }
        let width = columns.last().map_or(LEFT, |x| x + BOX.0) + LEFT;
        Self { width, height: top, columns, lanes: tops, rows }
    }

    fn corner(&self, index: usize, cell: &Cell) -> (i32, i32) {
        let (top, _) = self.lanes[cell.lane];
        (self.x(cell.column), top + LANE_HEAD + self.rows[index] * ROW)
    }

    fn x(&self, column: usize) -> i32 {
        self.columns.get(column).copied().unwrap_or(LEFT)
    }

    fn middle_y(&self, index: usize, cell: &Cell) -> i32 {
        self.corner(index, cell).1 + BOX.1 / 2
    }
}

/// Left edges of the columns: the gap before each is as wide as the longest label of a line that enters it.
fn column_edges(lanes: &Lanes) -> Vec<i32> {
    let count = lanes.cells.iter().map(|cell| cell.column + 1).max().unwrap_or(1);
    let mut edges = vec![LEFT];
    for column in 1..count {
        let entering = lanes.edges.iter().filter(|edge| lanes.cells[edge.to].column == column);
        let label = entering.map(|edge| text::width(&edge.label, 12).min(BOX.0)).max().unwrap_or(0);
        let gutter = if label == 0 { GUTTER } else { label + 46 };
        edges.push(edges[column - 1] + BOX.0 + gutter);
    }
    edges
}

/// Rows inside the lanes: the main line on top, branches below it where their columns (lines on to the next box
/// included) are free.
fn assign_rows(lanes: &Lanes) -> Vec<i32> {
    let mut spans: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (index, cell) in lanes.cells.iter().enumerate() {
        let reach = lanes.edges.iter().filter(|edge| edge.from == index).map(|edge| lanes.cells[edge.to].column);
        let last = reach.max().unwrap_or(cell.column).max(cell.column);
        match spans.iter_mut().find(|span| (span.0, span.1) == (cell.lane, cell.track)) {
            Some(span) => {
                span.2 = span.2.min(cell.column);
                span.3 = span.3.max(last);
            }
            None => spans.push((cell.lane, cell.track, cell.column, last)),
        }
    }
    spans.sort_by_key(|span| (span.0, span.1));
    let mut placed: Vec<(usize, usize, usize, usize, i32)> = Vec::new();
    for (lane, track, first, last) in spans {
        let mut row = 0;
        while placed.iter().any(|it| it.0 == lane && it.4 == row && it.2 <= last && first <= it.3) {
            row += 1;
        }
        placed.push((lane, track, first, last, row));
    }
    let row_of = |cell: &Cell| placed.iter().find(|it| (it.0, it.1) == (cell.lane, cell.track)).map_or(0, |it| it.4);
    lanes.cells.iter().map(row_of).collect()
}

fn draw_edge(svg: &mut Svg, lanes: &Lanes, grid: &Grid, edge: &Edge) {
    let (from, to) = (&lanes.cells[edge.from], &lanes.cells[edge.to]);
    let start = (grid.x(from.column) + BOX.0, grid.middle_y(edge.from, from));
    let end = (grid.x(to.column), grid.middle_y(edge.to, to));
    if start.1 == end.1 {
        svg.line(start, (end.0 - 6, end.1), "wire");
    } else {
        // Branches turn at different places in the gutter, so that their uprights stay apart.
        let shift = i32::try_from(from.track.max(to.track) % 3).unwrap_or(0) * 7;
        let turn = column_turn(grid, to.column) + shift;
        svg.polyline(&[start, (turn, start.1), (turn, end.1), (end.0 - 6, end.1)], "wire");
    }
    svg.head((end.0 - 10, end.1), end);
    if !edge.label.is_empty() {
        let label = text::fit(&edge.label, 12, BOX.0);
        // On the line where it enters the box it leads to: the only place that belongs to this line alone.
        let level = if start.1 == end.1 { start.1 } else { end.1 };
        svg.text((end.0 - 8, level - 8), Anchor::End, "edge-text", &label);
    }
}

/// Where lines into a column turn: close behind the column before it, so that labels have the rest of the gap.
fn column_turn(grid: &Grid, column: usize) -> i32 {
    match column.checked_sub(1) {
        Some(before) => grid.x(before) + BOX.0 + 10,
        None => LEFT,
    }
}

fn draw_cell(svg: &mut Svg, cell: &Cell, (x, y): (i32, i32)) {
    let class = match cell.shape {
        Shape::Start => "box start",
        Shape::Step => "box",
        Shape::Decision => "box decision",
        Shape::Delivery => "box delivery",
        Shape::End => "box stop",
    };
    svg.open_link(&cell.href, &format!("{}: {}", cell.kind, cell.label));
    svg.rect((x, y), BOX, class);
    svg.text((x + 10, y + 18), Anchor::Start, "kind", &text::fit(&cell.kind, 12, BOX.0 - 20));
    for (line, at) in text::wrap(&cell.label, 13, BOX.0 - 20, 2).iter().zip([35, 50]) {
        svg.text((x + 10, y + at), Anchor::Start, "label", line);
    }
    svg.close_link();
}
