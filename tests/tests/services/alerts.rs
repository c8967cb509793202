//! The runtime's alert channels against the simulators of PagerDuty, Slack and Microsoft Teams, over real sockets.
//!
//! In: posts as the outbox makes them. Out: what arrives, and what the outbox is told. Never knows: the engine.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{collections::BTreeMap, sync::Arc};

use runtime::{
    alert::{Channels, Links, Undelivered, channels},
    clock::{Clock, ScaledClock},
    environment::Environment,
    journal::{Acknowledged, Incident, Post, PostState},
    lifecycle::{Reason, Trouble},
};
use simulators::{Effect, Fault, Landscape, Options, Partner as _, pagerduty::Status};

const NAMES: [&str; 3] = ["PagerDuty", "Slack", "Microsoft Teams"];

async fn landscape() -> (Landscape, Channels) {
    let landscape = Landscape::start(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str| landscape.secrets().into_iter().find(|(key, _)| key == name).unwrap().1;
    let file = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, secret(name)).unwrap();
        format!("file:{}", path.display())
    };
    let text = format!(
        "[store]\nsqlite = \":memory:\"\n[site]\nurl = \"https://pages.example.org/\"\n\
         [alerts.PagerDuty]\nkind = \"pagerduty\"\nurl = \"{}\"\nrouting_key = \"{}\"\n\
         [alerts.Slack]\nkind = \"slack\"\nwebhook = \"{}\"\n\
         [alerts.\"Microsoft Teams\"]\nkind = \"teams\"\nwebhook = \"{}\"\n",
        landscape.pagerduty.base_url(),
        file("PAGERDUTY_ROUTING_KEY"),
        file("SLACK_WEBHOOK"),
        file("TEAMS_WEBHOOK"),
    );
    let environment = Environment::parse(&text).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::SYSTEM);
    let links = Links::new(environment.site.as_deref());
    (landscape, channels(environment.alerts, &links, &clock).unwrap())
}

fn incident() -> Incident {
    Incident {
        dedup_key: "PROC-A-SRM7-ORDER-V1/SAP SRM7/EXHAUSTED".to_owned(),
        interface: "PROC-A-SRM7-ORDER-V1".to_owned(),
        target: "SAP SRM7".to_owned(),
        reason: Trouble::Message(Reason::Exhausted),
        firing: true,
        acknowledged: None,
        count: 3,
        first_ms: 1_767_225_600_000,
        last_ms: 1_767_225_690_500,
        updates: 0,
        told: 1,
        channels: NAMES.map(str::to_owned).into(),
        message_id: "0199".to_owned(),
        detail: "<!channel> status 503 & <b>down</b> [click](https://evil.example)".to_owned(),
    }
}

async fn tell(channels: &Channels, name: &str, incident: &Incident) -> Result<(), Undelivered> {
    let post = Post {
        id: "p1".to_owned(),
        channel: name.to_owned(),
        incident: incident.clone(),
        state: PostState::Pending,
        tries: 0,
        due_ms: 0,
        created_ms: 0,
        error: String::new(),
    };
    channels[name].tell(&post).await
}

#[tokio::test]
async fn pagerduty_folds_an_incident_from_trigger_over_acknowledge_to_resolve() {
    let (landscape, channels) = landscape().await;
    let mut incident = incident();
    let status = || landscape.pagerduty.alerts().iter().map(|alert| (alert.status, alert.triggers)).collect::<Vec<_>>();
    for _ in 0..2 {
        tell(&channels, "PagerDuty", &incident).await.unwrap();
    }
    assert_eq!(status(), [(Status::Triggered, 2)], "told twice, called once");
    incident.acknowledged = Some(Acknowledged { who: "ann".to_owned(), at_ms: 5 });
    tell(&channels, "PagerDuty", &incident).await.unwrap();
    assert_eq!(status(), [(Status::Acknowledged, 2)]);
    incident.firing = false;
    tell(&channels, "PagerDuty", &incident).await.unwrap();
    assert_eq!(status(), [(Status::Resolved, 2)]);
    let payload = &landscape.pagerduty.alerts()[0].payload;
    assert_eq!((&payload["severity"], &payload["class"]), (&"error".into(), &"EXHAUSTED".into()));
    assert_eq!(payload["custom_details"]["Messages"], "3");
    let link = &landscape.pagerduty.events()[0]["links"][0]["href"];
    assert_eq!(link, "https://pages.example.org/interfaces/proc-a-srm7-order-v1/index.html#breaks");
}

