//! What a partner's answer means: the rules of the interface first, then those of the system, then the protocol.
//!
//! In: an interface, an operation it calls, an [`Answer`](crate::model::Target). Out: [`Meaning`], with the reason.
//! Never knows: how the runtime classifies; a test of the whole holds both against each other, status by status.

use crate::catalog::Catalog;
use crate::model::{Interface, Operation, OperationRef, OutcomeClass, OutcomeRule, Protocol, Target};
use crate::nearest::shorten;
use crate::walk;

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning<'a> {
    /// A rule under `errors.outcomes` of the interface decides.
    Interface(&'a OutcomeRule),
    /// A rule of the operation in the system's document decides.
    System(&'a OutcomeRule),
    /// No rule: the protocol decides.
    Protocol(&'static Row),
    /// No rule: the status that the code comes with decides.
    ByStatus,
    /// Operations of this protocol never answer so.
    Never,
}

/// One cell of what answers mean without a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The answers, in words.
    pub answers: &'static str,
    /// What they mean.
    pub class: OutcomeClass,
    statuses: &'static [(u16, u16)],
}

/// Messages about locks: an order, a material, a table is being worked on by somebody else.
const LOCKS: [(&str, &str); 4] = [("M3", "024"), ("ME", "006"), ("CO", "469"), ("MC", "601")];

const HTTP: &[Row] = &[
    row("2xx", OutcomeClass::Delivered, &[(200, 299)]),
    row(
        "401, 403 or 407 with a fresh token; certificate refused; no such host",
        OutcomeClass::Target,
        &[(401, 401), (403, 403), (407, 407)],
    ),
    row(
        "408, 425, 429; every 5xx but 501 and 505; no connection",
        OutcomeClass::Retryable,
        &[(408, 408), (425, 425), (429, 429), (500, 500), (502, 504), (506, 599)],
    ),
    row("no reply in time, or connection lost, after the request was sent", OutcomeClass::Unknown, &[]),
    row(
        "501, 505; every other status; a 2xx whose body says that it did not succeed",
        OutcomeClass::Permanent,
        &[(0, u16::MAX)],
    ),
];

const RFC: &[Row] = &[
    row("messages of type S, I, W or none", OutcomeClass::Delivered, &[(200, 299)]),
    row(
        "logon refused (401, 403); certificate refused; no authorization",
        OutcomeClass::Target,
        &[(401, 401), (403, 403), (407, 407)],
    ),
    LOCKED,
    row(
        "fault of the server (5xx); 408, 425, 429; no connection",
        OutcomeClass::Retryable,
        &[(408, 408), (425, 425), (429, 429), (500, 500), (502, 504), (506, 599)],
    ),
    row("no reply in time, or connection lost, after the call was sent", OutcomeClass::Unknown, &[]),
    FAILED,
];
const LOCKED: Row = row("a message about a lock: M3 024, ME 006, CO 469, MC 601", OutcomeClass::Retryable, &[]);
const FAILED: Row = row(
    "messages of type E, A or X; application exception; every other status",
    OutcomeClass::Permanent,
    &[(0, u16::MAX)],
);

const SFTP: &[Row] = &[
    row("file in its place", OutcomeClass::Delivered, &[]),
    row("the same file is there already", OutcomeClass::Duplicate, &[]),
    row("logon refused; host key changed", OutcomeClass::Target, &[]),
    row(
        "no connection, or connection lost; the server reports a failure, like a full disk",
        OutcomeClass::Retryable,
        &[],
    ),
    row("connection lost while the file was renamed", OutcomeClass::Unknown, &[]),
    row("no such folder; no permission; another file of this name", OutcomeClass::Permanent, &[]),
];

const fn row(answers: &'static str, class: OutcomeClass, statuses: &'static [(u16, u16)]) -> Row {
    Row { answers, class, statuses }
}

/// What answers mean where no rule says otherwise, by protocol.
#[must_use]
pub fn defaults(protocol: &Protocol) -> &'static [Row] {
    match protocol {
        Protocol::Rest { .. } | Protocol::OData { .. } => HTTP,
        Protocol::Rfc { .. } => RFC,
        Protocol::SftpPut { .. } => SFTP,
    }
}

