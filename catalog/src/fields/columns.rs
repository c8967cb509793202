//! The columns of tables under reserved headings.
//!
//! In: nothing. Out: column lists with help. Never knows: how a cell is read.

use super::{Key, Kind, may, must};

/// Columns under `Message: Name`.
pub(crate) const MESSAGE: &[Key] = &[
    must(
        "Field",
        Kind::Text,
        "Name on the wire; `a.b` is a field of the record `a`, `items[].x` a field of each item.",
        "lines[].unitPrice",
    ),
    must(
        "Type",
        Kind::Text,
        "One of `text`, `text(40)`, `code`, `integer`, `decimal`, `decimal(p,s)`, `bool`, `date`, `time`, `instant`, `record`, or `list of` one of them.",
        "decimal(13,3)",
    ),
    may("Required", Kind::Text, "Write `yes` or `no`; empty is `no`.", "yes"),
    may(
        "Constraint",
        Kind::Text,
        "Rules beyond the type, joined with `; `: `1..16`, `> 0`, `1.. items`, `email`, `pattern /…/`, or the values of a code.",
        "> 0",
    ),
    may("Sensitive", Kind::Text, "Write `personal` or `secret`; masked in logs, console and samples.", "personal"),
    may("Description", Kind::Text, "For people.", "purchase order in SAP SRM7").prose(),
];

/// Columns under `Mapping: Name`.
pub(crate) const MAPPING: &[Key] = &[
    must("Target field", Kind::Text, "Field of the message that the mapping fills.", "ITEM.UNIT"),
    must(
        "Source",
        Kind::Text,
        "An expression over the names that the map step gives; empty for `const`.",
        "report.workUnit",
    ),
    may("Rule", Kind::Text, "What is done with the source; empty copies it.", "lookup WorkUnit"),
    may("Note", Kind::Text, "For people.", "half days are common").prose(),
];

/// Columns under `Lookup: Name`.
pub(crate) const LOOKUP: &[Key] = &[
    must("From", Kind::Text, "Value that comes in; `*` for every other one.", "day"),
    must("To", Kind::Text, "Value that goes out.", "DAY"),
];
