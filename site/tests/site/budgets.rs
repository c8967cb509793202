//! What a browser has to load, compressed as a server would.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tieline_site::{Options, Report, build, emit, emit_one, write};

use crate::markup::read_all;
use crate::projects;

fn weight(text: &str) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap().len()
}

#[test]
fn pages_weigh_what_they_may() {
    let site = projects::reference();
    for (path, text) in &site {
        let most = match path.as_str() {
            "assets/site.css" => 8 * 1024,
            "assets/site.js" => 6 * 1024,
            // Only where the system serves the site.
            "assets/live.js" => 4 * 1024,
            "assets/operate.js" => 7 * 1024,
            "assets/operate.css" => 1024,
            // 60 KB a thousand interfaces leave little to nine; diagnostics and operations are the rest.
            "search/facts.js" => 16 * 1024,
            path if path.starts_with("search/") => 30 * 1024,
            path if path.ends_with(".html") => 25 * 1024,
            _ => continue,
        };
        let weight = weight(text);
        assert!(weight <= most, "{path} weighs {weight} bytes, {most} are allowed");
    }
}

#[test]
fn a_page_needs_four_requests_at_most() {
    for (path, tags) in read_all(&projects::small()) {
        let loaded =
            tags.iter().filter(|tag| matches!(tag.name.as_str(), "link" | "script" | "img" | "iframe")).count();
        assert!(loaded < 4, "{path} loads {loaded} files besides itself");
    }
}

#[test]
fn the_same_documents_give_the_same_bytes() {
    // Twice from the same catalog, and once more from the same documents read again.
    let (catalog, diagnostics) = projects::open(&projects::small_root());
    let options = Options::default();
    assert!(emit(&catalog, &diagnostics, &options) == emit(&catalog, &diagnostics, &options));
    let (catalog, diagnostics) = projects::open(&projects::reference_root());
    assert!(emit(&catalog, &diagnostics, &options) == emit(&catalog, &diagnostics, &options));
    assert!(projects::small() == projects::small());
}

#[test]
fn a_file_made_alone_is_the_same_as_among_all() {
    let (catalog, diagnostics) = projects::open(&projects::small_root());
    let options = Options { address: Some("https://example.org/catalog/".to_owned()), ..Options::default() };
    for (path, bytes) in emit(&catalog, &diagnostics, &options) {
        assert!(emit_one(&catalog, &diagnostics, &options, &path) == Some(bytes), "{path}");
    }
    for path in ["lost/index.html", "search/text-qq.js", "lost.json", ""] {
        assert_eq!(emit_one(&catalog, &diagnostics, &options, path), None, "{path}");
    }
}

#[test]
fn a_site_written_while_it_is_made_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (catalog, diagnostics) = projects::open(&projects::small_root());
    let built = build(&catalog, &diagnostics, &Options::default(), folder.path()).unwrap();
    let files = emit(&catalog, &diagnostics, &Options::default());
    assert_eq!(built, Report { written: files.len(), unchanged: 0, removed: 0 });
    assert_eq!(write(&files, folder.path()).unwrap(), Report { written: 0, unchanged: files.len(), removed: 0 });
    let blocked = folder.path().join("blocked");
    std::fs::write(&blocked, "a file where a folder should be").unwrap();
    assert!(build(&catalog, &diagnostics, &Options::default(), &blocked).is_err(), "and ends when the disk refuses");
}
