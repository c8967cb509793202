//! Pages of the manual whose fences are run: what a reader would type, and what they would see.
//!
//! In: a Markdown page. Out: [`Fence`]s, and the [`Shell`] that plays them. Never knows: what a page teaches.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{command, project};

/// How long a command left running may take to say what the page waits for. Compiling is part of it.
const PATIENCE: Duration = Duration::from_secs(600);

/// A fence of the page that is to be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Line of the page it starts on.
    pub line: usize,
    /// What to do with it.
    pub part: Part,
    /// Its text.
    pub text: String,
}

/// What to do with a fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Write it to this file.
    File(String),
    /// Type it; the last command exits with this code.
    Type(i32),
    /// Type it and leave it running under a name, until its output contains a text.
    Background(String, String),
    /// End the command left running under a name.
    Stop(String),
}

/// The tutorial.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn page() -> String {
    fs::read_to_string(project().join("docs/tutorial.md")).expect("the tutorial")
}

/// The documents that the tutorial writes below `spec/`: path and text.
///
/// # Panics
/// When it writes none.
#[must_use]
pub fn documents() -> Vec<(String, String)> {
    let file = |fence: Fence| match fence.part {
        Part::File(path) if path.starts_with("spec/") => Some((path, fence.text)),
        _ => None,
    };
    let documents: Vec<_> = fences(&page()).into_iter().filter_map(file).collect();
    assert!(documents.len() >= 4, "the tutorial lost its documents");
    documents
}

/// The page with other ports than those it names, because somebody may listen there on this machine.
///
/// # Panics
/// When there is no free port.
#[must_use]
pub fn with_free_ports(page: &str, ports: &[&str]) -> String {
    // All are held until all are chosen, so that they differ.
    let held: Vec<TcpListener> =
        ports.iter().map(|_| TcpListener::bind(("127.0.0.1", 0)).expect("a free port")).collect();
    ports.iter().zip(&held).fold(page.to_owned(), |page, (port, listener)| {
        assert!(page.contains(port), "the page no longer names port {port}");
        page.replace(port, &listener.local_addr().expect("bound").port().to_string())
    })
}

/// The fences of a page with the word `test` in their head, in order.
#[must_use]
pub fn fences(page: &str) -> Vec<Fence> {
    let (mut fences, mut lines) = (Vec::new(), page.lines().enumerate());
    while let Some((number, line)) = lines.next() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        if ticks < 3 || !line.starts_with("```") {
            continue;
        }
        let close = &line[..ticks];
        let text: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != close).collect();
        if let Some(part) = part(&line[ticks..]) {
            fences.push(Fence { line: number + 1, part, text: text.join("\n") + "\n" });
        }
    }
    fences
}

fn part(head: &str) -> Option<Part> {
    let (_, options) = head.split_once(" test")?;
    let option = |name: &str| {
        let (_, rest) = options.split_once(&format!(" {name}="))?;
        let quoted =
            rest.strip_prefix('"').and_then(|rest| rest.rfind('"').map(|end| rest[..end].replace("\\\"", "\"")));
        Some(quoted.unwrap_or_else(|| rest.split(' ').next().unwrap_or_default().to_owned()))
    };
    Some(match (option("file"), option("background"), option("stop")) {
        (Some(file), _, _) => Part::File(file),
        (_, Some(name), _) => Part::Background(name, option("until").unwrap_or_default()),
        (_, _, Some(name)) => Part::Stop(name),
        _ => Part::Type(option("exit").and_then(|code| code.parse().ok()).unwrap_or(0)),
    })
}

/// One shell in one folder; what `cd` and `export` change stays.
#[derive(Debug)]
pub struct Shell {
    folder: PathBuf,
    environment: Vec<(String, String)>,
    running: Vec<(String, Child)>,
}

impl Shell {
    /// A shell in a folder, with variables set.
    #[must_use]
    pub fn new(folder: &Path, environment: Vec<(String, String)>) -> Self {
        Self { folder: folder.to_owned(), environment, running: Vec::new() }
    }

