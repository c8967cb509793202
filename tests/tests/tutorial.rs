//! The tutorial works: every command is typed, every answer is compared.

use std::{env, fs};

use tieline_tests::{project, target, tieline, tutorial};

#[test]
fn the_tutorial_leads_from_an_empty_folder_to_a_running_interface() {
    let page = fs::read_to_string(project().join("docs/tutorial.md")).expect("the tutorial");
    let fences = tutorial::fences(&page);
    assert!(fences.len() > 10, "the tutorial lost its fences");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = format!("{}:{}", tieline().parent().expect("a folder").display(), env::var("PATH").unwrap_or_default());
    let environment = vec![("PATH".to_owned(), path), ("CARGO_TARGET_DIR".to_owned(), target().display().to_string())];
    let mut shell = tutorial::Shell::new(folder.path(), environment);
    for fence in &fences {
        shell.play(fence);
    }
}
