//! What others did about messages of our lanes.
//!
//! In: messages that other processes accepted, or that a person decided about elsewhere. Out: tickets that are queued,
//! put right, let go of. Never knows: how the store tells.
//!
//! Hearing of the same thing twice changes nothing. What was missed is found among the unfinished.

use std::sync::Arc;

use tokio::time::{Duration, Instant};

use crate::{
    engine::{core::Core, order, queue::Ticket, recover},
    journal::{Lanes, Mark, StoreError, Unfinished},
    lifecycle::State,
};

/// Pauses are looked at this often, if nobody rings.
const PAUSES: Duration = Duration::from_secs(1);

/// Dead letters of our lanes are counted anew this often, and when our lanes are others: people decide about them, and
/// retention deletes them, on whichever process it is.
const DEAD: Duration = Duration::from_secs(30);

/// Listens to others.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// An answer was lost: what was in it is among the unfinished.
    missed: bool,
    pauses: Option<Instant>,
    dead: Option<(Instant, Lanes)>,
}

impl Ear {
    /// Takes in what there is.
    pub(super) async fn listen(&mut self, core: &Arc<Core>) {
        if let Err(error) = self.heard(core).await {
            tracing::warn!(%error, "what other processes accepted could not be read");
            self.missed = true;
        }
    }

    async fn heard(&mut self, core: &Arc<Core>) -> Result<(), StoreError> {
        if self.pauses.is_none_or(|last| last.elapsed() >= PAUSES) {
            core.take_over_pauses(core.store.pauses().await?);
            self.pauses = Some(Instant::now());
        }
        let open = core.held.open();
        if self.dead.is_none_or(|(last, lanes)| lanes != open || last.elapsed() >= DEAD) {
            recover::count_dead(core, open).await?;
            self.dead = Some((Instant::now(), open));
        }
        if open.is_empty() {
            return Ok(());
        }
        let found = if self.missed { core.store.unfinished(open).await? } else { core.store.arrivals().await? };
        self.missed = false;
        for message in sorted(found) {
            arrived(core, message).await?;
        }
        for id in core.held.take_doubtful() {
            let looked = match core.store.story(&id).await {
                Ok(Some(story)) => arrived(core, story.row.into()).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = looked {
                core.held.doubt(&id);
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Whoever takes a first place takes it before the one that stood there lets go of it.
fn sorted(mut found: Vec<Unfinished>) -> Vec<Unfinished> {
    found.sort_by_key(|message| message.mark != Some(Mark::Heir));
    found
}

/// The journal has this message so; one of a lane that is not ours is not our business.
async fn arrived(core: &Arc<Core>, message: Unfinished) -> Result<(), StoreError> {
    let _deciding = core.deciding.lock().await;
    let of = |name: &str| core.handlers.iter().position(|handler| handler.interface().smart_id == name);
    let Some(handler) = of(&message.interface) else { return Ok(()) };
    let Some(tenure) = core.queue().settled(message.lane()) else { return Ok(()) };
    let seq = message.seq;
    let known = core.board.knows(handler, seq);
    let queued = || core.queue().withdraw(seq).map(|withdrawn| withdrawn.ticket);
    let ticket = core.parked.take(seq).or_else(|| if known { queued() } else { None });
    match ticket {
        Some(ticket) if message.state.is_end() => {
            core.board.changed(handler, seq, message.state, message.reason);
            if let (Some(turn), true) = (&ticket.turn, message.mark != Some(Mark::Gap)) {
                core.queue().close_gap(handler, turn.key(), seq);
            }
            order::ended(core, Ticket { state: message.state, ..ticket }, message.mark);
        }
        Some(ticket) => {
            core.board.opened(handler, (seq, tenure.lane), message.accepted_ms);
            let crashes = message.crashes;
            recover::queue(core, Ticket { state: message.state, lease: message.lease, crashes, ..ticket }, &message);
        }
        // It is being tried: whatever comes of that meets what was decided, and is looked into then.
        None if known => {}
        None if message.state.is_end() => {
            if let Some(key) = &message.order_key {
                match message.mark {
                    Some(Mark::Gap) => core.queue().open_gap(handler, key, (seq, tenure.lane)),
                    _ => core.queue().close_gap(handler, key, seq),
                }
            }
        }
        // Whoever has it in flight is a try that was stopped here.
        None if message.state == State::InFlight => {}
        None => {
            if let Some(key) = &message.order_key {
                core.queue().close_gap(handler, key, seq);
            }
            return recover::resume(core, handler, message, false).await;
        }
    }
    Ok(())
}
