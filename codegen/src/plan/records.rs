//! Messages become structs that read and write themselves.
//!
//! In: a message and its field tables. Out: [`RecordPlan`]s and [`EnumPlan`]s in the order of the document.
//! Never knows: flows, operations, templates.

use catalog::model::{Constraint, Field, FieldType, Message, RecordRef, Sensitivity, Span, UnknownFields};
use serde::Serialize;

use super::{
    Problems,
    types::{Here, enum_name, nested, record_fields, record_name, record_of, reference, value_type, variant_name},
};
use crate::names::{self, Scope, Written};

/// A struct.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordPlan {
    /// Name of the struct.
    pub rust: String,
    /// Name in the document: the message, dotted down to a nested record.
    pub name: String,
    /// Doc comment.
    pub doc: String,
    /// Fields in document order.
    pub fields: Vec<FieldPlan>,
    /// JSON pointers to what must not be shown.
    pub sensitive: Vec<String>,
    /// Refuses unknown fields.
    pub rejects_unknown: bool,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldPlan {
    /// Name in Rust.
    pub rust: String,
    /// Name on the wire.
    pub wire: String,
    /// Rust type.
    pub ty: String,
    /// Doc comment, may be empty.
    pub doc: String,
    /// The expression that reads it from `fields`.
    pub read: String,
    /// An optional list: written only if it has items.
    pub skip_empty: bool,
}

/// A closed list of values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnumPlan {
    /// Name of the enum.
    pub rust: String,
    /// Doc comment.
    pub doc: String,
    /// Variants in document order.
    pub variants: Vec<VariantPlan>,
}

/// A value of a closed list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantPlan {
    /// Name in Rust.
    pub rust: String,
    /// Value on the wire.
    pub wire: String,
    /// Doc comment.
    pub doc: String,
}

/// What a message becomes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Types {
    pub(crate) records: Vec<RecordPlan>,
    pub(crate) enums: Vec<EnumPlan>,
}

/// Plans the types of one module.
pub(crate) struct Records<'a> {
    /// Where names collide.
    pub(crate) scope: Scope,
    /// The document of the message, for collisions.
    pub(crate) path: &'a str,
    /// The module.
    pub(crate) here: &'a Here,
    /// What was planned so far.
    pub(crate) types: Types,
}

impl<'a> Records<'a> {
    pub(crate) fn new(what: String, path: &'a str, here: &'a Here) -> Self {
        Self { scope: Scope::new(what), path, here, types: Types::default() }
    }

    /// Plans a message with everything nested in it.
    pub(crate) fn message(&mut self, message: &Message, problems: &mut Problems) {
        let record = record_of(&reference(message));
        let doc = sentence(&message.description).unwrap_or_else(|| format!("Message `{}`.", message.name));
        let head =
            Head { record: &record, doc, rejects: message.unknown_fields == UnknownFields::Reject, span: message.span };
        self.record(&head, &message.fields, Sensitivity::Public, problems);
    }

    /// Plans a record that no message declares: path and query parameters.
    pub(crate) fn parameters(&mut self, record: &RecordRef, fields: &[Field], problems: &mut Problems) {
        let doc = "Path and query parameters of the trigger.".to_owned();
        let head = Head { record, doc, rejects: false, span: Span::default() };
        self.record(&head, fields, Sensitivity::Public, problems);
    }

    fn record(&mut self, head: &Head<'_>, fields: &[Field], around: Sensitivity, problems: &mut Problems) {
        let name =
            std::iter::once(&head.record.message.name).chain(&head.record.path).cloned().collect::<Vec<_>>().join(".");
        let rust = record_name(head.record);
        self.claim(&rust, &name, head.span, problems);
        let mut scope = Scope::new(format!("fields of {name}"));
        let mut plan = RecordPlan {
            rust,
            name,
            doc: head.doc.clone(),
            fields: Vec::with_capacity(fields.len()),
            sensitive: pointers(fields, ""),
            rejects_unknown: head.rejects,
        };
        for field in fields {
            let written = Written { text: field.name.clone(), path: self.path.to_owned(), span: field.span };
            let planned = self.field(field, head.record, around);
            problems.note(scope.claim(&planned.rust, written));
            plan.fields.push(planned);
        }
        self.types.records.push(plan);
        for field in fields {
            self.below(field, head, around, problems);
        }
    }

