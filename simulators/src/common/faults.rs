//! In: a list of faults, from a test or from the control plane. Out: the effects that hit one call.
//! Never knows: protocols; each server decides how an effect looks on its wire.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::random::lock;

/// One disturbance: which calls, how many of them, and what happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The calls it applies to.
    #[serde(default)]
    pub on: Match,
    /// How many matching calls it hits before it is used up; `None` (absent) means every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What happens to them.
    pub effect: Effect,
}

/// Which calls a fault hits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// Every incoming call except the token endpoint's.
    #[default]
    Any,
    /// Calls of one operation, as the journal names it (`get-activity-report`, `token`, `rename`, …).
    Operation(String),
    /// Calls whose path starts with this text.
    Path(String),
    /// Calls whose business key is this text (a report id, a cart number, a file name, …).
    Key(String),
}

/// What a fault does to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Answers at once without doing the work. On SMTP `code` is the SMTP reply code; on SFTP it is the SFTP status.
    Status {
        /// HTTP status, SMTP reply code or SFTP status code.
        code: u16,
        /// Body; without one the partner's own error body for that status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// Value of `Retry-After`, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// Waits this long (virtual milliseconds) before the work.
    Delay(u64),
    /// Sends the reply in ten pieces with this much virtual time (milliseconds) between them.
    Slow(u64),
    /// Closes the connection before doing the work.
    DropBefore,
    /// Does the work, then closes the connection instead of replying.
    DropAfter,
    /// Does the work twice, as if a middlebox had repeated the call; of an outgoing call: sends it twice.
    Duplicate,
    /// The token presented stops being valid: the partner answers as it does to any unknown token.
    ExpireToken,
    /// SAP only: a business message in the RETURN table of a 200.
    Bapi {
        /// `S`, `I`, `W`, `E` or `A`.
        kind: String,
        /// Message class, up to 20 characters.
        id: String,
        /// Message number, three digits.
        number: String,
        /// Text for people.
        message: String,
    },
    /// Stops listening and closes every connection, at once; not tied to a call.
    Down,
    /// Listens again, at once; not tied to a call.
    Up,
}

impl Effect {
    /// A bare status.
    #[must_use]
    pub fn status(code: u16) -> Self {
        Effect::Status { code, body: None, retry_after: None }
    }

    /// The name the journal shows.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Effect::Status { .. } => "status",
            Effect::Delay(_) => "delay",
            Effect::Slow(_) => "slow",
            Effect::DropBefore => "drop_before",
            Effect::DropAfter => "drop_after",
            Effect::Duplicate => "duplicate",
            Effect::ExpireToken => "expire_token",
            Effect::Bapi { .. } => "bapi",
            Effect::Down => "down",
            Effect::Up => "up",
        }
    }
}

impl Fault {
    /// `effect` on the next `times` calls of `operation`.
    #[must_use]
    pub fn on(operation: &str, times: u32, effect: Effect) -> Self {
        Fault { on: Match::Operation(operation.to_owned()), times: Some(times), effect }
    }

    /// `effect` on every call of `operation` until the faults are cleared.
    #[must_use]
    pub fn always(operation: &str, effect: Effect) -> Self {
        Fault { on: Match::Operation(operation.to_owned()), times: None, effect }
    }

    /// `effect` on the next `times` calls with the business key `key`.
    #[must_use]
    pub fn on_key(key: &str, times: u32, effect: Effect) -> Self {
        Fault { on: Match::Key(key.to_owned()), times: Some(times), effect }
    }
}

/// Operations with this prefix are calls that the partner makes.
pub(crate) const OUTGOING: &str = "send-";

/// What a call looks like to the plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a str,
    pub(crate) path: &'a str,
    pub(crate) key: Option<&'a str>,
}

/// The faults still to come, in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan(Mutex<Vec<Fault>>);

impl FaultPlan {
    pub(crate) fn add(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.0).extend(faults);
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }

    pub(crate) fn pending(&self) -> Vec<Fault> {
        lock(&self.0).clone()
    }

    /// Takes the effects for one call: every matching modifier (delay, slow, duplicate, …) and at most one that ends
    /// the call, in plan order. A fault behind an ending one keeps its count.
    pub(crate) fn take(&self, call: Call<'_>) -> Vec<Effect> {
        let mut plan = lock(&self.0);
        let mut effects = Vec::new();
        for fault in plan.iter_mut() {
            if fault.times == Some(0) || !matches(&fault.on, call) {
                continue;
            }
            if let Some(times) = &mut fault.times {
                *times -= 1;
            }
            let ends = matches!(fault.effect, Effect::Status { .. } | Effect::DropBefore | Effect::Bapi { .. });
            effects.push(fault.effect.clone());
            if ends {
                break;
            }
        }
        plan.retain(|fault| fault.times != Some(0));
        effects
    }
}

fn matches(on: &Match, call: Call<'_>) -> bool {
    match on {
        Match::Any => call.operation != "token" && !call.operation.starts_with(OUTGOING),
        Match::Operation(name) => name == call.operation,
        Match::Path(prefix) => call.path.starts_with(prefix.as_str()),
        Match::Key(key) => call.key == Some(key.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &str) -> Call<'_> {
        Call { operation, path: "/v2/x", key: Some("K1") }
    }

    #[test]
    fn faults_are_used_up_in_order() {
        let plan = FaultPlan::default();
        plan.add([
            Fault::on("read", 1, Effect::Delay(5)),
            Fault::on("read", 2, Effect::status(503)),
            Fault::on("read", 1, Effect::DropAfter),
        ]);
        assert_eq!(plan.take(call("write")), []);
        assert_eq!(plan.take(call("read")), [Effect::Delay(5), Effect::status(503)]);
        assert_eq!(plan.take(call("read")), [Effect::status(503)]);
        assert_eq!(plan.take(call("read")), [Effect::DropAfter]);
        assert_eq!(plan.take(call("read")), []);
        assert!(plan.pending().is_empty());
    }

    #[test]
    fn matches_look_at_operation_path_and_key() {
        for (on, operation, hit) in [
            (Match::Any, "read", true),
            (Match::Any, "token", false),
            (Match::Any, "send-notification", false),
            (Match::Operation("send-notification".into()), "send-notification", true),
            (Match::Operation("token".into()), "token", true),
            (Match::Path("/v2".into()), "read", true),
            (Match::Path("/v1".into()), "read", false),
            (Match::Key("K1".into()), "read", true),
            (Match::Key("K2".into()), "read", false),
        ] {
            assert_eq!(matches(&on, call(operation)), hit, "{on:?}");
        }
    }

    #[test]
    fn the_control_plane_reads_faults_as_json() {
        let text = r#"{"on":{"operation":"token"},"times":2,"effect":{"status":{"code":503,"retry_after":7}}}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.effect, Effect::Status { code: 503, body: None, retry_after: Some(7) });
        assert_eq!(serde_json::to_string(&fault).unwrap(), text);
        let open: Fault = serde_json::from_str(r#"{"effect":"drop_after"}"#).unwrap();
        assert_eq!(open, Fault { on: Match::Any, times: None, effect: Effect::DropAfter });
    }
}
