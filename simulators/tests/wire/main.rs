//! Every partner on the wire, as its clients meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod ans;
mod idp;
mod maestro;
mod sftp;
mod smtp;
mod srm;
mod support;
mod vms;
