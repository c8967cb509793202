//! The verbs that operate a running service.
//!
//! In: nothing. Out: arguments as types. Never knows: what a verb does.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with a running service.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "made once, from what was typed")]
pub(crate) enum Operate {
    /// List messages of a running service, or tell the story of one.
    Messages(Messages),
    /// List dead letters, or export them.
    #[command(name = "dead-letters")]
    DeadLetters(DeadLetters),
    /// Give messages another round, with a new timetable.
    Retry(Retry),
    /// Send the content of messages again as new ones, through today's document; or show what that would send.
    Replay(Replay),
    /// End messages: nothing more is to be delivered.
    #[command(after_help = "Example: tieline discard 019a2b… --why 'a test order'")]
    Discard(Decide),
    /// End messages that were dealt with elsewhere.
    #[command(after_help = "Example: tieline resolve 019a2b… --why 'posted by hand as 4711'")]
    Resolve(Decide),
    /// Let the messages behind a dead one of the same order key pass.
    Skip(Skip),
    /// Erase the content of messages for good; that they were there, and who erased them, stays.
    Erase(Erase),
    /// Pause an interface or a target, or list what is paused.
    Pause(Pause),
    /// Let a paused interface or target go on.
    Resume(Resume),
    /// Interfaces of a running service: totals, backlog, dead letters.
    Interfaces(Look),
    /// Target systems of a running service: breakers, calls under way, pauses.
    Breakers(Look),
    /// Incidents, and alerts that did not arrive.
    Alerts(Alerts),
    /// Who decided what and why, or whether that record is intact.
    Audit(Audit),
}

/// How the service is reached, and how its answers are shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Service")]
pub(crate) struct Reach {
    /// The operator's listener. Without it: the service that `tieline run` or `tieline demo` started in this project,
    /// else http://127.0.0.1:8081.
    #[arg(long, env = "TIELINE_ADMIN", hide_env_values = true, value_name = "URL")]
    pub(crate) admin: Option<String>,
    /// File with the token to show: the service's own token file, or one with a token of your identity provider. The
    /// variable TIELINE_TOKEN may hold the token itself.
    #[arg(long, env = "TIELINE_TOKEN_FILE", hide_env_values = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tls: Tls,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whom to trust, and who asks.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Tls {
    /// Authority of the listener's certificate, PEM.
    #[arg(long, env = "TIELINE_CA", hide_env_values = true, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Client certificate to show, PEM.
    #[arg(long, env = "TIELINE_CERTIFICATE", hide_env_values = true, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
    /// Its key, PEM.
    #[arg(long, env = "TIELINE_KEY", hide_env_values = true, value_name = "FILE", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
}

/// Which messages.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which messages")]
pub(crate) struct Narrow {
    /// Only of this interface.
    #[arg(long, value_name = "SMART-ID")]
    pub(crate) interface: Option<String>,
    /// Only in this state: ACCEPTED, READY, IN_FLIGHT, RETRYING, HELD, DELIVERED, DISCARDED, DEAD, FAILED, RESOLVED.
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<String>,
    /// Only for this reason: PERMANENT, EXHAUSTED, MAP, UNKNOWN, …
    #[arg(long, value_name = "CODE")]
    pub(crate) reason: Option<String>,
    /// Only accepted since then: a time (2026-01-31T13:00:00Z) or how long ago (2h, 3d).
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only accepted before then.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only from this sender.
    #[arg(long, value_name = "NAME")]
    pub(crate) principal: Option<String>,
    /// Only with this order key.
    #[arg(long, value_name = "KEY")]
    pub(crate) order_key: Option<String>,
    /// Only those that called, or tried to call, this system.
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) target: Option<String>,
    /// Only with this id: of the message, of its request (error id), or of its trace.
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Only with this value of a field that a document marks searchable, like `order=4711`; several must all fit.
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) field: Vec<String>,
}

/// What `--field` takes, as it was written.
fn name_and_value(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("a name and a value are needed, like `order=4711`".to_owned()),
    }
}

/// Arguments of `messages`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  tieline messages                                 the newest fifty
  tieline messages --state dead --since 2h
  tieline messages --interface SALES-SF-ERP-ORDER-CREATE-V1 --follow
  tieline messages --json | jq .state
  tieline messages show 019a2b…                    the whole story of one

Exit codes: 0 fine · 1 there is no such message · 2 the tool failed, or the service cannot be reached"
)]
pub(crate) struct Messages {
    #[command(subcommand)]
    pub(crate) what: Option<MessagesWhat>,
    #[command(flatten)]
    pub(crate) list: List,
}

/// What about messages.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "made once, from what was typed")]
pub(crate) enum MessagesWhat {
    /// List messages, newest first (as without a word).
    List(List),
    /// Tell the whole story of a message.
    Show(Show),
}

