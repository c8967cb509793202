//! Reading TOML with every mistake at once.
//!
//! In: a table. Out: typed values, mistakes with key paths. Never knows: what the keys mean.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use toml::{Table, Value};

use super::{Mistake, secret};

/// A table being read. What is not asked for is unknown, and [`Section::finish`] says so.
pub(super) struct Section<'a> {
    path: String,
    table: &'a Table,
    asked: BTreeSet<&'static str>,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a Table, mistakes: &'a mut Vec<Mistake>) -> Self {
        Self { path: String::new(), table, asked: BTreeSet::new(), mistakes }
    }

    /// A sub-table; an absent one reads as empty.
    pub(super) fn section<T>(&mut self, key: &'static str, read: fn(&mut Section<'_>) -> T) -> T {
        let empty = Table::new();
        let table = self.sub_table(key).unwrap_or(&empty);
        self.descend(key, table, read)
    }

    /// A sub-table that may be absent.
    pub(super) fn optional<T>(&mut self, key: &'static str, read: fn(&mut Section<'_>) -> T) -> Option<T> {
        let table = self.sub_table(key)?;
        Some(self.descend(key, table, read))
    }

    /// A table of sub-tables with free names.
    pub(super) fn sections<T>(&mut self, key: &'static str, read: fn(&mut Section<'_>) -> T) -> BTreeMap<String, T> {
        let Some(table) = self.sub_table(key) else { return BTreeMap::new() };
        let mut values = BTreeMap::new();
        for (name, value) in table {
            match value.as_table() {
                Some(inner) => {
                    let value = self.descend(&format!("{key}.{}", quoted(name)), inner, read);
                    values.insert(name.clone(), value);
                }
                None => self.mistake(&format!("{key}.{}", quoted(name)), "must be a table"),
            }
        }
        values
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let text = self.value(key).map(Value::as_str)?;
        if text.is_none() {
            self.mistake(key, "must be text");
        }
        text.map(str::to_owned)
    }

    pub(super) fn required(&mut self, key: &'static str) -> String {
        self.need(key, "must be given");
        self.text(key).unwrap_or_default()
    }

    pub(super) fn required_texts(&mut self, key: &'static str) -> Vec<String> {
        self.need(key, "must be given");
        if self.value(key).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            self.mistake(key, "must name at least one");
        }
        self.texts(key)
    }

    /// A list of texts; an absent one reads as empty.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let texts = value.as_array().and_then(|items| items.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        match texts {
            Some(texts) => texts.into_iter().map(str::to_owned).collect(),
            None => {
                self.mistake(key, "must be a list of texts");
                Vec::new()
            }
        }
    }

    pub(super) fn integer(&mut self, key: &'static str) -> Option<u64> {
        let number = self.value(key).map(|value| value.as_integer().and_then(|number| u64::try_from(number).ok()))?;
        if number.is_none() {
            self.mistake(key, "must be a whole number, 0 or more");
        }
        number
    }

    /// A day like `2027-01-31`; its first instant in UTC, milliseconds since 1970.
    pub(super) fn day(&mut self, key: &'static str) -> Option<i64> {
        let day: Option<jiff::civil::Date> = self.text(key)?.parse().ok();
        let start = day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
        if start.is_none() {
            self.mistake(key, "must be a day like \"2027-01-31\"");
        }
        start.map(|start| start.timestamp().as_millisecond())
    }

    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let choice = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if choice.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            self.mistake(key, &format!("must be {}", names.join(" or ")));
        }
        choice
    }

    pub(super) fn secret(&mut self, key: &'static str) -> Option<SecretString> {
        let reference = self.text(key)?;
        self.resolve(key, &reference)
    }

    pub(super) fn required_secret(&mut self, key: &'static str) -> SecretString {
        self.need(key, "must be given, as \"env:NAME\" or \"file:/path\"");
        self.secret(key).unwrap_or_default()
    }

    /// A table of free names with one of these words each.
    pub(super) fn choices<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> BTreeMap<String, T> {
        let Some(table) = self.sub_table(key) else { return BTreeMap::new() };
        let mut chosen = BTreeMap::new();
        for (name, value) in table {
            match value.as_str().and_then(|word| choices.iter().find(|(choice, _)| *choice == word)) {
                Some((_, choice)) => {
                    chosen.insert(name.clone(), *choice);
                }
                None => {
                    let words: Vec<_> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
                    self.mistake(&format!("{key}.{}", quoted(name)), &format!("must be {}", words.join(" or ")));
                }
            }
        }
        chosen
    }

    /// A table of free names with secrets.
    pub(super) fn secrets(&mut self, key: &'static str) -> BTreeMap<String, SecretString> {
        let Some(table) = self.sub_table(key) else { return BTreeMap::new() };
        let mut secrets = BTreeMap::new();
        for (name, value) in table {
            let path = format!("{key}.{}", quoted(name));
            match value.as_str() {
                Some(reference) => secrets.extend(self.resolve(&path, reference).map(|secret| (name.clone(), secret))),
                None => self.mistake(&path, "must be text"),
            }
        }
        secrets
    }

    /// Records a mistake if the key is absent.
    pub(super) fn need(&mut self, key: &'static str, problem: &str) {
        if self.value(key).is_none() {
            self.mistake(key, problem);
        }
    }

    /// Records a mistake unless exactly one of two keys is there. Whether it is the second.
    pub(super) fn either(&mut self, one: &'static str, other: &'static str) -> bool {
        match (self.value(one).is_some(), self.value(other).is_some()) {
            (true, true) => self.mistake(other, &format!("stands beside `{one}`: give one of them")),
            (false, false) => self.mistake(one, &format!("must be given, or `{other}`")),
            (true, false) | (false, true) => {}
        }
        self.value(other).is_some()
    }

    /// Records a mistake if the key is there.
    pub(super) fn out_of_place(&mut self, key: &'static str, problem: &str) {
        if self.value(key).is_some() {
            self.mistake(key, problem);
        }
    }

    /// Records every key that nobody asked for.
    pub(super) fn finish(&mut self) {
        let unknown: Vec<_> = self.table.keys().filter(|key| !self.asked.contains(key.as_str())).cloned().collect();
        let known = self.asked.iter().copied().collect::<Vec<_>>().join(", ");
        for key in unknown {
            self.mistake(&quoted(&key), &format!("is not known here; known: {known}"));
        }
    }

    fn resolve(&mut self, key: &str, reference: &str) -> Option<SecretString> {
        secret::resolve(reference).map_err(|problem| self.mistake(key, &problem)).ok()
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.asked.insert(key);
        self.table.get(key)
    }

    fn sub_table(&mut self, key: &'static str) -> Option<&'a Table> {
        let value = self.value(key)?;
        if value.as_table().is_none() {
            self.mistake(key, "must be a table");
        }
        value.as_table()
    }

    fn descend<T>(&mut self, key: &str, table: &Table, read: fn(&mut Section<'_>) -> T) -> T {
        let mut section =
            Section { path: self.path_of(key), table, asked: BTreeSet::new(), mistakes: &mut *self.mistakes };
        let value = read(&mut section);
        section.finish();
        value
    }

    pub(super) fn mistake(&mut self, key: &str, problem: &str) {
        let path = self.path_of(key);
        self.mistakes.push(Mistake { path, problem: problem.to_owned() });
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// A key as TOML would write it in a path.
pub(super) fn quoted(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if bare { key.to_owned() } else { format!("{key:?}") }
}
