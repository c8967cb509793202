//! Dashboards for Grafana.
//!
//! In: the catalog, the table of metrics. Out: dashboards as JSON, one an interface and one over all, to be imported as
//! they are. Never knows: an instance; it asks for the data source.

use catalog::model::Interface;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::grafana_format::{
    Custom, DATA, Dashboard, Defaults, Drawn, FieldConfig, Link, List, Place, Step, Style, Target, Thresholds, Time,
};
use super::metrics::{label, metric};
use super::pretty;
use crate::routes::slug;
use crate::view::Context;

/// The version of the format that these dashboards are written in (Grafana 10 and newer move it on by themselves).
const SCHEMA: u32 = 39;
/// Widths are counted in 24ths.
const WIDTH: u32 = 24;

/// Draws one panel.
struct Panel {
    title: &'static str,
    kind: &'static str,
    width: u32,
    height: u32,
    /// The metric that gives unit and explanation.
    of: &'static str,
    unit: Option<&'static str>,
    /// Queries with the legend of each.
    queries: Vec<(String, &'static str)>,
    /// A line that is not to be crossed.
    line: Option<f64>,
}

/// The dashboard over all interfaces, of which some can be selected.
pub(super) fn whole(context: &Context<'_>) -> String {
    let own = "interface=~\"$interface\"";
    let mut panels = now(own);
    panels.extend(flow(own, None));
    panels.extend(targets(""));
    panels.extend(service());
    let mut dashboard = dashboard("tieline", &context.options.name, &panels);
    dashboard.templating.list.push(json!({
        "name": "interface",
        "label": "Interface",
        "type": "query",
        "datasource": { "type": "prometheus", "uid": "${datasource}" },
        "query": format!("label_values({}, interface)", metric("tieline_backlog").of("")),
        "refresh": 2,
        "multi": true,
        "includeAll": true,
        "current": { "text": "All", "value": "$__all" },
        "sort": 1,
    }));
    pretty(&dashboard)
}

/// The dashboard of one interface and the systems that it calls.
pub(super) fn of_interface(context: &Context<'_>, interface: &Interface) -> String {
    let own = label("interface", &interface.smart_id.text);
    let names: Vec<String> = interface.systems.iter().map(|name| regex(name)).collect();
    let mut panels = now(&own);
    panels.extend(flow(&own, interface.sla.latency_p95_ms));
    panels.extend(targets(&label_matches("target", &names.join("|"))));
    let id = &interface.smart_id.text;
    let title = format!("{id}: {}", interface.title);
    let mut dashboard = dashboard(id, &title, &panels);
    let page = context.routes.interface(id);
    if let Some((base, page)) = context.options.address.as_deref().zip(page) {
        dashboard.links.push(Link { title: "Interface page", kind: "link", url: format!("{base}{page}") });
    }
    pretty(&dashboard)
}

fn now(own: &str) -> Vec<Panel> {
    let figure = |title, of, query: String| Panel {
        title,
        kind: "stat",
        width: 6,
        height: 4,
        of,
        unit: None,
        queries: vec![(query, "")],
        line: None,
    };
    let sum = |name: &str| format!("sum({})", metric(name).of(own));
    vec![
        figure("Not ended", "tieline_backlog", sum("tieline_backlog")),
        figure(
            "Oldest",
            "tieline_oldest_message_age_seconds",
            format!("max({})", metric("tieline_oldest_message_age_seconds").of(own)),
        ),
        figure("Dead letters", "tieline_dead_letters", sum("tieline_dead_letters")),
        figure("Held", "tieline_held", sum("tieline_held")),
    ]
}

fn flow(own: &str, agreed_ms: Option<u64>) -> Vec<Panel> {
    let window = "$__rate_interval";
    let took = metric("tieline_delivery_duration_seconds");
    let by = |name: &str, by: &str| format!("sum by ({by}) ({})", metric(name).rate(own, window));
    vec![
        graph(
            "Accepted and ended a second",
            "tieline_messages_ended",
            vec![
                (format!("sum({})", metric("tieline_messages_accepted").rate(own, window)), "accepted"),
                (by("tieline_messages_ended", "outcome"), "{{outcome}}"),
            ],
        ),
        Panel {
            line: agreed_ms.map(|ms| std::time::Duration::from_millis(ms).as_secs_f64()),
            ..graph(
                "Acceptance to end",
                "tieline_delivery_duration_seconds",
                vec![
                    (took.percentile(50, "", own, window), "half"),
                    (took.percentile(95, "", own, window), "95 %"),
                    (took.percentile(99, "", own, window), "99 %"),
                ],
            )
        },
        graph(
            "Tries a second",
            "tieline_attempts",
            vec![(by("tieline_attempts", "step, class"), "{{step}}: {{class}}")],
        ),
        graph(
            "Refused at the door a second",
            "tieline_refusals",
            vec![(by("tieline_refusals", "status"), "{{status}}")],
        ),
        graph(
            "Waiting",
            "tieline_held",
            vec![
                (format!("sum by (reason) ({})", metric("tieline_held").of(own)), "held: {{reason}}"),
                (format!("sum({})", metric("tieline_retrying").of(own)), "for the next try"),
            ],
        ),
        graph(
            "Starts of timetables after their time",
            "tieline_schedule_lateness_seconds",
            vec![(
                metric("tieline_schedule_lateness_seconds").percentile(95, "interface", own, window),
                "{{interface}}",
            )],
        ),
    ]
}

fn targets(own: &str) -> Vec<Panel> {
    let calls = metric("tieline_call_duration_seconds");
    vec![
        graph(
            "Calls to systems, 95 %",
            "tieline_call_duration_seconds",
            vec![(calls.percentile(95, "target", own, "$__rate_interval"), "{{target}}")],
        ),
        graph(
            "Circuit breakers",
            "tieline_target_breaker",
            vec![(metric("tieline_target_breaker").of(own), "{{target}}")],
        ),
        graph(
            "Calls under way",
            "tieline_target_in_flight",
            vec![
                (metric("tieline_target_in_flight").of(own), "{{target}}"),
                (metric("tieline_target_in_flight_limit").of(own), "{{target}}: allowed"),
            ],
        ),
        graph(
            "Calls today",
            "tieline_target_calls_today",
            vec![
                (metric("tieline_target_calls_today").of(own), "{{target}}"),
                (metric("tieline_target_calls_limit").of(own), "{{target}}: allowed"),
            ],
        ),
    ]
}

fn service() -> Vec<Panel> {
    let commits = metric("tieline_journal_commit_seconds");
    vec![
        graph(
            "Commits",
            "tieline_journal_commit_seconds",
            vec![(commits.percentile(99, "instance", "", "$__rate_interval"), "{{instance}}: 99 %")],
        ),
        graph(
            "Store",
            "tieline_store_bytes",
            vec![
                (metric("tieline_store_bytes").of(""), "{{instance}}"),
                (metric("tieline_store_limit_bytes").of(""), "{{instance}}: allowed"),
            ],
        ),
        graph(
            "Memory",
            "process_resident_memory_bytes",
            vec![(metric("process_resident_memory_bytes").of("job=~\".*tieline.*\""), "{{instance}}")],
        ),
        graph(
            "Alerts that have not arrived",
            "tieline_alert_outbox_posts",
            vec![(metric("tieline_alert_outbox_posts").of(""), "{{instance}}")],
        ),
    ]
}

fn graph(title: &'static str, of: &'static str, queries: Vec<(String, &'static str)>) -> Panel {
    Panel { title, kind: "timeseries", width: 12, height: 8, of, unit: None, queries, line: None }
}

fn dashboard<'p>(id: &str, title: &'p str, panels: &'p [Panel]) -> Dashboard<'p> {
    let (mut x, mut y) = (0, 0);
    let mut drawn = Vec::with_capacity(panels.len());
    for (panel, id) in panels.iter().zip(1_u32..) {
        if x + panel.width > WIDTH {
            (x, y) = (0, y + panel.height);
        }
        drawn.push(draw(panel, id, (x, y)));
        x += panel.width;
        if x >= WIDTH {
            (x, y) = (0, y + panel.height);
        }
    }
    Dashboard {
        uid: uid(id),
        title,
        tags: ["tieline"],
        timezone: "browser",
        schema_version: SCHEMA,
        editable: true,
        refresh: "30s",
        time: Time { from: "now-6h", to: "now" },
        templating: List { list: vec![source()] },
        annotations: List { list: Vec::new() },
        panels: drawn,
        links: Vec::new(),
    }
}

/// The beginning of a long name says too little: its digest makes it one of its own.
fn uid(name: &str) -> String {
    let slug = slug(name);
    if slug.len() <= 40 {
        return slug;
    }
    let sum = Sha256::digest(slug.as_bytes());
    let start: String = slug.chars().take(31).collect();
    format!("{start}-{:02x}{:02x}{:02x}{:02x}", sum[0], sum[1], sum[2], sum[3])
}

fn draw(panel: &Panel, id: u32, (x, y): (u32, u32)) -> Drawn<'_> {
    let about = metric(panel.of);
    let queries = panel.queries.iter().zip('A'..);
    let targets =
        queries.map(|((expr, legend), ref_id)| Target { ref_id, datasource: DATA, expr, legend_format: legend });
    let mut steps = vec![Step { color: "green", value: None }];
    steps.extend(panel.line.map(|line| Step { color: "red", value: Some(line) }));
    let mode = if panel.line.is_some() { "line" } else { "off" };
    Drawn {
        id,
        title: panel.title,
        description: about.meaning,
        kind: panel.kind,
        datasource: DATA,
        grid_pos: Place { x, y, w: panel.width, h: panel.height },
        field_config: FieldConfig {
            defaults: Defaults {
                unit: panel.unit.unwrap_or_else(|| about.grafana_unit()),
                min: 0,
                thresholds: Thresholds { mode: "absolute", steps },
                custom: Custom { thresholds_style: Style { mode } },
            },
            overrides: [],
        },
        targets: targets.collect(),
    }
}

/// Which Prometheus.
fn source() -> Value {
    json!({ "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus" })
}

/// A matcher for several values of a label.
fn label_matches(name: &str, pattern: &str) -> String {
    format!("{name}=~{}", super::metrics::quoted(pattern))
}

/// A name as RE2 reads it for itself.
fn regex(name: &str) -> String {
    name.chars().flat_map(|c| if c.is_ascii_punctuation() { vec!['\\', c] } else { vec![c] }).collect()
}
