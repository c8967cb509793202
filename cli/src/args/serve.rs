//! The verbs that serve the website.
//!
//! In: nothing. Out: arguments as types. Never knows: what a page says.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::{Place, operate::Tls};

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline serve                                     the site; with what runs, if `tieline run` runs in this project
  tieline serve --admin http://127.0.0.1:8081 --token-file data/tieline.db.token
  tieline serve --admin http://10.0.0.4:8081 --admin http://10.0.0.5:8081      two instances
  tieline serve --site public --base /catalog       a site that was built before, under a path

It prints an address with a key. Whoever opens it decides with the token that serve was given; everybody else may do what
the service lets them do without. Behind a proxy that knows people, each one's own `Authorization` is passed on.")]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Where to listen. On another address than loopback no key is given out: a proxy has to say who asks.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Path below which the site stands, e.g. /catalog.
    #[arg(long, default_value = "", value_name = "PATH", value_parser = base)]
    pub(crate) base: String,
    /// Name by which it is reached, besides localhost and addresses. Several times for several.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// Folder with a site that was built before; without it, the site is built from the documents.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) site: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) services: Services,
}

/// Arguments of `dev`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline dev                        write documents beside a browser: pages load anew with each change
  tieline dev --listen 127.0.0.1:0   at any free port

Nothing is written to the disk. Where documents have errors, pages stay as they were and say what is wrong.")]
pub(crate) struct Dev {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
}

/// Whose live state is shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Service")]
pub(crate) struct Services {
    /// Operator's listener of a running service; several times for several instances. Without it: the service that
    /// `tieline run` or `tieline demo` started in this project, if there is one.
    #[arg(long, env = "TIELINE_ADMIN", hide_env_values = true, value_delimiter = ',', value_name = "URL")]
    pub(crate) admin: Vec<String>,
    /// File with the token that stands behind the printed key.
    #[arg(long, env = "TIELINE_TOKEN_FILE", hide_env_values = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tls: Tls,
}

/// `/catalog` and `catalog/` → `/catalog`; nothing → nothing.
fn base(text: &str) -> Result<String, String> {
    let inner = text.trim_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./~".contains(&byte);
    if !inner.bytes().all(plain) || inner.split('/').any(|part| part == "..") {
        return Err("letters, digits and - _ . ~ / make a path".to_owned());
    }
    Ok(if inner.is_empty() { String::new() } else { format!("/{inner}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_begins_with_a_slash_and_ends_without() {
        for (text, expect) in [
            ("", Ok("")),
            ("/", Ok("")),
            ("catalog", Ok("/catalog")),
            ("/a/b/", Ok("/a/b")),
            ("/a/../b", Err(())),
            ("a b", Err(())),
        ] {
            assert_eq!(base(text).as_deref().map_err(|_| ()), expect, "{text}");
        }
    }
}
