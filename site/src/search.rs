//! The search index: scripts that call a function, because pages opened from a disk may load scripts but not data.
//!
//! In: the catalog. Out: one script of facts, and words of the documents in shards by their first two letters.
//! Never knows: how results are shown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::routes::slug;
use crate::view::{Context, PathsPage, ReachPage, code_path};

/// One thing that can be found.
struct Entry {
    kind: &'static str,
    title: String,
    subtitle: String,
    href: String,
    keys: String,
}

/// All scripts with their paths.
pub(crate) fn scripts(context: &Context<'_>) -> Vec<(String, String)> {
    let (entries, texts) = entries(context);
    let facts: Vec<Value> =
        entries.iter().map(|it| json!([it.kind, it.title, it.subtitle, it.href, it.keys])).collect();
    let shards = shards(&texts);
    // A browser asks for no shard that was not written.
    let names: Value = shards.keys().map(String::as_str).collect();
    let mut scripts = vec![("search/facts.js".to_owned(), call("facts", &[Value::Array(facts), names]))];
    for (shard, words) in shards {
        scripts.push((format!("search/text-{shard}.js"), call("text", &[json!([shard, words])])));
    }
    scripts
}

/// `</script` cannot end a script of its own file, but line separators could end a string in old browsers.
fn call(function: &str, values: &[Value]) -> String {
    let text: Vec<String> = values.iter().map(Value::to_string).collect();
    let text = text.join(",").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("tieline.{function}({text});\n")
}

/// Entries, and for those with a document its index and text.
fn entries(context: &Context<'_>) -> (Vec<Entry>, Vec<(usize, String)>) {
    let mut entries = Vec::new();
    let mut texts = Vec::new();
    for interface in context.catalog.interfaces() {
        let owners = [&interface.owners.business, &interface.owners.technical, &interface.owners.support];
        let mut keys: Vec<&str> = interface.legacy_ids.iter().map(String::as_str).collect();
        keys.push(&interface.domain);
        keys.extend(interface.process.as_deref());
        keys.extend(interface.systems.iter().map(String::as_str));
        keys.extend(owners.into_iter().flatten().map(String::as_str));
        texts.push((entries.len(), interface.text.clone()));
        entries.push(Entry {
            kind: "interface",
            title: interface.title.clone(),
            subtitle: interface.smart_id.text.clone(),
            href: context.routes.interface(&interface.smart_id.text).unwrap_or_default(),
            keys: keys.join(" "),
        });
    }
    for system in context.catalog.systems() {
        let href = context.routes.system(&system.name).unwrap_or_default();
        texts.push((entries.len(), system.text.clone()));
        entries.push(Entry {
            kind: "system",
            title: system.name.clone(),
            subtitle: system.title.clone(),
            href: href.clone(),
            keys: format!("{} {}", system.code, system.aliases.join(" ")),
        });
        entries.extend(system.operations.iter().map(|operation| Entry {
            kind: "operation",
            title: operation.name.clone(),
            subtitle: format!("{}: {}", system.name, operation.title),
            href: format!("{href}#op-{}", slug(&operation.name)),
            keys: String::new(),
        }));
    }
    paths(context, &mut entries);
    objects(context, &mut entries);
    groups(context, &mut entries);
    for manual in &context.options.manual {
        let text = manual.text();
        texts.push((entries.len(), crate::markdown::plain(&text)));
        entries.push(Entry {
            kind: "manual",
            title: manual.title(),
            subtitle: "Manual".to_owned(),
            href: manual.route(),
            keys: String::new(),
        });
    }
    entries.extend(catalog::explain::pages().iter().map(|page| Entry {
        kind: "code",
        title: page.code.to_owned(),
        subtitle: page.title().to_owned(),
        href: code_path(page.code),
        keys: String::new(),
    }));
    (entries, texts)
}

fn paths(context: &Context<'_>, entries: &mut Vec<Entry>) {
    let entry = |title: String, subtitle: &str, href: String| Entry {
        kind: "paths",
        title,
        subtitle: subtitle.to_owned(),
        href,
        keys: String::new(),
    };
    entries.push(entry("Paths".to_owned(), "How data gets from one system to another", PathsPage::PATH.to_owned()));
    entries.extend(context.catalog.systems().iter().filter_map(|system| {
        let href = ReachPage::route(&context.routes.system(&system.name)?);
        Some(entry(format!("Paths from {}", system.name), "", href))
    }));
}

/// Names that stand in a Smart ID only are found by the interface.
fn objects(context: &Context<'_>, entries: &mut Vec<Entry>) {
    let stated = crate::objects::index(context.catalog).into_iter().filter(|(_, object)| object.stated);
    entries.extend(stated.map(|(key, object)| Entry {
        kind: "object",
        title: object.name.to_owned(),
        subtitle: "Business object".to_owned(),
        href: context.routes.object(&key).unwrap_or_default(),
        keys: String::new(),
    }));
}

fn groups(context: &Context<'_>, entries: &mut Vec<Entry>) {
    let domains = context.routes.domains().map(|name| ("domain", name, context.routes.domain(name)));
    let teams = context.routes.teams().map(|name| ("owner", name, context.routes.team(name)));
    let fields = context.routes.fields().map(|name| ("field", name, context.routes.field(name)));
    entries.extend(domains.chain(teams).chain(fields).map(|(kind, name, path)| Entry {
        kind,
        title: name.to_owned(),
        subtitle: String::new(),
        href: path.unwrap_or_default(),
        keys: String::new(),
    }));
}

type Shards = BTreeMap<String, BTreeMap<String, BTreeSet<usize>>>;

fn shards(texts: &[(usize, String)]) -> Shards {
    let mut shards = Shards::new();
    for (entry, text) in texts {
        for word in words(text) {
            shards.entry(shard_of(&word)).or_default().entry(word).or_default().insert(*entry);
        }
    }
    shards
}

/// Words of a text in lower case: names with `_` and `-` whole, runs of letters and digits, and the parts of `camelCase`.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for name in text.split(|it: char| !it.is_alphanumeric() && it != '_' && it != '-') {
        let name = name.trim_matches(['_', '-']);
        if name.contains(['_', '-']) {
            keep(&mut words, &name.to_lowercase());
        }
    }
    for run in text.split(|it: char| !it.is_alphanumeric()) {
        let mut part = String::new();
        let mut before_lower = false;
        for character in run.chars() {
            if before_lower && character.is_uppercase() {
                keep(&mut words, &part);
                part.clear();
            }
            before_lower = character.is_lowercase();
            part.extend(character.to_lowercase());
        }
        keep(&mut words, &part);
        keep(&mut words, &run.to_lowercase());
    }
    words
}

fn keep(words: &mut BTreeSet<String>, word: &str) {
    let length = word.chars().count();
    if (2..=40).contains(&length) {
        words.insert(word.to_owned());
    }
}

/// The first two characters, as a file may be named; the script in the browser computes the same.
fn shard_of(word: &str) -> String {
    word.chars().take(2).map(|it| if it.is_ascii_alphanumeric() { it } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_in_parts() {
        let found: Vec<String> = words("workUnitNumber ITEM.PO_NUMBER ü é1 x").into_iter().collect();
        assert_eq!(found, ["item", "number", "po", "po_number", "unit", "work", "workunitnumber", "é1"]);
        assert_eq!(shard_of("été"), "_t");
    }
}
