//! Sensitive values go through every path, and nothing that people read shows them.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;

use super::world::*;
use crate::{
    convert::MappingError,
    descriptor::{Class, Interface},
    flow::{End, Input, Request, Run, Running, Stop},
    journal::{Filter, Store as _},
    message::Violations,
};

/// Stands in every sensitive field.
const MARKER: &str = "DE02-MARKER-202051";

static SENSITIVE: Interface = Interface { sensitive: &["/email"], ..BASE };

/// Sends the field on; what else happens depends on the id.
fn flow<'a>(input: &'a Input, run: &'a Run) -> Running<'a> {
    Box::pin(async move {
        let quoted = text(input, "email").unwrap_or_default();
        match text(input, "id").as_deref() {
            Some("maps") => {
                return Err(MappingError { field: "a", line: 7, reason: format!("`{quoted}` is no number") }.into());
            }
            Some("breaks") => return Err(Violations::one("/email", format!("`{quoted}` is no address")).into()),
            Some("panics") => panic!("what is {quoted}?"),
            Some("decides") => return Err(Stop::dead(format!("nobody knows {quoted}"))),
            Some("ignores") => return Ok(End::Discarded { reason: format!("{quoted} is known") }),
            _ => {}
        }
        run.step("put").exchange(&PUT, Request::new().body(input.body.clone())).await?;
        Ok(End::Delivered)
    })
}

/// A log that can be read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn no_log_story_alert_or_figure_shows_a_sensitive_value() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone()).with_max_level(tracing::Level::TRACE);
    let _log = tracing::subscriber::set_default(subscriber.finish());
    let world = World::new(&SENSITIVE, flow).await;
    let reply = format!(r#"{{"error":{{"message":"{MARKER} is unknown","EMAIL":"someone@else.example"}}}}"#);
    let quotes = [Class::Permanent, Class::Retryable, Class::Target];
    let quote = |class| Answer::Quote(class, format!("{MARKER} is unknown"), reply.clone());
    world.network.script(&PUT, quotes.map(quote));
    for id in ["refused", "again", "maps", "breaks", "panics", "decides", "ignores"] {
        let receipt = crate::door::Door::accept(&world.engine, order(&[("id", id), ("email", MARKER)])).await.unwrap();
        world.end(&receipt).await;
    }
    world.wait_s(400).await;
    let mut shown = world.engine.metrics_text("digest");
    for row in world.store.messages(Filter { limit: 100, ..Filter::default() }).await.unwrap() {
        let mut story = world.store.story(&row.id).await.unwrap().unwrap();
        // The body that was to be sent is kept whole, and shown masked.
        if let Some(grave) = &mut story.grave {
            grave.mapped = None;
        }
        shown.push_str(&format!("{story:?}\n"));
    }
    shown.push_str(&format!("{:?}\n", world.store.incidents(100).await.unwrap()));
    shown.push_str(&format!("{:?}\n", world.store.posts(true, 100).await.unwrap()));
    shown.push_str(&String::from_utf8_lossy(&lines.0.lock().unwrap()));
    for value in [MARKER, "someone@else.example"] {
        let at = shown.find(value).map(|at| &shown[at.saturating_sub(300)..(at + 100).min(shown.len())]);
        assert_eq!(at, None, "{value} is shown");
    }
    for path in ["*** is unknown", "`***` is no number", "`***` is no address", "what is ***?", "nobody knows ***"] {
        assert!(shown.contains(path), "{path} was not reached");
    }
}
