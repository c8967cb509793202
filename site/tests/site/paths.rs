//! Ways from system to system, over catalogs made for it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::links::dead_links;
use crate::projects::{self, Site};

/// A system that has a record, can be asked for it, and takes it.
fn system(root: &Path, name: &str, more: &str) {
    let code = name.to_uppercase();
    let text = format!(
        "---\nsystem: {name}\ncode: {code}\ntitle: The system {name}\n{more}auth: {{ oauth2: {{ scopes: [all] }} }}\noperations:\n  \
         read:\n    title: Read it\n    rest: GET /records/{{id}}\n    parameters: {{ id: text }}\n    response: Record\n    idempotent: natural\n  \
         write:\n    title: Write it\n    rest: PUT /records/{{id}}\n    parameters: {{ id: text }}\n    request: Record\n    idempotent: natural\n\
         ---\n## Summary\n\nA system.\n\n## Message: Record\n\n| Field | Type | Required | Constraint | Sensitive | Description |\n\
         |---|---|---|---|---|---|\n| id | text | yes | 1..20 | | |\n"
    );
    fs::write(root.join(format!("spec/systems/{}.md", name.to_lowercase())), text).unwrap();
}

/// `A>B` sends, `A<B` asks, `A+C>B` reads from C on the way, `A>B!` is retired.
fn interface(root: &Path, line: &str) {
    let (line, status) = line.strip_suffix('!').map_or((line, "active"), |line| (line, "retired"));
    let (ends, target) = line.split_once(['>', '<']).unwrap();
    let (source, read) = ends.split_once('+').map_or((ends, ""), |(source, read)| (source, read));
    let asks = line.contains('<');
    let id = format!("T-{}-{}-RECORD-V1", source.to_uppercase(), target.to_uppercase());
    let trigger = if asks {
        format!("  request: GET /{source}/{target}/{{id}}\n  parameters: {{ id: text(..20) }}\n  durable: false\n")
    } else {
        format!("  http: POST /{source}/{target}\n  message: {source}.Record\n  idempotency: event.id\n")
    };
    let mut flow = String::new();
    if asks {
        let _ = write!(flow, "  - fetch: {target}.read\n    with: {{ id: \"${{path.id}}\" }}\n    as: found\n");
        let _ = write!(flow, "  - reply: {target}.Record\n    with: {{ id: \"${{found.id}}\" }}\n");
    } else {
        if !read.is_empty() {
            let _ = write!(flow, "  - fetch: {read}.read\n    with: {{ id: \"${{event.id}}\" }}\n    as: found\n");
        }
        let _ = write!(flow, "  - send: {target}.write\n    with: {{ id: \"${{event.id}}\", body: \"${{event}}\" }}\n");
    }
    let text = format!(
        "---\nsmart_id: {id}\ntitle: {source} to {target}\nstatus: {status}\ndomain: Tests\nstyle: application\nsource: {source}\n\
         target: {target}\nowners: {{ technical: Team }}\nerrors: {{ retry: none, dead_letter: enabled, alert: [Email] }}\ntrigger:\n{trigger}  auth: {{ basic: {{}} }}\nflow:\n{flow}history:\n  \
         - {{ date: 2026-01-05, version: 1, change: Created }}\n---\n## Summary\n\nA line.\n"
    );
    fs::write(root.join(format!("spec/interfaces/{id}.md")), text).unwrap();
}

fn site(systems: &str, lines: &str) -> Site {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("spec/systems")).unwrap();
    fs::create_dir_all(folder.path().join("spec/interfaces")).unwrap();
    for name in systems.split(' ') {
        match name.split_once('/') {
            Some((part, whole)) => system(folder.path(), part, &format!("part_of: {whole}\n")),
            None => system(folder.path(), name, ""),
        }
    }
    lines.split(' ').for_each(|line| interface(folder.path(), line));
    let site = projects::site(folder.path());
    let dead = dead_links(&site);
    assert!(dead.is_empty(), "{dead:#?}");
    site
}

