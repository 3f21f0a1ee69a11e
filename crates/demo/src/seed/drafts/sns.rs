//! SNS launches and versions.

use super::{Content, Kind, Words, forum, some_canister, words};
use crate::seed::payloads as p;
use crate::seed::random::SeededRng;
use icpulse_canisters::wire::governance as wire;
use serde_bytes::ByteBuf;
use std::fmt::Display;
use wire::Action;

pub(super) fn sns(kind: Kind, rng: &mut SeededRng, serial: u64) -> Content {
    if kind == Kind::AddSnsWasm {
        let wasm = ByteBuf::from((0..96).flat_map(|_| rng.bytes()).collect::<Vec<u8>>());
        let number = rng.within(1, 7);
        let name = match number {
            1 => "root",
            2 => "governance",
            3 => "ledger",
            4 => "swap",
            5 => "archive",
            _ => "index",
        };
        let argument = p::AddSnsWasm {
            hash: ByteBuf::from(rng.bytes().to_vec()),
            wasm: Some(p::SnsWasm {
                wasm,
                canister_type: i32::try_from(number).unwrap_or(1),
                proposal_id: None,
            }),
            skip_update_latest_version: None,
        };
        let (action, payload) = p::call(30, &argument);
        return (words(kind, forum(rng), &[("name", &name)]), action, payload);
    }
    let name = format!(
        "{}{}",
        rng.choose_text(&[
            "Bazaar", "Canvas", "Drift", "Echo", "Forge", "Gather", "Hum", "Isle", "Juniper", "Kite"
        ]),
        rng.choose_text(&["Chain", "Desk", "Fi", "Lab", "Loop", "Works"])
    );
    let symbol: String = name.chars().filter(char::is_ascii_uppercase).chain("NS".chars()).collect();
    let tokens = |amount: u64| Some(wire::Tokens { e8s: Some(amount.saturating_mul(100_000_000)) });
    let days = |days: u64| Some(wire::Duration { seconds: Some(days * 86_400) });
    let percent = |points: u64| Some(wire::Percentage { basis_points: Some(points) });
    let picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let logo = || Some(wire::Image { base64_encoding: Some(picture.to_owned()) });
    let raise = rng.within(80, 900) * 1_000;
    let developer = wire::NeuronDistribution {
        controller: Some(rng.principal()),
        dissolve_delay: days(365),
        memo: Some(0),
        vesting_period: days(730),
        stake: tokens(120_000_000),
    };
    let create = wire::CreateServiceNervousSystem {
        name: Some(name.clone()),
        description: Some(format!(
            "{name} is a dapp that runs wholly on chain and hands itself to its users."
        )),
        url: Some("https://example.org".to_owned()),
        logo: logo(),
        fallback_controller_principal_ids: vec![rng.principal()],
        dapp_canisters: (0..3).map(|_| wire::Canister { id: Some(some_canister(rng)) }).collect(),
        initial_token_distribution: Some(wire::InitialTokenDistribution {
            treasury_distribution: Some(wire::SwapDistribution { total: tokens(520_000_000) }),
            developer_distribution: Some(wire::DeveloperDistribution { developer_neurons: vec![developer] }),
            swap_distribution: Some(wire::SwapDistribution { total: tokens(360_000_000) }),
        }),
        swap_parameters: Some(wire::SwapParameters {
            minimum_participants: Some(100),
            neurons_fund_participation: Some(false),
            duration: days(14),
            neuron_basket_construction_parameters: Some(wire::NeuronBasketConstructionParameters {
                dissolve_delay_interval: days(91),
                count: Some(5),
            }),
            confirmation_text: Some(
                "I have read the white paper and know that I may lose everything.".to_owned(),
            ),
            minimum_direct_participation_icp: tokens(raise / 4),
            maximum_direct_participation_icp: tokens(raise),
            minimum_participant_icp: tokens(1),
            maximum_participant_icp: tokens(raise / 10),
            restricted_countries: Some(wire::Countries { iso_codes: vec!["US".to_owned()] }),
            ..Default::default()
        }),
        ledger_parameters: Some(wire::LedgerParameters {
            transaction_fee: Some(wire::Tokens { e8s: Some(10_000) }),
            token_symbol: Some(symbol),
            token_name: Some(name.clone()),
            token_logo: logo(),
        }),
        governance_parameters: Some(wire::GovernanceParameters {
            neuron_maximum_dissolve_delay_bonus: percent(10_000),
            neuron_maximum_age_for_age_bonus: days(1_461),
            neuron_maximum_dissolve_delay: days(1_461),
            neuron_minimum_dissolve_delay_to_vote: days(182),
            neuron_maximum_age_bonus: percent(2_500),
            neuron_minimum_stake: tokens(10),
            proposal_wait_for_quiet_deadline_increase: days(1),
            proposal_initial_voting_period: days(4),
            proposal_rejection_fee: tokens(1_000),
            voting_reward_parameters: Some(wire::VotingRewardParameters {
                reward_rate_transition_duration: days(1_461),
                initial_reward_rate: percent(800),
                final_reward_rate: percent(200),
            }),
            custom_proposal_criticality: None,
        }),
    };
    let values: &[(&str, &dyn Display)] =
        &[("name", &name), ("serial", &serial), ("least", &(raise / 4)), ("raise", &raise)];
    let words = words(kind, forum(rng), values);
    (
        Words { appeal: rng.within(300, 850), ..words },
        Action::CreateServiceNervousSystem(Box::new(create)),
        None,
    )
}
