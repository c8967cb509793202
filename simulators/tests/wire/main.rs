//! Every partner on the wire, as its clients meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod ans;
mod callers;
mod chat;
mod erp;
mod idp;
mod landscape;
mod maestro;
mod salesforce;
mod sftp;
mod smtp;
mod srm;
mod support;
mod vms;
