//! The website as `tieline serve` serves it: what is running on its pages, decisions in a browser, and what strangers and
//! other pages get to see. Real service, real partner systems, real browser.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use simulators::{Effect, Fault, Landscape, Options, Partner, SimClock, samples};
use tieline_tests::{
    browser::Suite,
    command::{command, run},
    copies::Copy,
    project,
    service::{Launch, Service},
};

const PATIENCE: Duration = Duration::from_secs(60);
const PAYMENTS: &str = "SALES-SF-ERP-PAYMENT-STATUS-V1";

/// A command that goes on until it is let go of.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// `tieline serve` over a service that delivered one payment and has one dead letter.
struct World {
    landscape: Landscape,
    service: Service,
    folder: tempfile::TempDir,
    _serve: Running,
    /// Host and port.
    host: String,
    key: String,
    dead: String,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimClock::scaled_from_now(20.0);
        let landscape = Landscape::start(Options { clock, seed: 7 }).await.unwrap();
        landscape.erp.faults(vec![Fault::on_key("4702", 1, Effect::status(400))]);
        for number in [4701, 4702] {
            landscape.erp.put_order(json!({ "order_id": number, "status": "OPEN" }));
        }
        let service = Launch::new(&landscape, folder.path()).start();
        let site = folder.path().join("site");
        let built = run(&project(), &["build", "--only", "site", "--site", &site.to_string_lossy()]);
        assert_eq!(built.code, Some(0), "{built}");
        let mut command = command(folder.path(), &["serve", "--site", "site", "--base", "catalog"]);
        command.args(["--listen", "127.0.0.1:0", "--admin", &service.admin.to_string(), "--token-file"]);
        let mut serve = command.arg(&service.token_file).stdout(Stdio::piped()).spawn().expect("tieline starts");
        let mut lines = BufReader::new(serve.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (site, entrance) = (lines.next().expect("an address"), lines.next().expect("an entrance"));
        let host =
            site.strip_prefix("http://").and_then(|it| it.strip_suffix("/catalog/")).expect("an address").to_owned();
        let key = entrance.split("#key=").nth(1).and_then(|it| it.split(' ').next()).expect("a key").to_owned();
        let mut world = Self { landscape, service, folder, _serve: Running(serve), host, key, dead: String::new() };
        world.send("4701", "DELIVERED").await;
        world.dead = world.send("4702", "DEAD").await;
        world
    }

    async fn send(&self, order: &str, end: &str) -> String {
        let callers = self.landscape.callers(self.service.http);
        let payment = samples::payment_received(&format!("payment-{order}"), order, "PAID");
        let reply = callers.salesforce.payment_status(&payment).send().await.unwrap();
        let id = reply.header("location").rsplit_once('/').expect("the address of the message").1.to_owned();
        self.wait(&id, end);
        id
    }

