//! The process itself: memory, processor time, open files.
//!
//! In: `/proc` of Linux. Out: figures; none on other systems. Never knows: what the process does.

use std::fs;

/// Ticks in a second, as `/proc/self/stat` counts them: Linux has used 100 towards programs on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// What the system says about this process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Process {
    pub(super) resident_bytes: u64,
    pub(super) cpu_s: f64,
    pub(super) open_fds: u64,
    pub(super) started_s: f64,
}

impl Process {
    /// As it is now; `None` where there is no `/proc`.
    pub(super) fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The name in parentheses may hold anything: what follows it are numbers from the third field on.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        let boot = fs::read_to_string("/proc/stat").ok()?;
        let boot_s: f64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = resident.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(Self {
            resident_bytes: kibibytes * 1024,
            cpu_s: (ticks(14)? + ticks(15)?) / TICKS_PER_SECOND,
            open_fds: u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()?,
            started_s: boot_s + ticks(22)? / TICKS_PER_SECOND,
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_files_and_a_past() {
        let process = Process::read().unwrap();
        assert!(process.resident_bytes > 1 << 20 && process.open_fds >= 3, "{process:?}");
        let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((0.0..now_s + 2.0).contains(&process.started_s), "{process:?}");
    }
}
