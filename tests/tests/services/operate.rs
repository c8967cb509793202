//! A running service, operated by the command: real service, real partner systems, real sockets.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::{
    collections::BTreeMap,
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use simulators::{Effect, Fault, Landscape, Options, Partner, SimClock, samples};
use tieline_tests::{
    command::{Run, command},
    service::{Launch, Service},
};

/// Until a message has ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service with three payments: one delivered, one that SAP ERP refused once, one for an order that it does not have.
struct World {
    landscape: Landscape,
    service: Service,
    folder: tempfile::TempDir,
    /// Orders by number, with the ids of their payments' messages.
    ids: BTreeMap<String, String>,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimClock::scaled_from_now(20.0);
        let landscape = Landscape::start(Options { clock, seed: 7 }).await.unwrap();
        landscape.erp.faults(vec![Fault::on_key("4702", 1, Effect::status(400))]);
        for number in [4701, 4702, 4704] {
            landscape.erp.put_order(json!({ "order_id": number, "status": "OPEN" }));
        }
        let service = Launch::new(&landscape, folder.path()).start();
        let mut world = Self { landscape, service, folder, ids: BTreeMap::new() };
        for (order, end) in [("4701", "DELIVERED"), ("4702", "DEAD"), ("4703", "DEAD")] {
            world.send(order).await;
            world.wait(order, end);
        }
        world
    }

    async fn send(&mut self, order: &str) {
        let callers = self.landscape.callers(self.service.http);
        let reply = callers
            .salesforce
            .payment_status(&samples::payment_received(&format!("payment-{order}"), order, "PAID"))
            .send()
            .await
            .unwrap();
        let (_, id) = reply.header("location").rsplit_once('/').expect("the address of the message");
        self.ids.insert(order.to_owned(), id.to_owned());
    }

    fn wait(&self, order: &str, state: &str) {
        let begin = Instant::now();
        loop {
            let story = self.service.ask(&format!("/messages/{}", self.ids[order]));
            if story["state"] == state {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{order} is not {state}: {story:#}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What SAP ERP says about an order.
    fn status(&self, number: u64) -> String {
        let order = self.landscape.erp.order(number).expect("an order");
        order["status"].as_str().expect("a status").to_owned()
    }

    /// Types `tieline` with these words. `{4701}` stands for the id of that message.
    fn run(&self, words: &[&str]) -> Run {
        let words: Vec<String> = words.iter().map(|word| self.named(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = command(self.folder.path(), &words);
        command.env("TIELINE_ADMIN", self.service.admin.to_string());
        command.env("TIELINE_TOKEN_FILE", &self.service.token_file);
        command.output().expect("tieline starts").into()
    }

    fn named(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (order, id)| text.replace(&format!("{{{order}}}"), id))
    }

    /// What a person would see, with what differs from run to run taken out.
    fn transcript(&self, commands: &[&[&str]]) -> String {
        let told = commands.iter().map(|words| format!("$ tieline {}\n{}\n", words.join(" "), self.run(words)));
        let mut told: String = told.collect();
        for (order, id) in &self.ids {
            // As long as the id, so that columns stay where they are.
            told = told.replace(id, &format!("{:<36}", format!("{{{order}}}")));
        }
        told = told.replace(&self.service.admin.to_string(), "<admin>");
        told = told.replace(&*self.folder.path().to_string_lossy(), "<folder>");
        scrub(&told)
    }
}

/// Times, ids and digests become letters of the same length; durations of attempts become `n`, and with them the columns
/// behind are no longer aligned.
fn scrub(text: &str) -> String {
    let word = |word: &str| {
        let core = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
        let is = |letter: fn(char) -> bool| core.chars().all(letter);
        let hex = core.len() >= 12 && is(|letter| letter.is_ascii_hexdigit() || letter == '-');
        let digits = core.chars().filter(char::is_ascii_digit).count();
        let time = digits >= 6 && core.ends_with('Z') || digits == 8 && core.len() == 10;
        if hex || time { word.replace(|letter: char| letter.is_ascii_alphanumeric(), "x") } else { word.to_owned() }
    };
    let line = |line: &str| {
        let scrubbed = line.split(' ').map(word).collect::<Vec<_>>().join(" ").trim_end().to_owned();
        if !["CLASS ", "permanent "].iter().any(|start| line.starts_with(start)) {
            return scrubbed;
        }
        let mut words: Vec<&str> = scrubbed.split_whitespace().collect();
        if let Some(at) = words.iter().position(|word| *word == "xx:xx:xxx") {
            words[at + 1] = "n";
        }
        words.join("  ")
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_operated_from_a_terminal() {
    let world = World::start().await;
    insta::assert_snapshot!(
        "looked_at",
        world.transcript(&[
            &["messages"],
            &["messages", "list", "--state", "dead", "--since", "1d", "--limit", "1"],
            &["messages", "--state", "held"],
            &["messages", "--state", "gone"],
            &["dead-letters"],
            &["messages", "show", "nobody"],
            &["breakers"],
            &["pause"],
            &["audit"],
        ])
    );
    insta::assert_snapshot!(
        "decided",
        world.transcript(&[
            &["replay", "{4702}", "--dry-run"],
            &["retry", "{4702}", "{4701}", "--why", "the order is there now"],
            &["retry", "{4702}"],
            &["retry", "--why", "w"],
            &["retry", "{4702}", "--state", "dead", "--why", "w"],
        ])
    );
    world.wait("4702", "DELIVERED");
    assert_eq!(world.status(4702), "PAID");
    insta::assert_snapshot!(
        "paused",
        world.transcript(&[
            &["pause", "--target", "SAP ERP", "--why", "maintenance"],
            &["pause"],
            &["breakers"],
            &["resume", "--target", "SAP ERP", "--why", "over"],
            &["resume", "--target", "SAP ERP", "--why", "over"],
            &["pause", "--target", "SRM8", "--why", "w"],
            &["pause", "--target", "SAP ERP"],
        ])
    );
    insta::assert_snapshot!(
        "in_bulk",
        world.transcript(&[
            &["discard", "--reason", "PERMANENT", "--dry-run"],
            &["discard", "--reason", "PERMANENT", "--why", "test data"],
            &["discard", "--reason", "PERMANENT", "--why", "test data", "--yes"],
            &["discard", "--reason", "PERMANENT", "--why", "test data", "--yes"],
            &["dead-letters"],
            &["messages", "show", "{4703}"],
            &["audit", "--subject", "{4703}"],
            &["audit", "--verify"],
        ])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_read_lines_and_an_edited_message_arrives() {
    let world = World::start().await;
    let lines = |words: &[&str]| -> Vec<Value> {
        let run = world.run(words);
        assert_eq!(run.code, Some(0), "{run}");
        run.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    assert_eq!(lines(&["messages", "--json"]).len(), 3);
    assert_eq!(lines(&["messages", "--json", "--limit", "2"]).len(), 2);
    assert_eq!(lines(&["dead-letters", "--export"])[0]["id"], world.ids["4703"].as_str());
    assert_eq!(lines(&["breakers", "--json"]).iter().filter(|row| row["system"] == "SAP ERP").count(), 1);
    assert_eq!(lines(&["interfaces", "--json"]).iter().filter(|row| row["accepted"] == 3).count(), 1);
    assert!(!lines(&["alerts", "--json"]).is_empty());

    let body = world.run(&["messages", "show", "{4703}", "--body"]);
    let edited = body.out.replace("4703", "4704");
    assert_ne!(edited, body.out, "{body}");
    fs::write(world.folder.path().join("payment.json"), edited).unwrap();
    let would = world.run(&["replay", "{4703}", "--body", "payment.json", "--dry-run"]);
    assert!(would.out.contains("+  \"orderId\": \"4704\""), "{would}");
    assert_eq!(world.status(4704), "OPEN", "a dry run sends nothing");
    lines(&["replay", "{4703}", "--body", "payment.json", "--why", "the number was taken", "--json"]);
    world.wait("4703", "RESOLVED");
    assert_eq!(world.status(4704), "PAID");
    let actions: Vec<_> = lines(&["audit", "--json"]).iter().map(|row| row["action"].clone()).collect();
    assert_eq!(actions, ["replay", "read body", "export"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_is_erased_for_good() {
    let world = World::start().await;
    insta::assert_snapshot!(
        "erased",
        world.transcript(&[
            &["erase"],
            &["erase", "{4701}", "{4703}", "--dry-run"],
            &["erase", "--interface", "SALES-SF-ERP-PAYMENT-STATUS-V1", "--dry-run", "--discard"],
            &["erase", "--interface", "SALES-SF-ERP-PAYMENT-STATUS-V1", "--why", "request 88"],
            &["erase", "--state", "DELIVERED", "--why", "request 88", "--yes"],
            &["erase", "{4703}", "--why", "request 88", "--yes"],
            &["erase", "{4703}", "--why", "request 88", "--yes", "--discard"],
            &["erase", "{4703}", "--why", "request 88", "--yes"],
            &["messages", "show", "{4703}"],
            &["messages", "show", "{4701}", "--body"],
            &["replay", "{4701}", "--why", "w"],
            &["messages"],
            &["audit"],
        ])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_is_told_and_nothing_happens() {
    let world = World::start().await;
    let path = world.folder.path();
    fs::write(path.join("wrong"), "not the token").unwrap();
    let as_somebody = |token: Option<&str>, words: &[&str]| -> Run {
        let words: Vec<String> = words.iter().map(|word| world.named(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = command(path, &words);
        command.env("TIELINE_ADMIN", format!("http://{}", world.service.admin));
        token.map(|file| command.env("TIELINE_TOKEN_FILE", file));
        command.output().expect("tieline starts").into()
    };
    assert_eq!(as_somebody(None, &["messages"]).code, Some(0), "whoever is on this machine may look");
    for (token, words) in [
        (None, &["discard", "{4702}", "--why", "w"][..]),
        (None, &["messages", "show", "{4702}", "--body"]),
        (None, &["erase", "{4702}", "--why", "w", "--yes", "--discard"]),
        (None, &["dead-letters", "--export"]),
        (Some("wrong"), &["messages"]),
        (Some("missing"), &["messages"]),
    ] {
        let run = as_somebody(token, words);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{words:?} {run}");
        assert!(run.err.contains("help:") || run.err.contains("missing"), "{run}");
    }
    assert_eq!(world.service.ask(&format!("/messages/{}", world.ids["4702"]))["state"], "DEAD");
    let verdict = world.run(&["audit", "--verify"]);
    assert_eq!(verdict.code, Some(0), "{verdict}");

    let nobody = command(path, &["messages", "--admin", "127.0.0.1:9"]).output().map(Run::from).unwrap();
    assert_eq!(nobody.code, Some(2), "{nobody}");
    assert!(nobody.err.contains("http://127.0.0.1:9") && nobody.err.contains("TIELINE_ADMIN"), "{nobody}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_gets_colours_its_width_and_a_question() {
    let world = World::start().await;
    let (tieline, service) = (tieline_tests::tieline(), &world.service);
    let terminal = |typed: &str, width: u16| -> (Option<i32>, String) {
        let script = format!("stty cols {width} rows 40; {} discard --reason PERMANENT --why test", tieline.display());
        let mut shell = std::process::Command::new("script");
        shell.args(["--quiet", "--return", "--command", &script, "/dev/null"]).current_dir(world.folder.path());
        shell.env("TIELINE_ADMIN", service.admin.to_string()).env("TIELINE_TOKEN_FILE", &service.token_file);
        shell.env_remove("NO_COLOR").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = shell.spawn().expect("script runs");
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, shown) = terminal("n\n", 90);
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("discard 2? [y/N]") && shown.contains("nothing was done"), "{shown}");
    assert!(shown.contains('\u{1b}') && shown.contains('…'), "{shown}");
    let plain = |line: &str| {
        line.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect::<String>()
    };
    let rows = shown.lines().filter(|line| line.contains("DEAD"));
    assert!(rows.map(|line| plain(line.trim_end()).chars().count()).all(|width| width <= 90), "{shown}");
    let (code, shown) = terminal("y\n", 200);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("discard: 2 done"), "{shown}");
}
