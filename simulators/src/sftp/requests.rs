//! In: SFTP requests of one session. Out: replies over the shared tree, with the fault plan applied.
//! Never knows: how the session was authenticated.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use russh_sftp::protocol::{
    Attrs, Data, File, FileAttributes, FileMode, Handle, Name, OpenFlags, Packet, Status, StatusCode, Version,
};
use russh_sftp::server::StatusReply;

use super::SftpServer;
use super::ssh::Line;
use super::tree::{self, Kind, Mode, Refusal, Tree};
use crate::common::faults::{Call, Effect};
use crate::common::journal::Entry;
use crate::common::random::lock;

/// One SFTP session.
pub(super) struct Requests {
    server: Arc<SftpServer>,
    line: Line,
    open: HashMap<String, Open>,
    next: u64,
}

enum Open {
    File { file: u64, path: String },
    Folder { entries: Option<Vec<(String, Kind)>> },
}

type Reply<T> = Result<T, StatusReply>;

impl Requests {
    pub(super) fn new(server: Arc<SftpServer>, line: Line) -> Self {
        Requests { server, line, open: HashMap::new(), next: 0 }
    }

    /// Journals a request, lets the fault plan have its way, does the work on the tree.
    async fn perform<T>(
        &self,
        operation: &str,
        path: &str,
        work: impl FnOnce(&mut Tree) -> Result<T, Refusal>,
    ) -> Reply<T> {
        let core = &self.server.core;
        let effects = core.faults.take(Call { operation, path, key: Some(tree::name(path)) });
        // A large file makes thousands of writes: only those that a fault hits are worth a line.
        let quiet = operation == "write" && effects.is_empty();
        let names: Vec<&str> = effects.iter().map(Effect::name).collect();
        let entry = Entry {
            at: core.clock.now_ms(),
            operation: operation.to_owned(),
            method: operation.to_ascii_uppercase(),
            path: path.to_owned(),
            effect: (!names.is_empty()).then(|| names.join("+")),
            key: Some(tree::name(path).to_owned()),
            ..Entry::default()
        };
        let seq = if quiet { 0 } else { core.journal.open(entry, b"") };
        let mut drop_after = false;
        for effect in effects {
            match effect {
                Effect::Delay(span) | Effect::Slow(span) => core.clock.sleep(Duration::from_millis(span)).await,
                Effect::Status { code, .. } => {
                    core.journal.close(seq, |entry| entry.status = Some(code));
                    return Err(code_of(code).with_message("the fault plan asked for this"));
                }
                Effect::DropBefore => return Err(self.cut().await),
                Effect::DropAfter => drop_after = true,
                _ => {}
            }
        }
        let result = work(&mut lock(&self.server.tree));
        if drop_after {
            return Err(self.cut().await);
        }
        let status = result.as_ref().err().map_or(0, |Refusal(code, _)| *code as u16);
        core.journal.close(seq, |entry| {
            entry.status = Some(status);
            entry.until = Some(core.clock.now_ms());
        });
        result.map_err(|Refusal(code, text)| code.with_message(text))
    }

    /// Closes the connection and waits until it is closed, so that no reply can leave.
    async fn cut(&self) -> StatusReply {
        self.line.cut().await;
        StatusCode::ConnectionLost.into()
    }

    fn keep(&mut self, open: Open) -> String {
        self.next += 1;
        let handle = format!("h{}", self.next);
        self.open.insert(handle.clone(), open);
        handle
    }

    fn file(&self, handle: &str) -> Reply<(u64, String)> {
        match self.open.get(handle) {
            Some(Open::File { file, path }) => Ok((*file, path.clone())),
            _ => Err(StatusCode::Failure.with_message("no such handle")),
        }
    }
}

fn code_of(code: u16) -> StatusCode {
    match code {
        0 => StatusCode::Ok,
        1 => StatusCode::Eof,
        2 => StatusCode::NoSuchFile,
        3 => StatusCode::PermissionDenied,
        5 => StatusCode::BadMessage,
        6 => StatusCode::NoConnection,
        7 => StatusCode::ConnectionLost,
        8 => StatusCode::OpUnsupported,
        _ => StatusCode::Failure,
    }
}

fn done(id: u32) -> Status {
    Status { id, status_code: StatusCode::Ok, error_message: "done".to_owned(), language_tag: "en-US".to_owned() }
}

fn attributes(kind: Kind) -> FileAttributes {
    let mut attributes = FileAttributes::empty();
    match kind {
        Kind::Folder => {
            attributes.permissions = Some(0o755);
            attributes.set_type(FileMode::DIR);
        }
        Kind::File { size } => {
            attributes.size = Some(size as u64);
            attributes.permissions = Some(0o644);
            attributes.set_type(FileMode::REG);
        }
    }
    attributes
}

impl russh_sftp::server::Handler for Requests {
    type Error = StatusReply;

    fn unimplemented(&self) -> StatusReply {
        StatusCode::OpUnsupported.into()
    }

