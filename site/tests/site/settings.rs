//! What the settings of a project change on its pages.

use catalog::colour::{Colour, DARK, ENOUGH, LIGHT};
use tieline_site::{Logo, Manual, Options, emit};

use crate::links::dead_links;
use crate::markup::read_all;
use crate::projects::{self, Site};

fn site(settings: &str, options: Options) -> Site {
    let folder = tempfile::tempdir().unwrap();
    projects::copy(&projects::small_root(), folder.path());
    std::fs::write(folder.path().join("tieline.toml"), settings).unwrap();
    let (catalog, diagnostics) = projects::open(folder.path());
    let files = emit(&catalog, &diagnostics, &options);
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned())).collect()
}

#[test]
fn an_accent_follows_our_colours() {
    let site = site("[site]\naccent = { light = \"#6a1b9a\", dark = \"#ce93d8\" }\n", Options::default());
    let css = &site["assets/site.css"];
    let (ours, theirs) = (
        css.find("--accent: light-dark(#075d72").unwrap(),
        css.find("--accent: light-dark(#6a1b9a, #ce93d8)").unwrap(),
    );
    assert!(ours < theirs, "the later one counts");
    assert!(css.contains(&format!("--wash: light-dark({}, ", LIGHT.wash(Colour([0x6a, 0x1b, 0x9a])))));
}

/// Contrasts are computed with the backgrounds of the style sheet, and not with others.
#[test]
fn contrasts_are_computed_with_the_colours_of_the_pages() {
    let css = &projects::small()["assets/site.css"];
    for (at, name) in ["--paper", "--sheet", "--tint"].iter().enumerate() {
        let expected = format!("{name}: light-dark({}, {})", LIGHT.sheets[at], DARK.sheets[at]);
        assert!(css.contains(&expected), "{expected}");
    }
    assert!(css.contains(&format!("--on: light-dark({}, {})", LIGHT.on, DARK.on)));
    for (paper, accent) in [(LIGHT, "#075d72"), (DARK, "#6fc8dc")] {
        let accent = Colour::parse(accent).unwrap();
        assert!(paper.worst(accent).1 >= ENOUGH, "our own {accent} in the {} theme", paper.name);
    }
}

#[test]
fn a_logo_stands_in_the_head_of_every_page() {
    let logo = Logo { ending: "svg", bytes: b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec() };
    let site = site("", Options { logo: Some(logo), name: "Lines of \"Example\"".to_owned(), ..Options::default() });
    let page = &site["systems/books/index.html"];
    assert!(page.contains("<img src=\"../../assets/logo.svg\" alt=\"\" height=\"28\">"));
    assert!(page.contains("<link rel=\"icon\" href=\"../../assets/logo.svg\""));
    assert!(page.contains("Lines of &#34;Example&#34;"));
    assert!(!site.contains_key("assets/icon.svg"));
    let dead = dead_links(&site);
    assert!(dead.is_empty(), "{dead:#?}");
    read_all(&site);
}

#[test]
fn pages_of_ones_own_are_linked_from_every_page() {
    let markdown = "# On call\n\nWho is on call. <script>alert(1)</script>\n".to_owned();
    let page = Manual { path: "team/on-call.md".to_owned(), featured: true, markdown };
    let site = site("", Options { manual: vec![page], ..Options::default() });
    assert!(site["index.html"].contains("<a href=\"docs/on-call/index.html\">On call</a>"));
    assert!(!site["docs/on-call/index.html"].contains("<script>alert"));
    assert!(site["search/facts.js"].contains("On call"));
    read_all(&site);
}
