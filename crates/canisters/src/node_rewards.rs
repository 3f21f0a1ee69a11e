//! What is read of the node rewards canister.

use super::governance::{decode_error, encode_error};
use super::wire::encode_one;
use super::wire::governance::DateUtc;
use super::wire::node_rewards as wire;
use crate::Client;
use crate::decode;
use icpulse_ic::IcError;
use icpulse_model::network::SystemCanister;
use icpulse_model::node_rewards::{Day, RewardsDay};
use icpulse_model::text::Line;

impl Client {
    /// What nodes earned on a day, as the canister computes it. Signed by a node, never certified:
    /// the method refuses to be called in a way that would certify it.
    ///
    /// # Errors
    /// [`IcError::Refused`] with the canister's words for a day that is not over, or not known;
    /// else see [`IcError`].
    pub async fn rewards_of(&self, day: Day) -> Result<RewardsDay, IcError> {
        let what = format!("reading the node rewards of {day}");
        let (year, month, number) = day.date();
        let request =
            wire::RewardsRequest { day: DateUtc { year, month, day: number }, algorithm_version: None };
        let arg = encode_one(request).map_err(|e| encode_error(&what, &e))?;
        let canister = self.canisters().id(SystemCanister::NodeRewards);
        let answer = self.query(&what, canister, "get_node_providers_rewards_calculation", arg).await?;
        match wire::read(&answer.bytes).map_err(|e| decode_error(&what, &e))? {
            Ok(results) => Ok(decode::node_rewards::decode_day(&results, answer.evidence)),
            Err(message) => {
                Err(IcError::Refused { what: Line::new(&what), error_type: 0, message: Line::new(&message) })
            }
        }
    }
}
