//! The parts of a dashboard that Grafana reads, by their names there.
//!
//! In: nothing. Out: structures that are written as they are: there are as many dashboards as interfaces, and a tree of values
//! for each would cost more than all of its page. Never knows: metrics, interfaces.

use serde::Serialize;
use serde_json::Value;

/// The data source that a reader chooses.
pub(super) const DATA: Source = Source { kind: "prometheus", uid: "${datasource}" };

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dashboard<'p> {
    /// Grafana wants at most 40 characters, the same at every import.
    pub(super) uid: String,
    pub(super) title: &'p str,
    pub(super) tags: [&'static str; 1],
    pub(super) timezone: &'static str,
    pub(super) schema_version: u32,
    pub(super) editable: bool,
    pub(super) refresh: &'static str,
    pub(super) time: Time,
    pub(super) templating: List,
    pub(super) annotations: List,
    pub(super) panels: Vec<Drawn<'p>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<Link>,
}

#[derive(Serialize)]
pub(super) struct Time {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

#[derive(Serialize)]
pub(super) struct List {
    pub(super) list: Vec<Value>,
}

#[derive(Serialize)]
pub(super) struct Link {
    pub(super) title: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Drawn<'p> {
    pub(super) id: u32,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) datasource: Source,
    pub(super) grid_pos: Place,
    pub(super) field_config: FieldConfig,
    pub(super) targets: Vec<Target<'p>>,
}

#[derive(Serialize)]
pub(super) struct Source {
    #[serde(rename = "type")]
    kind: &'static str,
    uid: &'static str,
}

#[derive(Serialize)]
pub(super) struct Place {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) w: u32,
    pub(super) h: u32,
}

#[derive(Serialize)]
pub(super) struct FieldConfig {
    pub(super) defaults: Defaults,
    pub(super) overrides: [u32; 0],
}

#[derive(Serialize)]
pub(super) struct Defaults {
    pub(super) unit: &'static str,
    pub(super) min: u32,
    pub(super) thresholds: Thresholds,
    pub(super) custom: Custom,
}

#[derive(Serialize)]
pub(super) struct Thresholds {
    pub(super) mode: &'static str,
    pub(super) steps: Vec<Step>,
}

#[derive(Serialize)]
pub(super) struct Step {
    pub(super) color: &'static str,
    pub(super) value: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Custom {
    pub(super) thresholds_style: Style,
}

#[derive(Serialize)]
pub(super) struct Style {
    pub(super) mode: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target<'p> {
    pub(super) ref_id: char,
    pub(super) datasource: Source,
    pub(super) expr: &'p str,
    pub(super) legend_format: &'static str,
}