    fn wait(&self, id: &str, end: &str) {
        let begin = Instant::now();
        while self.service.ask(&format!("/messages/{id}"))["state"] != end {
            assert!(begin.elapsed() < PATIENCE, "{id} is not {end}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Status, head and body of an answer.
    fn ask(&self, request: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.host).expect("serve listens");
        let host = if headers.iter().any(|(name, _)| *name == "Host") { "" } else { &self.host };
        let host = if host.is_empty() { String::new() } else { format!("Host: {host}\r\n") };
        let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        write!(stream, "{request} HTTP/1.1\r\n{host}{more}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
        (status, head.to_lowercase(), body.to_owned())
    }

    fn json(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        let (_, _, body) = self.ask(&format!("GET /catalog/live/{path}"), headers, "");
        let body = body.get(body.find('{').unwrap_or(0)..=body.rfind('}').unwrap_or(0)).unwrap_or_default();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_shows_what_runs_and_a_dead_letter_is_replayed_in_the_browser() {
    let world = World::start().await;
    Suite::new("serve")
        .in_order()
        .given("base", format!("http://{}/catalog/", world.host))
        .given("page", format!("interfaces/{}/index.html", PAYMENTS.to_lowercase()))
        .given("dead", world.dead.as_str())
        .given("key", world.key.as_str())
        .play();
    assert_eq!(world.service.ask(&format!("/messages/{}", world.dead))["state"], "RESOLVED");
    let audit = world.json("api/0/audit", &[]);
    assert_eq!(audit["audit"][0]["why"], "the order is there now", "{audit}");
}

/// Request line, headers, status.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u16);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_look_and_other_pages_are_kept_out() {
    let world = World::start().await;
    let ours = world.bearer();
    let state = world.json("state", &[]);
    assert_eq!(state["instances"][0]["who"], json!({ "who": "anonymous", "role": "viewer" }));
    assert_eq!(world.json("state", &[("Authorization", &ours)])["instances"][0]["who"]["who"], "local");
    let one = world.json(&format!("state?interface={PAYMENTS}"), &[]);
    assert_eq!(one["instances"][0]["interfaces"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["instances"][0]["interfaces"][0]["dead_letters"], 1);

    let (_, head, _) = world.ask("GET /catalog/live/api/0/dead-letters", &[], "");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
    assert_eq!(world.ask("GET /catalog/live/api/0/dead-letters", &[("If-None-Match", &tag)], "").0, 304);

    let retry = format!("POST /catalog/live/api/0/messages/{}/retry", world.dead);
    let body = r#"{"why":"w"}"#;
    let json = ("Content-Type", "application/json");
    let cases: &[Case<'_>] = &[
        (&retry, &[json], 401),
        (&retry, &[json, ("Authorization", "Bearer guessed")], 401),
        (&retry, &[json, ("Authorization", &ours), ("Origin", "http://evil.example.org")], 403),
        (&retry, &[json, ("Authorization", &ours), ("Sec-Fetch-Site", "cross-site")], 403),
        (&retry, &[json, ("Authorization", &ours), ("Host", "evil.example.org")], 421),
        (&retry, &[("Content-Type", "text/plain"), ("Authorization", &ours)], 415),
        (&format!("GET /catalog/live/api/0/messages/{}/body", world.dead), &[("Authorization", &ours)], 404),
        ("GET /catalog/live/api/0/dead-letters/export", &[("Authorization", &ours)], 404),
        ("POST /catalog/live/api/0/bulk/discard", &[json, ("Authorization", &ours)], 404),
        ("GET /catalog/live/api/7/messages", &[], 404),
        ("GET /live/state", &[], 404),
        ("GET /catalog/%2e%2e/environment.toml", &[], 404),
    ];
    for (request, headers, expect) in cases {
        let (status, _, answer) = world.ask(request, headers, if request.starts_with("POST") { body } else { "" });
        assert_eq!(status, *expect, "{request} {headers:?}: {answer}");
    }
    assert_eq!(world.service.ask(&format!("/messages/{}", world.dead))["state"], "DEAD", "nothing was decided");

    let (status, head, page) = world.ask("GET /catalog/index.html", &[], "");
    assert_eq!(status, 200);
    assert!(
        head.contains("content-security-policy: default-src 'none'") && head.contains("frame-ancestors 'none'"),
        "{head}"
    );
    assert!(page.contains("assets/live.js") && page.contains("data-live"), "served pages ask what runs");
    let file = fs::read_to_string(world.folder.path().join("site/index.html")).unwrap();
    assert!(!file.contains("live.js"), "files do not");
    let (status, head, _) = world.ask("GET /", &[], "");
    assert!(status == 307 && head.contains("location: /catalog/"), "{status} {head}");
}

/// Reads events until one says this.
fn event(stream: &mut BufReader<TcpStream>, says: &str) -> String {
    let mut line = String::new();
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).expect("events go on") > 0, "the events ended before {says}");
        if line.starts_with("data:") && line.contains(says) {
            return line;
        }
    }
}

/// `tieline dev` over a project.
struct Dev {
    _child: Running,
    /// Host and port.
    host: String,
}

impl Dev {
    fn start(project: &Copy) -> Self {
        let mut command = command(project.root(), &["dev", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("tieline starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.next().expect("an address");
        let host = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { _child: Running(child), host }
    }
}

#[test]
fn an_open_page_follows_its_document() {
    let project = Copy::of_reference();
    let dev = Dev::start(&project);
    Suite::new("dev")
        .given("base", format!("http://{}/", dev.host))
        .given("page", format!("interfaces/{}/index.html", PAYMENTS.to_lowercase()))
        .given("document", project.root().join(format!("spec/interfaces/{PAYMENTS}.md")).to_string_lossy())
        .play();
}

#[test]
fn pages_follow_documents_that_are_being_written() {
    let project = Copy::of_reference();
    let dev = Dev::start(&project);
    let host = &dev.host;
    let stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut events = BufReader::new(stream);
    write!(events.get_mut(), "GET /dev/events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    event(&mut events, r#""version":1,"stands":true"#);
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let file = format!("spec/interfaces/{PAYMENTS}.md");
    let page = format!("/interfaces/{}/index.html", PAYMENTS.to_lowercase());
    let text = project.read(&file);
    let title = text.lines().find(|line| line.starts_with("title:")).expect("a title").to_owned();

    project.write(&file, text.replace(&title, "title: Paid and told"));
    event(&mut events, r#""stands":true"#);
    let seen = ask(&page);
    assert!(seen.contains("Paid and told") && seen.contains("assets/dev.js"), "the page follows");

    project.write(&file, text.replace("title:", "tittle:"));
    let said = event(&mut events, r#""stands":false"#);
    assert!(said.contains("tittle") && said.contains(PAYMENTS), "{said}");
    assert!(ask(&page).contains("Paid and told"), "the last good page stays");

    project.write(&file, &text);
    event(&mut events, r#""stands":true"#);
    assert!(!ask(&page).contains("Paid and told"), "and follows again");
}
