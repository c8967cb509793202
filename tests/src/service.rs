//! The generated service as a process that can be killed.
//!
//! In: a program, a landscape. Out: a running [`Service`] with its addresses. Never knows: interfaces.

use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde_json::Value;
use simulators::Landscape;

use crate::generated_service;

/// How long starting may take before we stop waiting and say so.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything needed to start the service again over the same store.
#[derive(Debug)]
pub struct Launch {
    folder: PathBuf,
    secrets: Vec<(String, String)>,
    clock: String,
}

/// The running service.
#[derive(Debug)]
pub struct Service {
    child: Child,
    /// Listener of the triggers.
    pub http: SocketAddr,
    /// Listener of operators.
    pub admin: SocketAddr,
    /// The file with the token that operators on this machine show.
    pub token_file: PathBuf,
    /// From the start of the process to the line that says it is ready.
    pub ready_after: Duration,
}

impl Launch {
    /// Writes the environment of a service that works with these partner systems; its store lies in the folder.
    ///
    /// # Panics
    /// When the disk refuses.
    #[must_use]
    pub fn new(landscape: &Landscape, folder: &Path) -> Self {
        let environment = landscape.environment_toml(folder, "127.0.0.1:0").expect("a writable folder");
        fs::write(folder.join("environment.toml"), environment).expect("a writable folder");
        Self { folder: folder.to_owned(), secrets: landscape.secrets(), clock: landscape.clock().argument() }
    }

    /// The same service with its store in a database.
    ///
    /// # Panics
    /// When the environment names no file of SQLite.
    #[must_use]
    pub fn on_postgres(self, url: &str) -> Self {
        let path = self.folder.join("environment.toml");
        let text = fs::read_to_string(&path).expect("the environment");
        assert!(text.contains("\nsqlite = "), "the environment has its store in a file:\n{text}");
        let named = |line: &str| match line.starts_with("sqlite = ") {
            true => "postgres = \"env:TIELINE_STORE\"\n".to_owned(),
            false => format!("{line}\n"),
        };
        // Beside a database there is no place for the token.
        let token = format!("\n[admin]\ntoken_file = \"{}\"\n", self.folder.join("token").display());
        fs::write(&path, text.lines().map(named).collect::<String>() + &token).expect("a writable folder");
        let secrets = [self.secrets, vec![("TIELINE_STORE".to_owned(), url.to_owned())]].concat();
        Self { secrets, ..self }
    }

    /// The same service with a lease of so many seconds on its share of the database.
    ///
    /// # Panics
    /// When its store is no database.
    #[must_use]
    pub fn with_lease(self, seconds: u32) -> Self {
        let path = self.folder.join("environment.toml");
        let text = fs::read_to_string(&path).expect("the environment");
        let line = "postgres = \"env:TIELINE_STORE\"\n";
        assert!(text.contains(line), "the environment has its store in a database:\n{text}");
        let text = text.replace(line, &format!("{line}lease_seconds = {seconds}\n"));
        fs::write(&path, text).expect("a writable folder");
        self
    }

    /// The same service on a wall clock that is so much ahead of the machine's.
    #[must_use]
    pub fn ahead_by(self, seconds: i64) -> Self {
        // A clock that runs a little faster, and began to long ago.
        let factor = 1.000_1;
        let now_ms = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis());
        let began_ms = i128::try_from(now_ms).unwrap_or_default() - i128::from(seconds) * 10_000_000;
        Self { clock: format!("scaled:{factor}@{began_ms}"), ..self }
    }

    /// Starts the service and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready; with its last words.
    #[must_use]
    pub fn start(&self) -> Service {
        let begin = Instant::now();
        let log = OpenOptions::new().create(true).append(true).open(self.log()).expect("a writable folder");
        let mut child = Command::new(generated_service())
            .arg("--environment")
            .arg(self.folder.join("environment.toml"))
            .args(["--clock", &self.clock, "--log", "json"])
            .envs(self.secrets.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the service starts");
        let Some(ready) = first_line(&mut child) else {
            let _gone = child.kill();
            let _reaped = child.wait();
            panic!("the service did not become ready; its last words:\n{}", self.last_words());
        };
        let address = |name: &str| ready[name].as_str().and_then(|text| text.parse().ok()).expect("an address");
        let token_file = ready["token_file"].as_str().expect("a service on loopback writes a token").into();
        Service { child, http: address("http"), admin: address("admin"), token_file, ready_after: begin.elapsed() }
    }

    /// What `store check` says of the store, with no service running on it.
    ///
    /// # Panics
    /// When it says nothing.
    #[must_use]
    pub fn check_store(&self) -> Value {
        self.store_tool(&["check"])
    }

    /// What a verb of the store's own tool says.
    ///
    /// # Panics
    /// When it says nothing.
    #[must_use]
    pub fn store_tool(&self, words: &[&str]) -> Value {
        let output = Command::new(generated_service())
            .arg("store")
            .args(words)
            .args(["--json", "--environment"])
            .arg(self.folder.join("environment.toml"))
            .envs(self.secrets.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("the service's own command starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{errors}"))
    }

    /// The end of the log of all runs.
    fn last_words(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("service.log")
    }
}

impl Service {
    /// Whether it is still there, or how it ended.
    ///
    /// # Panics
    /// When nobody can tell.
    pub fn ended(&mut self) -> Option<Option<i32>> {
        self.child.try_wait().expect("a child can be asked").map(|status| status.code())
    }

    /// Asks the operators' listener.
    ///
    /// # Panics
    /// When it does not answer with JSON.
    #[must_use]
    pub fn ask(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(self.admin).expect("the service listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("it takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP response");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{path} is no JSON ({error}): {answer}"))
    }

    /// Asks its operators' listener to do something, as an operator of this machine. Status and answer.
    ///
    /// # Panics
    /// When it does not answer with JSON.
    #[must_use]
    pub fn decide(&self, path: &str, asked: &Value) -> (u16, Value) {
        let token = fs::read_to_string(&self.token_file).expect("a service on loopback writes a token");
        let (token, body) = (token.trim(), asked.to_string());
        let mut stream = TcpStream::connect(self.admin).expect("the service listens");
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("it takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP response");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{path} is no JSON ({error}): {answer}")))
    }

    /// Stops the process where it stands, as a machine does that is short of something; or lets it go on.
    ///
    /// # Panics
    /// When it is not there.
    pub fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(status.success(), "the service is not there");
    }

    /// Ends the process at once, as `kill -9` and power failures do.
    ///
    /// # Panics
    /// When it had ended by itself: then nothing was killed, and nothing is proved.
    pub fn kill(mut self) {
        let ended = self.child.try_wait().expect("a child can be asked");
        assert_eq!(ended, None, "the service ended by itself");
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be reaped");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The ready line. The rest of the output is read too, so that the service never blocks.
fn first_line(child: &mut Child) -> Option<Value> {
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _nobody_waits = sender.send(line);
        }
    });
    serde_json::from_str(&receiver.recv_timeout(PATIENCE).ok()?).ok()
}
