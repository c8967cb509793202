//! The same value as a place, a reference or a value, and the ways between them.
//!
//! In: a printed expression. Out: the expression that borrows it, owns it, compares it or stores it in a field.
//! Never knows: documents.

use catalog::model::Type;

use super::level;
use crate::plan::types::{bare, is_copy};

/// What turns `Option<&String>` into `Option<&str>`.
pub(crate) const AS_STR: &str = ".map(String::as_str)";

/// A printed expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Code {
    /// Rust.
    pub(crate) text: String,
    /// What it is.
    pub(crate) form: Form,
    /// How tightly it binds.
    pub(crate) level: u8,
    /// It holds a `?` with a mapping error.
    pub(crate) fallible: bool,
    /// The value is wrapped in `Sensitive`.
    pub(crate) sensitive: bool,
    /// Its type.
    pub(crate) ty: Type,
    /// How it was reached, if through an optional record.
    pub(crate) chain: Option<Box<Chain>>,
}

/// A field of a record that may be absent: `event.address.as_ref().and_then(|address| …)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chain {
    /// `event.address.as_ref().and_then(|address| `.
    pub(crate) head: String,
    /// The field, as a place of the record.
    pub(crate) field: Code,
}

/// What a printed expression is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A place that owns its value: can be borrowed, copied or cloned, never moved.
    Place,
    /// A reference (`&str`, `&T`), or an `Option` of one.
    Reference,
    /// A value of its own.
    Value,
}

/// What a field needs to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    /// It is an `Option`.
    pub(crate) optional: bool,
    /// It is a `Sensitive`.
    pub(crate) sensitive: bool,
}

impl Chain {
    /// The field itself, wrapped in `Sensitive` or not.
    fn stored(&self, sensitive: bool) -> String {
        let optional = matches!(self.field.ty, Type::Optional(_));
        format!("{}{})", self.head, self.field.stored(Target { optional, sensitive }))
    }
}

impl Code {
    pub(crate) fn place(text: String, ty: Type) -> Self {
        Self { text, form: Form::Place, level: level::TIGHT, fallible: false, sensitive: false, ty, chain: None }
    }

    pub(crate) fn value_of(text: String, ty: Type) -> Self {
        Self { form: Form::Value, ..Self::place(text, ty) }
    }

    /// The text, in parentheses where `needed` binds tighter.
    pub(crate) fn at_least(&self, needed: u8) -> String {
        if self.level >= needed { self.text.clone() } else { format!("({})", self.text) }
    }

    /// As a value of its own, what `self` is called with keeps.
    pub(crate) fn value(&self) -> Self {
        Self { form: Form::Value, sensitive: false, chain: None, ..self.clone() }
    }

    /// A scalar that is copied.
    pub(crate) fn copied(&self) -> Self {
        let stars = match (self.form, self.sensitive) {
            (Form::Value, _) | (Form::Place, false) => return self.value(),
            (Form::Reference, true) => "**",
            (Form::Place, true) | (Form::Reference, false) => "*",
        };
        Self { text: format!("{stars}{}", self.at_least(level::UNARY)), level: level::UNARY, ..self.value() }
    }

    /// `&str`, exactly.
    pub(crate) fn as_str(&self) -> Self {
        if self.form == Form::Reference && !self.sensitive {
            return self.clone();
        }
        let text = format!("{}.as_str()", self.at_least(level::TIGHT));
        Self { text, form: Form::Reference, level: level::TIGHT, ..self.value() }
    }

    /// What a method of `str` is called on.
    pub(crate) fn receiver(&self) -> String {
        self.at_least(level::TIGHT)
    }

    /// What a function takes: `&str`, `&T`, `&[T]`, a copy, or an `Option` of these.
    pub(crate) fn borrowed(&self) -> Self {
        if let Type::Optional(inner) = &self.ty
            && !matches!(**inner, Type::List(_))
        {
            return Self {
                text: self.viewed(),
                form: Form::Reference,
                level: level::TIGHT,
                sensitive: false,
                ..self.clone()
            };
        }
        if is_copy(&self.ty) {
            return self.copied();
        }
        if self.form == Form::Reference {
            return self.clone();
        }
        let text = format!("&{}", self.at_least(level::UNARY));
        Self { text, form: Form::Reference, level: level::UNARY, ..self.clone() }
    }

    /// An `Option` of a reference or a copy. `self` is optional.
    pub(crate) fn viewed(&self) -> String {
        let text = self.at_least(level::TIGHT);
        let is_text = *bare(&self.ty) == Type::Text;
        if !matches!(self.ty, Type::Optional(_)) {
            return match self.form {
                _ if is_copy(&self.ty) => self.copied().text,
                Form::Reference => text,
                _ if is_text => self.as_str().text,
                _ => format!("&{text}"),
            };
        }
        match (self.form, self.sensitive) {
            (Form::Reference, _) => text,
            (_, true) if is_text => format!("{text}.as_deref(){AS_STR}"),
            (_, true) => format!("{text}.as_deref().copied()"),
            (_, false) if is_text => format!("{text}.as_deref()"),
            (_, false) if is_copy(&self.ty) => text,
            (_, false) => format!("{text}.as_ref()"),
        }
    }

