//! Documents that are valid, and hostile in every text that people may choose: what a page must show harmlessly.
//!
//! In: nothing. Out: a project. Never knows: pages.

use crate::{copies::Copy, project};

/// What should stay text wherever it stands; what runs would be heard.
const EVIL: &str =
    r#"<script>alert(1)</script><img src=x onerror=alert(2)>\" onclick=\"alert(3) ' &lt; {{7*7}} --> ]]>"#;
/// Addresses that run, or lead to where nobody should be led.
const LINKS: &str = "[a](javascript:alert(1)) [b](JAVASCRIPT:alert(2)) [c](data:text/html,<script>alert(3)</script>) \
    <javascript:alert(4)> [d](vbscript:x) [e](&#x6A;avascript:alert(5)) ![f](https://example.org/pixel.png) [g]( java\tscript:alert(6)) \
    [h](file:///etc/passwd)\n\n<iframe src=\"https://example.org/\"></iframe>\n\n<style>body { display: none }</style>\n\n";
/// Right to left, and marks that turn the direction of what follows.
const TURNED: &str = "\u{202e}gnihtemos\u{2066} عربي";

const INTERFACE: &str = "spec/interfaces/SALES-SHOP-BOOKS-ORDER-V1.md";
const LONG: &str = "SALES-SHOP-BOOKS-LONG-OBJECT-LONG-OBJECT-LONG-OBJECT-LONG-OBJECT-V1";
const QUESTION: &str = "spec/interfaces/SALES-SHOP-BOOKS-QUESTION-V2.md";
const SHOP: &str = "spec/systems/shop.md";

/// The project.
///
/// # Panics
/// When the small project that it is made of no longer says what is replaced.
#[must_use]
pub fn hostile_site() -> Copy {
    let copy = Copy::of_folder(&project().join("site/tests/small"));
    for (file, key, value) in [
        (INTERFACE, "title: ", "Paid basket to order"),
        (INTERFACE, "legacy_ids: [", "OLD-17"),
        (INTERFACE, "domain: ", "Sales"),
        (INTERFACE, "frequency: ", "each time a basket is paid"),
        (INTERFACE, "business: ", "Sales Team"),
        (INTERFACE, "support: ", "Night Desk"),
        (INTERFACE, "title: ", "The notice carries only the number of the basket"),
        (INTERFACE, "name: ", "shop-orders"),
        (INTERFACE, "notes: ", "webhook"),
        (INTERFACE, "tools: [", "Grafana"),
        (INTERFACE, "relation: ", "after"),
        (INTERFACE, "change: ", "Gifts are refused"),
        (INTERFACE, "message: ", "nothing to pay"),
        (SHOP, "title: ", "Where customers order"),
        (SHOP, "owner: ", "Shop Team"),
        (SHOP, "title: ", "Read one basket"),
        (SHOP, "reason: ", "the basket is closed already"),
    ] {
        copy.edit(file, &format!("{key}{value}"), &format!("{key}\"{EVIL}\""));
    }
    // A title from right to left; one more interface, with a very long ID, before tables are added.
    let title = copy.read(QUESTION).lines().find_map(|line| line.strip_prefix("title: ").map(str::to_owned));
    copy.edit(QUESTION, &title.expect("a title"), &format!("\"{TURNED}\""));
    let long = copy.read(INTERFACE).replace("SALES-SHOP-BOOKS-ORDER-V1", LONG).replace("/shop/baskets", "/shop/long");
    copy.write(&format!("spec/interfaces/{LONG}.md"), long);
    for (file, before, after) in [
        (INTERFACE, "A paid basket has to be", EVIL),
        (INTERFACE, "finds the order again", "<script>alert(4)</script>"),
        (INTERFACE, "## Example: one item", &format!("## Example: {EVIL}")),
        (INTERFACE, "### EXHAUSTED: the books", &format!("### EXHAUSTED: {EVIL}")),
        (INTERFACE, "Baskets are fetched,", &format!("{LINKS}{}Baskets are fetched,", table())),
        (SHOP, "the same when it is sent again", "<script>alert(6)</script>"),
        (SHOP, "A basket was paid.", EVIL),
        (SHOP, "| note | text | no | | | |\n", &format!("| note | text | no | | | |\n{}", fields())),
    ] {
        copy.edit(file, before, after);
    }
    copy
}

/// Five thousand rows in three tables: the catalog takes 2,000 a table.
fn table() -> String {
    let rows: String = (0..1667).map(|number| format!("| row{number} | <b>{number}</b> |\n")).collect();
    format!("| a | b |\n|:--|--:|\n{rows}\n").repeat(3)
}

fn fields() -> String {
    (0..1900).map(|number| format!("| extra{number} | text | no | ..20 | | |\n")).collect()
}
