//! Alert rules for Prometheus: what each document promises, watched from outside.
//!
//! In: the catalog. Out: rule files (YAML; one group an interface, one a system, one for the service). Never knows: an
//! instance, or whom it tells.
//!
//! The runtime sends alerts of its own, per message and without anything beside it. These rules are the second pair of
//! eyes: they also fire when the runtime is not there to speak.

use std::fmt::Write;

use catalog::model::{Durability, Interface, Operation, OperationRef, Status, System, TriggerKind};

use super::metrics::{label, metric, quoted};
use crate::view::Context;
use crate::words;

/// Longer than a scrape or two: no rule fires on a single look.
const PATIENCE: &str = "2m";
/// What a message may take beyond its timetable before somebody is told.
const MARGIN_MS: u64 = 60_000;

/// One alert.
struct Rule {
    alert: &'static str,
    expr: String,
    lasting: &'static str,
    severity: &'static str,
    summary: String,
    description: String,
}

/// The rules of one interface.
pub(super) fn of_interface(context: &Context<'_>, interface: &Interface) -> String {
    let mut text = head();
    group(&mut text, &interface.smart_id.text, &rules(interface), &labels(interface), &runbook(context, interface));
    text
}

/// All rules.
pub(super) fn whole(context: &Context<'_>) -> String {
    let mut text = head();
    group(&mut text, "tieline", &service(context), &[], "");
    for system in called(context) {
        let mut labels = vec![("target", system.name.clone())];
        labels.extend(owner(system.owner.as_ref()));
        group(&mut text, &format!("system {}", system.name), &target(system), &labels, "");
    }
    let running = context.catalog.interfaces().iter().filter(|it| it.status != Status::Retired);
    for interface in running {
        group(&mut text, &interface.smart_id.text, &rules(interface), &labels(interface), &runbook(context, interface));
    }
    text
}

/// Systems that some interface calls: the others have no figures.
fn called<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a System> {
    let reference = |system: &System, operation: &Operation| OperationRef {
        system: system.name.clone(),
        operation: operation.name.clone(),
    };
    let used = move |system: &&System| {
        system.operations.iter().any(|operation| !context.users(&reference(system, operation)).is_empty())
    };
    context.catalog.systems().iter().filter(used)
}

fn head() -> String {
    "# Alert rules for Prometheus, made from the documents of the interface catalog.\ngroups:\n".to_owned()
}

fn group(text: &mut String, name: &str, rules: &[Rule], labels: &[(&str, String)], runbook: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  - name: {}\n    rules:", quoted(name));
    for rule in rules {
        let _ = writeln!(text, "      - alert: {}\n        expr: {}", rule.alert, quoted(&rule.expr));
        let _ = writeln!(text, "        for: {}\n        labels:\n          severity: {}", rule.lasting, rule.severity);
        for (name, value) in labels {
            let _ = writeln!(text, "          {name}: {}", quoted(&literal(value)));
        }
        let _ = writeln!(text, "        annotations:\n          summary: {}", quoted(&rule.summary));
        let _ = writeln!(text, "          description: {}", quoted(&rule.description));
        if !runbook.is_empty() {
            let _ = writeln!(text, "          runbook_url: {}", quoted(&literal(runbook)));
        }
    }
}

/// A text of an author: Prometheus would run what stands between double braces.
fn literal(text: &str) -> String {
    text.replace("{{", "{ {")
}

fn labels(interface: &Interface) -> Vec<(&'static str, String)> {
    let owners = &interface.owners;
    let team = owners.support.as_ref().or(owners.technical.as_ref()).or(owners.business.as_ref());
    let mut labels = vec![("interface", interface.smart_id.text.clone()), ("domain", interface.domain.clone())];
    labels.extend(owner(team));
    labels
}

fn owner(team: Option<&String>) -> Vec<(&'static str, String)> {
    team.map(|team| ("owner", team.clone())).into_iter().collect()
}

/// Where it says what to do: the address that the document names, or the page of the interface.
fn runbook(context: &Context<'_>, interface: &Interface) -> String {
    if let Some(runbook) = &interface.monitoring.runbook {
        return runbook.clone();
    }
    let page = context.routes.interface(&interface.smart_id.text);
    let address = context.options.address.as_deref().zip(page);
    address.map(|(base, page)| format!("{base}{page}#breaks")).unwrap_or_default()
}

fn rules(interface: &Interface) -> Vec<Rule> {
    let mut rules = vec![lost(interface), late(interface)];
    rules.extend(level(interface));
    if let TriggerKind::Schedule(schedule) = &interface.trigger.kind {
        let own = label("interface", &interface.smart_id.text);
        rules.push(Rule {
            alert: "TielineScheduleLate",
            expr: format!("{} > 0", metric("tieline_schedule_lateness_seconds").above(60, &own, "15m")),
            lasting: "0m",
            severity: "warning",
            summary: format!("{} started late", interface.smart_id.text),
            description: literal(&format!(
                "A start of the timetable ({}) came more than a minute after its time.",
                schedule.phrase
            )),
        });
    }
    rules
}

