//! The catalog as a list of links for language models (llmstxt.org).
//!
//! In: the catalog. Out: Markdown. Never knows: what stands behind the links.

use std::fmt::Write;

use crate::view::Context;

/// The catalog as a list of links to its documents (llmstxt.org).
pub(super) fn text(context: &Context<'_>) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "# {}\n\n> Integration catalog: every document is Markdown with YAML front matter. Facts of all of them: [catalog.json](catalog.json).\n\n## Interfaces\n\n",
        line(&context.options.name)
    );
    // Writing to a String cannot fail.
    for it in context.catalog.interfaces() {
        let page = context.routes.interface(&it.smart_id.text).unwrap_or_default().replace("index.html", "index.md");
        let _ = writeln!(
            text,
            "- [{}]({page}): {} ({} to {})",
            line(&it.smart_id.text),
            line(&it.title),
            line(&it.source),
            line(&it.target)
        );
    }
    text.push_str("\n## Systems\n\n");
    for it in context.catalog.systems() {
        let page = context.routes.system(&it.name).unwrap_or_default().replace("index.html", "index.md");
        let _ = writeln!(text, "- [{}]({page}): {}", line(&it.name), line(&it.title));
    }
    text
}
