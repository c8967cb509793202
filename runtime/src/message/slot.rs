//! One field's value, waiting to be read as a type.
//!
//! In: a value, or nothing. Out: the typed value; or a stand-in, with the reason noted. Never knows: messages.

use jiff::{Timestamp, civil};
use rust_decimal::Decimal;

use super::{
    Message, Number, Spelling, Text,
    fields::{Place, Report, read_record},
};
use crate::value::{Record, Value};

/// Longest value that a message of ours repeats.
const LONGEST_ECHO: usize = 40;

/// A field's value that is about to be read.
#[derive(Debug)]
pub struct Slot<'a> {
    /// `None` after "is missing" has been said: no second complaint.
    value: Option<&'a Value>,
    place: Place<'a>,
    report: &'a mut Report,
}

impl<'a> Slot<'a> {
    pub(super) const fn at(value: Option<&'a Value>, place: Place<'a>, report: &'a mut Report) -> Self {
        Self { value, place, report }
    }

    /// A text.
    #[must_use]
    pub fn text(self, rule: Text) -> String {
        let Some(text) = self.characters() else { return self.wrong("must be a text") };
        match rule.problem(text) {
            None => text.to_owned(),
            Some(problem) => self.wrong(&problem),
        }
    }

    /// One of a closed list of values.
    ///
    /// # Panics
    /// Never with generated code: a code has at least one value.
    #[must_use]
    pub fn code<T: Copy>(self, values: &[(&str, T)]) -> T {
        let mut names = values.iter().map(|(name, _)| *name);
        values[self.code_index(&mut names)].1
    }

    /// A whole number of 64 bit.
    #[must_use]
    pub fn integer(self, rule: Number) -> i64 {
        let Some(text) = self.digits(Spelling::Typed) else { return self.wrong("must be a whole number") };
        let whole = text.parse::<i64>().ok().or_else(|| {
            // 5.0 and 5e0 are whole numbers too.
            let number = decimal(text)?.normalize();
            (number.scale() == 0).then(|| i64::try_from(number.mantissa()).ok())?
        });
        let Some(number) = whole else { return self.wrong_value("must be a whole number of 64 bit") };
        match rule.problem(Decimal::from(number)) {
            None => number,
            Some(problem) => self.wrong_value(&problem),
        }
    }

    /// An exact decimal. Text is accepted in every format: `"620.00"` is how careful partners write amounts in JSON.
    #[must_use]
    pub fn decimal(self, rule: Number) -> Decimal {
        let Some(text) = self.digits(Spelling::Characters) else { return self.wrong("must be a number") };
        let Some(number) = decimal(text) else { return self.wrong_value("must be a decimal of at most 28 digits") };
        match rule.problem(number) {
            None => number,
            Some(problem) => self.wrong_value(&problem),
        }
    }

    /// True or false.
    #[must_use]
    pub fn boolean(self) -> bool {
        match (self.value, self.report.spelling) {
            (Some(Value::Bool(value)), _) => *value,
            (Some(Value::Text(text)), Spelling::Characters) => match text.trim() {
                "true" | "1" | "X" => true,
                // ABAP's flag: X or empty.
                "false" | "0" | "" => false,
                _ => self.wrong("must be true or false"),
            },
            _ => self.wrong("must be true or false"),
        }
    }

    /// A calendar date, ISO 8601: `2026-02-28`.
    #[must_use]
    pub fn date(self) -> civil::Date {
        const WANTED: &str = "must be a date such as 2026-02-28";
        // jiff would also read a whole date-time here and drop the rest.
        match self.characters() {
            Some(text) if text.len() == 10 => text.parse().unwrap_or_else(|_| self.wrong_value(WANTED)),
            Some(_) => self.wrong_value(WANTED),
            None => self.wrong(WANTED),
        }
    }

    /// A time of day, ISO 8601: `17:30:00`.
    #[must_use]
    pub fn time(self) -> civil::Time {
        const WANTED: &str = "must be a time such as 17:30:00";
        match self.characters() {
            Some(text) if text.contains(':') && !text.contains(['T', 't', ' ', 'Z', 'z', '+', '-']) => {
                text.parse().unwrap_or_else(|_| self.wrong_value(WANTED))
            }
            Some(_) => self.wrong_value(WANTED),
            None => self.wrong(WANTED),
        }
    }

