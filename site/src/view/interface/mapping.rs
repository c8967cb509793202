//! Mapping tables with the values of the document's own example beside them.
//!
//! In: mappings, lookups, examples. Out: views. Never knows: how a mapping is executed.

use catalog::model::{Field, FieldType, Mapping, MappingRow, RecordRef, Rule, Sensitivity, StepKind, Type};
use serde_json::Value;

use super::Sheet;
use crate::html::Html;
use crate::routes::slug;
use crate::view::context::walk;
use crate::words;

/// One mapping table.
#[derive(Debug)]
pub(super) struct MappingView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) sources: Html,
    pub(super) rows: Vec<MappingLine>,
    /// Title of the example whose values stand in the table; empty if there is none.
    pub(super) example: String,
    pub(super) notes: bool,
    pub(super) line: Html,
}

/// One row.
#[derive(Debug)]
pub(super) struct MappingLine {
    pub(super) target: Html,
    pub(super) target_type: String,
    pub(super) source: Html,
    pub(super) source_type: String,
    pub(super) rule: Html,
    pub(super) plain_copy: bool,
    pub(super) example: String,
    pub(super) note: String,
    pub(super) line: Html,
}

/// One lookup table.
#[derive(Debug)]
pub(super) struct LookupView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) rows: Vec<(String, String)>,
    pub(super) otherwise: String,
    pub(super) line: Html,
}

/// All mappings in document order.
pub(super) fn mappings(sheet: &Sheet<'_>) -> Vec<MappingView> {
    sheet.interface.mappings.iter().map(|mapping| view(sheet, mapping)).collect()
}

/// All lookup tables in document order.
pub(super) fn lookups(sheet: &Sheet<'_>) -> Vec<LookupView> {
    let lookups = sheet.interface.lookups.iter();
    lookups
        .map(|lookup| LookupView {
            id: format!("lookup-{}", slug(&lookup.name)),
            name: lookup.name.clone(),
            rows: lookup.entries.clone(),
            otherwise: match &lookup.otherwise {
                Some(value) => value.clone(),
                None => "refused: the message ends with reason MAP".to_owned(),
            },
            line: sheet.place(lookup.span),
        })
        .collect()
}

fn view(sheet: &Sheet<'_>, mapping: &Mapping) -> MappingView {
    let (example, value) = example(sheet, mapping).unwrap_or_default();
    let record = RecordRef { message: mapping.target.clone(), path: Vec::new() };
    let fields = sheet.context.catalog.fields(&record).unwrap_or_default();
    let rows: Vec<MappingLine> = mapping.rows.iter().map(|row| line(sheet, fields, row, &value)).collect();
    let sources = mapping.sources.iter().map(|(name, ty)| Html::new().code(name).muted(&format!(" {}", words::ty(ty))));
    MappingView {
        id: format!("mapping-{}", slug(&mapping.name)),
        name: mapping.name.clone(),
        sources: Html::join(sources, ", "),
        notes: rows.iter().any(|row| !row.note.is_empty()),
        rows,
        example,
        line: sheet.place(mapping.span),
    }
}

fn line(sheet: &Sheet<'_>, fields: &[Field], row: &MappingRow, example: &Value) -> MappingLine {
    let field = field_at(fields, &row.target);
    let secret = field.is_some_and(|field| field.sensitive == Sensitivity::Secret);
    let shown = at(example, &row.target).map(scalar).unwrap_or_default();
    MappingLine {
        target: path(&row.target_text),
        target_type: field.map(|field| words::field_type(&field.ty)).unwrap_or_default(),
        source: source(row),
        source_type: source_type(&row.rule),
        rule: words::rule(&row.rule, ""),
        plain_copy: matches!(row.rule, Rule::Copy(_)),
        example: if secret { "•••".to_owned() } else { shown },
        note: row.note.clone(),
        line: sheet.place(row.span),
    }
}

/// A dotted path whose last name stands out.
pub(crate) fn path(text: &str) -> Html {
    match text.rsplit_once('.') {
        Some((before, last)) => {
            let before = Html::of(before).text(".");
            Html::trusted(format!("<code><span class=\"muted\">{before}</span>{}</code>", Html::of(last)))
        }
        None => Html::new().code(text),
    }
}

fn source(row: &MappingRow) -> Html {
    match &row.rule {
        // The phrase in the next column says it better than the expression.
        Rule::Const(_) => Html::new().muted("fixed"),
        _ if row.source_text.trim().is_empty() => Html::new().muted("—"),
        Rule::Expr(_) => Html::new().code(&row.source_text),
        _ => path(&row.source_text),
    }
}

fn source_type(rule: &Rule) -> String {
    let ty: &Type = match rule {
        Rule::Copy(source)
        | Rule::Default { source, .. }
        | Rule::Lookup { source, .. }
        | Rule::ToText(source)
        | Rule::ToInteger(source)
        | Rule::ToDecimal(source)
        | Rule::ToDate { source, .. }
        | Rule::FormatDate { source, .. }
        | Rule::ParseDate { source, .. }
        | Rule::Trim(source)
        | Rule::Upper(source)
        | Rule::Lower(source)
        | Rule::PadLeft { source, .. }
        | Rule::Truncate { source, .. }
        | Rule::Split { source, .. }
        | Rule::Round { source, .. }
        | Rule::Each { source, .. } => &source.ty,
        Rule::Const(_) | Rule::Concat { .. } | Rule::Expr(_) => return String::new(),
    };
    words::ty(ty)
}

/// The field a path of names leads to; `[]` behind a name is the level of a list.
fn field_at<'a>(fields: &'a [Field], path: &[String]) -> Option<&'a Field> {
    let (name, rest) = path.split_first()?;
    let field = fields.iter().find(|field| field.name == name.trim_end_matches("[]"))?;
    if rest.is_empty() {
        return Some(field);
    }
    let mut ty = &field.ty;
    while let FieldType::List(item) = ty {
        ty = item;
    }
    match ty {
        FieldType::Record(inner) => field_at(inner, rest),
        _ => None,
    }
}

/// The first example that shows what this mapping makes: its title, and the value.
fn example(sheet: &Sheet<'_>, mapping: &Mapping) -> Option<(String, Value)> {
    let mut bound = None;
    walk(&sheet.interface.flow, &mut |step| {
        if let StepKind::Map { mapping: name, bind, .. } = &step.kind
            && *name == mapping.name
            && bound.is_none()
        {
            bound = Some(bind.name.as_str());
        }
    });
    let bound = bound?;
    sheet.interface.examples.iter().find_map(|example| {
        let block = example.blocks.iter().find(|block| block.binding == bound && block.format == "json")?;
        let value: Value = serde_json::from_str(&block.text).ok()?;
        let value = match value {
            Value::Array(items) => items.into_iter().next()?,
            other => other,
        };
        Some((example.title.clone(), value))
    })
}

fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| {
        let inner = value.get(name.trim_end_matches("[]"))?;
        if name.ends_with("[]") { inner.get(0) } else { Some(inner) }
    })
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => "…".to_owned(),
        other => other.to_string(),
    }
}
