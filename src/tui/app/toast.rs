//! Notices that come and go.

use super::layer::Level;
use icpulse_model::Timestamp;
use icpulse_model::act::PlanId;
use icpulse_model::text::Line;

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How serious.
    pub level: Level,
    /// What it says.
    pub text: Line,
    /// When it goes away; errors stay until they are dismissed.
    pub expires: Option<Timestamp>,
    /// The action it is about: a click opens its steps.
    pub plan: Option<PlanId>,
}
