//! The messages that go through this interface.
//!
//! In: trigger, flow, own messages. Out: one view a message, in the order of first use. Never knows: wire formats.

use catalog::model::{
    Body, Field, FieldType, Message, MessageRef, OperationRef, Owner, Place, Searchable, Sensitivity, StepKind,
    UnknownFields,
};

use super::Sheet;
use super::mapping::path;
use crate::html::Html;
use crate::routes::slug;
use crate::view::context::{line_link, operations, walk};
use crate::words;

/// One message.
#[derive(Debug)]
pub(crate) struct MessageView {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Where it is used: `comes in`, `request of create-confirmation`.
    pub(crate) role: String,
    pub(crate) owner: Html,
    pub(crate) description: String,
    pub(crate) unknown: &'static str,
    pub(crate) summary: String,
    pub(crate) open: bool,
    pub(crate) fields: Vec<FieldLine>,
    pub(crate) line: Html,
    /// Columns that have something in them.
    pub(crate) has_rules: bool,
    pub(crate) has_descriptions: bool,
    pub(crate) has_sensitive: bool,
}

/// One field.
#[derive(Debug)]
pub(crate) struct FieldLine {
    pub(crate) name: Html,
    pub(crate) ty: String,
    pub(crate) required: bool,
    pub(crate) rules: String,
    pub(crate) sensitive: &'static str,
    /// Names under which operators look for it.
    pub(crate) searched: String,
    pointer: String,
    pub(crate) description: String,
    pub(crate) line: Html,
}

/// All messages of the interface, each once.
pub(super) fn messages(sheet: &Sheet<'_>) -> Vec<MessageView> {
    let mut uses: Vec<(&MessageRef, String)> = Vec::new();
    if let Some(message) = &sheet.interface.trigger.message {
        uses.push((message, "comes in".to_owned()));
    }
    for reference in operations(&sheet.interface.flow) {
        add_operation(sheet, reference, &mut uses);
    }
    walk(&sheet.interface.flow, &mut |step| {
        if let StepKind::Reply { message, with, .. } = &step.kind {
            let body = with.body.as_ref().and_then(|body| match body {
                Body::Fields { message, .. } => Some(message),
                Body::Whole(_) => None,
            });
            uses.extend(message.as_ref().or(body).map(|message| (message, "goes back to the caller".to_owned())));
        }
    });
    let mut seen: Vec<(&MessageRef, Vec<String>)> = Vec::new();
    for (reference, role) in uses {
        match seen.iter_mut().find(|(known, _)| *known == reference) {
            Some((_, roles)) if roles.contains(&role) => {}
            Some((_, roles)) => roles.push(role),
            None => seen.push((reference, vec![role])),
        }
    }
    let mut views: Vec<MessageView> =
        seen.iter().filter_map(|(reference, roles)| of_reference(sheet, reference, &roles.join("; "))).collect();
    for own in &sheet.interface.messages {
        let reference = MessageRef { owner: own.owner.clone(), name: own.name.clone() };
        if !seen.iter().any(|(known, _)| **known == reference) {
            views.extend(of_reference(sheet, &reference, "declared here"));
        }
    }
    distinct(&mut views);
    views
}

/// Two messages may share a name when different systems declare them; anchors may not.
fn distinct(views: &mut [MessageView]) {
    let mut taken = std::collections::HashSet::new();
    for view in views {
        let base = view.id.clone();
        let mut number = 2;
        while !taken.insert(view.id.clone()) {
            view.id = format!("{base}-{number}");
            number += 1;
        }
    }
}

fn add_operation<'a>(sheet: &Sheet<'a>, reference: &'a OperationRef, uses: &mut Vec<(&'a MessageRef, String)>) {
    let Some(operation) = sheet.operation(reference) else {
        return;
    };
    uses.extend(operation.request.as_ref().map(|message| (message, format!("request of {}", operation.name))));
    uses.extend(operation.response.as_ref().map(|message| (message, format!("response of {}", operation.name))));
}

