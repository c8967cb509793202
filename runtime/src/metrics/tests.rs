//! Figures are written under the names of the table, all of them, and no others.

use std::collections::BTreeSet;

use super::*;

fn everything() -> String {
    let metrics = Metrics::new();
    metrics.accepted("A");
    metrics.ended("A", "DELIVERED", 280);
    metrics.attempt("A", "line[3].create", "retryable");
    metrics.attempt("A", "line[4].create#2", "retryable");
    metrics.called("ERP", 20);
    metrics.started("A", 1_500);
    metrics.committed(3, Duration::from_micros(700));
    metrics.dead_letters("A", 2);
    metrics.refused("A", 401);
    metrics.alert("Email", "sent");
    metrics.alert_channel("Email", true);
    metrics.alerts_beat(1_767_225_600_000);
    metrics.alerts_waiting(2, 3_000);
    metrics.telemetry_dropped(Signal::Logs, 7);
    let interface = |held| InterfaceFigures { interface: "A", backlog: 3, oldest_ms: 2_500, retrying: 1, held };
    let snapshot = |held| Snapshot {
        build: ("0.1.0", "abc".to_owned()),
        now_ms: 4_000,
        interfaces: vec![interface(held)],
        targets: vec![TargetFigures {
            target: "ERP",
            breaker: 2,
            in_flight: 4,
            in_flight_limit: 16,
            calls_today: 10,
            calls_limit: Some(1_000),
        }],
        systems: vec![(
            "ERP".to_owned(),
            SystemFigures {
                tokens: 3,
                token_failures: 1,
                certificate_expires_ms: Some(1_000),
                secret_expires_ms: Some(9_000),
            },
        )],
        store_bytes: Some(4_096),
        store_limit_bytes: Some(8_192),
        incidents: 1,
        lanes: 64,
    };
    let _earlier = metrics.text(snapshot(vec![("TARGET", 2)]));
    metrics.text(snapshot(vec![("UNKNOWN", 1)]))
}

#[test]
fn figures_are_written_under_the_agreed_names() {
    let text = everything();
    for line in [
        "tieline_build_info{version=\"0.1.0\",digest=\"abc\"} 1",
        "tieline_messages_accepted_total{interface=\"A\"} 1",
        "tieline_messages_ended_total{interface=\"A\",outcome=\"DELIVERED\"} 1",
        "tieline_attempts_total{interface=\"A\",step=\"line[].create\",class=\"retryable\"} 2",
        "tieline_delivery_duration_seconds_bucket{le=\"0.25\",interface=\"A\"} 0",
        "tieline_delivery_duration_seconds_bucket{le=\"0.3\",interface=\"A\"} 1",
        "tieline_journal_commit_seconds_bucket{le=\"0.001\"} 1",
        "tieline_backlog{interface=\"A\"} 3",
        "tieline_held{interface=\"A\",reason=\"UNKNOWN\"} 1",
        "tieline_oldest_message_age_seconds{interface=\"A\"} 2.5",
        "tieline_dead_letters{interface=\"A\"} 2",
        "tieline_target_breaker{target=\"ERP\"} 2",
        "tieline_token_fetches_total{target=\"ERP\",outcome=\"refused\"} 1",
        "tieline_certificate_expiry_seconds{target=\"ERP\"} -3.0",
        "tieline_refusals_total{interface=\"A\",status=\"401\"} 1",
        "tieline_alerts_total{channel=\"Email\",outcome=\"sent\"} 1",
        "tieline_telemetry_dropped_total{signal=\"logs\"} 7",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("reason=\"TARGET\""), "nothing is held for it any more");
}

#[test]
fn all_of_the_table_is_written_with_its_labels() {
    let text = everything();
    for row in table::rows() {
        let wanted: BTreeSet<&str> = row.labels.split(',').filter(|label| !label.is_empty()).collect();
        let start = |line: &&str| {
            line.strip_prefix(row.name)
                .is_some_and(|rest| rest.starts_with(['{', ' ', '_']) && !rest.starts_with("_limit"))
        };
        let line = text.lines().filter(|line| !line.starts_with('#')).find(start);
        let line = line.unwrap_or_else(|| panic!("nothing is written as {}\n{text}", row.name));
        let labels = line.split_once('{').map_or("", |(_, rest)| rest.split_once('}').map_or("", |(labels, _)| labels));
        let found = labels.split(',').filter_map(|label| label.split_once('=')).map(|(name, _)| name);
        assert_eq!(found.filter(|name| *name != "le").collect::<BTreeSet<_>>(), wanted, "{line}");
        assert!(text.contains(&format!("# HELP {} {}", row.name, row.meaning)), "{row:?}");
    }
}