    /// A value of its own.
    pub(crate) fn owned(&self) -> Self {
        let text = self.at_least(level::TIGHT);
        let text = match (&self.ty, self.form) {
            (Type::Optional(inner), _) if !matches!(**inner, Type::List(_)) => return self.owned_option(),
            (ty, _) if is_copy(ty) => return self.copied(),
            (_, Form::Value) => return self.value(),
            (_, Form::Place) if self.sensitive => format!("{text}.as_str().to_owned()"),
            (Type::Text, Form::Reference) => format!("{}.to_owned()", self.as_str().text),
            (Type::List(_), Form::Reference) => format!("{text}.to_vec()"),
            (Type::Optional(_), Form::Reference) => format!("{text}.cloned().unwrap_or_default()"),
            (_, Form::Place | Form::Reference) => format!("{text}.clone()"),
        };
        Self { text, level: level::TIGHT, ..self.value() }
    }

    fn owned_option(&self) -> Self {
        let text = self.at_least(level::TIGHT);
        let is_text = *bare(&self.ty) == Type::Text;
        if let Some(chain) = &self.chain {
            return Self { text: chain.stored(false), level: level::TIGHT, ..self.value() };
        }
        let text = match self.form {
            Form::Value => return self.value(),
            Form::Place if self.sensitive && is_text => format!("{text}.as_deref().cloned()"),
            Form::Place if self.sensitive => format!("{text}.as_deref().copied()"),
            Form::Place | Form::Reference if is_copy(&self.ty) => text,
            Form::Place => format!("{text}.clone()"),
            Form::Reference if is_text => format!("{text}.map(str::to_owned)"),
            Form::Reference => format!("{text}.cloned()"),
        };
        Self { text, level: level::TIGHT, ..self.value() }
    }

    /// What goes into a field.
    pub(crate) fn stored(&self, target: Target) -> String {
        let optional = matches!(&self.ty, Type::Optional(inner) if !matches!(**inner, Type::List(_)));
        let keeps_wrapping = self.sensitive && target.sensitive && self.form == Form::Place;
        let text = self.at_least(level::TIGHT);
        let stored = if let Some(chain) = &self.chain {
            chain.stored(target.sensitive)
        } else if keeps_wrapping && is_copy(&self.ty) {
            text
        } else if keeps_wrapping {
            format!("{text}.clone()")
        } else if !target.sensitive {
            self.owned().text
        } else if optional {
            format!("{}.map(Into::into)", self.owned().at_least(level::TIGHT))
        } else {
            format!("{}.into()", self.owned().at_least(level::TIGHT))
        };
        if target.optional && !optional && !matches!(bare(&self.ty), Type::List(_)) {
            format!("Some({stored})")
        } else {
            stored
        }
    }

    /// Both sides of a comparison.
    pub(crate) fn compared(&self, other: &Self, sign: &str) -> (String, String) {
        let ordered = !matches!(sign, "==" | "!=");
        let side = |code: &Self| {
            if *bare(&code.ty) != Type::Text {
                return code.copied().at_least(level::UNARY);
            }
            match code.form {
                _ if ordered || code.sensitive => code.as_str().text,
                _ => code.at_least(level::UNARY),
            }
        };
        (side(self), side(other))
    }

    /// `item == wanted`, for an item of a list.
    pub(crate) fn compared_with_item(&self) -> String {
        if *bare(&self.ty) == Type::Text {
            format!("item.as_str() == {}", self.as_str().text)
        } else {
            format!("*item == {}", self.copied().at_least(level::UNARY))
        }
    }

    /// An iterator over a list, or over the list that may be there.
    pub(crate) fn iterated(&self) -> String {
        let text = self.at_least(level::TIGHT);
        match (&self.ty, self.form) {
            (Type::Optional(_), Form::Reference) => format!("{text}.into_iter().flatten()"),
            _ => format!("{text}.iter()"),
        }
    }

    /// `x.isSet()`.
    pub(crate) fn is_set(&self) -> String {
        let text = self.at_least(level::TIGHT);
        match (&self.ty, self.form) {
            (Type::Optional(inner), Form::Place) if matches!(**inner, Type::List(_)) => format!("!{text}.is_empty()"),
            (Type::Optional(_), _) => format!("{text}.is_some()"),
            _ => "true".to_owned(),
        }
    }

    /// `x.or(default)`.
    pub(crate) fn or(&self, default: &Self) -> Self {
        if !matches!(self.ty, Type::Optional(_)) {
            return self.clone();
        }
        let ty = bare(&self.ty).clone();
        let default = default.borrowed().text;
        let form = if is_copy(&ty) { Form::Value } else { Form::Reference };
        let view = self.viewed();
        let text = match view.strip_suffix(AS_STR) {
            Some(view) => format!("{view}.map_or({default}, String::as_str)"),
            None => format!("{view}.unwrap_or({default})"),
        };
        Self { form, ..Self::value_of(text, ty) }
    }

    /// Any scalar as text.
    pub(crate) fn as_text(&self) -> Self {
        let scalar = || self.copied().at_least(level::TIGHT);
        let (text, form) = match bare(&self.ty) {
            Type::Text => return self.clone(),
            Type::Code { .. } => (format!("{}.as_code()", scalar()), Form::Reference),
            _ => (format!("{}.to_string()", scalar()), Form::Value),
        };
        Self { form, fallible: self.fallible, ..Self::value_of(text, Type::Text) }
    }

    /// What `format!` and request parameters can print: never a `Sensitive`, never an enum.
    pub(crate) fn displayed(&self) -> String {
        match bare(&self.ty) {
            Type::Text if self.sensitive => self.as_str().text,
            Type::Text => self.text.clone(),
            Type::Code { .. } => format!("{}.as_code()", self.copied().at_least(level::TIGHT)),
            _ => self.copied().text,
        }
    }
}
