//! Conditions become small functions with names that say what they ask.
//!
//! In: the text of a condition. Out: a name, `work_unit_number_is_0` for `report.workUnitNumber == 0`.
//! Never knows: how the condition is printed.

use std::collections::BTreeMap;

use super::FunctionPlan;
use crate::names;

/// Longer names tell less than the name of the step.
const LONGEST_NAME: usize = 40;

/// The conditions of one interface.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    /// Text of the condition → index of its function.
    known: BTreeMap<String, usize>,
    functions: Vec<FunctionPlan>,
}

impl Conditions {
    /// The name of the function that holds the condition; a condition that was asked before is asked again.
    pub(crate) fn function(&mut self, text: &str, fallback: &str, plan: impl FnOnce(&str) -> FunctionPlan) -> String {
        if let Some(function) = self.known.get(text).and_then(|index| self.functions.get(*index)) {
            return function.name.clone();
        }
        let name = self.free_name(question(text), fallback);
        self.known.insert(text.to_owned(), self.functions.len());
        self.functions.push(plan(&name));
        name
    }

    pub(crate) fn into_functions(self) -> Vec<FunctionPlan> {
        self.functions
    }

    fn free_name(&self, wanted: Option<String>, fallback: &str) -> String {
        let taken = |name: &String| self.functions.iter().any(|function| function.name == *name);
        // Steps that were given no name are called after their kind.
        let fallback = if fallback.starts_with("when") { "condition".to_owned() } else { names::snake(fallback) };
        let numbered = (2..).map(|number| format!("{fallback}_{number}"));
        wanted.into_iter().chain([fallback.clone()]).chain(numbered).find(|name| !taken(name)).unwrap_or(fallback)
    }
}

/// The condition as words, if there are few: operators are spelled, the first name of a path is left out.
fn question(text: &str) -> Option<String> {
    if text.replace(" in [", " in ").contains(['?', '[', '\\']) {
        return None;
    }
    let mut spelled = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let operator = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign));
        if let Some((sign, word)) = operator {
            spelled.push_str(word);
            rest = rest.get(sign.len()..).unwrap_or_default();
            continue;
        }
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(length.max(first.len_utf8()));
        let is_name = word.starts_with(char::is_alphabetic);
        let is_root = is_name && after.starts_with('.') && !spelled.ends_with('.');
        if !is_root {
            spelled.push_str(word);
        }
        rest = after;
    }
    let name = names::snake(&spelled);
    let name = name.trim_matches('_').to_owned();
    let fits = !name.is_empty() && name.len() <= LONGEST_NAME && text.is_ascii();
    // `map_` and `lookup_` begin the names of other functions.
    (fits && !["map_", "lookup_"].iter().any(|prefix| name.starts_with(prefix)) && name != "flow").then_some(name)
}

const OPERATORS: &[(&str, &str)] = &[
    ("==", " is "),
    ("!=", " is not "),
    ("<=", " at most "),
    (">=", " at least "),
    ("&&", " and "),
    ("||", " or "),
    ("<", " below "),
    (">", " above "),
    ("!", " not "),
    ("''", " empty "),
    ("*", " times "),
    ("/", " by "),
    ("+", " plus "),
    ("-", " minus "),
    ("%", " modulo "),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_asked() {
        let check = |text: &str, expect: Option<&str>| assert_eq!(question(text).as_deref(), expect, "{text}");
        check("report.workUnitNumber == 0", Some("work_unit_number_is_0"));
        check("event.fileName.endsWith('PF')", Some("file_name_ends_with_pf"));
        check("!event.test", Some("not_test"));
        check("event.a && event.b != 'x'", Some("a_and_b_is_not_x"));
        check("event.items.all(item, item.quantity > 0 && item.price > 0)", None);
        check("event.x == 'é'", None);
        check("thing.price <= 21.5", Some("price_at_most_21_5"));
        check("thing.name.or('') != ''", Some("name_or_empty_is_not_empty"));
        check("thing.count % 2 == 0", Some("count_modulo_2_is_0"));
        check("thing.kind in ['new', 'old']", Some("kind_in_new_old"));
        check("a.b > 1 ? a.c : a.d", None);
    }
}