fn of_reference(sheet: &Sheet<'_>, reference: &MessageRef, role: &str) -> Option<MessageView> {
    let message = sheet.context.catalog.message(reference)?;
    let (owner, document) = match &reference.owner {
        Owner::Interface(_) => (Html::of("this document"), "document/index.html".to_owned()),
        Owner::System(name) => {
            let href = sheet.context.system_href(&sheet.at, name);
            let link = Html::new().link(&format!("{href}#message-{}", slug(&message.name)), name);
            (link, href.replace("index.html", "document/index.html"))
        }
    };
    let mut view = view(message, role, &document);
    if sheet.interface.trigger.message.as_ref() == Some(reference) {
        mark_searchable(&mut view, &sheet.interface.trigger.searchable);
    }
    view.owner = owner;
    view.open = matches!(reference.owner, Owner::Interface(_)) || role.starts_with("comes in");
    Some(view)
}

/// Says beside each field under which name operators look for it.
fn mark_searchable(view: &mut MessageView, searchable: &[Searchable]) {
    for field in &mut view.fields {
        let names =
            searchable.iter().filter(|it| matches!(&it.place, Place::Body(pointer) if *pointer == field.pointer));
        field.searched = names.map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    }
}

/// A message as a table; `document` is the page with the lines of the document that declares it.
pub(crate) fn view(message: &Message, role: &str, document: &str) -> MessageView {
    let mut fields = Vec::new();
    collect(&message.fields, ("", ""), document, &mut fields);
    let sensitive = fields.iter().filter(|field: &&FieldLine| !field.sensitive.is_empty()).count();
    let mut summary = words::count(fields.len(), "field");
    if sensitive > 0 {
        summary = format!("{summary}, {sensitive} sensitive");
    }
    MessageView {
        id: format!("message-{}", slug(&message.name)),
        name: message.name.clone(),
        role: role.to_owned(),
        owner: Html::new(),
        description: crate::markdown::plain(&message.description),
        unknown: match message.unknown_fields {
            UnknownFields::Ignore => "Fields that are not in the table are read past.",
            UnknownFields::Reject => "A message with a field that is not in the table is refused.",
        },
        summary,
        open: true,
        has_rules: fields.iter().any(|field| !field.rules.is_empty()),
        has_descriptions: fields.iter().any(|field| !field.description.is_empty()),
        has_sensitive: sensitive > 0,
        fields,
        line: line_link(document, message.span.line),
    }
}

/// `prefix` is the path in front for people, `before` the JSON pointer.
fn collect(fields: &[Field], (prefix, before): (&str, &str), document: &str, rows: &mut Vec<FieldLine>) {
    for field in fields {
        let full = format!("{prefix}{}", field.name);
        let mut pointer = format!("{before}/{}", field.name.replace('~', "~0").replace('/', "~1"));
        let (mut ty, mut marks) = (&field.ty, String::new());
        while let FieldType::List(item) = ty {
            ty = item;
            marks.push_str("[]");
            pointer.push_str("/*");
        }
        rows.push(FieldLine {
            name: path(&full),
            ty: words::field_type(&field.ty),
            required: field.required,
            rules: words::constraints(&field.ty, &field.constraints),
            sensitive: words::sensitivity(field.sensitive),
            description: field.description.clone(),
            searched: String::new(),
            pointer: pointer.clone(),
            line: line_link(document, field.span.line),
        });
        if let FieldType::Record(inner) = ty {
            collect(inner, (&format!("{full}{marks}."), &pointer), document, rows);
        }
    }
}

/// Paths of the sensitive fields of a message, with their class.
pub(super) fn sensitive_fields(message: &Message) -> Vec<(String, Sensitivity)> {
    let mut found = Vec::new();
    gather(&message.fields, "", &mut found);
    found
}

fn gather(fields: &[Field], prefix: &str, found: &mut Vec<(String, Sensitivity)>) {
    for field in fields {
        let full = format!("{prefix}{}", field.name);
        if field.sensitive != Sensitivity::Public {
            found.push((full.clone(), field.sensitive));
        }
        let mut ty = &field.ty;
        while let FieldType::List(item) = ty {
            ty = item;
        }
        if let FieldType::Record(inner) = ty {
            gather(inner, &format!("{full}."), found);
        }
    }
}
