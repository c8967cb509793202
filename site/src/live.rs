//! Pages as those who serve them live hand them out.
//!
//! In: a page of the site. Out: the same page with a script that asks `live/` what is running, or `dev/` what changed.
//! Never knows: who serves it.

/// How every page's body begins; nothing that people write stands before it unescaped.
const BODY: &str = "<body data-root=\"";

/// Files that only pages of [`dev()`] ask for, by path, and the style of [`WAITING`].
pub const DEV: &[(&str, &str)] = &[
    ("assets/dev.js", include_str!("../assets/dev.js")),
    ("assets/dev.css", include_str!("../assets/dev.css")),
    ("assets/site.css", include_str!("../assets/site.css")),
];

/// The page of a site that cannot be built yet.
pub const WAITING: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Not yet</title>\n\
    <link rel=\"stylesheet\" href=\"/assets/site.css\">\n<script src=\"/assets/dev.js\"></script>\n</head>\n\
    <body data-root=\"/\">\n<main class=\"page\"><h1>The documents have errors</h1>\n\
    <p>This page loads anew when they have none.</p></main>\n</body>\n</html>\n";

/// The page with the script that shows what is running. `None` for what is no page of a site.
#[must_use]
pub fn live(page: &str) -> Option<String> {
    with(page, "live.js")
}

/// The page with the script that loads it anew when documents change, and shows what is wrong with them.
#[must_use]
pub fn dev(page: &str) -> Option<String> {
    with(page, "dev.js")
}

fn with(page: &str, script: &str) -> Option<String> {
    let (head, rest) = page.split_once(BODY)?;
    let (before, after) = head.split_once("</head>")?;
    let root = rest.split_once('"')?.0;
    let script = format!("<script src=\"{root}assets/{script}\"></script>\n</head>");
    Some(format!("{before}{script}{after}<body data-live data-root=\"{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_a_site_come_alive() {
        let page = "<html>\n<head>\n</head>\n<body data-root=\"../\">\n<p>&lt;/head&gt;</p></body></html>";
        let live = live(page).unwrap();
        assert!(live.contains("<script src=\"../assets/live.js\"></script>\n</head>"), "{live}");
        assert!(live.contains("<body data-live data-root=\"../\">"), "{live}");
        assert_eq!(super::live("<p>a fragment</p>"), None);
    }
}
