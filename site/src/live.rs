//! Pages as the running system serves them.
//!
//! In: a page of the site. Out: the same page, which asks `live/` for what it cannot know from documents. Never knows: who
//! serves it, and what is running.

/// How every page's body begins; nothing that people write stands before it unescaped.
const BODY: &str = "<body data-root=\"";

/// The page with the script that shows what is running. `None` for what is no page of a site.
#[must_use]
pub fn live(page: &str) -> Option<String> {
    let (head, rest) = page.split_once(BODY)?;
    let (before, after) = head.split_once("</head>")?;
    let root = rest.split_once('"')?.0;
    let script = format!("<script src=\"{root}assets/live.js\"></script>\n</head>");
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
