//! The keys of `tieline.toml`.
//!
//! In: nothing. Out: [`SETTINGS`] and the tables below it. Never knows: how a website is made.

use super::{Kind, Table, may, must};

/// The whole file.
pub(crate) const SETTINGS: Table = Table {
    what: "the settings",
    keys: &[may("site", Kind::Record(&SITE), "The website.", "{ name = \"Interfaces of Example\" }").prose()],
};

/// `site`.
pub(crate) const SITE: Table = Table {
    what: "the website",
    keys: &[
        may("name", Kind::Text, "Its name, on every page; at most 60 characters.", "Interfaces of Example").prose(),
        may(
            "address",
            Kind::Text,
            "Where it is published. Pages do not need it; the feed and the sitemap do.",
            "https://interfaces.example.org/",
        )
        .prose(),
        may(
            "logo",
            Kind::Text,
            "Picture in the head of every page: SVG or PNG, at most 100 KB.",
            "docs/images/logo.svg",
        )
        .prose(),
        may(
            "accent",
            Kind::Record(&ACCENT),
            "Colour of links and of what is chosen, one for each theme.",
            "{ light = \"#075d72\", dark = \"#6fc8dc\" }",
        )
        .prose(),
        may(
            "pages",
            Kind::Texts,
            "Markdown files that become pages besides those in `docs/`.",
            "[\"team/on-call.md\"]",
        )
        .prose(),
    ],
};

/// `site.accent`.
pub(crate) const ACCENT: Table = Table {
    what: "the accent",
    keys: &[
        must("light", Kind::Text, "In the light theme: `#` and six hexadecimal digits.", "#075d72").prose(),
        must("dark", Kind::Text, "In the dark theme: `#` and six hexadecimal digits.", "#6fc8dc").prose(),
    ],
};