    /// A point in time, RFC 3339: `2026-02-28T17:30:00Z`.
    #[must_use]
    pub fn instant(self) -> Timestamp {
        const WANTED: &str = "must be a point in time such as 2026-02-28T17:30:00Z";
        match self.characters() {
            Some(text) => text.parse().unwrap_or_else(|_| self.wrong_value(WANTED)),
            None => self.wrong(WANTED),
        }
    }

    /// A nested record.
    #[must_use]
    pub fn record<T: Message>(mut self) -> T {
        let record = self.fields();
        read_record(record, self.place, self.report)
    }

    /// A list inside a list.
    #[must_use]
    pub fn list<T>(self, mut read: impl FnMut(Slot<'_>) -> T) -> Vec<T> {
        match self.value {
            Some(Value::List(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| read(Slot::at(Some(item), self.place.item(index), &mut *self.report)))
                .collect(),
            _ => self.wrong("must be a list"),
        }
    }

    /// The record to read fields from; `None` (and a word about it) if there is none.
    fn fields(&mut self) -> Option<&'a Record> {
        static EMPTY: Record = Record::new();
        match (self.value?, self.report.spelling) {
            (Value::Record(record), _) => Some(record),
            // `<ADDRESS/>` is a record without fields.
            (Value::Text(text), Spelling::Characters) if text.trim().is_empty() => Some(&EMPTY),
            _ => {
                self.report.add(&self.place, "must be a record");
                None
            }
        }
    }

    fn code_index(self, names: &mut dyn Iterator<Item = &str>) -> usize {
        let Some(text) = self.characters() else { return self.wrong("must be a text") };
        let mut known = Vec::new();
        for (index, name) in names.enumerate() {
            if name == text {
                return index;
            }
            known.push(name);
        }
        self.wrong_value(&format!("must be one of {}", known.join(", ")))
    }

    /// The characters of a text.
    fn characters(&self) -> Option<&'a str> {
        match self.value {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The characters of a number; of a text too where `from` allows it or the whole message is spelled that way.
    fn digits(&self, from: Spelling) -> Option<&'a str> {
        match self.value {
            Some(Value::Number(text)) => Some(text),
            Some(Value::Text(text)) if from == Spelling::Characters || self.report.spelling == Spelling::Characters => {
                Some(text.trim())
            }
            _ => None,
        }
    }

    /// Notes what is wrong (unless nothing is there, which has been said) and stands in.
    fn wrong<T: StandIn>(self, detail: &str) -> T {
        if self.value.is_some() {
            self.report.add(&self.place, detail);
        }
        T::STAND_IN
    }

    /// The same, with the value repeated if it is short and may be shown.
    fn wrong_value<T: StandIn>(self, detail: &str) -> T {
        let shown = match self.value {
            Some(Value::Text(text)) => Some(format!("{text:?}")),
            Some(Value::Number(text)) => Some(text.clone()),
            _ => None,
        };
        match shown {
            Some(shown) if shown.len() <= LONGEST_ECHO && !self.place.is_sensitive() => {
                self.wrong(&format!("{detail}, not {shown}"))
            }
            _ => self.wrong(detail),
        }
    }
}

/// A number as partners write it, with or without an exponent.
fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// What a reader returns in place of a value that is wrong.
trait StandIn {
    const STAND_IN: Self;
}

macro_rules! stand_in {
    ($($ty:ty => $value:expr),* $(,)?) => {$(
        impl StandIn for $ty {
            const STAND_IN: Self = $value;
        }
    )*};
}

stand_in!(
    String => String::new(), i64 => 0, usize => 0, bool => false, Decimal => Decimal::ZERO,
    civil::Date => civil::Date::ZERO, civil::Time => civil::Time::MIN, Timestamp => Timestamp::UNIX_EPOCH,
);

impl<T> StandIn for Vec<T> {
    const STAND_IN: Self = Self::new();
}
