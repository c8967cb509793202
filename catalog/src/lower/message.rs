//! `Message: Name` tables become [`Message`]s.
//!
//! In: parts of a document. Out: messages with nested fields. Never knows: who uses them.

use super::table::{self, Columns};
use super::types;
use crate::fields::{columns, did_you_mean, shown};
use crate::findings::Findings;
use crate::markdown::{Part, Row};
use crate::model::{Constraint, Field, FieldType, Message, Owner, Sensitivity, Span, UnknownFields};
use std::collections::HashMap;

/// Deepest nesting of records.
const MAX_LEVELS: usize = 8;

/// Lowers one `Message: Name` part. A message whose table is broken is `None`: what uses it stays unchecked.
pub(crate) fn message(part: &Part, name: &str, text: &str, owner: &Owner, findings: &mut Findings) -> Option<Message> {
    let columns = table::read(part, columns::MESSAGE, findings)?;
    let prose = part.around_tables(text);
    let reject = |line: &str| line.trim().trim_end_matches('.').eq_ignore_ascii_case("reject unknown fields");
    let unknown_fields = if prose.lines().any(reject) { UnknownFields::Reject } else { UnknownFields::Ignore };
    let description = prose.lines().filter(|line| !reject(line)).collect::<Vec<_>>().join("\n").trim().to_owned();
    let before = findings.errors();
    let mut arena = Arena::default();
    for row in &columns.table.rows {
        if findings.full() {
            break;
        }
        if let Some(field) = row_field(&columns, row, findings) {
            arena.insert(&columns, row, field, findings);
        }
    }
    let fields = arena.finish(findings);
    if fields.is_empty() && findings.errors() == before {
        findings.add("E-MESSAGE", part.span, format!("the message `{}` has no fields", shown(name)));
    }
    if findings.errors() > before {
        return None;
    }
    Some(Message { owner: owner.clone(), name: name.to_owned(), description, fields, unknown_fields, span: part.span })
}

/// Everything of a row but the place in the tree; `name` is still the whole path.
fn row_field(columns: &Columns<'_>, row: &Row, findings: &mut Findings) -> Option<Field> {
    let Some(path) = columns.cell(row, "Field") else {
        findings.add("E-MESSAGE", row.span, "a row has no field name");
        return None;
    };
    let Some(type_cell) = columns.cell(row, "Type") else {
        let message = format!("the field `{}` has no type", shown(&path.text));
        findings.add("E-FIELD-TYPE", path.span, message).help("for example `text`, `decimal(13,2)` or `record`");
        return None;
    };
    let (mut ty, mut constraints) = match types::field_type(&type_cell.text) {
        Ok(read) => read,
        Err(wrong) => {
            findings.add("E-FIELD-TYPE", type_cell.span, wrong.message).help(wrong.help);
            return None;
        }
    };
    let cell = columns.cell(row, "Constraint");
    let text = cell.map_or("", |cell| cell.text.as_str());
    if let Err(wrong) = types::constraints(text, &mut ty, &mut constraints) {
        let span = cell.map_or(path.span, |cell| cell.span);
        findings.add("E-CONSTRAINT", span, wrong.message).help(wrong.help);
    }
    Some(Field {
        name: path.text.clone(),
        ty,
        required: required(columns, row, findings),
        constraints,
        sensitive: sensitive(columns, row, findings),
        description: columns.text(row, "Description").to_owned(),
        span: row.span,
    })
}

fn required(columns: &Columns<'_>, row: &Row, findings: &mut Findings) -> bool {
    let Some(cell) = columns.cell(row, "Required") else { return false };
    match cell.text.to_lowercase().as_str() {
        "yes" => true,
        "no" => false,
        _ => {
            let message = format!("Required is `yes` or `no`, found `{}`", shown(&cell.text));
            findings.add("E-CHOICE", cell.span, message);
            false
        }
    }
}

fn sensitive(columns: &Columns<'_>, row: &Row, findings: &mut Findings) -> Sensitivity {
    let Some(cell) = columns.cell(row, "Sensitive") else { return Sensitivity::Public };
    match cell.text.to_lowercase().as_str() {
        "personal" => Sensitivity::Personal,
        "secret" => Sensitivity::Secret,
        "no" => Sensitivity::Public,
        _ => {
            let message = format!("Sensitive is empty, `personal` or `secret`, found `{}`", shown(&cell.text));
            findings.add("E-CHOICE", cell.span, message);
            Sensitivity::Public
        }
    }
}

/// Rows by path; children are found by index, so that a table of any size is read in one pass.
#[derive(Default)]
struct Arena {
    fields: Vec<Field>,
    children: Vec<Vec<usize>>,
    top: Vec<usize>,
    by_path: HashMap<String, usize>,
}

