//! Settings of a project: what its website is called, where it stands, how it looks.
//!
//! In: nothing. Out: [`Settings`]. Never knows: pages, files.

use super::Span;
use crate::colour::Colour;

/// What `tieline.toml` says; everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Name of the website.
    pub name: Option<String>,
    /// Where the website is reached, ending in `/`.
    pub address: Option<String>,
    /// Picture in the head of every page: a path from the project's root.
    pub logo: Option<FilePath>,
    /// Colour of links and of what is chosen.
    pub accent: Option<Accent>,
    /// Pages besides the manual: Markdown files, in their order.
    pub pages: Vec<FilePath>,
}

/// A file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath {
    /// From the project's root, with `/`; never leads out of it.
    pub path: String,
    /// Where it is named.
    pub span: Span,
}

/// One colour for each theme; text in it can be read on every background of the website.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// In the light theme.
    pub light: Colour,
    /// In the dark theme.
    pub dark: Colour,
}
