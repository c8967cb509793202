//! Catalog in, website out.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![allow(dead_code)]
mod draw;
mod html;
mod markdown;
mod routes;
mod words;
