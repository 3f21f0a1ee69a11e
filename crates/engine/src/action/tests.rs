//! Actions against a simulated network.

mod interrupted;
mod planning;
mod running;
mod sim;

/// How many cases a property is tried with: `ICPULSE_TEST_CASES` if it is set, else `usual`.
fn cases(usual: u32) -> u32 {
    std::env::var("ICPULSE_TEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}
