//! The map of all pages for search engines (sitemaps.org).
//!
//! In: the address of the site and the paths of its pages. Out: XML. Never knows: when a page changed.

use crate::html::escape_into;

/// Every page; its address ends as its file does, for servers that know no index files.
pub(super) fn text(base: &str, pages: &[String]) -> String {
    let mut text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
            .to_owned();
    for path in pages {
        text.push_str("<url><loc>");
        escape_into(&mut text, &format!("{base}{path}"));
        text.push_str("</loc></url>\n");
    }
    text.push_str("</urlset>\n");
    text
}
