//! Operating a running service: messages, dead letters, decisions, pauses, breakers, alerts, the audit log.
//!
//! In: arguments. Out: tables, or JSON lines; decisions handed to the service. Never knows: the journal; everything goes
//! through the operator's listener, which says who may do what and keeps the record.

mod client;
mod decide;
mod erase;
mod list;
mod narrow;
mod show;
mod table;

use std::future::Future;

pub(crate) use client::{Call, Client, Note, Noted};

use crate::{
    args::operate::{Messages, MessagesWhat, Operate},
    failure::Failure,
    outcome::Outcome,
    terminal::Terminal,
};

/// Runs a verb that operates.
pub(crate) fn run(verb: Operate, terminal: &Terminal) -> Result<Outcome, Failure> {
    match verb {
        Operate::Messages(Messages { what: None, list }) => wait(list::messages(&list, terminal)),
        Operate::Messages(Messages { what: Some(MessagesWhat::List(list)), .. }) => {
            wait(list::messages(&list, terminal))
        }
        Operate::Messages(Messages { what: Some(MessagesWhat::Show(show)), .. }) => wait(show::show(&show, terminal)),
        Operate::DeadLetters(arguments) => wait(list::dead_letters(&arguments, terminal)),
        Operate::Interfaces(arguments) => wait(list::interfaces(&arguments, terminal)),
        Operate::Breakers(arguments) => wait(list::breakers(&arguments, terminal)),
        Operate::Alerts(arguments) => wait(list::alerts(&arguments, terminal)),
        Operate::Audit(arguments) => wait(list::audit(&arguments, terminal)),
        Operate::Retry(arguments) => wait(decide::retry(&arguments, terminal)),
        Operate::Replay(arguments) => wait(decide::replay(&arguments, terminal)),
        Operate::Discard(arguments) => wait(decide::decide("discard", &arguments, terminal)),
        Operate::Resolve(arguments) => wait(decide::decide("resolve", &arguments, terminal)),
        Operate::Skip(arguments) => wait(decide::skip(&arguments, terminal)),
        Operate::Erase(arguments) => wait(erase::erase(&arguments, terminal)),
        Operate::Pause(arguments) => wait(decide::pause(&arguments, terminal)),
        Operate::Resume(arguments) => wait(decide::resume(&arguments, terminal)),
    }
}

fn wait(work: impl Future<Output = Result<Outcome, Failure>>) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::Other(format!("starting tasks: {error}")))?.block_on(work)
}