impl Arena {
    fn insert(&mut self, columns: &Columns<'_>, row: &Row, mut field: Field, findings: &mut Findings) {
        let path = std::mem::take(&mut field.name);
        let span = columns.cell(row, "Field").map_or(row.span, |cell| cell.span);
        let levels: Vec<&str> = path.split('.').collect();
        if levels.len() > MAX_LEVELS {
            findings.add("E-MESSAGE", span, format!("fields are nested deeper than {MAX_LEVELS} levels"));
            return;
        }
        let (name, parent) = (levels[levels.len() - 1], &levels[..levels.len() - 1]);
        if !name_fits(name) || parent.iter().any(|level| !name_fits(level.trim_end_matches("[]"))) {
            findings
                .add("E-MESSAGE", span, format!("`{}` is no field name", shown(&path)))
                .help("names are joined with `.`; a list in the middle of a path is written `items[]`, and the list's own row without brackets");
            return;
        }
        field.name = name.to_owned();
        let index = self.fields.len();
        let siblings = match parent.is_empty() {
            true => Some(&mut self.top),
            false => self.parent(parent, span, findings).map(|parent| &mut self.children[parent]),
        };
        let Some(siblings) = siblings else { return };
        let key = path.replace("[]", "");
        if self.by_path.contains_key(&key) {
            findings.add("E-MESSAGE", span, format!("the field `{}` stands twice", shown(&path)));
            return;
        }
        siblings.push(index);
        self.by_path.insert(key, index);
        self.fields.push(field);
        self.children.push(Vec::new());
    }

    /// The row that declares the record which `parent` names.
    fn parent(&self, parent: &[&str], span: Span, findings: &mut Findings) -> Option<usize> {
        let written = parent.join(".");
        let key = written.replace("[]", "");
        let Some(index) = self.by_path.get(&key).copied() else {
            let diagnostic =
                findings.add("E-MESSAGE", span, format!("no row before this one declares `{}`", shown(&key)));
            match did_you_mean(&key, self.by_path.keys().map(String::as_str)) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => {
                    let ty = if written.ends_with("[]") { "list of record" } else { "record" };
                    diagnostic.help(format!("add a row `| {key} | {ty} | yes | | | |` above"))
                }
            };
            return None;
        };
        let list = matches!(&self.fields[index].ty, FieldType::List(item) if matches!(**item, FieldType::Record(_)));
        let record = matches!(self.fields[index].ty, FieldType::Record(_));
        let last = parent.last().copied().unwrap_or_default();
        if (list && last.ends_with("[]")) || (record && !last.ends_with("[]")) {
            return Some(index);
        }
        let help = match (list, record) {
            (true, _) => format!("it is a list of records: write `{key}[]`"),
            (_, true) => format!("it is a record, not a list: write `{key}`"),
            _ => format!("make the type of `{key}` `record` or `list of record`"),
        };
        findings.add("E-MESSAGE", span, format!("`{}` cannot hold fields here", shown(&written))).help(help);
        None
    }

    fn finish(mut self, findings: &mut Findings) -> Vec<Field> {
        let top = std::mem::take(&mut self.top);
        self.take(&top, findings)
    }

    /// Depth is bounded by [`MAX_LEVELS`].
    fn take(&mut self, indices: &[usize], findings: &mut Findings) -> Vec<Field> {
        let mut fields = Vec::with_capacity(indices.len());
        for index in indices {
            let children = std::mem::take(&mut self.children[*index]);
            let inner = self.take(&children, findings);
            let blank = Field {
                name: String::new(),
                ty: FieldType::Bool,
                required: false,
                constraints: Vec::<Constraint>::new(),
                sensitive: Sensitivity::Public,
                description: String::new(),
                span: Span::default(),
            };
            let mut field = std::mem::replace(&mut self.fields[*index], blank);
            if let Some(slot) = record_slot(&mut field.ty) {
                if inner.is_empty() {
                    findings
                        .add("E-MESSAGE", field.span, format!("the record `{}` has no fields", shown(&field.name)))
                        .help(format!("add rows for its fields, like `| {}.id | text | yes | | | |`", field.name));
                }
                *slot = inner;
            }
            fields.push(field);
        }
        fields
    }
}

fn record_slot(ty: &mut FieldType) -> Option<&mut Vec<Field>> {
    match ty {
        FieldType::Record(fields) => Some(fields),
        FieldType::List(item) => record_slot(item),
        _ => None,
    }
}

fn name_fits(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@' | ':' | '&'))
}
