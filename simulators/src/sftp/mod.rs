//! In: SFTP sessions. Out: a tree of files in memory, and proof that no reader saw half a file.
//! Never knows: what the files are for.
//!
//! Password authentication, an ed25519 host key that follows from the seed, version 3 of the protocol without
//! `posix-rename`: a rename never overwrites. Faults hit the operations `connect`, `auth`, `open`, `write`, `close`,
//! `rename`, `stat`, `remove`, …; [`crate::Effect::Status`] is an SFTP status (3 permission denied, 4 failure).

mod requests;
mod ssh;
mod tree;

use std::sync::{Arc, Mutex, OnceLock};

use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{HashAlg, PrivateKey};
use serde_json::{Value, json};

use crate::common::clock::SimClock;
use crate::common::core::{Core, Partner};
use crate::common::listener::listen;
use crate::common::random::{Random, lock};
use crate::environment::CLIENT_ID;
use crate::{StartError, oauth};
use tree::Tree;

/// A file on an SFTP server.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StoredFile {
    /// Absolute path.
    pub path: String,
    /// Content.
    pub content: Vec<u8>,
}

/// What can be different between one SFTP server and another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Connections at the same time; further ones are closed at once. `None`: any number.
    pub max_connections: Option<usize>,
}

/// An SFTP server over a tree in memory.
#[derive(Debug)]
pub struct SftpServer {
    core: Arc<Core>,
    seed: u64,
    address: OnceLock<String>,
    tree: Mutex<Tree>,
    settings: Mutex<Settings>,
    /// How often the host key has been changed since the last reset.
    key_changes: Mutex<u32>,
}

impl SftpServer {
    pub(crate) async fn start(name: &'static str, clock: SimClock, seed: u64) -> Result<Arc<Self>, StartError> {
        let core = Arc::new(Core::new(name, clock, seed));
        let server = Arc::new(SftpServer {
            core: core.clone(),
            seed,
            address: OnceLock::new(),
            tree: Mutex::new(Tree::fixtures()),
            settings: Mutex::default(),
            key_changes: Mutex::default(),
        });
        let shared = server.clone();
        let address = listen(&core, move |stream| ssh::run(shared.clone(), stream)).await?;
        let _ = server.address.set(address.to_string());
        Ok(server)
    }

    /// `host:port` of the server.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.get().cloned().unwrap_or_default()
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &'static str {
        CLIENT_ID
    }

    /// The user's password.
    #[must_use]
    pub fn password(&self) -> String {
        oauth::secret(self.seed, self.core.name, CLIENT_ID)
    }

    /// Fingerprint of the host key in use, `SHA256:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.host_key().public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// New connections meet another host key from now on, until a reset.
    pub fn change_host_key(&self) {
        *lock(&self.key_changes) += 1;
    }

    /// Changes settings from now on, until a reset.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.settings));
    }

    /// All files, by path.
    #[must_use]
    pub fn files(&self) -> Vec<StoredFile> {
        let tree = lock(&self.tree);
        tree.files().map(|(path, content)| StoredFile { path: path.clone(), content: content.clone() }).collect()
    }

    /// The content of one file as text; bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        let file = self.files().into_iter().find(|file| file.path == path)?;
        Some(String::from_utf8_lossy(&file.content).into_owned())
    }

    /// Puts a file there, as another client would.
    pub fn put(&self, path: &str, content: &[u8]) {
        lock(&self.tree).put(&tree::normal(path), content.to_vec());
    }

    /// Files that a reader could have seen under a final name (`*.csv`) before they were complete: must stay empty.
    #[must_use]
    pub fn partial_sightings(&self) -> Vec<String> {
        lock(&self.tree).sightings.iter().cloned().collect()
    }

    /// All files together may have this many bytes; writes beyond fail as on a full disk.
    pub fn disk_quota(&self, bytes: Option<usize>) {
        lock(&self.tree).quota = bytes;
    }

    /// Nothing at or below this folder may be changed until a reset.
    pub fn deny(&self, folder: &str) {
        lock(&self.tree).denied.push(tree::normal(folder));
    }

    fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }

    fn host_key(&self) -> PrivateKey {
        let changes = *lock(&self.key_changes);
        let random = Random::new(self.seed, &format!("host-key/{}/{changes}", self.core.name));
        let mut seed = [0; 32];
        for chunk in seed.chunks_mut(8) {
            chunk.copy_from_slice(&random.next().to_be_bytes());
        }
        PrivateKey::from(Ed25519Keypair::from_seed(&seed))
    }
}

impl Partner for SftpServer {
    fn core(&self) -> &Core {
        &self.core
    }

    fn state(&self) -> Value {
        let files: Vec<Value> =
            self.files().iter().map(|file| json!({ "path": file.path, "size": file.content.len() })).collect();
        json!({ "files": files, "partialSightings": self.partial_sightings(), "hostKey": self.fingerprint() })
    }

    fn reset_state(&self) {
        *lock(&self.tree) = Tree::fixtures();
        *lock(&self.settings) = Settings::default();
        *lock(&self.key_changes) = 0;
    }
}