    /// The types that a field brings along.
    fn below(&mut self, field: &Field, head: &Head<'_>, around: Sensitivity, problems: &mut Problems) {
        if let Some(values) = code_values(&field.ty) {
            self.code(field, values, head.record, problems);
        }
        if let Some(inner) = record_fields(&field.ty) {
            let record = nested(head.record, &field.name);
            let doc = sentence(&field.description)
                .unwrap_or_else(|| format!("`{}` of [`{}`].", field.name, record_name(head.record)));
            let head = Head { record: &record, doc, rejects: head.rejects, span: field.span };
            self.record(&head, inner, stricter(around, field.sensitive), problems);
        }
    }

    fn code(&mut self, field: &Field, values: &[String], record: &RecordRef, problems: &mut Problems) {
        let rust = enum_name(record, &field.name);
        self.claim(&rust, &field.name, field.span, problems);
        let mut scope = Scope::new(format!("values of {}", field.name));
        let variants: Vec<VariantPlan> = values
            .iter()
            .map(|value| VariantPlan { rust: variant_name(value), wire: value.clone(), doc: code_doc(value) })
            .collect();
        for variant in &variants {
            let written = Written { text: variant.wire.clone(), path: self.path.to_owned(), span: field.span };
            problems.note(scope.claim(&variant.rust, written));
        }
        let doc = format!("Values of `{}` in [`{}`].", field.name, record_name(record));
        self.types.enums.push(EnumPlan { rust, doc, variants });
    }

    fn field(&self, field: &Field, record: &RecordRef, around: Sensitivity) -> FieldPlan {
        let wrapped = stricter(around, field.sensitive) != Sensitivity::Public;
        let bare = |ty: &FieldType| {
            let owned = self.here.owned(&value_type(ty, record, &field.name));
            if wrapped && record_fields(ty).is_none() { format!("Sensitive<{owned}>") } else { owned }
        };
        let is_list = matches!(field.ty, FieldType::List(_));
        let ty = match &field.ty {
            FieldType::List(item) => format!("Vec<{}>", bare(item)),
            ty if field.required => bare(ty),
            ty => format!("Option<{}>", bare(ty)),
        };
        FieldPlan {
            rust: names::snake(&field.name),
            wire: field.name.clone(),
            ty,
            doc: sentence(&field.description).unwrap_or_default(),
            read: read(field, record, wrapped),
            skip_empty: is_list && !field.required,
        }
    }

    fn claim(&mut self, rust: &str, text: &str, span: Span, problems: &mut Problems) {
        let written = Written { text: text.to_owned(), path: self.path.to_owned(), span };
        problems.note(self.scope.claim(rust, written));
    }
}

/// What is known about a record before its fields are looked at.
struct Head<'a> {
    record: &'a RecordRef,
    doc: String,
    rejects: bool,
    span: Span,
}

/// The expression that reads a field.
fn read(field: &Field, record: &RecordRef, wrapped: bool) -> String {
    let name = &field.name;
    let into = |ty: &FieldType| if wrapped && record_fields(ty).is_none() { ".into()" } else { "" };
    match &field.ty {
        FieldType::List(item) => {
            let read = format!("|item| item.{}{}", reader(item, field, record), into(item));
            match items_rule(field) {
                None => format!("fields.list({name:?}, {read})"),
                Some(rule) => format!("fields.items({name:?}, {rule}, {read})"),
            }
        }
        ty if field.required => format!("fields.required({name:?}).{}{}", reader(ty, field, record), into(ty)),
        ty => format!("fields.optional({name:?}).map(|field| field.{}{})", reader(ty, field, record), into(ty)),
    }
}

/// The reader of a value, with its rules.
fn reader(ty: &FieldType, field: &Field, record: &RecordRef) -> String {
    match ty {
        FieldType::Text => format!("text({})", text_rule(&field.constraints)),
        FieldType::Code(_) => format!("code({}::VALUES)", enum_name(record, &field.name)),
        FieldType::Integer => format!("integer({})", number_rule(&field.constraints, None)),
        FieldType::Decimal(digits) => format!("decimal({})", number_rule(&field.constraints, *digits)),
        FieldType::Bool => "boolean()".to_owned(),
        FieldType::Date => "date()".to_owned(),
        FieldType::Time => "time()".to_owned(),
        FieldType::Instant => "instant()".to_owned(),
        FieldType::Record(_) => "record()".to_owned(),
        FieldType::List(item) => format!("list(|item| item.{})", reader(item, field, record)),
    }
}

