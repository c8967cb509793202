//! What the site promises, checked on whole sites: every link leads somewhere, every page holds only markup that is
//! ours, pages weigh what they may, the same documents give the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod again;
mod budgets;
mod exports;
mod hostile;
mod links;
mod markup;
mod objects;
mod pages;
mod paths;
mod projects;
mod revisions;
mod settings;
