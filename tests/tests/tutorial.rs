//! The tutorial works: every command is typed, every answer is compared.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::env;

use tieline_tests::{copies, tieline, tutorial};

#[test]
fn the_tutorial_leads_from_an_empty_folder_to_a_running_interface() {
    let page = tutorial::with_free_ports(&tutorial::page(), &["8080", "8081", "8099"]);
    let fences = tutorial::fences(&page);
    assert!(fences.len() > 10, "the tutorial lost its fences");
    let path = format!("{}:{}", tieline().parent().expect("a folder").display(), env::var("PATH").unwrap_or_default());
    let mut shell = tutorial::Shell::new(&copies::to_compile("tutorial"), vec![("PATH".to_owned(), path)]);
    for fence in &fences {
        shell.play(fence);
    }
}
