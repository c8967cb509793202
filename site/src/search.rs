//! The search index: scripts that call a function, because pages opened from a disk may load scripts but not data.
//!
//! In: the catalog. Out: one script of facts, and words of the documents in shards by their first two letters.
//! Never knows: how results are shown.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

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
    let facts: Vec<_> = entries.iter().map(|it| (it.kind, &it.title, &it.subtitle, &it.href, &it.keys)).collect();
    let mut words = Words::default();
    texts.iter().for_each(|(entry, text)| words.add(*entry, text));
    let shards = words.shards();
    // A browser asks for no shard that was not written.
    let names: Vec<&str> = shards.keys().map(String::as_str).collect();
    let mut scripts = vec![("search/facts.js".to_owned(), call("facts", &[json(&facts), json(&names)]))];
    for (shard, words) in &shards {
        scripts.push((format!("search/text-{shard}.js"), call("text", &[json(&(shard, words))])));
    }
    scripts
}

/// Our values have texts as keys, and writing to memory does not fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// `</script` cannot end a script of its own file, but line separators could end a string in old browsers.
fn call(function: &str, values: &[String]) -> String {
    let text = values.join(",").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("tieline.{function}({text});\n")
}

/// Entries, and for those with a document its index and text.
fn entries<'a>(context: &Context<'a>) -> (Vec<Entry>, Vec<(usize, Cow<'a, str>)>) {
    let mut entries = Vec::new();
    let mut texts = Vec::new();
    for interface in context.catalog.interfaces() {
        let owners = [&interface.owners.business, &interface.owners.technical, &interface.owners.support];
        let mut keys: Vec<&str> = interface.legacy_ids.iter().map(String::as_str).collect();
        keys.push(&interface.domain);
        keys.extend(interface.process.as_deref());
        keys.extend(interface.systems.iter().map(String::as_str));
        keys.extend(owners.into_iter().flatten().map(String::as_str));
        texts.push((entries.len(), Cow::Borrowed(interface.text.as_str())));
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
        texts.push((entries.len(), Cow::Borrowed(system.text.as_str())));
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
        texts.push((entries.len(), Cow::Owned(crate::markdown::plain(&text))));
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
    let stated = crate::objects::index(context.catalog.unnoted()).into_iter().filter(|(_, object)| object.stated);
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

/// Words by shard, each with the entries whose text has it.
type Shards<'w> = BTreeMap<String, BTreeMap<&'w str, &'w [usize]>>;

/// The words of all texts. Documents share most of what they are written with: each run of letters is taken apart once.
#[derive(Default)]
struct Words<'t> {
    /// Words and their entries, in the order in which they turned up.
    found: Vec<(String, Vec<usize>)>,
    places: HashMap<String, usize>,
    /// The words that a piece of text has, by their places.
    pieces: HashMap<&'t str, Vec<usize>>,
}

impl<'t> Words<'t> {
    /// Adds the words of a text; entries come in their order.
    fn add(&mut self, entry: usize, text: &'t str) {
        for name in text.split(|it: char| !it.is_alphanumeric() && it != '_' && it != '-') {
            let name = name.trim_matches(['_', '-']);
            if name.contains(['_', '-']) {
                self.piece(entry, name, |name| vec![name.to_lowercase()]);
            }
        }
        for run in text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()) {
            self.piece(entry, run, parts);
        }
    }

    fn piece(&mut self, entry: usize, piece: &'t str, words: impl FnOnce(&str) -> Vec<String>) {
        let (found, places) = (&mut self.found, &mut self.places);
        let known = self.pieces.entry(piece).or_insert_with(|| {
            let kept = words(piece).into_iter().filter(|it| (2..=40).contains(&it.chars().count()));
            let place = |word: String| {
                *places.entry(word).or_insert_with_key(|word| {
                    found.push((word.clone(), Vec::new()));
                    found.len() - 1
                })
            };
            kept.map(place).collect()
        });
        for place in known {
            let entries = &mut found[*place].1;
            if entries.last() != Some(&entry) {
                entries.push(entry);
            }
        }
    }

    fn shards(&self) -> Shards<'_> {
        let mut shards = Shards::new();
        for (word, entries) in &self.found {
            shards.entry(shard_of(word)).or_default().insert(word, entries);
        }
        shards
    }
}

/// A run of letters and digits in lower case, and the parts of `camelCase`.
fn parts(run: &str) -> Vec<String> {
    let mut words = vec![run.to_lowercase()];
    let mut part = String::new();
    let mut before_lower = false;
    for character in run.chars() {
        if before_lower && character.is_uppercase() {
            words.push(std::mem::take(&mut part));
        }
        before_lower = character.is_lowercase();
        part.extend(character.to_lowercase());
    }
    words.push(part);
    words
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
        let mut words = Words::default();
        words.add(0, "workUnitNumber ITEM.PO_NUMBER ü é1 x");
        words.add(1, "workUnit");
        let shards = words.shards();
        let mut found: Vec<&str> = shards.values().flat_map(|it| it.keys().copied()).collect();
        found.sort_unstable();
        assert_eq!(shards["wo"]["work"], [0, 1]);
        assert_eq!(found, ["item", "number", "po", "po_number", "unit", "work", "workunit", "workunitnumber", "é1"]);
        assert_eq!(shard_of("été"), "_t");
    }
}
