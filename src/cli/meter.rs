//! Resource usage of this process, for the log and for `icpulse bench`.

use std::time::Duration;

/// Processor time of all threads since the process began; `None` where the system does not say.
pub fn processor_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Duration::new(u64::try_from(spent.tv_sec).ok()?, u32::try_from(spent.tv_nsec).ok()?))
    }
    #[cfg(not(unix))]
    None
}

/// A span in milliseconds, for the log.
pub fn millis(span: Duration) -> String {
    format!("{:.1}", span.as_secs_f64() * 1_000.0)
}

/// Bytes in memory now; `None` where the system does not say (only Linux does so in a file).
pub fn resident() -> Option<u64> {
    status("VmRSS:")
}

/// The most bytes that were in memory at once.
pub fn resident_peak() -> Option<u64> {
    status("VmHWM:")
}

fn status(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}