/// Arguments of a list of messages.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Most rows.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: usize,
    /// Keep running and show new messages as they are accepted.
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) narrow: Narrow,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of `messages show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Id of the message.
    pub(crate) id: String,
    /// Print the content as it came, unmasked, and nothing else. Needs the role admin, and stands in the audit log.
    #[arg(long)]
    pub(crate) body: bool,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of `dead-letters`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline dead-letters
  tieline dead-letters --reason PERMANENT --since 1d
  tieline dead-letters --export > dead.jsonl       whole stories, masked; needs the role operator")]
pub(crate) struct DeadLetters {
    /// Most rows.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: usize,
    /// All stories, one JSON object a line.
    #[arg(long)]
    pub(crate) export: bool,
    #[command(flatten)]
    pub(crate) narrow: Narrow,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of the verbs that decide about messages.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// Ids of messages. Without any, whatever the filter finds; dead messages, unless --state says otherwise.
    pub(crate) ids: Vec<String>,
    /// Why: stands in the audit log.
    #[arg(long, value_name = "WORDS", required_unless_present = "dry_run")]
    pub(crate) why: Option<String>,
    /// Show what it would be about, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask before deciding about many.
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) narrow: Narrow,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of `retry`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline retry 019a2b… --why 'SRM7 is back'
  tieline retry --interface SALES-SF-ERP-ORDER-CREATE-V1 --reason EXHAUSTED --why 'ERP is back'
  tieline retry --target 'SAP SRM7' --since 3h --dry-run

Exit codes: 0 done · 1 the service declined some of it · 2 the tool failed")]
pub(crate) struct Retry {
    /// Also under today's document, if it was accepted under another.
    #[arg(long)]
    pub(crate) today: bool,
    #[command(flatten)]
    pub(crate) decide: Decide,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline replay 019a2b… --dry-run                 what it would send now, as a difference
  tieline replay 019a2b… --why 'mapping corrected'
  tieline messages show 019a2b… --body > order.json; edit order.json
  tieline replay 019a2b… --body order.json --why 'wrong country, agreed with sales'
  tieline replay --reason MAP --since 1d --why 'mapping corrected'

Exit codes: 0 done · 1 the service declined some of it · 2 the tool failed")]
pub(crate) struct Replay {
    /// File with the content instead of the original, JSON (one message only). Needs the role admin.
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,
    /// Even if a replay is under way or was delivered (one message only).
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) decide: Decide,
}

/// Arguments of `skip`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tieline skip 019a2b… --why 'the later ones do not depend on it'")]
pub(crate) struct Skip {
    /// Id of the dead message that blocks its order key.
    pub(crate) id: String,
    /// Why: stands in the audit log.
    #[arg(long, value_name = "WORDS")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of `erase`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline erase --field customer=4711 --dry-run    what it would be about, counted
  tieline erase --field customer=4711 --why 'request 88 of the data protection officer'
  tieline erase 019a2b… --why 'sent by mistake'
  tieline erase --interface SALES-SF-ERP-ORDER-CREATE-V1 --day 2026-01-31 --why 'test data'

Bodies, parameters, replies, error texts and what messages are found by go; id, times, states and
the audit log stay. What repeats a message, or is repeated by it, is erased with it. Needs the role
admin. A whole day of an interface in an encrypted store loses its data keys too.

Exit codes: 0 done · 1 the service declined some of it · 2 the tool failed")]
pub(crate) struct Erase {
    /// Ids of messages. Without any, whatever the filter finds.
    pub(crate) ids: Vec<String>,
    /// Why: stands in the audit log.
    #[arg(long, value_name = "WORDS", required_unless_present = "dry_run")]
    pub(crate) why: Option<String>,
    /// Count and show what it would be about, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also what has not ended, or waits for a decision: it is discarded first.
    #[arg(long)]
    pub(crate) discard: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Only accepted on this day (UTC), like 2026-01-31.
    #[arg(long, value_name = "DATE", conflicts_with_all = ["since", "until"])]
    pub(crate) day: Option<String>,
    #[command(flatten)]
    pub(crate) narrow: Narrow,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of `pause`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline pause                                    what is paused
  tieline pause --target 'SAP SRM7' --why 'maintenance until 22:00'
  tieline pause --interface SALES-SF-ERP-ORDER-CREATE-V1 --why 'month end'")]
pub(crate) struct Pause {
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// Why: stands in the audit log.
    #[arg(long, value_name = "WORDS")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of `resume`.
#[derive(Debug, Args)]
#[command(after_help = "Example: tieline resume --target 'SAP SRM7' --why 'maintenance is over'")]
pub(crate) struct Resume {
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// Why: stands in the audit log.
    #[arg(long, value_name = "WORDS")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// What is paused or resumed.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Scope {
    /// An interface: it accepts messages and starts none.
    #[arg(long, value_name = "SMART-ID")]
    pub(crate) interface: Option<String>,
    /// A target system: nothing is sent to it.
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) target: Option<String>,
}

/// Arguments of `alerts`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline alerts
  tieline alerts --acknowledge 'SALES-SF-ERP-ORDER-CREATE-V1/SAP ERP/EXHAUSTED' --why 'on it'")]
pub(crate) struct Alerts {
    /// Take this incident on: its channels are told, and hear of it again only when it is over.
    #[arg(long, value_name = "KEY", requires = "why")]
    pub(crate) acknowledge: Option<String>,
    /// Why: stands in the audit log.
    #[arg(long, value_name = "WORDS")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of `breakers` and `interfaces`.
#[derive(Debug, Args)]
pub(crate) struct Look {
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tieline audit
  tieline audit --subject 019a2b…
  tieline audit --verify                           exit code 1 if a row was changed or removed")]
pub(crate) struct Audit {
    /// Only about this: a message id, interface:SMART-ID, target:SYSTEM.
    #[arg(long, value_name = "WHAT")]
    pub(crate) subject: Option<String>,
    /// Most rows.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: usize,
    /// Check the chain of hashes over the whole log.
    #[arg(long, conflicts_with = "subject")]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) reach: Reach,
}
