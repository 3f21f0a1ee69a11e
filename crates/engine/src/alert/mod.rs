//! What rules over the model find to be wrong, and who is told of it.
//!
//! * `rules` look at the world and say what they find; pure.
//! * `monitor` makes alerts of what is found: each fires once when it has held for long enough,
//!   and recovers once when it has been gone for long enough. It is given the time.
//! * `store` keeps what the monitor knows across restarts; one process at a time owns it and is
//!   the one that sends.
//! * `sinks` deliver: each has its own queue and task, is tried again and again, and delays nobody.

pub mod message;
pub mod monitor;
pub mod named;
pub mod rules;
pub mod sinks;
pub mod store;

pub use message::{Notice, NoticeKind};
pub use monitor::{Monitor, MonitorState, Observation};
pub use named::principals_in;
pub use rules::{Baseline, Finding, Findings, RuleInput, Strength, evaluate_rules};
pub use sinks::{Attention, DeliveryPolicy, Outbox, deliver_once};
pub use store::Store;
