//! The page on which a running service is operated.
//!
//! In: the shell of the site. Out: [`OperatePage`], which says what it is for until the system that serves it fills it.
//! Never knows: messages, figures.

use askama::Template;

use super::context::{Context, Shell};
use crate::routes::At;

/// The page.
#[derive(Template)]
#[template(path = "operate.html")]
pub(crate) struct OperatePage {
    shell: Shell,
}

impl OperatePage {
    /// Its path.
    pub(crate) const PATH: &'static str = "operate/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        Self { shell: context.shell(&At::new(Self::PATH), "operate", "Operate") }
    }
}