#[tokio::test]
async fn nothing_in_an_alert_becomes_a_link_or_a_call_of_everybody() {
    let (landscape, channels) = landscape().await;
    for name in ["Slack", "Microsoft Teams"] {
        tell(&channels, name, &incident()).await.unwrap();
    }
    let slack = landscape.slack.messages()[0].to_string();
    assert!(slack.contains("&lt;!channel&gt; status 503 &amp; &lt;b&gt;down&lt;/b&gt;"), "{slack}");
    assert!(!slack.contains("<!channel>"), "{slack}");
    let card = landscape.teams.messages()[0]["attachments"][0]["content"].clone();
    let detail = "<!channel> status 503 & <b>down</b> [click](https://evil.example)";
    let mut blocks = card["body"].as_array().unwrap().iter();
    // As a plain run of text Teams shows it letter by letter.
    assert!(blocks.any(|block| block["type"] == "RichTextBlock" && block["inlines"][0]["text"] == detail), "{card:#}");
}

#[tokio::test]
async fn what_a_channel_answers_decides_whether_it_is_tried_again() {
    let (landscape, channels) = landscape().await;
    let fault = |code, retry_after| Effect::Status { code, body: None, retry_after };
    // Channel, status, Retry-After, given up, wait.
    let cases = [
        ("PagerDuty", 429, None, false, Some(60_000)),
        ("PagerDuty", 429, Some(7), false, Some(7_000)),
        ("PagerDuty", 500, None, false, None),
        ("PagerDuty", 400, None, true, None),
        ("Slack", 429, Some(30), false, Some(30_000)),
        ("Slack", 410, None, false, None),
        ("Slack", 500, None, false, None),
        ("Microsoft Teams", 429, None, false, None),
        ("Microsoft Teams", 401, None, false, None),
        ("Microsoft Teams", 400, None, true, None),
    ];
    for (name, status, retry_after, permanent, wait) in cases {
        match name {
            "PagerDuty" => landscape.pagerduty.faults(vec![Fault::on("enqueue", 1, fault(status, retry_after))]),
            "Slack" => landscape.slack.faults(vec![Fault::on("webhook", 1, fault(status, retry_after))]),
            _ => landscape.teams.faults(vec![Fault::on("webhook", 1, fault(status, retry_after))]),
        }
        let told = tell(&channels, name, &incident()).await.unwrap_err();
        assert_eq!((told.permanent, told.retry_after_ms), (permanent, wait), "{name} {status}: {told}");
    }
}

#[tokio::test]
async fn long_texts_and_keys_are_cut_to_what_the_channels_take() {
    let (landscape, channels) = landscape().await;
    let long = "é".repeat(40_000);
    let interface = format!("PROC-{}-V1", "X".repeat(300));
    let incident = Incident { dedup_key: long.clone(), interface, detail: long, ..incident() };
    for name in NAMES {
        tell(&channels, name, &incident).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert_eq!(landscape.pagerduty.alerts().len(), 1);
    assert_eq!((landscape.slack.messages().len(), landscape.teams.messages().len()), (1, 1));
}

#[tokio::test]
async fn no_error_of_a_channel_holds_its_secret() {
    let (landscape, channels) = landscape().await;
    let secrets: BTreeMap<String, String> = landscape.secrets().into_iter().collect();
    landscape.pagerduty.down().await;
    landscape.slack.down().await;
    landscape.teams.down().await;
    for name in NAMES {
        let told = tell(&channels, name, &incident()).await.unwrap_err();
        let text = format!("{told:?} {:?}", channels.keys());
        for (key, secret) in &secrets {
            assert!(!text.contains(secret.as_str()), "{name} tells {key}: {text}");
        }
        assert!(!told.permanent, "{name}");
    }
}
