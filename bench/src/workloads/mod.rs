//! The workloads.
//!
//! In: what to measure. Out: figures. Never knows: how the runtime works.
//!
//! Ours and the bare peer are measured in turn (A B A B …) in the same run: on a machine that others use too, only the ratio
//! means something.

mod accept;
mod crash;
mod failing;
mod million;
mod outage;
mod proxy;
mod scene;
mod start;

use std::{future::Future, process::ExitCode};

use crate::{arguments::Measure, figures::Figures, process::Failed};

/// Measures and tells. The exit code is 1 if something wanted was not reached.
pub(crate) fn measure(measure: &Measure) -> Result<ExitCode, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut figures = Figures::start();
    let json = runtime.block_on(run(measure, &mut figures))?;
    figures.finish();
    if json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print!("{}", figures.table());
    }
    Ok(ExitCode::from(u8::from(!figures.reached())))
}

async fn run(measure: &Measure, figures: &mut Figures) -> Result<bool, Failed> {
    match measure {
        Measure::W1(settings) => tell(settings.json, proxy::measure(settings, figures)).await,
        Measure::W2(settings) => tell(settings.json, accept::measure(settings, figures)).await,
        Measure::Sustained(settings) => tell(settings.json, accept::sustained(settings, figures)).await,
        Measure::W3(settings) => tell(settings.json, failing::measure(settings, figures)).await,
        Measure::W4(settings) => tell(settings.json, outage::measure(settings, figures)).await,
        Measure::W2k(settings) => tell(settings.json, crash::measure(settings, figures)).await,
        Measure::Million(settings) => tell(settings.json, million::measure(settings, figures)).await,
        Measure::Start(settings) => tell(settings.json, start::measure(settings, figures)).await,
        Measure::All(settings) => {
            start::measure(settings, figures).await?;
            proxy::measure(settings, figures).await?;
            accept::measure(settings, figures).await?;
            accept::sustained(settings, figures).await?;
            failing::measure(settings, figures).await?;
            outage::measure(settings, figures).await?;
            crash::measure(settings, figures).await?;
            million::measure(settings, figures).await?;
            Ok(settings.json)
        }
    }
}

async fn tell(json: bool, done: impl Future<Output = Result<(), Failed>>) -> Result<bool, Failed> {
    done.await.map(|()| json)
}
