//! The site in a real browser, from disk: pages stand, scripts run, nothing is asked from anywhere else.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::{fs, path::PathBuf};

use serde_json::Value;
use tieline_tests::{
    axe::axe,
    browser::{Seen, open},
    command::run,
    project,
};

/// The site of the reference catalog in a temporary folder.
struct Site(tempfile::TempDir);

impl Site {
    fn build() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("site");
        let built = run(&project(), &["build", "--only", "site", "--site", &path.to_string_lossy()]);
        assert_eq!(built.code, Some(0), "{built}");
        Self(folder)
    }

    fn path(&self, page: &str) -> PathBuf {
        self.0.path().join("site").join(page)
    }

    /// Opens a page; a word in the browser's console is a defect.
    fn open(&self, page: &str, query: &str) -> Seen {
        let seen = open(&self.path(page), query);
        assert_eq!(seen.console, Vec::<String>::new(), "{page}{query}");
        seen
    }

    /// Opens a page with a script that acts as a reader would, and tells what the script reports.
    ///
    /// The script lies beside the site's own: the page's policy allows no other.
    fn play(&self, page: &str, reader: &str) -> Value {
        let script = format!(
            "addEventListener('load', async () => {{ {HELPERS} document.title = JSON.stringify(await (async () => {{ {reader} }})()); }});"
        );
        fs::write(self.path("assets/reader.js"), script).expect("a writable folder");
        let html = fs::read_to_string(self.path(page)).expect("the page");
        let up = "../".repeat(page.matches('/').count());
        let played = page.replace("index.html", "played.html");
        let with_reader = html.replace("</head>", &format!("<script src=\"{up}assets/reader.js\"></script></head>"));
        fs::write(self.path(&played), with_reader).expect("a writable folder");
        let seen = self.open(&played, "");
        let title = seen.dom.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
        let text = title.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("the reader of {page} did not finish ({error}): {title}"))
    }
}

/// What a reader's script can do besides the language's own.
const HELPERS: &str = "
    const until = async (holds) => { for (let n = 0; n < 100; n += 1) { const it = holds(); if (it) return it; await new Promise((done) => setTimeout(done, 20)); } throw new Error('never'); };
    const type = (input, text) => { input.value = text; input.dispatchEvent(new Event('input')); };
    const loaded = () => performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => !name.startsWith('file:'));
";

#[test]
fn pages_stand_without_a_server() {
    let site = Site::build();
    let pages = [
        ("index.html", "Interface catalog"),
        ("interfaces/proc-srm7-11vms-purchase-order-v1/index.html", "Shopping cart to purchase order"),
        ("systems/11vms/index.html", "11VMS"),
        ("landscape/index.html", "PROC-SRM7-11VMS-PURCHASE-ORDER-V1"),
        ("docs/index.html", "Tutorial"),
    ];
    for (page, says) in pages {
        let seen = site.play(page, "return { text: document.body.innerText, styled: getComputedStyle(document.querySelector('header.top')).display, wide: document.documentElement.scrollWidth - innerWidth, loaded: loaded() };");
        assert!(seen["text"].as_str().is_some_and(|text| text.contains(says)), "{page} does not say {says:?}: {seen}");
        assert_eq!(seen["styled"], "flex", "{page} has no style");
        assert!(seen["wide"].as_i64().is_some_and(|wide| wide <= 0), "{page} is wider than the window: {seen}");
        assert_eq!(seen["loaded"], serde_json::json!([]), "{page} asks others");
    }
}

#[test]
fn readers_find_what_they_know_only_a_word_of() {
    let site = Site::build();
    let ask = |words: &str| {
        let script = format!(
            "document.querySelector('[data-find]').click();
             type(document.querySelector('dialog input'), {words:?});
             await until(() => document.querySelector('dialog .state').textContent.includes('found'));
             return [...document.querySelectorAll('#hits a')].map((link) => link.getAttribute('href'));"
        );
        site.play("systems/index.html", &script)
    };
    let first = |words: &str| ask(words)[0].as_str().unwrap_or("nothing").to_owned();
    let report = "../interfaces/proc-11vms-srm7-activity-report-v1/index.html";
    assert_eq!(first("ISINT01"), report, "by its legacy code");
    assert_eq!(first("goods receipt"), report, "by words of its title");
    assert_eq!(first("workUnitNumber"), "../fields/workunitnumber/index.html", "a field by its name");
    let found = ask("workUnitNumber");
    assert!(found.as_array().is_some_and(|hits| hits.contains(&report.into())), "and who carries it: {found}");
    assert_eq!(ask("qwertzuiop"), serde_json::json!([]), "nothing where there is nothing");
}

#[test]
fn a_filtered_list_is_an_address() {
    let site = Site::build();
    let seen = site.open("interfaces/index.html", "?q=payment");
    assert!(seen.dom.contains(">2 of 9 interfaces<"), "{}", seen.dom);
}

/// Every kind of page under the rules of WCAG 2.2 A and AA and what is held to be good practice, in both themes.
#[test]
fn everybody_can_read_every_kind_of_page() {
    let site = Site::build();
    fs::write(site.path("assets/axe.js"), axe()).expect("a writable folder");
    let pages = [
        "index.html",
        "interfaces/index.html",
        "interfaces/proc-11vms-srm7-activity-report-v1/index.html",
        "interfaces/proc-11vms-srm7-activity-report-v1/document/index.html",
        "systems/11vms/index.html",
        "teams/integration-team/index.html",
        "fields/workunitnumber/index.html",
        "landscape/index.html",
        "health/index.html",
        "docs/operating/index.html",
        "operate/index.html",
    ];
    let found: Vec<String> = pages.iter().flat_map(|page| violations(&site, page)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

fn violations(site: &Site, page: &str) -> Vec<String> {
    let up = "../".repeat(page.matches('/').count());
    let reader = format!(
        "const script = document.createElement('script'); script.src = '{up}assets/axe.js'; document.head.append(script);
         await until(() => window.axe);
         const rules = {{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'], preload: false }};
         const found = [];
         for (const theme of ['light', 'dark']) {{
             document.documentElement.dataset.theme = theme;
             const {{ violations }} = await axe.run(document, rules);
             found.push(...violations.map((it) => `${{theme}}: ${{it.id}} at ${{it.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')}}`));
         }}
         return {{ found, rules: axe.getRules().length }};"
    );
    let seen = site.play(page, &reader);
    assert!(seen["rules"].as_u64().is_some_and(|rules| rules > 80), "axe did not run on {page}: {seen}");
    seen["found"].as_array().into_iter().flatten().map(|it| format!("{page}: {it}")).collect()
}
