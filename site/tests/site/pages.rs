//! Pages of the small project, as they are.

use crate::projects;

fn main_of(page: &str) -> String {
    let start = page.find("<main").expect("a page has a main part");
    let end = page.find("</main>").expect("a page has a main part");
    format!("{}\n", &page[start..end + "</main>".len()])
}

#[test]
fn key_pages() {
    let site = projects::small();
    for (name, path) in [
        ("home", "index.html"),
        ("list", "interfaces/index.html"),
        ("interface", "interfaces/sales-shop-books-order-v1/index.html"),
        ("interface_read", "interfaces/sales-shop-books-question-v2/index.html"),
        ("document", "interfaces/sales-shop-books-question-v2/document/index.html"),
        ("system", "systems/web-shop/index.html"),
        ("landscape", "landscape/index.html"),
        ("health", "health/index.html"),
        ("fields", "fields/index.html"),
        ("field", "fields/material/index.html"),
    ] {
        insta::assert_snapshot!(name, main_of(&site[path]));
    }
}

/// A changed number in a document changes the page, and nothing is promised twice in two ways.
#[test]
fn the_page_follows_the_document() {
    let page = &projects::small()["interfaces/sales-shop-books-order-v1/index.html"];
    for promise in [
        "A failed send is repeated 3 times: after 30 s, then each time after twice as long.",
        "After the last of 4 sends, 3 min 30 s later at the earliest: dead letter, and the alert.",
        "The last send is at 3 min 30 s; 1 min is agreed for 95 of 100 messages. A message that needs it is late.",
        "<code>find-order</code> finds out first whether to send again.",
        "An hour of standstill holds back about 200 messages.",
        "99.9 % available, so 43 min 12 s down a month.",
        "filled up on the left to 18 characters with <code>0</code>",
        "<code>000000000000004711</code>",
        "<code>basket.total</code> is <code>0</code> and <code>basket.kind</code> is <code>gift</code>",
        "formerly <code>OLD-17</code>",
    ] {
        assert!(page.contains(promise), "{promise}");
    }
}
