//! In: a clock and a seed. Out: every partner running on loopback, as one thing to hold.
//! Never knows: what a partner does.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::ans::Ans;
use crate::callers::{self, Callers, ServiceDoor};
use crate::common::core::{Door, Partner};
use crate::control::Control;
use crate::erp::Erp;
use crate::idp::{Idp, KeyError};
use crate::maestro::Maestro;
use crate::pagerduty::PagerDuty;
use crate::salesforce::Salesforce;
use crate::scc::CloudConnector;
use crate::sftp::SftpServer;
use crate::slack::Slack;
use crate::smtp::SmtpSink;
use crate::srm::Srm;
use crate::teams::Teams;
use crate::tls::{Authority, TlsError};
use crate::vms::Vms;
use crate::{SimClock, environment};

/// How a landscape runs.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The clock of all partners; give the service the same one (see [`SimClock::argument`]).
    pub clock: SimClock,
    /// Decides every id, secret and sample.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { clock: SimClock::system(), seed: 1 }
    }
}

/// A landscape did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No loopback port.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[from] std::io::Error),
    /// No certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No token keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No HTTP client.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// Every partner system, running. Dropping it stops them.
#[derive(Debug)]
pub struct Landscape {
    /// The company's identity provider.
    pub idp: Arc<Idp>,
    /// 11VMS behind its API proxy.
    pub vms: Arc<Vms>,
    /// SAP SRM7; reached through [`Landscape::scc`] only.
    pub srm: Arc<Srm>,
    /// Cloud Connector in front of SAP SRM7.
    pub scc: Arc<CloudConnector>,
    /// Kinaxis Maestro's data API.
    pub maestro: Arc<Maestro>,
    /// SFTP server of SAP ECC instance PF2.
    pub pf2: Arc<SftpServer>,
    /// SFTP server of SAP ECC instance WP2.
    pub wp2: Arc<SftpServer>,
    /// Salesforce.
    pub salesforce: Arc<Salesforce>,
    /// SAP ERP's OData service.
    pub erp: Arc<Erp>,
    /// SAP Alert Notification.
    pub ans: Arc<Ans>,
    /// A mail server that keeps what it gets.
    pub smtp: Arc<SmtpSink>,
    /// PagerDuty.
    pub pagerduty: Arc<PagerDuty>,
    /// Slack.
    pub slack: Arc<Slack>,
    /// Microsoft Teams.
    pub teams: Arc<Teams>,
    pub(crate) options: Options,
    pub(crate) authority: Authority,
    control: Control,
    http: reqwest::Client,
}

impl Landscape {
    /// Starts every partner on a free loopback port. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// If a port, a key or a certificate cannot be had.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { clock, seed } = options;
        let authority = Authority::new("Tieline simulators")?;
        let http = callers::plain_client()?;
        let idp = Idp::start(clock, seed).await?;
        let vms = Vms::start(clock, seed).await?;
        let srm = Srm::start(clock, seed).await?;
        let scc = CloudConnector::start(options, &authority, &srm).await?;
        let maestro = Maestro::start(clock, seed).await?;
        let pf2 = SftpServer::start("pf2", clock, seed).await?;
        let wp2 = SftpServer::start("wp2", clock, seed).await?;
        let salesforce = Salesforce::start(clock, seed).await?;
        let erp = Erp::start(clock, seed, &idp).await?;
        let ans = Ans::start(clock, seed).await?;
        let smtp = SmtpSink::start(clock, seed, &authority).await?;
        let pagerduty = PagerDuty::start(clock, seed).await?;
        let slack = Slack::start(clock, seed).await?;
        let teams = Teams::start(clock, seed).await?;
        let partners: Vec<Arc<dyn Partner>> = vec![
            idp.clone(),
            vms.clone(),
            srm.clone(),
            scc.clone(),
            maestro.clone(),
            pf2.clone(),
            wp2.clone(),
            salesforce.clone(),
            erp.clone(),
            ans.clone(),
            smtp.clone(),
            pagerduty.clone(),
            slack.clone(),
            teams.clone(),
        ];
        let control = Control::start(partners).await?;
        Ok(Landscape {
            idp,
            vms,
            srm,
            scc,
            maestro,
            pf2,
            wp2,
            salesforce,
            erp,
            ans,
            smtp,
            pagerduty,
            slack,
            teams,
            options,
            authority,
            control,
            http,
        })
    }

    /// The clock of all partners.
    #[must_use]
    pub fn clock(&self) -> SimClock {
        self.options.clock
    }

    /// The seed of this landscape.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.options.seed
    }

    /// The partners, for code that treats them alike.
    #[must_use]
    pub fn partners(&self) -> &[Arc<dyn Partner>] {
        self.control.partners()
    }

    /// Base URL of the control listener: `{url}/__sim/<partner>/{reset,faults,state,journal}`.
    #[must_use]
    pub fn control_url(&self) -> String {
        self.control.url()
    }

    /// Every partner back to its start; see [`Partner::reset`].
    pub fn reset(&self) {
        for partner in self.partners() {
            partner.reset();
        }
    }

    /// The partners as callers of the service that listens at `service`.
    #[must_use]
    pub fn callers(&self, service: SocketAddr) -> Callers {
        let door = ServiceDoor { service, idp: self.idp.clone(), http: self.http.clone() };
        Callers::new(&Arc::new(door), self)
    }

    /// The environment file for a service that works with this landscape; writes the PEM files it names into `dir`,
    /// where the store will also be. `http` is the service's public listener (`127.0.0.1:0` for any free port).
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn environment_toml(&self, dir: &std::path::Path, http: &str) -> std::io::Result<String> {
        environment::write(self, dir, http)
    }

    /// The environment variables that hold the secrets which the environment file names.
    #[must_use]
    pub fn secrets(&self) -> Vec<(String, String)> {
        environment::secrets(self)
    }

    /// Stops every partner and waits until the ports are closed.
    pub async fn stop(self) {
        for partner in self.partners() {
            partner.core().set_door(Door::Gone);
        }
        for partner in self.partners() {
            partner.core().settled().await;
        }
    }
}

impl Drop for Landscape {
    fn drop(&mut self) {
        for partner in self.control.partners() {
            partner.core().set_door(Door::Gone);
        }
    }
}
