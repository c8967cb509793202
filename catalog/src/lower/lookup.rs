//! `Lookup: Name` tables become [`Lookup`]s.
//!
//! In: a part of a document. Out: pairs. Never knows: which mapping uses them.

use super::table;
use crate::fields::{columns, shown};
use crate::findings::Findings;
use crate::markdown::Part;
use crate::model::Lookup;
use std::collections::HashSet;

/// Lowers one `Lookup: Name` part.
pub(crate) fn lookup(part: &Part, name: &str, text: &str, findings: &mut Findings) -> Option<Lookup> {
    let columns = table::read(part, columns::LOOKUP, findings)?;
    let mut lookup = Lookup {
        name: name.to_owned(),
        entries: Vec::new(),
        otherwise: None,
        description: part.around_tables(text),
        span: part.span,
    };
    let mut seen = HashSet::new();
    for row in &columns.table.rows {
        let Some(from) = columns.cell(row, "From") else {
            findings.add("E-LOOKUP", row.span, "a row of the lookup has no `From` value");
            continue;
        };
        let to = columns.text(row, "To").to_owned();
        if !seen.insert(from.text.as_str()) {
            findings.add("E-LOOKUP", from.span, format!("the value `{}` stands twice", shown(&from.text)));
        } else if from.text == "*" {
            lookup.otherwise = Some(to);
        } else {
            lookup.entries.push((from.text.clone(), to));
        }
    }
    Some(lookup)
}
