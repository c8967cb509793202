//! `searchable:` of a trigger: which values operators may look for, and under which name.
//!
//! In: names with paths. Out: [`Searchable`]. Never knows: how a value is found without being kept.

use crate::expr::Records as _;
use crate::fields::{Record, Text, did_you_mean, shown};
use crate::findings::Findings;
use crate::model::{Field, FieldType, MessageRef, Place, Searchable, Sensitivity, Span};
use crate::symbols::{PATH, View};

/// Longest name.
const LONGEST_NAME: usize = 40;

/// What a path starts from: the message under its names, and the parameters.
pub(crate) struct Roots<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) bindings: &'a [&'static str],
    /// `None` where there is none, or where it was reported.
    pub(crate) message: Option<&'a MessageRef>,
    /// There should be a message.
    pub(crate) has_message: bool,
}

/// Reads the key; every path that leads nowhere is reported.
pub(crate) fn searchable(trigger: &Record<'_>, roots: &Roots<'_>, findings: &mut Findings) -> Vec<Searchable> {
    let mut read = Vec::new();
    for (entry, path) in trigger.names("searchable") {
        let name = entry.key.as_str();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(fits) {
            findings
                .add("E-SEARCHABLE", entry.key_span, format!("`{}` is no name to look for", shown(name)))
                .help(format!("write letters, digits, `-` and `_`, at most {LONGEST_NAME}, like `order`"));
            continue;
        }
        match resolve(path, roots) {
            Ok(Some((place, sensitive))) if sensitive != Sensitivity::Secret => {
                let (name, path, span) = (name.to_owned(), path.text.to_owned(), entry.key_span);
                read.push(Searchable { name, path, place, sensitive, span });
            }
            Ok(Some(_)) => {
                findings
                    .add(
                        "E-SEARCHABLE",
                        path.span,
                        format!("`{}` is secret, and a secret is not looked for", path.text),
                    )
                    .help("choose a field that names the business object, like an order number");
            }
            // What it starts from was reported.
            Ok(None) => {}
            Err((message, help)) => {
                findings.add("E-SEARCHABLE", path.span, message).help(help);
            }
        }
    }
    read
}

/// Reports searchable fields of a message that is not kept.
pub(crate) fn not_kept(span: Span, findings: &mut Findings) {
    findings
        .add("E-SEARCHABLE", span, "these messages are not kept, so there is nothing to look for")
        .help("leave `searchable` out, or leave `durable: false` out");
}

type Wrong = (String, String);

fn resolve(path: Text<'_>, roots: &Roots<'_>) -> Result<Option<(Place, Sensitivity)>, Wrong> {
    let mut names = path.text.split('.').map(|name| name.trim().trim_end_matches("[]"));
    let root = names.next().unwrap_or_default();
    if root == PATH {
        return parameter(path, names.collect::<Vec<_>>().as_slice(), roots).map(Some);
    }
    if !roots.has_message || !roots.bindings.contains(&root) {
        let parameters = roots.view.own.is_some_and(|own| !own.parameters.is_empty()).then_some(PATH);
        let message = roots.bindings.iter().copied().filter(|_| roots.has_message);
        let roots: Vec<_> = message.chain(parameters).map(|root| format!("`{root}.…`")).collect();
        let help = format!("write the path of a field: {}", roots.join(" or "));
        return Err((format!("`{}` is no field of the message that comes in", shown(path.text)), help));
    }
    let Some(mut fields) = roots.message.and_then(|message| roots.view.fields(message)) else { return Ok(None) };
    let (mut pointer, mut sensitive, mut last) = (String::new(), Sensitivity::Public, None);
    for name in names {
        let field = find(fields, name, path)?;
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        sensitive = sensitive.max(field.sensitive);
        let mut ty = &field.ty;
        while let FieldType::List(item) = ty {
            pointer.push_str("/*");
            ty = item;
        }
        fields = if let FieldType::Record(fields) = ty { fields } else { &[] };
        last = Some(ty);
    }
    match last {
        Some(ty) if !matches!(ty, FieldType::Record(_)) => Ok(Some((Place::Body(pointer), sensitive))),
        _ => Err((
            format!("`{}` is a record, not a single value", shown(path.text)),
            format!("name one of its fields: {}", list(fields)),
        )),
    }
}

fn parameter(path: Text<'_>, names: &[&str], roots: &Roots<'_>) -> Result<(Place, Sensitivity), Wrong> {
    let parameters = roots.view.own.map(|own| own.parameters.as_slice()).unwrap_or_default();
    match names {
        [name] => find(parameters, name, path).map(|field| (Place::Parameter(field.name.clone()), field.sensitive)),
        _ => Err((format!("`{}` names no parameter", shown(path.text)), "write `path.` and its name".to_owned())),
    }
}

fn find<'f>(fields: &'f [Field], name: &str, path: Text<'_>) -> Result<&'f Field, Wrong> {
    fields.iter().find(|field| field.name == name).ok_or_else(|| {
        let help = match did_you_mean(name, fields.iter().map(|field| field.name.as_str())) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if fields.is_empty() => "there are no fields below it".to_owned(),
            None => format!("the fields here are {}", list(fields)),
        };
        (format!("`{}` leads nowhere: there is no field `{}`", shown(path.text), shown(name)), help)
    })
}

fn list(fields: &[Field]) -> String {
    let names: Vec<_> = fields.iter().take(12).map(|field| format!("`{}`", field.name)).collect();
    names.join(", ")
}
