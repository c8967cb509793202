//! A strict reader of the pages: every tag, attribute and nesting must be one that the site is known to use.

use crate::projects::{self, Site};

/// One opening tag.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

const VOID: &[&str] = &["meta", "link", "input", "br", "hr", "col", "img", "rect", "path", "circle", "!doctype"];

const TAGS: &[&str] = &[
    "!doctype",
    "html",
    "head",
    "meta",
    "title",
    "link",
    "script",
    "body",
    "header",
    "nav",
    "main",
    "section",
    "footer",
    "div",
    "span",
    "p",
    "a",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "code",
    "pre",
    "kbd",
    "b",
    "em",
    "strong",
    "del",
    "ins",
    "colgroup",
    "col",
    "small",
    "q",
    "bdi",
    "time",
    "figure",
    "figcaption",
    "details",
    "summary",
    "button",
    "label",
    "input",
    "img",
    "svg",
    "g",
    "rect",
    "path",
    "circle",
    "text",
    "blockquote",
    "br",
    "hr",
];

const ATTRIBUTES: &[&str] = &[
    "html",
    "lang",
    "charset",
    "name",
    "content",
    "http-equiv",
    "rel",
    "href",
    "type",
    "src",
    "alt",
    "class",
    "id",
    "hidden",
    "open",
    "scope",
    "colspan",
    "role",
    "tabindex",
    "title",
    "autocomplete",
    "spellcheck",
    "start",
    "x",
    "y",
    "width",
    "height",
    "rx",
    "cx",
    "cy",
    "r",
    "d",
    "viewbox",
    "text-anchor",
];

/// Reads a page and panics at whatever is not ours: unknown tags and attributes, wrong nesting, foreign addresses.
pub(crate) fn read(path: &str, page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "{path}: a bare > before {:?}", excerpt(&rest[at..]));
        let (inside, after) = split_tag(path, &rest[at + 1..]);
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            let expected = open.pop();
            assert_eq!(expected.as_deref(), Some(name), "{path}: nesting near {:?}", excerpt(rest));
            continue;
        }
        let tag = parse(path, inside);
        check(path, &tag);
        if !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        tags.push(tag);
    }
    assert!(open.is_empty(), "{path}: never closed: {open:?}");
    tags
}

/// What stands between `<` and its `>`, quotes respected.
fn split_tag<'a>(path: &str, text: &'a str) -> (&'a str, &'a str) {
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '>' if !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    panic!("{path}: a tag without end: {:?}", excerpt(text));
}

fn parse(path: &str, inside: &str) -> Tag {
    let inside = inside.trim_end_matches('/');
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|it: char| it == '=' || it.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        if let Some(value) = after.strip_prefix("=\"") {
            let (value, after) = value.split_once('"').unwrap_or_else(|| panic!("{path}: {inside}"));
            attributes.push((key.to_ascii_lowercase(), value.to_owned()));
            rest = after;
        } else {
            assert!(!after.starts_with('='), "{path}: an attribute without quotes: {inside}");
            attributes.push((key.to_ascii_lowercase(), String::new()));
            rest = after;
        }
    }
    Tag { name: name.to_ascii_lowercase(), attributes }
}

fn check(path: &str, tag: &Tag) {
    assert!(TAGS.contains(&tag.name.as_str()), "{path}: tag {tag:?}");
    for (name, value) in &tag.attributes {
        let known = ATTRIBUTES.contains(&name.as_str()) || name.starts_with("aria-") || name.starts_with("data-");
        assert!(known, "{path}: attribute {name} of {tag:?}");
        if name == "href" || name == "src" {
            check_address(path, tag, value);
        }
    }
    if tag.name == "img" {
        // Pictures of documents are not shown: the only one is the logo that the settings name.
        assert!(tag.attribute("src").is_some_and(|src| src.contains("assets/logo.")), "{path}: {tag:?}");
    }
    if tag.name == "script" {
        assert!(tag.attribute("src").is_some_and(|src| src.ends_with("assets/site.js")), "{path}: {tag:?}");
    }
}

/// Addresses are relative, or of a scheme that a reader may follow; requests go nowhere else.
fn check_address(path: &str, tag: &Tag, value: &str) {
    let lower = value.to_ascii_lowercase();
    let scheme = lower.split_once(':').map(|(scheme, _)| scheme).filter(|it| !it.contains(['/', '?', '#']));
    match scheme {
        None => assert!(!value.starts_with('/'), "{path}: rooted address {value}"),
        Some("http" | "https" | "mailto") => assert_eq!(tag.name, "a", "{path}: a request to outside: {tag:?}"),
        Some(other) => panic!("{path}: scheme {other} in {value}"),
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Reads every page of a site.
pub(crate) fn read_all(site: &Site) -> Vec<(&str, Vec<Tag>)> {
    let pages = site.iter().filter(|(path, _)| path.ends_with(".html"));
    pages.map(|(path, text)| (path.as_str(), read(path, text))).collect()
}

#[test]
fn every_page_holds_only_our_markup() {
    assert!(read_all(&projects::small()).len() > 30);
    read_all(&projects::reference());
}

#[test]
fn every_page_states_a_strict_policy() {
    for (path, text) in projects::small().iter().filter(|(path, _)| path.ends_with(".html")) {
        let policy = text.split("Content-Security-Policy\" content=\"").nth(1).and_then(|it| it.split('"').next());
        let policy = policy.unwrap_or_else(|| panic!("{path} has no policy"));
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{path}: {policy}");
    }
}

#[test]
fn drawings_keep_their_size_and_their_text_is_readable() {
    let css = &projects::small()["assets/site.css"];
    assert!(css.contains(".drawing svg { display: block; font: 13px"));
    assert!(css.contains(".kind, .soft, .edge-text { font-size: 12px"));
    for (path, tags) in read_all(&projects::reference()) {
        for svg in tags.iter().filter(|tag| tag.name == "svg" && tag.attribute("role") == Some("group")) {
            let natural = format!("0 0 {} {}", svg.attribute("width").unwrap(), svg.attribute("height").unwrap());
            assert_eq!(svg.attribute("viewbox"), Some(natural.as_str()), "{path}");
        }
    }
}
