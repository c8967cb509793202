//! Documents that want to do harm: valid for the catalog, hostile in every text that people may choose freely.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::links::dead_links;
use crate::markup::read_all;
use crate::projects::{self, Site};

/// What should stay text wherever it stands.
const EVIL: &str =
    r#"<script>alert(1)</script><img src=x onerror=alert(2)>\" onclick=\"alert(3) ' &lt; {{7*7}} --> ]]>"#;

fn project(change: impl Fn(&Path)) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/small");
    projects::copy(&small, folder.path());
    change(folder.path());
    projects::site(folder.path())
}

fn edit(root: &Path, file: &str, changes: &[(&str, &str)]) {
    let path = root.join(file);
    let mut text = fs::read_to_string(&path).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{file} lacks {from}");
        text = text.replacen(from, to, 1);
    }
    fs::write(path, text).unwrap();
}

const INTERFACE: &str = "spec/interfaces/SALES-SHOP-BOOKS-ORDER-V1.md";
const PAGE: &str = "interfaces/sales-shop-books-order-v1/index.html";

#[test]
fn scripts_in_every_field_stay_text() {
    let quoted = format!("\"{EVIL}\"");
    let site = project(|root| {
        edit(
            root,
            INTERFACE,
            &[
                ("title: Paid basket to order", &format!("title: {quoted}")),
                ("legacy_ids: [OLD-17]", &format!("legacy_ids: [{quoted}]")),
                ("domain: Sales", &format!("domain: {quoted}\nobjects: [\"<b onclick=x>object\"]")),
                ("each time a basket is paid", &quoted),
                ("business: Sales Team", &format!("business: {quoted}")),
                ("support: Night Desk", &format!("support: {quoted}")),
                ("title: The notice carries only the number of the basket", &format!("title: {quoted}")),
                ("name: shop-orders", &format!("name: {quoted}")),
                ("kind: Repository", &format!("kind: {quoted}")),
                ("notes: webhook", &format!("notes: {quoted}")),
                ("tools: [Grafana]", &format!("tools: [{quoted}]")),
                ("relation: after", &format!("relation: {quoted}")),
                ("change: Gifts are refused", &format!("change: {quoted}")),
                ("message: nothing to pay", &format!("message: {quoted}")),
                ("A paid basket has to be", EVIL),
                ("Gifts without a price", EVIL),
                ("finds the order again", "<script>alert(4)</script>"),
                ("## Example: one item", &format!("## Example: {EVIL}")),
                ("## Decisions", &format!("## {EVIL}")),
                ("### EXHAUSTED: the books", &format!("### EXHAUSTED: {EVIL}")),
            ],
        );
        edit(
            root,
            "spec/systems/shop.md",
            &[
                ("title: Where customers order", &format!("title: {quoted}")),
                ("owner: Shop Team", &format!("owner: {quoted}")),
                ("  - A basket never has more than a hundred items.", &format!("  - {quoted}")),
                ("title: Read one basket", &format!("title: {quoted}")),
                ("reason: the basket is closed already", &format!("reason: {quoted}")),
                ("the same when it is sent again", "<script>alert(6)</script>"),
                ("A basket was paid.", EVIL),
            ],
        );
    });
    let pages = read_all(&site);
    assert!(pages.len() > 30);
    assert!(
        site[PAGE].contains("&lt;script&gt;alert(1)&lt;/script&gt;") || site[PAGE].contains("&#60;script&#62;alert(1)")
    );
    let dead = dead_links(&site);
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn addresses_that_run_are_no_links() {
    let site = project(|root| {
        edit(
            root,
            INTERFACE,
            &[(
                "Baskets are fetched,",
                "[a](javascript:alert(1)) [b](JAVASCRIPT:alert(2)) [c](data:text/html,x) <javascript:alert(3)> \
                 [d](vbscript:x) [e](//example.org/x) [f](&#x6A;avascript:alert(4)) ![g](https://example.org/g.png) \
                 [h](/etc/passwd) [i](../../../x) [j]( java\tscript:alert(5)) [k](file:///etc/passwd)\n\nBaskets are fetched,",
            )],
        );
    });
    read_all(&site);
    assert!(site[PAGE].contains("Baskets are fetched,"));
    assert!(!site[PAGE].contains("example.org/g.png"));
}

#[test]
fn right_to_left_text_stays_in_its_place() {
    let site = project(|root| {
        edit(root, INTERFACE, &[("title: Paid basket to order", "title: \"\u{202e}gnihtemos\u{2066} عربي\"")]);
    });
    let page = &site["interfaces/index.html"];
    assert!(page.contains("<bdi>\u{202e}gnihtemos"), "a title in a list is isolated");
    assert!(site["assets/site.css"].contains("unicode-bidi: isolate"));
}

#[test]
fn a_long_id_breaks_nothing() {
    let id = format!("SALES-SHOP-BOOKS-{}-V1", "LONG-OBJECT-".repeat(4).trim_end_matches('-'));
    let site = project(|root| {
        let old = root.join(INTERFACE);
        let text = fs::read_to_string(&old).unwrap().replace("SALES-SHOP-BOOKS-ORDER-V1", &id);
        fs::remove_file(old).unwrap();
        fs::write(root.join(format!("spec/interfaces/{id}.md")), text).unwrap();
    });
    let dead = dead_links(&site);
    assert!(dead.is_empty(), "{dead:#?}");
    for path in site.keys() {
        assert!(path.split('/').all(|part| part.len() <= 100), "{path}");
    }
}

#[test]
fn five_thousand_rows_are_a_page() {
    let start = Instant::now();
    let site = project(|root| {
        // The catalog takes 2,000 rows a table; three tables of a section are as heavy as one.
        let rows: String = (0..1667).map(|number| format!("| row{number} | <b>{number}</b> |\n")).collect();
        let table = format!("| a | b |\n|:--|--:|\n{rows}\n");
        let table = format!("{}Baskets are fetched,", table.repeat(3));
        edit(root, INTERFACE, &[("Baskets are fetched,", &table)]);
        let fields: String = (0..1900).map(|number| format!("| extra{number} | text | no | ..20 | | |\n")).collect();
        let all = format!("| note | text | no | | | |\n{fields}");
        edit(root, "spec/systems/shop.md", &[("| note | text | no | | | |\n", &all)]);
    });
    assert!(start.elapsed() < Duration::from_secs(30), "took {:?}", start.elapsed());
    assert_eq!(site[PAGE].matches("<td>row").count(), 5001);
    assert_eq!(site["systems/web-shop/index.html"].matches("<code>extra").count(), 1900);
    read_all(&site);
}