    async fn init(&mut self, _: u32, _: HashMap<String, String>) -> Reply<Version> {
        let mut version = Version::new();
        // No posix-rename@openssh.com: this server cannot overwrite by rename.
        version.extensions.insert("fsync@openssh.com".to_owned(), "1".to_owned());
        Ok(version)
    }

    async fn realpath(&mut self, id: u32, path: String) -> Reply<Name> {
        Ok(Name { id, files: vec![File::dummy(tree::normal(&path))] })
    }

    async fn stat(&mut self, id: u32, path: String) -> Reply<Attrs> {
        let path = tree::normal(&path);
        let kind = self.perform("stat", &path, |tree| tree.stat(&path)).await?;
        Ok(Attrs { id, attrs: attributes(kind) })
    }

    async fn lstat(&mut self, id: u32, path: String) -> Reply<Attrs> {
        self.stat(id, path).await
    }

    async fn fstat(&mut self, id: u32, handle: String) -> Reply<Attrs> {
        let (file, _) = self.file(&handle)?;
        let size = lock(&self.server.tree).size(file);
        Ok(Attrs { id, attrs: attributes(Kind::File { size }) })
    }

    async fn setstat(&mut self, id: u32, _: String, _: FileAttributes) -> Reply<Status> {
        Ok(done(id))
    }

    async fn fsetstat(&mut self, id: u32, _: String, _: FileAttributes) -> Reply<Status> {
        Ok(done(id))
    }

    async fn open(&mut self, id: u32, path: String, flags: OpenFlags, _: FileAttributes) -> Reply<Handle> {
        let path = tree::normal(&path);
        let mode = Mode {
            write: flags.intersects(OpenFlags::WRITE | OpenFlags::APPEND),
            create: flags.contains(OpenFlags::CREATE),
            truncate: flags.contains(OpenFlags::TRUNCATE),
            exclusive: flags.contains(OpenFlags::EXCLUDE),
        };
        let file = self.perform("open", &path, |tree| tree.open(&path, mode)).await?;
        Ok(Handle { id, handle: self.keep(Open::File { file, path }) })
    }

    async fn read(&mut self, id: u32, handle: String, offset: u64, len: u32) -> Reply<Data> {
        let (file, path) = self.file(&handle)?;
        match self.perform("read", &path, |tree| tree.read(file, offset, len)).await? {
            Some(data) => Ok(Data { id, data }),
            None => Err(StatusCode::Eof.into()),
        }
    }

    async fn write(&mut self, id: u32, handle: String, offset: u64, data: Vec<u8>) -> Reply<Status> {
        let (file, path) = self.file(&handle)?;
        self.perform("write", &path, |tree| tree.write(file, offset, &data)).await?;
        Ok(done(id))
    }

    async fn close(&mut self, id: u32, handle: String) -> Reply<Status> {
        match self.open.remove(&handle) {
            Some(Open::File { path, .. }) => self.perform("close", &path, |_| Ok(())).await?,
            Some(Open::Folder { .. }) => {}
            None => return Err(StatusCode::Failure.with_message("no such handle")),
        }
        Ok(done(id))
    }

    async fn opendir(&mut self, id: u32, path: String) -> Reply<Handle> {
        let path = tree::normal(&path);
        let entries = self.perform("opendir", &path, |tree| tree.list(&path)).await?;
        Ok(Handle { id, handle: self.keep(Open::Folder { entries: Some(entries) }) })
    }

    async fn readdir(&mut self, id: u32, handle: String) -> Reply<Name> {
        let Some(Open::Folder { entries }) = self.open.get_mut(&handle) else {
            return Err(StatusCode::Failure.with_message("no such handle"));
        };
        let entries = entries.take().filter(|entries| !entries.is_empty()).ok_or(StatusCode::Eof)?;
        let files = entries.into_iter().map(|(name, kind)| File::new(name, attributes(kind))).collect();
        Ok(Name { id, files })
    }

    async fn remove(&mut self, id: u32, path: String) -> Reply<Status> {
        let path = tree::normal(&path);
        self.perform("remove", &path, |tree| tree.remove(&path)).await?;
        Ok(done(id))
    }

    async fn mkdir(&mut self, id: u32, path: String, _: FileAttributes) -> Reply<Status> {
        let path = tree::normal(&path);
        self.perform("mkdir", &path, |tree| tree.make_folder(&path)).await?;
        Ok(done(id))
    }

    async fn rmdir(&mut self, id: u32, path: String) -> Reply<Status> {
        let path = tree::normal(&path);
        self.perform("rmdir", &path, |tree| tree.remove_folder(&path)).await?;
        Ok(done(id))
    }

    async fn rename(&mut self, id: u32, from: String, to: String) -> Reply<Status> {
        let (from, to) = (tree::normal(&from), tree::normal(&to));
        self.perform("rename", &to, |tree| tree.rename(&from, &to)).await?;
        Ok(done(id))
    }

    async fn extended(&mut self, id: u32, request: String, _: Vec<u8>) -> Reply<Packet> {
        match request.as_str() {
            "fsync@openssh.com" => Ok(Packet::Status(done(id))),
            _ => Err(StatusCode::OpUnsupported.into()),
        }
    }
}