/// Reads an answer as people write it: `409`, `ME 006` (also `RETURN E ME 006`), or a code of an error body.
///
/// # Errors
///
/// A sentence, when it is none of these.
pub fn answer(text: &str) -> Result<Target, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |word: &str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    let words = match words.as_slice() {
        ["RETURN", rest @ ..] => rest,
        words => words,
    };
    match words {
        [status] if status.bytes().all(|byte| byte.is_ascii_digit()) => match status.parse() {
            Ok(status @ 100..=599) => Ok(Target::Status(status)),
            _ => Err(format!("`{}` is no HTTP status: it lies between 100 and 599", shorten(status))),
        },
        [code] => Ok(Target::ErrorCode((*code).to_owned())),
        [id, no] | ["E" | "A" | "X", id, no] if number(no) => {
            Ok(Target::BapiMessage { id: (*id).to_owned(), number: (*no).to_owned() })
        }
        _ => Err(format!(
            "`{}` is no answer of a partner: write a status (`409`), a message of a BAPI (`ME 006`) or a code of an error body",
            shorten(text)
        )),
    }
}

/// What `answer` of an operation means to this interface.
#[must_use]
pub fn meaning<'a>(
    interface: &'a Interface,
    reference: &OperationRef,
    operation: &'a Operation,
    answer: &Target,
) -> Meaning<'a> {
    if !answers_so(operation, answer) {
        return Meaning::Never;
    }
    let about = |named: &Option<OperationRef>| named.as_ref().is_none_or(|named| named == reference);
    let mut own = interface.errors.outcomes.iter().filter(|rule| about(&rule.operation)).map(|own| &own.rule);
    if let Some(rule) = own.find(|rule| same(&rule.target, answer)) {
        return Meaning::Interface(rule);
    }
    if let Some(rule) = operation.outcomes.iter().find(|rule| same(&rule.target, answer)) {
        return Meaning::System(rule);
    }
    match answer {
        Target::Status(status) => {
            let rows = defaults(&operation.protocol).iter();
            let mut rows = rows.filter(|row| row.statuses.iter().any(|(from, to)| (*from..=*to).contains(status)));
            rows.next().map_or(Meaning::Never, Meaning::Protocol)
        }
        Target::BapiMessage { id, number } => {
            let locked = LOCKS.iter().any(|(lock, no)| lock == id && no == number);
            Meaning::Protocol(if locked { &LOCKED } else { &FAILED })
        }
        Target::ErrorCode(_) => Meaning::ByStatus,
    }
}

/// Whether an operation can answer so at all.
#[must_use]
pub fn answers_so(operation: &Operation, answer: &Target) -> bool {
    match operation.protocol {
        Protocol::SftpPut { .. } => false,
        Protocol::Rest { .. } | Protocol::OData { .. } => !matches!(answer, Target::BapiMessage { .. }),
        Protocol::Rfc { .. } => true,
    }
}

/// The operations that an interface calls, each once, in the order of its flow.
#[must_use]
pub fn called<'a>(catalog: &'a Catalog, interface: &'a Interface) -> Vec<(&'a OperationRef, &'a Operation)> {
    let mut found: Vec<(&OperationRef, &Operation)> = Vec::new();
    walk::steps(&interface.flow, &mut |step| {
        let Some(reference) = walk::operation(step) else { return };
        if let (false, Some(operation)) =
            (found.iter().any(|(known, _)| *known == reference), catalog.operation(reference))
        {
            found.push((reference, operation));
        }
    });
    found
}

/// Whether two answers are the same: numbers of messages with or without leading zeros.
pub(crate) fn same(rule: &Target, answer: &Target) -> bool {
    match (rule, answer) {
        (Target::BapiMessage { id, number }, Target::BapiMessage { id: other, number: no }) => {
            id == other && number.trim_start_matches('0') == no.trim_start_matches('0')
        }
        _ => rule == answer,
    }
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn answers_are_read_as_people_write_them() {
        let table: String =
            ["409", "99", "1000", "ME 006", "RETURN E ME 006", "ZMM_X 412", "UNABLE_TO_LOCK_ROW", "a b c d", ""]
                .iter()
                .map(|text| match answer(text) {
                    Ok(answer) => format!("{text} => {answer:?}\n"),
                    Err(refusal) => format!("{text} => {refusal}\n"),
                })
                .collect();
        insta::assert_snapshot!(table);
    }
}
