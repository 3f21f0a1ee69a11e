//! The model as metrics for Prometheus.
//!
//! * `families` turns the world into metrics, purely; `gather` puts them together.
//! * `encode` writes them as OpenMetrics, or in Prometheus's older text form.
//! * `page` keeps the written text until the model changes: a scrape waits for nobody.
//! * `serve` answers over HTTP; `host` says which hosts a request may name.
//!
//! Names begin with `icpulse_`, end in their unit, and counters in `_total`
//! (<https://prometheus.io/docs/practices/naming/>). Labels are bounded: subnets, data of the
//! user's own nodes (all nodes only if asked, and at most [`MOST_NODES`]), boundary nodes.

mod encode;
mod families;
mod fleet;
mod host;
mod page;
mod serve;

pub use encode::{Family, Sample, TextFormat, Type, encode};
pub use families::{MOST_NODES, MetricsModel, gather_families};
pub use host::{HostName, NoHostName};
pub use page::Page;
pub use serve::{Limits, ListenOptions, ServeError, serve_page};