/// Messages that need a person.
fn lost(interface: &Interface) -> Rule {
    let (id, own) = (&interface.smart_id.text, label("interface", &interface.smart_id.text));
    if interface.errors.dead_letter {
        return Rule {
            alert: "TielineDeadLetters",
            expr: format!("{} > 0", metric("tieline_dead_letters").of(&own)),
            lasting: "0m",
            severity: "critical",
            summary: format!("{id}: {{{{ $value }}}} in the dead-letter list"),
            description: format!("Look at them with: tieline dead-letters --interface {id}"),
        };
    }
    let failed = metric("tieline_messages_ended").increase(&format!("{own},outcome=\"FAILED\""), "15m");
    Rule {
        alert: "TielineMessagesFailed",
        expr: format!("sum({failed}) > 0"),
        lasting: "0m",
        severity: "critical",
        summary: format!("{id}: messages failed"),
        description: format!(
            "There is no dead-letter list for them. Look at them with: tieline messages --interface {id} --state FAILED"
        ),
    }
}

/// A message that is older than the timetable of its document can explain.
fn late(interface: &Interface) -> Rule {
    let (id, own) = (&interface.smart_id.text, label("interface", &interface.smart_id.text));
    let retry = &interface.errors.retry;
    let last_ms = retry.sends_ms().last().copied().unwrap_or_default();
    let jitter_ms = last_ms.saturating_mul(u64::from(retry.jitter_percent)) / 100;
    let most_ms = last_ms.saturating_add(jitter_ms).saturating_add(MARGIN_MS);
    Rule {
        alert: "TielineMessagesLate",
        expr: format!("{} > {}", metric("tieline_oldest_message_age_seconds").of(&own), most_ms.div_ceil(1_000)),
        lasting: PATIENCE,
        severity: "warning",
        summary: format!("{id}: a message is late"),
        description: format!(
            "The last repetition of a message is due after {}; the oldest one is {{{{ $value | humanizeDuration }}}} \
             old. It waits for a person, for its turn or for the target.",
            words::duration(last_ms.saturating_add(jitter_ms))
        ),
    }
}

/// What was agreed.
fn level(interface: &Interface) -> Vec<Rule> {
    let (id, own) = (&interface.smart_id.text, label("interface", &interface.smart_id.text));
    // Requests that are not journalled are neither counted as accepted nor timed.
    if matches!(interface.trigger.kind, TriggerKind::Request { durability: Durability::Transient, .. }) {
        return Vec::new();
    }
    let took = metric("tieline_delivery_duration_seconds");
    let mut rules = Vec::new();
    let mut latency = |what: &str, expr: String, agreed_ms: u64| {
        rules.push(Rule {
            alert: "TielineLatencyAboveAgreed",
            expr: format!("{expr} > {}", seconds(agreed_ms)),
            lasting: "10m",
            severity: "warning",
            summary: format!("{id}: slower than agreed"),
            description: format!(
                "{what} from acceptance to the end is {{{{ $value | humanizeDuration }}}}; agreed: {}.",
                words::duration(agreed_ms)
            ),
        });
    };
    if let Some(agreed_ms) = interface.sla.latency_p95_ms {
        latency("The 95th percentile of the time", took.percentile(95, "", &own, "10m"), agreed_ms);
    }
    if let Some(agreed_ms) = interface.sla.latency_avg_ms {
        latency("The average time", took.average(&own, "10m"), agreed_ms);
    }
    if let Some((agreed, share)) = interface.sla.availability.as_deref().and_then(allowed) {
        let refused = metric("tieline_refusals").increase(&format!("{own},status=~\"5..\""), "1h");
        let accepted = metric("tieline_messages_accepted").increase(&own, "1h");
        rules.push(Rule {
            alert: "TielineAvailabilityBelowAgreed",
            expr: format!("sum({refused}) / (sum({refused}) + sum({accepted})) > {share}"),
            lasting: PATIENCE,
            severity: "warning",
            summary: format!("{id}: less available than agreed"),
            description: format!(
                "Within an hour {{{{ $value | humanizePercentage }}}} of the requests were refused with a 5xx status; \
                 agreed availability: {agreed} %."
            ),
        });
    }
    rules
}

/// What was agreed, and the share that may fail: `99.99` leaves one in ten thousand.
fn allowed(percent: &str) -> Option<(f64, String)> {
    let percent: f64 = percent.trim().trim_end_matches('%').trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then(|| {
        let share = format!("{:.6}", (100.0 - percent) / 100.0);
        (percent, share.trim_end_matches('0').trim_end_matches('.').to_owned())
    })
}

