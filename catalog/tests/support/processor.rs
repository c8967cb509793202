//! Processor time: what a test costs, whatever else the machine has to do.
//!
//! In: nothing. Out: the time that all threads of this process have taken so far. Never knows: what it was taken for.

use std::{fs, sync::LazyLock, time::Duration, time::Instant};

/// Ticks of `/proc`, which are hundredths of a second on every Linux (`USER_HZ`, proc_pid_stat(5)).
const TICK: Duration = Duration::from_millis(10);

/// Elsewhere than on Linux it is the time that has passed.
pub(crate) fn processor_time() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let passed = BEGIN.elapsed();
    taken().unwrap_or(passed)
}

/// `utime` and `stime`: the 14th and 15th word, the second of which is a name in brackets that may hold blanks.
fn taken() -> Option<Duration> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, words) = text.rsplit_once(") ")?;
    let ticks: Vec<u32> = words.split(' ').skip(11).take(2).filter_map(|word| word.parse().ok()).collect();
    Some(TICK * ticks.iter().sum::<u32>())
}