    /// Plays a fence.
    ///
    /// # Panics
    /// When something else happens than the page says.
    pub fn play(&mut self, fence: &Fence) {
        match &fence.part {
            Part::File(path) => {
                let path = self.folder.join(path);
                fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a writable folder");
                fs::write(path, &fence.text).expect("a writable file");
            }
            Part::Type(code) => self.type_in(fence, *code),
            Part::Background(name, until) => self.leave_running(fence, name, until),
            Part::Stop(name) => self.stop(name),
        }
    }

    fn type_in(&mut self, fence: &Fence, last_code: i32) {
        let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in fence.text.lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command, Vec::new())),
                (None, Some((_, expected))) if !line.trim().is_empty() && line.trim() != "…" => {
                    expected.push(line.trim());
                }
                _ => {}
            }
        }
        let last = commands.len().saturating_sub(1);
        for (number, (command, expected)) in commands.into_iter().enumerate() {
            let wanted = if number == last { last_code } else { 0 };
            self.run(fence.line, command, wanted, &expected);
        }
    }

    fn run(&mut self, line: usize, command: &str, wanted: i32, expected: &[&str]) {
        let script = format!("{command}\ncode=$?\npwd > {0}/.folder\nexit $code", self.folder.display());
        let output = self.command(&script).output().expect("sh runs");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(output.status.code(), Some(wanted), "line {line}: `{command}` ended differently; it said\n{text}");
        let mut rest: &str = &text;
        for words in expected {
            let Some(at) = rest.find(words) else {
                panic!("line {line}: `{command}` does not say {words:?}; it said\n{text}")
            };
            rest = &rest[at + words.len()..];
        }
        let note = self.folder.join(".folder");
        if let Ok(folder) = fs::read_to_string(&note) {
            let _gone = fs::remove_file(&note);
            self.folder = PathBuf::from(folder.trim());
        }
    }

    fn leave_running(&mut self, fence: &Fence, name: &str, until: &str) {
        let command = fence.text.trim().trim_start_matches("$ ");
        let script = match command.split_once('=') {
            Some((variable, _)) if variable.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') => {
                format!("exec env {command} 2>&1")
            }
            _ => format!("exec {command} 2>&1"),
        };
        // A group of its own, so that what it starts can be ended with it.
        let mut child = self.command(&script).stdout(Stdio::piped()).process_group(0).spawn().expect("sh runs");
        let output = child.stdout.take().expect("piped");
        let (sender, receiver) = mpsc::channel();
        let until_text = until.to_owned();
        thread::spawn(move || {
            let mut said = String::new();
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                said.push_str(&line);
                said.push('\n');
                if line.contains(&until_text) {
                    let _nobody_waits = sender.send(Ok(()));
                }
            }
            let _nobody_waits = sender.send(Err(said));
        });
        self.running.push((name.to_owned(), child));
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(())) => {}
            Ok(Err(said)) => panic!("line {}: `{command}` ended before it said {until:?}; it said\n{said}", fence.line),
            Err(_) => panic!("line {}: `{command}` never said {until:?}", fence.line),
        }
    }

    fn stop(&mut self, name: &str) {
        let at = self.running.iter().position(|(running, _)| running == name).expect("the page stops what it started");
        end(self.running.remove(at).1);
    }

    fn command(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(&self.folder).stdin(Stdio::null());
        command::quiet(&mut command);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        for (_, child) in self.running.drain(..) {
            end(child);
        }
    }
}

/// Asks a process to end, with those that it started, and waits for it.
fn end(mut child: Child) {
    signal("TERM", &child);
    for _ in 0..100 {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    signal("KILL", &child);
    let _reaped = child.wait();
}

fn signal(name: &str, group: &Child) {
    // The shell's own `kill`: the program of this name is missing on small machines.
    let _gone = Command::new("sh").args(["-c", &format!("kill -s {name} -- -{}", group.id())]).status();
}