/// What the page of a system says about ways to another: `A>B B>C | A>C`, and nothing if there is none.
fn ways(site: &Site, from: &str, to: &str) -> String {
    let page = &site[&format!("systems/{}/paths/index.html", from.to_lowercase())];
    let Some((_, rest)) = page.split_once(&format!("<div class=\"reached\" id=\"to-{}\">", to.to_lowercase())) else {
        return String::new();
    };
    let own = rest.split("</div>").next().unwrap();
    let text = |html: &str| html.split('<').map(|part| part.rsplit('>').next().unwrap()).collect::<String>();
    let way = |list: &str| {
        let legs = list.split("<li><span class=\"way\">").skip(1);
        let legs = legs.map(|leg| {
            let (from, to) = leg.split("</span><span>").next().unwrap().split_once("<span").unwrap();
            format!("{}>{}", text(from).trim(), text(&format!("<span{to}")).trim())
        });
        legs.collect::<Vec<_>>().join(" ")
    };
    own.split("<ul class=\"ways\"").skip(1).map(way).collect::<Vec<_>>().join(" | ")
}

#[test]
fn ways_lead_over_the_systems_between() {
    let site = site("A B C D E F", "A>B B>C C>D A>D D>E E<F");
    for (from, to, expected) in [
        ("A", "B", "A>B"),
        ("A", "C", "A>B B>C"),
        // The direct way, and no detour over two systems more.
        ("A", "D", "A>D"),
        ("A", "E", "A>D D>E"),
        ("B", "E", "B>C C>D D>E"),
        ("B", "A", ""),
        // E asks F: data comes from F, whoever calls.
        ("F", "E", "F>E"),
        ("E", "F", ""),
    ] {
        assert_eq!(ways(&site, from, to), expected, "{from} to {to}");
    }
    let page = &site["systems/a/paths/index.html"];
    assert!(page.contains("Data of A gets to 4 other systems: 2 directly"));
    assert!(page.contains("<li id=\"to-f\">"), "what is not reached is said");
    assert!(site["systems/f/paths/index.html"].contains("E asks for it"));
    assert!(site["systems/e/paths/index.html"].contains("href=\"../../../systems/b/paths/index.html#to-e\">B</a>"));
    assert!(site["systems/e/paths/index.html"].contains("No interface takes data out of E."));
    assert!(site["search/facts.js"].contains("Paths from A"));
    assert!(site["paths/index.html"].contains("aria-label=\"B to E: 2 systems between\">3</a>"));
}

#[test]
fn what_is_read_on_the_way_goes_the_same_way() {
    let site = site("A B C", "A+C>B");
    assert_eq!(ways(&site, "C", "B"), "C>B");
    assert!(site["systems/c/paths/index.html"].contains("reads it from C on its way"));
}

#[test]
fn retired_interfaces_take_nothing_anywhere() {
    let site = site("A B C", "A>B B>C!");
    assert_eq!((ways(&site, "A", "B").as_str(), ways(&site, "A", "C").as_str()), ("A>B", ""));
}

#[test]
fn data_leaves_an_instance_as_it_leaves_the_whole() {
    let site = site("A B One/B C", "A>One B>C");
    assert_eq!(ways(&site, "A", "C"), "A>One B>C");
    assert_eq!(ways(&site, "One", "C"), "B>C");
}

#[test]
fn circles_end() {
    let site = site("A B C", "A>B B>C C>A B>A C>B A>C");
    assert_eq!(ways(&site, "A", "C"), "A>C | A>B B>C");
    assert_eq!(ways(&site, "A", "A"), "");
}

#[test]
fn more_than_four_interfaces_in_a_row_are_no_way() {
    let site = site("A B C D E F", "A>B B>C C>D D>E E>F");
    assert_eq!(ways(&site, "A", "E"), "A>B B>C C>D D>E");
    assert_eq!(ways(&site, "A", "F"), "");
}
