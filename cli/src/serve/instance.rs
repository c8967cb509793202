//! One instance of a running service.
//!
//! In: how it is reached, whose credentials to show. Out: its answers. Never knows: what they mean.

use std::{sync::Mutex, time::Duration};

use reqwest::Method;

use super::{figures::Samples, key::Shown};
use crate::{
    args::operate::Reach,
    failure::Failure,
    operate::{Call, Client},
};

/// Longest wait for what a page shows.
pub(super) const GLANCE: Duration = Duration::from_secs(5);
/// Longest wait for a decision.
pub(super) const DECISION: Duration = Duration::from_secs(60);

/// A service, as we and as others reach it.
#[derive(Debug)]
pub(crate) struct Instance {
    /// Its place in the list.
    pub(super) number: usize,
    ours: Client,
    theirs: Client,
    /// Figures over time, from what was asked for.
    pub(super) samples: Mutex<Samples>,
}

/// A question.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) method: Method,
    pub(super) segments: &'a [&'a str],
    pub(super) query: &'a [(String, String)],
    pub(super) body: Option<Vec<u8>>,
    pub(super) patience: Duration,
}

impl<'a> Question<'a> {
    /// Something to look at.
    pub(super) fn look(segments: &'a [&'a str]) -> Self {
        Self { method: Method::GET, segments, query: &[], body: None, patience: GLANCE }
    }
}

impl Instance {
    /// The service that is reached so.
    pub(crate) fn new(number: usize, reach: &Reach) -> Result<Self, Failure> {
        let ours = Client::new(reach)?;
        let theirs = ours.stranger(reach)?;
        Ok(Self { number, ours, theirs, samples: Mutex::default() })
    }

    /// Where it is, for people.
    pub(super) fn address(&self) -> &str {
        self.ours.address().trim_start_matches("http://")
    }

    /// Asks with these credentials; status and body as they come.
    pub(super) async fn ask(&self, question: Question<'_>, shown: &Shown) -> Result<(u16, Vec<u8>), Failure> {
        let Question { method, segments, query, body, patience } = question;
        let (client, authorization) = match shown {
            Shown::Ours => (&self.ours, None),
            Shown::Theirs(header) => (&self.theirs, Some(header.clone())),
            Shown::Nothing => (&self.theirs, None),
        };
        client.pass(Call { method, segments, query, authorization, body, patience }).await
    }
}
