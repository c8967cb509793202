//! `tieline.toml`: what the command makes of it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::fs;

use tieline_tests::{command::run, copies::Copy};

const GOOD: &str = "[site]\nname = \"Lines of Example\"\naddress = \"https://lines.example.org\"\nlogo = \"art/logo.svg\"\n\
                    accent = { light = \"#6a1b9a\", dark = \"#ce93d8\" }\npages = [\"team/on-call.md\"]\n";

fn project(settings: &str) -> Copy {
    let project = Copy::of_tutorial();
    project.write("tieline.toml", settings);
    project.write("art/logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"/>");
    project.write("team/on-call.md", "# On call\n\nAsk the team.\n");
    project
}

#[test]
fn settings_shape_the_website() {
    let project = project(GOOD);
    let built = run(project.root(), &["build", "--only", "site"]);
    assert_eq!(built.code, Some(0), "{built}");
    let read = |path: &str| fs::read_to_string(project.root().join("target/site").join(path)).expect(path);
    assert!(read("index.html").contains("<h1>Lines of Example</h1>"));
    assert!(read("index.html").contains("docs/on-call/index.html"));
    assert!(read("docs/on-call/index.html").contains("Ask the team."));
    assert!(read("assets/logo.svg").starts_with("<svg"));
    assert!(read("assets/site.css").contains("--accent: light-dark(#6a1b9a, #ce93d8)"));
    assert!(read("changes/feed.atom").contains("https://lines.example.org/changes/"));
    assert!(read("sitemap.xml").contains("https://lines.example.org/index.html"));
}

#[test]
fn bad_settings_are_refused_like_bad_documents() {
    for (settings, said) in [
        (GOOD.replace("#6a1b9a", "#eeeeee"), "E-CONTRAST"),
        (GOOD.replace("art/logo.svg", "art/missing.svg"), "`art/missing.svg` cannot be read"),
        (GOOD.replace("team/on-call.md", "/etc/passwd.md"), "leads out of the project"),
        (GOOD.replace("name =", "nmae ="), "E-UNKNOWN-KEY"),
        ("[site".to_owned(), "the settings are not valid TOML"),
    ] {
        let project = project(&settings);
        for words in [&["check"][..], &["build", "--only", "site"]] {
            let refused = run(project.root(), words);
            assert_eq!(refused.code, Some(1), "{settings}: {refused}");
            assert!(format!("{}{}", refused.out, refused.err).contains(said), "{said}: {refused}");
        }
        assert!(!project.root().join("target/site").exists());
    }
    let project = project(GOOD);
    project.write("art/logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>");
    let refused = run(project.root(), &["check"]);
    assert!(format!("{}{}", refused.out, refused.err).contains("holds a script"), "{refused}");
}