/// Milliseconds as PromQL writes seconds.
fn seconds(ms: u64) -> String {
    let text = format!("{}.{:03}", ms / 1_000, ms % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A system that is called.
fn target(system: &System) -> Vec<Rule> {
    let (name, own) = (literal(&system.name), label("target", &system.name));
    let expiry = |metric_name: &str, what: &str, alert: &'static str| Rule {
        alert,
        expr: format!("{} < 14 * 86400", metric(metric_name).of(&own)),
        lasting: "1h",
        severity: "warning",
        summary: format!("{what} for {name} expires in {{{{ $value | humanizeDuration }}}}"),
        description: "Renew it, put it where the environment says, and restart the service.".to_owned(),
    };
    let mut rules = vec![
        Rule {
            alert: "TielineTargetDown",
            expr: format!("{} == 2", metric("tieline_target_breaker").of(&own)),
            lasting: PATIENCE,
            severity: "critical",
            summary: format!("{name} fails: calls are held back"),
            description: "The circuit breaker is open. Messages wait, nothing is lost, and calls go on by themselves \
                          when the system answers again."
                .to_owned(),
        },
        expiry("tieline_certificate_expiry_seconds", "The client certificate", "TielineCertificateExpires"),
        expiry("tieline_secret_expiry_seconds", "A secret", "TielineSecretExpires"),
    ];
    if system.limits.per_day.is_some() {
        let (today, limit) = (metric("tieline_target_calls_today"), metric("tieline_target_calls_limit"));
        rules.push(Rule {
            alert: "TielineTargetQuotaNearlyUsed",
            expr: format!("{} > 0.9 * {}", today.of(&own), limit.of(&own)),
            lasting: PATIENCE,
            severity: "warning",
            summary: format!("{name}: nine tenths of today's calls are used"),
            description: "When all are used, messages wait until midnight UTC.".to_owned(),
        });
    }
    rules
}

/// The service itself.
fn service(context: &Context<'_>) -> Vec<Rule> {
    let build = metric("tieline_build_info");
    let documented = context.catalog.digest();
    let rule = |alert, expr, (lasting, severity), summary: &str, description: &str| Rule {
        alert,
        expr,
        lasting,
        severity,
        summary: summary.to_owned(),
        description: description.to_owned(),
    };
    let (used, limit) = (metric("tieline_store_bytes").of(""), metric("tieline_store_limit_bytes").of(""));
    vec![
        rule(
            "TielineAbsent",
            format!("absent({})", build.of("")),
            (PATIENCE, "critical"),
            "No service is running, or none can be asked",
            "Nothing is accepted and nothing is delivered. What was accepted is in the store.",
        ),
        rule(
            "TielineNotAsDocumented",
            format!("{} == 1", build.of(&format!("digest!={}", quoted(documented)))),
            ("15m", "warning"),
            "{{ $labels.instance }} runs other documents than these",
            "What the catalog says and what runs are not the same. Deploy, or build the catalog again.",
        ),
        rule(
            "TielineStoreNearlyFull",
            format!("{used} > 0.8 * {limit}"),
            (PATIENCE, "critical"),
            "The store is four fifths full",
            "At nine tenths nothing more is accepted. Give it room or shorten the retention.",
        ),
        rule(
            "TielineAlertChannelDown",
            format!("{} == 0", metric("tieline_alert_channel_up").of("")),
            ("5m", "warning"),
            "Alerts do not get through {{ $labels.channel }}",
            "They are kept and tried again.",
        ),
        rule(
            "TielineAlertsWait",
            format!("{} > 600", metric("tieline_alert_outbox_age_seconds").of("")),
            (PATIENCE, "critical"),
            "An alert has not arrived for ten minutes",
            "Somebody should have been told and was not. Look at: tieline alerts",
        ),
        rule(
            "TielineAlertsStopped",
            format!("time() - {} > 120", metric("tieline_alert_outbox_heartbeat_seconds").of("")),
            (PATIENCE, "critical"),
            "The alerts of {{ $labels.instance }} stand still",
            "The service is there, but does not look after its alerts.",
        ),
        rule(
            "TielineSlowDisk",
            format!("{} > 0.25", metric("tieline_journal_commit_seconds").percentile(99, "instance", "", "10m")),
            ("10m", "warning"),
            "{{ $labels.instance }} waits for its disk",
            "Of a hundred transactions one takes more than 250 ms to be durable: every sender waits for that.",
        ),
        rule(
            "TielineTelemetryDropped",
            format!("sum by (instance, signal) ({}) > 0", metric("tieline_telemetry_dropped").increase("", "15m")),
            ("0m", "warning"),
            "{{ $labels.signal }} of {{ $labels.instance }} do not reach the collector",
            "Spans or log records were dropped. Messages are not affected.",
        ),
    ]
}
