//! Reading a record field by field.
//!
//! In: a record. Out: [`Slot`]s, one per field asked for. Never knows: which message it is.

use std::fmt::Write as _;

use super::{Items, Message, Slot, Spelling, UnknownFields, Violations};
use crate::value::{Record, Value};

/// The fields of a record that is being read. Everything wrong is noted here; reading goes on to find the rest.
#[derive(Debug)]
pub struct Fields<'a> {
    /// `None` stands for a record that is missing itself: its fields get stand-ins and no further words.
    record: Option<&'a Record>,
    place: Place<'a>,
    report: &'a mut Report,
    unknown: UnknownFields,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(
        record: Option<&'a Record>,
        place: Place<'a>,
        report: &'a mut Report,
        unknown: UnknownFields,
    ) -> Self {
        Self { record, place, report, unknown, asked: Vec::new() }
    }

    /// A field that must be there and not null.
    pub fn required(&mut self, name: &'static str) -> Slot<'_> {
        let value = self.value(name);
        if value.is_none() && self.record.is_some() {
            self.report.add(&self.place.field(name), "is missing");
        }
        Slot::at(value, self.place.field(name), self.report)
    }

    /// A field that may be absent or null.
    pub fn optional(&mut self, name: &'static str) -> Option<Slot<'_>> {
        let value = self.value(name)?;
        if self.report.spelling == Spelling::Characters && is_initial(value) {
            return None;
        }
        Some(Slot::at(Some(value), self.place.field(name), self.report))
    }

    /// A list of any length that may be absent.
    pub fn list<T>(&mut self, name: &'static str, read: impl FnMut(Slot<'_>) -> T) -> Vec<T> {
        self.items(name, Items::ANY, read)
    }

    /// A list with rules.
    pub fn items<T>(&mut self, name: &'static str, rule: Items, mut read: impl FnMut(Slot<'_>) -> T) -> Vec<T> {
        let mut list = Vec::new();
        self.each_item(name, rule, &mut |slot| list.push(read(slot)));
        list
    }

    fn each_item(&mut self, name: &'static str, rule: Items, read: &mut dyn FnMut(Slot<'_>)) {
        let value = self.value(name);
        let place = self.place.field(name);
        let items = match value {
            Some(value) => match list_items(value, self.report.spelling) {
                Some(items) => items,
                None => return self.report.add(&place, "must be a list"),
            },
            // Repeated elements leave no trace of an empty list in XML.
            None if rule.is_required() && self.report.spelling == Spelling::Typed && self.record.is_some() => {
                return self.report.add(&place, "is missing");
            }
            None if self.record.is_none() || !rule.is_required() => return,
            None => &[],
        };
        if let Some(problem) = rule.problem(items.len()) {
            self.report.add(&place, &problem);
        }
        for (index, item) in items.iter().enumerate() {
            let place = place.item(index);
            let item = Some(item).filter(|item| **item != Value::Null);
            if item.is_none() {
                self.report.add(&place, "must not be null");
            }
            read(Slot::at(item, place, self.report));
        }
    }

    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        if self.unknown == UnknownFields::Reject {
            self.asked.push(name);
        }
        self.record?.get(name).filter(|value| **value != Value::Null)
    }

    /// Complains about fields that nobody asked for, where the message refuses them.
    fn finish(self) {
        if self.unknown == UnknownFields::Ignore {
            return;
        }
        for (name, _) in self.record.iter().flat_map(|record| record.iter()) {
            if !self.asked.contains(&name) {
                self.report.add(&self.place.field(name), "is not a field of this message");
            }
        }
    }
}

/// Reads a nested record; the only generic step of a read, three lines for each message type.
pub(super) fn read_record<T: Message>(record: Option<&Record>, place: Place<'_>, report: &mut Report) -> T {
    let mut fields = Fields::new(record, place.with_sensitive(T::SENSITIVE), report, T::UNKNOWN_FIELDS);
    let message = T::read(&mut fields);
    fields.finish();
    message
}

/// What ABAP and XML write for "nothing": an empty element, an initial date.
fn is_initial(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.is_empty() || text == "0000-00-00")
}

fn list_items(value: &Value, spelling: Spelling) -> Option<&[Value]> {
    match (value, spelling) {
        (Value::List(items), _) => Some(items),
        (_, Spelling::Typed) => None,
        (Value::Text(text), _) if text.trim().is_empty() => Some(&[]),
        _ => Some(std::slice::from_ref(value)),
    }
}

/// What a read has noted so far.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) spelling: Spelling,
    violations: Violations,
}

impl Report {
    pub(super) fn new(spelling: Spelling) -> Self {
        Self { spelling, violations: Violations::default() }
    }

    pub(super) fn add(&mut self, place: &Place<'_>, detail: &str) {
        self.violations.add(place.pointer(), detail.to_owned());
    }

    pub(super) fn finish(self) -> Violations {
        self.violations
    }
}

/// Where in the message we are: a chain on the stack, written out only when something is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    segment: Segment<'a>,
    /// Sensitive pointers of the record that starts here.
    sensitive: &'static [&'static str],
}

#[derive(Debug, Clone, Copy)]
enum Segment<'a> {
    Root,
    Field(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    pub(super) const fn root() -> Self {
        Self { parent: None, segment: Segment::Root, sensitive: &[] }
    }

    const fn field(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), segment: Segment::Field(name), sensitive: &[] }
    }

    pub(super) const fn item(&'a self, index: usize) -> Self {
        Self { parent: Some(self), segment: Segment::Item(index), sensitive: &[] }
    }

    const fn with_sensitive(self, sensitive: &'static [&'static str]) -> Self {
        Self { sensitive, ..self }
    }

    /// RFC 6901.
    fn pointer(&self) -> String {
        let mut pointer = self.parent.map(Place::pointer).unwrap_or_default();
        match self.segment {
            Segment::Root => {}
            Segment::Field(name) => {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Item(index) => {
                let _ = write!(pointer, "/{index}");
            }
        }
        pointer
    }

    /// Some record above says that the value here must not be shown.
    pub(super) fn is_sensitive(&self) -> bool {
        let whole = self.pointer();
        let mut here = Some(self);
        while let Some(place) = here {
            let below = &whole[place.pointer().len()..];
            if place.sensitive.iter().any(|pattern| covers(pattern, below)) {
                return true;
            }
            here = place.parent;
        }
        false
    }
}

/// `pattern` names `pointer` or something above it.
pub(crate) fn covers(pattern: &str, pointer: &str) -> bool {
    let mut parts = pointer.split('/');
    pattern.split('/').all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part))
}
