//! Pages of business objects.

use std::fs;

use crate::links::dead_links;
use crate::projects::{self, Site};

/// The small project, one of its documents with this line more.
fn site(line: &str) -> Site {
    let folder = tempfile::tempdir().unwrap();
    projects::copy(&projects::small_root(), folder.path());
    let path = folder.path().join("spec/interfaces/SALES-SHOP-BOOKS-ORDER-V1.md");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("domain: Sales\n", &format!("domain: Sales\n{line}\n"), 1)).unwrap();
    let site = projects::site(folder.path());
    let dead = dead_links(&site);
    assert!(dead.is_empty(), "{dead:#?}");
    site
}

#[test]
fn an_object_has_a_page_under_its_own_name() {
    let site = site("objects: [Basket, Sales order]");
    let page = &site["objects/basket/index.html"];
    assert!(page.contains("Carried by 1 interface, from Web Shop to Books."));
    assert!(page.contains("Its fields, under each name"));
    assert!(!page.contains("No document names it"));
    let interface = &site["interfaces/sales-shop-books-order-v1/index.html"];
    assert!(interface.contains("<a href=\"../../objects/basket/index.html\">Basket</a>"));
    assert!(interface.contains("<a href=\"../../objects/sales-order/index.html\">Sales order</a>"));
    assert!(site["search/facts.js"].contains("[\"object\",\"Sales order\""));
    assert!(site["objects/index.html"].contains(">Sales order</a>"));
    assert!(site["catalog.json"].contains("\"Sales order\""));
}

#[test]
fn without_a_name_the_smart_id_gives_one() {
    let site = projects::small();
    let page = &site["objects/question/index.html"];
    assert!(page.contains("No document names it"));
    // It is asked for: data comes from where it is read.
    assert!(page.contains("Carried by 1 interface, from Books to Web Shop."));
    assert!(!site["search/facts.js"].contains("[\"object\""));
}

#[test]
fn spellings_of_one_object_share_a_page() {
    let site = site("objects: [question]");
    assert!(site["objects/question/index.html"].contains("Carried by 2 interfaces"));
}
