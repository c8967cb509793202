//! Revisions and differences, from histories made for it.

use std::collections::BTreeMap;

use tieline_site::{History, Options, Revision, Revisions, emit};

use crate::links::dead_links;
use crate::markup::read_all;
use crate::projects::{self, Site};

const PATH: &str = "spec/interfaces/SALES-SHOP-BOOKS-ORDER-V1.md";
const PAGE: &str = "interfaces/sales-shop-books-order-v1/";

fn revision(commit: &str, date: &str, text: String) -> Revision {
    Revision { commit: commit.repeat(4), date: date.to_owned(), subject: format!("<b>{commit}</b>"), text }
}

/// The small project, its document recorded three times, and edited once more since if `edited`.
fn site(edited: bool) -> Site {
    let (catalog, diagnostics) = projects::open(&projects::small_root());
    let now = std::fs::read_to_string(projects::small_root().join(PATH)).unwrap();
    let first = now.replace("POST /shop/baskets", "POST /baskets");
    let second = now.replace("title: Paid basket to order", "title: Basket to order");
    let third = if edited { now.replace("per_day: 4800", "per_day: 48") } else { now };
    let list = vec![
        revision("aaaa1111bb", "2026-01-05", first),
        revision("bbbb2222cc", "2026-02-06", second),
        revision("cccc3333dd", "2026-03-07", third),
    ];
    let known = BTreeMap::from([(PATH.to_owned(), Revisions { list, older: 2 })]);
    let history = History::Known(known, "The clone is shallow.".to_owned());
    let files = emit(&catalog, &diagnostics, &Options { history, ..Options::default() });
    let site: Site = files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect();
    let dead = dead_links(&site);
    assert!(dead.is_empty(), "{dead:#?}");
    read_all(&site);
    site
}

#[test]
fn neighbouring_revisions_are_compared() {
    let site = site(false);
    let first = &site[&format!("{PAGE}diff/aaaa1111bb..bbbb2222cc/index.html")];
    assert!(first.contains("<h1>From 2026-01-05 to 2026-02-06</h1>"));
    assert!(
        first.contains("<span class=\"chip bad\">1 breaking</span> <span class=\"chip plain\">1 editorial</span>"),
        "{first}"
    );
    assert!(first.contains("Callers must use <code>POST /shop/baskets</code>: <code>POST /baskets</code> is gone."));
    assert!(
        first.contains("<del>  http: POST /baskets</del>") && first.contains("<ins>  http: POST /shop/baskets</ins>")
    );
    assert!(first.contains("diff/bbbb2222cc..cccc3333dd/index.html\">The change after</a>"));
    assert!(first.contains("&#60;b&#62;bbbb2222cc&#60;/b&#62;"), "what people wrote stays text");
    let second = &site[&format!("{PAGE}diff/bbbb2222cc..cccc3333dd/index.html")];
    assert!(second.contains("<span class=\"chip plain\">1 editorial</span>"));
    assert!(second.contains("The change before"));
}

#[test]
fn revisions_of_one_day_are_told_apart() {
    let (catalog, diagnostics) = projects::open(&projects::small_root());
    let now = std::fs::read_to_string(projects::small_root().join(PATH)).unwrap();
    let first = now.replace("POST /shop/baskets", "POST /baskets");
    let list = vec![revision("aaaa1111bb", "2026-01-05", first), revision("bbbb2222cc", "2026-01-05", now)];
    let history = History::Known(BTreeMap::from([(PATH.to_owned(), Revisions { list, older: 0 })]), String::new());
    let files = emit(&catalog, &diagnostics, &Options { history, ..Options::default() });
    let (_, page) = files.iter().find(|(path, _)| path.contains("diff/")).unwrap();
    let page = String::from_utf8_lossy(page);
    assert!(page.contains("<h1>On 2026-01-05: from aaaa1111bb to bbbb2222cc</h1>"), "{page}");
}

#[test]
fn a_revision_shows_the_document_as_it_stood() {
    let site = site(false);
    let page = &site[&format!("{PAGE}r/aaaa1111bb/index.html")];
    assert!(page.contains("As of 2026-01-05"));
    assert!(page.contains("<code>  http: POST /baskets</code>"));
    assert!(page.contains("What changed next") && !page.contains("What it changed"));
}

#[test]
fn the_history_of_an_interface_leads_to_its_revisions() {
    let site = site(true);
    let page = &site[&format!("{PAGE}index.html")];
    for link in [
        "href=\"r/aaaa1111bb/index.html\"",
        "href=\"diff/aaaa1111bb..bbbb2222cc/index.html\"",
        "href=\"diff/cccc3333dd..today/index.html\"",
        "2 older revisions left out. The clone is shallow.",
    ] {
        assert!(page.contains(link), "{link}");
    }
    let today = &site[&format!("{PAGE}diff/cccc3333dd..today/index.html")];
    assert!(today.contains("Not recorded yet") && today.contains("4800"));
    assert!(
        !projects::small()[&format!("{PAGE}index.html")].contains("diff/"),
        "without a history there are no such pages"
    );
    assert!(
        projects::small()[&format!("{PAGE}index.html")]
            .contains("This site was made without the history of its documents.")
    );
}

#[test]
fn changes_and_feed_tell_what_differs() {
    let site = site(true);
    let page = &site["changes/index.html"];
    assert!(page.contains("<span class=\"chip bad\">breaking</span>"));
    assert!(page.contains("Callers must use <code>POST /shop/baskets</code>: <code>POST /baskets</code> is gone."));
    assert!(!page.contains("..today"), "what nobody recorded has no day");
    let feed = &site["changes/feed.atom"];
    assert!(feed.contains("<id>urn:tieline:SALES-SHOP-BOOKS-ORDER-V1:bbbb2222cc</id>"));
    assert!(feed.contains("diff/aaaa1111bb..bbbb2222cc/index.html"));
    assert!(feed.contains("<id>urn:tieline:SALES-SHOP-BOOKS-ORDER-V1:r1:"), "entries from before keep their names");
}

#[test]
fn a_document_that_is_too_long_is_not_laid_side_by_side() {
    let (catalog, diagnostics) = projects::open(&projects::small_root());
    let now = std::fs::read_to_string(projects::small_root().join(PATH)).unwrap();
    let long = format!("{now}\n## Notes\n\n{}", "a line\n\n".repeat(4_000));
    let list = vec![revision("aaaa1111bb", "2026-01-05", long)];
    let history = History::Known(BTreeMap::from([(PATH.to_owned(), Revisions { list, older: 0 })]), String::new());
    let files = emit(&catalog, &diagnostics, &Options { history, ..Options::default() });
    let (_, page) = files.iter().find(|(path, _)| path.contains("..today/")).unwrap();
    assert!(String::from_utf8_lossy(page).contains("too long to be laid side by side"));
}
