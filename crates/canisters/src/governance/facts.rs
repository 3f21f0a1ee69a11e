//! `get_network_economics_parameters`, `get_metrics`, `get_latest_reward_event`, `get_maturity_modulation`.

use super::neurons::ok_or_refused;
use super::proposals::{decode_error, encode_error};
use crate::Client;
use crate::decode;
use crate::wire::governance as wire;
use crate::wire::lenient::{decode_one, encode_args, encode_one};
use icpulse_ic::Answer;
use icpulse_ic::IcError;
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::Sourced;
use icpulse_model::network::SystemCanister;

impl Client {
    /// A query of governance without argument.
    async fn ask_governance(&self, what: &str, method: &'static str) -> Result<Answer, IcError> {
        let arg = encode_args(()).map_err(|e| encode_error(what, &e))?;
        self.query(what, self.canisters().id(SystemCanister::Governance), method, arg).await
    }

    /// Economic parameters.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn economics(&self) -> Result<Sourced<Economics>, IcError> {
        let what = "reading the economic parameters";
        let answer = self.ask_governance(what, "get_network_economics_parameters").await?;
        let reply: wire::NetworkEconomics = decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))?;
        Ok(Sourced::new(decode::facts::decode_economics(&reply), answer.evidence))
    }

    /// Daily metrics.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn metrics(&self) -> Result<Sourced<GovernanceMetrics>, IcError> {
        let what = "reading the metrics of governance";
        let answer = self.ask_governance(what, "get_metrics").await?;
        let reply = ok_or_refused::<wire::GovernanceCachedMetrics>(what, &answer.bytes)?;
        Ok(Sourced::new(decode::facts::decode_metrics(&reply), answer.evidence))
    }

    /// The latest reward event.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn reward_event(&self) -> Result<Sourced<RewardEvent>, IcError> {
        let what = "reading the latest reward event";
        let answer = self.ask_governance(what, "get_latest_reward_event").await?;
        let reply: wire::RewardEvent = decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))?;
        Ok(Sourced::new(decode::facts::decode_reward_event(&reply), answer.evidence))
    }

    /// Maturity modulation: of governance, else of the cycles minting canister, which computed it
    /// before; `None` where the network offers neither.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn modulation(&self) -> Result<Option<Sourced<MaturityModulation>>, IcError> {
        let what = "reading the maturity modulation";
        let arg = encode_one(wire::GetMaturityModulationRequest {}).map_err(|e| encode_error(what, &e))?;
        match self
            .query(what, self.canisters().id(SystemCanister::Governance), "get_maturity_modulation", arg)
            .await
        {
            Ok(answer) => {
                // The method's reply is not described yet: one of another shape says nothing.
                let reply: Result<wire::GetMaturityModulationResponse, _> = decode_one(&answer.bytes);
                if let Some(modulation) = reply.ok().as_ref().and_then(decode::facts::decode_modulation) {
                    return Ok(Some(Sourced::new(modulation, answer.evidence)));
                }
            }
            Err(IcError::Rejected { .. }) => {}
            Err(error) => return Err(error),
        }
        let arg = encode_args(()).map_err(|e| encode_error(what, &e))?;
        match self
            .query(
                what,
                self.canisters().id(SystemCanister::CyclesMinting),
                "neuron_maturity_modulation",
                arg,
            )
            .await
        {
            Ok(answer) => {
                let reply: Result<Result<i32, String>, _> = decode_one(&answer.bytes);
                Ok(reply.ok().and_then(Result::ok).map(|permyriad| {
                    Sourced::new(MaturityModulation { permyriad, at: None }, answer.evidence)
                }))
            }
            Err(error) if error.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
