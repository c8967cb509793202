//! What a try of a message works with.
//!
//! In: a ticket. Out: the message as it came, what is known of its steps. Never knows: what the try does with it.

use std::sync::Arc;

use super::{
    core::{Core, Fresh, Kept, Payload},
    queue::Ticket,
};
use crate::{
    flow::Input,
    journal::{Delivery, Origin, StoreError, codec},
    value::Value,
};

/// What a try works with.
pub(super) struct Material {
    pub(super) fresh: Arc<Fresh>,
    pub(super) deliveries: Vec<Delivery>,
    /// Whose content it repeats.
    pub(super) origin: Option<Box<Origin>>,
}

/// From memory, if the message is still there as it came; otherwise from the journal.
pub(super) async fn material(core: &Core, ticket: &mut Ticket<Payload>) -> Result<Material, StoreError> {
    match ticket.payload.fresh.take() {
        Some(Kept::Read(fresh)) => return Ok(Material { fresh, deliveries: Vec::new(), origin: None }),
        Some(Kept::Raw(raw)) => {
            let input = Input { body: body(&raw.bytes, &ticket.payload.id)?, parameters: raw.parameters.clone() };
            let fresh = Arc::new(Fresh { input, traceparent: raw.traceparent.clone(), _place: None });
            return Ok(Material { fresh, deliveries: Vec::new(), origin: None });
        }
        None => {}
    }
    let material = core.store.material(ticket.seq).await?;
    let material = material.ok_or_else(|| StoreError::Refused(format!("message {} is gone", ticket.payload.id)))?;
    let input =
        Input { body: body(&material.message.raw, &ticket.payload.id)?, parameters: material.message.parameters };
    let fresh = Arc::new(Fresh { input, traceparent: material.message.traceparent, _place: None });
    Ok(Material { fresh, deliveries: material.deliveries, origin: material.message.origin })
}

fn body(raw: &[u8], id: &str) -> Result<Value, StoreError> {
    codec::decode(raw).map_err(|error| StoreError::Damaged(format!("the body of {id} cannot be read: {error}")))
}
