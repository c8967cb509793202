//! A flow's hand on the world: named steps.
//!
//! In: step names. Out: replies, through the port [`Steps`]. Never knows: whether a reply is fresh or from the journal.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Probe, Request, Stop};
use crate::{descriptor::Operation, door::Promise, value::Value};

/// A side effect a flow asks for.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// Name of the step within the message, e.g. `create-confirmation` or `line[3].create`: stable over tries.
    pub name: String,
    /// What to call.
    pub operation: &'static Operation,
    /// With what.
    pub request: Request,
    /// How to find out whether an unknown outcome was a success.
    pub probe: Option<&'a Probe<'a>>,
}

/// Who performs side effects: the engine, or a script in tests of generated code.
pub trait Steps: Send + Sync + 'static {
    /// Answers with the reply of the operation, once.
    fn exchange<'a>(&'a self, exchange: Exchange<'a>) -> Promise<'a, Result<Value, Stop>>;
}

/// One try of a flow.
#[derive(Clone)]
pub struct Run {
    steps: Arc<dyn Steps>,
    scope: String,
    used: Arc<Mutex<HashMap<String, u32>>>,
}

impl Run {
    /// A run whose side effects are performed by `steps`.
    #[must_use]
    pub fn new(steps: Arc<dyn Steps>) -> Self {
        Self { steps, scope: String::new(), used: Arc::default() }
    }

    /// The step of this name. A name that comes again in the same run is numbered (`name#2`), so that no step ever
    /// answers with another's reply.
    #[must_use]
    pub fn step(&self, name: &str) -> Step<'_> {
        let name = format!("{}{name}", self.scope);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let count = used.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1);
        let name = if *count == 1 { name } else { format!("{name}#{count}") };
        Step { run: self, name }
    }

    /// The run of one item of a `for_each`: its steps are named `<name>[<index>].<step>`.
    #[must_use]
    pub fn scoped(&self, name: &str, index: usize) -> Self {
        Self { scope: format!("{}{name}[{index}].", self.scope), ..self.clone() }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// A named step of a run.
#[derive(Debug)]
pub struct Step<'a> {
    run: &'a Run,
    name: String,
}

impl Step<'_> {
    /// Its name within the message.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calls the operation, or answers with the recorded reply if this step is known done.
    ///
    /// # Errors
    /// A [`Stop`] that the flow hands on with `?`: it ends this try.
    pub async fn exchange(self, operation: &'static Operation, request: Request) -> Result<Value, Stop> {
        self.run.steps.exchange(Exchange { name: self.name, operation, request, probe: None }).await
    }

    /// Like [`Step::exchange`]; if an earlier try ended unknown, the probe is asked before anything is sent again.
    ///
    /// # Errors
    /// A [`Stop`] that the flow hands on with `?`: it ends this try.
    pub async fn exchange_with_probe(
        self,
        operation: &'static Operation,
        request: Request,
        probe: &Probe<'_>,
    ) -> Result<Value, Stop> {
        self.run.steps.exchange(Exchange { name: self.name, operation, request, probe: Some(probe) }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Steps for Nothing {
        fn exchange<'a>(&'a self, _: Exchange<'a>) -> Promise<'a, Result<Value, Stop>> {
            Box::pin(async { Ok(Value::Null) })
        }
    }

    #[test]
    fn steps_are_named_by_scope_and_never_twice() {
        let run = Run::new(Arc::new(Nothing));
        assert_eq!(run.step("read").name(), "read");
        assert_eq!(run.scoped("line", 3).step("create").name(), "line[3].create");
        assert_eq!(run.scoped("line", 3).scoped("part", 0).step("create").name(), "line[3].part[0].create");
        assert_eq!(run.step("read").name(), "read#2");
    }
}
