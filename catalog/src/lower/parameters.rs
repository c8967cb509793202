//! `parameters: { id: text(..18) }` becomes fields; `GET /path/{id}` becomes method and path.
//!
//! In: entries of the front matter. Out: [`Field`]s, [`Method`]. Never knows: triggers from operations.

use super::types;
use crate::fields::{Record, Text, shown};
use crate::findings::Findings;
use crate::model::{Field, FieldType, Method, Sensitivity};

/// Reads the key `parameters`. A type with `?` behind it is optional.
pub(crate) fn parameters(record: &Record<'_>, findings: &mut Findings) -> Vec<Field> {
    let mut fields = Vec::new();
    for (entry, cell) in record.names("parameters") {
        let (text, required) = match cell.text.strip_suffix('?') {
            Some(text) => (text, false),
            None => (cell.text, true),
        };
        let (mut ty, mut constraints) = match types::field_type(text) {
            Ok(read) => read,
            Err(wrong) => {
                findings.add("E-FIELD-TYPE", cell.span, wrong.message).help(wrong.help);
                continue;
            }
        };
        if matches!(ty, FieldType::Record(_) | FieldType::List(_)) {
            let message = format!("the parameter `{}` is no single value", shown(&entry.key));
            findings
                .add("E-FIELD-TYPE", cell.span, message)
                .help("parameters of path and query are text, numbers, dates or codes");
            continue;
        }
        if let Err(wrong) = types::constraints("", &mut ty, &mut constraints) {
            findings.add("E-CONSTRAINT", cell.span, wrong.message).help("write `code(open, closed)`");
        }
        let (name, description) = (entry.key.clone(), String::new());
        let sensitive = Sensitivity::Public;
        fields.push(Field { name, ty, required, constraints, sensitive, description, span: entry.key_span });
    }
    fields
}

/// Reads `METHOD /path`; a bad one is reported under `code`.
pub(crate) fn method_and_path<'t>(text: Text<'t>, findings: &mut Findings) -> Option<(Method, &'t str)> {
    let split = text.text.split_once(' ').map(|(method, path)| (method, path.trim()));
    let method = split.and_then(|(method, _)| match method {
        "GET" => Some(Method::Get),
        "POST" => Some(Method::Post),
        "PUT" => Some(Method::Put),
        "PATCH" => Some(Method::Patch),
        "DELETE" => Some(Method::Delete),
        _ => None,
    });
    let path = split.map(|(_, path)| path).filter(|path| path.starts_with('/') && !path.contains(char::is_whitespace));
    let (Some(method), Some(path)) = (method, path) else {
        let message = format!("`{}` is no method and path", shown(text.text));
        findings
            .add("E-PATH", text.span, message)
            .help("write GET, POST, PUT, PATCH or DELETE, a blank, and a path that begins with `/`");
        return None;
    };
    if path.contains("..") || path.contains('?') || path.contains('#') || path.contains("//") {
        let message = format!("the path `{}` holds `..`, `//`, `?` or `#`", shown(path));
        findings.add("E-PATH", text.span, message).help("name query parameters under `parameters`");
        return None;
    }
    Some((method, path))
}

/// Checks that every `{name}` of a path is a parameter, once, and that braces close.
pub(crate) fn check_path(path: Text<'_>, fields: &[Field], findings: &mut Findings) {
    let mut seen = Vec::new();
    let mut rest = path.text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            findings.add("E-PATH", path.span, "a `{` in the path is not closed");
            return;
        };
        let name = &rest[open + 1..open + close];
        rest = &rest[open + close + 1..];
        if seen.contains(&name) {
            findings.add("E-PATH", path.span, format!("`{{{}}}` stands twice in the path", shown(name)));
            continue;
        }
        seen.push(name);
        match fields.iter().find(|field| field.name == name) {
            Some(field) if !field.required => {
                findings.add(
                    "E-PATH",
                    field.span,
                    format!("`{}` is part of the path and cannot be optional", field.name),
                );
            }
            Some(_) => {}
            None => {
                findings
                    .add("E-PATH", path.span, format!("`{{{}}}` is not among the parameters", shown(name)))
                    .help(format!("add `parameters: {{ {name}: text }}`"));
            }
        }
        if seen.len() > 50 {
            return;
        }
    }
}
