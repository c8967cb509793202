//! Whether a record may travel as a message: compared field by field, because an interface may declare the shape
//! that it sends itself.
//!
//! In: two types. Out: nothing, or why not. Never knows: mappings, operations.

use crate::expr::{Scope, fits, type_name, type_of};
use crate::fields::did_you_mean;
use crate::model::{RecordRef, Type};

/// Deepest comparison; messages are not nested deeper.
const MAX_LEVELS: usize = 10;

/// Checks that a value of type `from` can be written as a `to`.
pub(crate) fn carries(scope: &Scope<'_>, from: &Type, to: &Type) -> Result<(), String> {
    compare(scope, from, to, "", 0)
}

fn compare(scope: &Scope<'_>, from: &Type, to: &Type, path: &str, level: usize) -> Result<(), String> {
    if from == to || level > MAX_LEVELS {
        return Ok(());
    }
    match (from, to) {
        (Type::Record(from), Type::Record(to)) => records(scope, from, to, path, level),
        (Type::List(from), Type::List(to)) => compare(scope, from, to, path, level + 1),
        (Type::Optional(from), Type::Optional(to)) => compare(scope, from, to, path, level),
        (Type::Optional(_), _) => Err(format!("{} may be absent and is required there", named(path))),
        (from, Type::Optional(to)) => compare(scope, from, to, path, level),
        (from, to) if fits(from, to) => Ok(()),
        (Type::Code { .. }, Type::Code { .. }) => Err(format!("{} has values that are not allowed there", named(path))),
        (from, to) => Err(format!("{} is {} here and {} there", named(path), type_name(from), type_name(to))),
    }
}

fn records(scope: &Scope<'_>, from: &RecordRef, to: &RecordRef, path: &str, level: usize) -> Result<(), String> {
    let (Some(mine), Some(theirs)) = (scope.fields(from), scope.fields(to)) else { return Ok(()) };
    for field in theirs {
        let at = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
        match mine.iter().find(|mine| mine.name == field.name) {
            Some(mine) if field.required && !mine.required => {
                return Err(format!("`{at}` may be absent and is required there"));
            }
            Some(mine) => compare(scope, &type_of(from, mine), &type_of(to, field), &at, level + 1)?,
            None if field.required => return Err(format!("it has no field `{at}`, which is required there")),
            None => {}
        }
    }
    let unknown = mine.iter().find(|mine| !theirs.iter().any(|field| field.name == mine.name));
    if let Some(field) = unknown {
        let meant = did_you_mean(&field.name, theirs.iter().map(|field| field.name.as_str()));
        let hint = meant.map(|meant| format!(" (did you mean `{meant}`?)")).unwrap_or_default();
        return Err(format!("its field `{}` is unknown there{hint}", field.name));
    }
    Ok(())
}

fn named(path: &str) -> String {
    if path.is_empty() { "the value".to_owned() } else { format!("`{path}`") }
}
