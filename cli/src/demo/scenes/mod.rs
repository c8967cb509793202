//! The scenes, in the order in which they are played.
//!
//! In: a stage. Out: observations. Never knows: how they are printed.

mod activity_report;
mod crash;
mod planned_orders;
mod purchase_order;
mod refusals;
mod sales;

use std::{future::Future, pin::Pin};

use super::{report::Notes, stage::Stage};
use crate::failure::Failure;

/// A scene under way.
pub(crate) type Playing<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

/// One scene.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    /// What it shows, in words.
    pub(crate) name: &'static str,
    play: for<'a> fn(&'a mut Stage, &'a mut Notes) -> Playing<'a>,
}

impl Scene {
    /// Plays the scene on a stage put back to its start.
    pub(crate) async fn play(&self, stage: &mut Stage) -> Notes {
        stage.landscape.reset();
        let mut notes = Notes::new(self.name);
        if let Err(failure) = (self.play)(stage, &mut notes).await {
            notes.broke(&failure);
        }
        notes
    }
}

/// Every scene.
pub(crate) const SCENES: &[Scene] = &[
    Scene {
        name: "a shopping cart becomes a purchase order",
        play: |stage, notes| Box::pin(purchase_order::delivered(stage, notes)),
    },
    Scene { name: "11VMS answers 503 twice", play: |stage, notes| Box::pin(purchase_order::comes_back(stage, notes)) },
    Scene { name: "11VMS stays down", play: |stage, notes| Box::pin(purchase_order::stays_down(stage, notes)) },
    Scene {
        name: "an activity report becomes a confirmation",
        play: |stage, notes| Box::pin(activity_report::confirmed(stage, notes)),
    },
    Scene { name: "a month without work", play: |stage, notes| Box::pin(activity_report::no_work(stage, notes)) },
    Scene {
        name: "SRM7 answers RETURN type E inside a 200",
        play: |stage, notes| Box::pin(activity_report::refused(stage, notes)),
    },
    Scene {
        name: "SRM7 does the work, but its reply is lost",
        play: |stage, notes| Box::pin(activity_report::reply_lost(stage, notes)),
    },
    Scene { name: "the same notification twice", play: |stage, notes| Box::pin(activity_report::twice(stage, notes)) },
    Scene {
        name: "planned orders go to PF2, to WP2, or to nobody",
        play: |stage, notes| Box::pin(planned_orders::routed(stage, notes)),
    },
    Scene {
        name: "the SFTP server is down, then back",
        play: |stage, notes| Box::pin(planned_orders::server_down(stage, notes)),
    },
    Scene { name: "an order is created and changed", play: |stage, notes| Box::pin(sales::order(stage, notes)) },
    Scene { name: "a customer is read, and changed", play: |stage, notes| Box::pin(sales::customer(stage, notes)) },
    Scene { name: "payment status, both ways", play: |stage, notes| Box::pin(sales::payment(stage, notes)) },
    Scene {
        name: "refusals carry an error id",
        play: |stage, notes| Box::pin(refusals::each_with_an_error_id(stage, notes)),
    },
    Scene { name: "kill -9 with messages in flight", play: |stage, notes| Box::pin(crash::all_arrive(stage, notes)) },
];
