//! References to secrets.
//!
//! In: `env:NAME` or `file:/path`. Out: the secret, or what to do about it; never the secret inside a message.
//! Never knows: what the secret is for.

use secrecy::SecretString;

/// Reads the secret behind a reference. A file's trailing line break is not part of it.
pub(super) fn resolve(reference: &str) -> Result<SecretString, String> {
    if let Some(name) = reference.strip_prefix("env:") {
        return std::env::var(name)
            .map(SecretString::from)
            .map_err(|_| format!("environment variable `{name}` is not set"));
    }
    if let Some(path) = reference.strip_prefix("file:") {
        return std::fs::read_to_string(path)
            .map(|text| SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned()))
            .map_err(|error| format!("file `{path}` cannot be read: {error}"));
    }
    // The value itself is not repeated: it may be the secret that does not belong here.
    Err("is not a reference to a secret: write \"env:NAME\" or \"file:/path\"".to_owned())
}
