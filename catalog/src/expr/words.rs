//! Words for messages, and the vocabulary of methods.
//!
//! In: types and names. Out: text for people, [`Method`]s. Never knows: places, problems.

use super::type_name;
use crate::model::{Builtin, Type};

/// A type with its article: `a text`, `an integer`, `an optional decimal`.
pub(super) fn a(ty: &Type) -> String {
    let name = type_name(ty);
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// A function or method as authors write it.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) builtin: Builtin,
    /// `true` when it may (also) be called as `name(x)`.
    pub(super) function: bool,
    /// How it is written.
    pub(super) usage: &'static str,
    /// Arguments behind the receiver.
    pub(super) arguments: usize,
}

const fn method(name: &'static str, builtin: Builtin, usage: &'static str, arguments: usize) -> Method {
    Method { name, builtin, function: false, usage, arguments }
}

/// All of them; quantifiers are no [`Builtin`] and stand in [`QUANTIFIERS`].
pub(super) static METHODS: [Method; 12] = [
    Method { name: "size", builtin: Builtin::Size, function: true, usage: "size(x)", arguments: 0 },
    Method { name: "text", builtin: Builtin::Text, function: true, usage: "text(x)", arguments: 0 },
    method("startsWith", Builtin::StartsWith, "text.startsWith('x')", 1),
    method("endsWith", Builtin::EndsWith, "text.endsWith('x')", 1),
    method("contains", Builtin::Contains, "text.contains('x')", 1),
    method("matches", Builtin::Matches, "text.matches(r'^[0-9]+$')", 1),
    method("isSet", Builtin::IsSet, "x.isSet()", 0),
    method("or", Builtin::Or, "x.or('default')", 1),
    method("lower", Builtin::Lower, "text.lower()", 0),
    method("upper", Builtin::Upper, "text.upper()", 0),
    method("trim", Builtin::Trim, "text.trim()", 0),
    method("skip", Builtin::Skip, "text.skip(1)", 1),
];

/// `list.all(x, …)` and `list.exists(x, …)`.
pub(super) const QUANTIFIERS: [&str; 2] = ["all", "exists"];

/// The names that other languages use.
const FOREIGN: [(&str, &str); 26] = [
    ("length", "size"),
    ("len", "size"),
    ("count", "size"),
    ("string", "text"),
    ("str", "text"),
    ("toString", "text"),
    ("toLowerCase", "lower"),
    ("lowerAscii", "lower"),
    ("toUpperCase", "upper"),
    ("upperAscii", "upper"),
    ("includes", "contains"),
    ("strip", "trim"),
    ("substring", "skip"),
    ("slice", "skip"),
    ("has", "isSet"),
    ("hasValue", "isSet"),
    ("isPresent", "isSet"),
    ("isDefined", "isSet"),
    ("orElse", "or"),
    ("orValue", "or"),
    ("default", "or"),
    ("coalesce", "or"),
    ("any", "exists"),
    ("some", "exists"),
    ("every", "all"),
    ("test", "matches"),
];

/// The method or function of a name.
pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

/// How the function of a builtin is written.
pub(super) fn of(builtin: Builtin) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.builtin == builtin)
}

/// True for everything that is called with brackets.
pub(super) fn is_method(name: &str) -> bool {
    find(name).is_some() || QUANTIFIERS.contains(&name)
}

/// The method that somebody may have meant: by its name in other languages, or by its spelling.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let foreign = FOREIGN.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(name)).map(|(_, ours)| *ours);
    let names = METHODS.iter().map(|method| method.name).chain(QUANTIFIERS);
    foreign.or_else(|| crate::nearest::nearest(name, names))
}
