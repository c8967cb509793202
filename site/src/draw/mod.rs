//! Drawings: lanes, sequence, time line, neighbours.
//!
//! In: plain descriptions of what is to be drawn. Out: inline SVG in its own size, coloured by classes only.
//! Never knows: the catalog. No text in it is smaller than 12 px, and nothing overlaps by construction: positions
//! come from grids, lengths of text from measured widths.

pub(crate) mod lanes;
pub(crate) mod neighbours;
pub(crate) mod sequence;
mod svg;
mod text;
pub(crate) mod timeline;
