//! A real PostgreSQL server of Debian's package, with a database for each test.
//!
//! In: nothing. Out: a running [`Cluster`] on a loopback port of its own, with fsync on. Never knows: who uses it. The
//! runtime's own tests include this file too.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long starting may take before we stop waiting and say so.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the server when this process ends, however it ends: its standard input closes then.
const WATCH: &str = r#""$@" & server=$!; echo $server; cat > /dev/null; kill -QUIT $server; wait $server"#;

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    /// The port on 127.0.0.1.
    pub port: u16,
    server: Option<(Child, u32)>,
}

impl Cluster {
    /// Makes a cluster and starts it.
    ///
    /// # Panics
    /// When Debian's package `postgresql` is not there, or the server does not start; with its last words.
    #[must_use]
    pub fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a writable folder for temporary files"))
    }

    /// The same in memory: for tests that try statements and not disks.
    ///
    /// # Panics
    /// As there.
    #[must_use]
    pub fn start_in_memory() -> Self {
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new());
        Self::start_in(folder.expect("a writable folder for temporary files"))
    }

    fn start_in(folder: TempDir) -> Self {
        if let Some((user, group)) = unprivileged() {
            chown(folder.path(), Some(user), Some(group)).expect("root may give a folder away");
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let mut cluster = Self { folder, programs: programs(), port, server: None };
        let data = cluster.data();
        let words = ["--no-sync", "--auth=trust", "--username=tieline", "--encoding=UTF8", "--locale=C", "-D"];
        let made = cluster.command("initdb").args(words).arg(&data).output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        cluster.restart();
        cluster
    }

    /// Starts the server again after [`Cluster::kill`].
    ///
    /// # Panics
    /// When it does not start; with its last words.
    pub fn restart(&mut self) {
        let begin = Instant::now();
        loop {
            self.server = Some(self.spawn());
            while begin.elapsed() < PATIENCE && self.is_up() {
                if self.ask("postgres", "select 1").status.success() {
                    return;
                }
                thread::sleep(Duration::from_millis(50));
            }
            // Processes of the server that was killed may still hold its memory: then it refuses to start for a moment.
            assert!(begin.elapsed() < PATIENCE, "PostgreSQL does not start: {}", self.last_words());
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Kills every process of the server at once, as a power failure does.
    ///
    /// # Panics
    /// When it had ended by itself.
    pub fn kill(&mut self) {
        assert!(self.is_up(), "PostgreSQL ended by itself: {}", self.last_words());
        let (mut watch, server) = self.server.take().expect("a started server");
        let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap_or_default();
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -KILL $@", "sh"]).arg(server.to_string()).args(children.split_whitespace());
        let _killed = kill.output();
        let _gone = watch.kill();
        let _reaped = watch.wait();
    }

    /// The URL of a new, empty database.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        let made = self.ask("postgres", &format!("create database {name}"));
        assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
        format!("postgres://tieline@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs a statement beside the service; rows come as lines on standard output.
    ///
    /// # Panics
    /// When `psql` cannot be run.
    #[must_use]
    pub fn ask(&self, database: &str, sql: &str) -> Output {
        let port = self.port.to_string();
        let words =
            ["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "tieline", "-p", &port, "-d", database, "-c", sql];
        self.command("psql").args(words).output().expect("psql runs")
    }

    fn spawn(&self) -> (Child, u32) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log()).expect("a writable folder");
        let mut server = Command::new("sh");
        server.args(["-c", WATCH, "sh"]).arg(self.programs.join("postgres")).arg("-D").arg(self.data());
        server.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]);
        server.arg("-k").arg(self.folder.path());
        server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).current_dir(self.folder.path());
        as_unprivileged(&mut server);
        let mut watch = server.spawn().expect("sh runs");
        let mut line = String::new();
        let output = watch.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("sh writes");
        (watch, line.trim().parse().expect("the number of a process"))
    }

    fn is_up(&self) -> bool {
        self.server.as_ref().is_some_and(|(_, server)| {
            let status = fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
            !status.is_empty() && !status.contains(") Z ")
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path()).env_remove("PGDATABASE").env_remove("PGUSER");
        as_unprivileged(&mut command);
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some((mut watch, _)) = self.server.take() {
            // Its standard input closes: it stops the server.
            drop(watch.stdin.take());
            let _stopped = watch.wait();
        }
    }
}

/// Where the newest installed version is.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("Debian's package `postgresql` is installed");
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(number);
    newest.expect("a version of PostgreSQL").join("bin")
}

/// The server refuses to run as root: then the package's own user runs it.
fn unprivileged() -> Option<(u32, u32)> {
    let number = |words: &[&str]| -> u32 {
        let output = Command::new("id").args(words).output().expect("id runs");
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("the user `postgres` of the package")
    };
    (number(&["-u"]) == 0).then(|| (number(&["-u", "postgres"]), number(&["-g", "postgres"])))
}

fn as_unprivileged(command: &mut Command) {
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
}