fn text_rule(constraints: &[Constraint]) -> String {
    let email = constraints.contains(&Constraint::Email);
    let mut rule = if email { "Text::EMAIL" } else { "Text::ANY" }.to_owned();
    for constraint in constraints {
        match constraint {
            Constraint::MinLength(min) => rule.push_str(&format!(".min({min})")),
            Constraint::MaxLength(max) => rule.push_str(&format!(".max({max})")),
            Constraint::Pattern(pattern) => rule.push_str(&format!(".pattern({})", raw(pattern))),
            _ => {}
        }
    }
    rule
}

fn number_rule(constraints: &[Constraint], digits: Option<(u8, u8)>) -> String {
    let mut rule = "Number::ANY".to_owned();
    for constraint in constraints {
        match constraint {
            Constraint::Min(min) => rule.push_str(&format!(".min({min:?})")),
            Constraint::Max(max) => rule.push_str(&format!(".max({max:?})")),
            Constraint::Above(above) => rule.push_str(&format!(".above({above:?})")),
            Constraint::Below(below) => rule.push_str(&format!(".below({below:?})")),
            _ => {}
        }
    }
    if let Some((precision, scale)) = digits {
        rule.push_str(&format!(".digits({precision}, {scale})"));
    }
    rule
}

fn items_rule(field: &Field) -> Option<String> {
    let mut rule = if field.required { "Items::REQUIRED" } else { "Items::ANY" }.to_owned();
    for constraint in &field.constraints {
        match constraint {
            Constraint::MinItems(min) => rule.push_str(&format!(".min({min})")),
            Constraint::MaxItems(max) => rule.push_str(&format!(".max({max})")),
            _ => {}
        }
    }
    (rule != "Items::ANY").then_some(rule)
}

/// JSON pointers, from the record that has these fields, to everything that must not be shown.
pub(crate) fn pointers(fields: &[Field], prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for field in fields {
        let pointer = format!("{prefix}/{}", field.name.replace('~', "~0").replace('/', "~1"));
        if field.sensitive != Sensitivity::Public {
            found.push(pointer);
            continue;
        }
        let pointer = if matches!(field.ty, FieldType::List(_)) { pointer + "/*" } else { pointer };
        found.extend(record_fields(&field.ty).map(|fields| pointers(fields, &pointer)).unwrap_or_default());
    }
    found
}

/// The first sentence of prose on one line, with its full stop; `None` without any.
pub(crate) fn sentence(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = |dot: usize| line.get(dot + 2..).is_some_and(|rest| rest.starts_with(char::is_uppercase));
    let end = line.match_indices(". ").map(|(dot, _)| dot).find(|dot| ends(*dot)).map_or(line.len(), |dot| dot + 1);
    let first = line.get(..end).unwrap_or(&line).trim_end_matches('.');
    let mut characters = first.chars();
    let initial = characters.next()?;
    Some(prose(&format!("{}{}.", initial.to_uppercase(), characters.as_str())))
}

/// Prose that rustdoc shows as it is: no links, no HTML.
pub(crate) fn prose(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut in_code = false;
    for character in text.chars() {
        in_code ^= character == '`';
        if !in_code && matches!(character, '[' | ']' | '<' | '>') {
            plain.push('\\');
        }
        plain.push(character);
    }
    plain.replace("://", ":\u{200b}//")
}

/// A value on the wire as documentation.
fn code_doc(value: &str) -> String {
    let value = if value.is_empty() { "(empty)" } else { value };
    format!("`{}`", value.replace('`', "'"))
}

/// A raw string literal with as many `#` as it needs.
pub(crate) fn raw(text: &str) -> String {
    if !text.contains('\\') && !text.contains('"') {
        return format!("{text:?}");
    }
    let mut hashes = String::new();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{text}\"{hashes}")
}

fn code_values(ty: &FieldType) -> Option<&[String]> {
    match ty {
        FieldType::Code(values) => Some(values),
        FieldType::List(item) => code_values(item),
        _ => None,
    }
}

fn stricter(around: Sensitivity, own: Sensitivity) -> Sensitivity {
    if own == Sensitivity::Public { around } else { own }
}
