//! Every link leads to a page of the site, and to an anchor on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::markup::{Tag, read_all};
use crate::projects::{self, Site};

#[test]
fn every_link_resolves() {
    for site in [projects::small(), projects::reference()] {
        let dead = dead_links(&site);
        assert!(dead.is_empty(), "{dead:#?}");
    }
}

#[test]
fn ids_are_unique_on_a_page() {
    for (path, tags) in read_all(&projects::reference()) {
        let mut seen = BTreeSet::new();
        for id in tags.iter().filter_map(|tag| tag.attribute("id")) {
            assert!(seen.insert(id), "{path}: #{id} twice");
        }
    }
}

#[test]
fn search_leads_to_pages() {
    let site = projects::reference();
    let index = site["search/facts.js"].trim().trim_start_matches("tieline.facts(").trim_end_matches(");");
    let (entries, shards): (Vec<[String; 5]>, Vec<String>) = serde_json::from_str(&format!("[{index}]")).unwrap();
    let written = site.keys().filter_map(|path| path.strip_prefix("search/text-")?.strip_suffix(".js"));
    assert!(written.eq(shards.iter().map(String::as_str)), "the index names every shard and no other");
    assert!(
        entries.iter().any(|entry| entry[2] == "PROC-11VMS-SRM7-ACTIVITY-REPORT-V1" && entry[4].contains("ISINT01"))
    );
    let anchors = anchors(&site);
    for [_, title, _, href, _] in &entries {
        let (path, fragment) = href.split_once('#').map_or((href.as_str(), None), |(path, it)| (path, Some(it)));
        let known = anchors.get(path).unwrap_or_else(|| panic!("{title} leads to {href}"));
        assert!(fragment.is_none_or(|it| known.contains(it)), "{title} leads to {href}");
    }
}

#[test]
fn every_id_has_a_short_link() {
    let site = projects::small();
    assert!(
        site["i/sales-shop-books-order-v1/index.html"]
            .contains("url=../../interfaces/sales-shop-books-order-v1/index.html")
    );
    assert!(site["i/old-18/index.html"].contains("url=../../interfaces/sales-shop-books-question-v2/index.html"));
    // Two interfaces carry OLD-17: the page lists both and forwards to neither.
    let shared = &site["i/old-17/index.html"];
    assert!(!shared.contains("http-equiv=\"refresh\""));
    assert!(shared.contains("../../interfaces/sales-shop-books-order-v1/index.html"));
    assert!(shared.contains("../../interfaces/sales-shop-books-question-v2/index.html"));
}

#[test]
fn exports_name_every_interface() {
    let site = projects::small();
    for id in ["SALES-SHOP-BOOKS-ORDER-V1", "SALES-SHOP-BOOKS-QUESTION-V2"] {
        for file in ["catalog.json", "catalog.csv", "llms.txt"] {
            assert!(site[file].contains(id), "{id} in {file}");
        }
    }
    let whole: serde_json::Value = serde_json::from_str(&site["catalog.json"]).unwrap();
    assert_eq!(whole["interfaces"][0]["retry"]["sends_ms"], serde_json::json!([0, 30_000, 90_000, 210_000]));
}

pub(crate) fn dead_links(site: &Site) -> Vec<String> {
    let anchors = anchors(site);
    let mut dead = Vec::new();
    for (page, tags) in read_all(site) {
        for tag in &tags {
            for href in addresses(tag) {
                if let Some(problem) = problem(site, &anchors, page, &href) {
                    dead.push(format!("{page}: {href}: {problem}"));
                }
            }
        }
    }
    dead
}

fn addresses(tag: &Tag) -> Vec<String> {
    let refresh = (tag.attribute("http-equiv") == Some("refresh")).then(|| tag.attribute("content").unwrap());
    let forward = refresh.and_then(|content| content.split_once("url=")).map(|(_, url)| url);
    let found = [tag.attribute("href"), tag.attribute("src"), forward];
    found.into_iter().flatten().map(|it| it.replace("&amp;", "&").replace("&#38;", "&")).collect()
}

fn anchors(site: &Site) -> BTreeMap<&str, BTreeSet<String>> {
    let pages = read_all(site).into_iter();
    pages
        .map(|(path, tags)| (path, tags.iter().filter_map(|tag| tag.attribute("id")).map(str::to_owned).collect()))
        .collect()
}

fn problem(site: &Site, anchors: &BTreeMap<&str, BTreeSet<String>>, page: &str, href: &str) -> Option<&'static str> {
    if ["http:", "https:", "mailto:"].iter().any(|scheme| href.starts_with(scheme)) {
        return None;
    }
    let (path, fragment) = href.split_once('#').map_or((href, None), |(path, fragment)| (path, Some(fragment)));
    let path = path.split('?').next().unwrap();
    let target = if path.is_empty() { page.to_owned() } else { join(page, path)? };
    if !site.contains_key(&target) {
        return Some("no such file");
    }
    match fragment {
        Some(fragment) if !anchors.get(target.as_str())?.contains(fragment) => Some("no such anchor"),
        _ => None,
    }
}

/// The path that a relative link means; `None` when it leads out of the site.
fn join(page: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => {
                parts.pop().expect("a link leads out of the site");
            }
            "." => {}
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}
