//! The vocabulary of icpulse. Pure: no async, no I/O, no candid, no ratatui.
//!
//! Everything here can be built in a test by hand, kept by the cache, and shown by screens and commands.
//! Numbers are integers in the unit the protocol uses; enums keep numbers they do not know. Text from the
//! network is a [`text::Line`] or [`text::Block`].
//!
//! To add a kind of value: a module with its type and the rules that need nothing else, made to grow
//! (`Option` for what older networks lack); its builder in `icpulse-testing`.

pub mod account;
pub mod act;
pub mod alert;
pub mod alert_settings;
pub mod amount;
pub mod canister;
pub mod dataset;
pub mod decentralization;
pub mod economics;
pub mod event;
pub mod evidence;
pub mod fleet;
pub mod governance;
pub mod health;
pub mod ledger;
pub mod lookalike;
pub mod margin;
pub mod names;
pub mod network;
pub mod network_view;
pub mod neuron;
pub mod node_rewards;
pub mod own_nodes;
pub mod proposal;
pub mod query;
pub mod registry;
pub mod review;
pub mod series;
pub mod text;
pub mod time;
pub mod token;
pub mod topic;
pub mod value;
pub mod web_address;
pub mod world;

pub use account::{Account, AccountIdentifier, Subaccount};
pub use amount::{E8s, VotingPower, XdrPermyriad};
pub use evidence::{Evidence, Proof};
pub use governance::{AnyNeuronId, Governance, NeuronKey, ProposalKey};
pub use ic_principal::Principal;
pub use neuron::Neuron;
pub use proposal::Proposal;
pub use time::{Seconds, Timestamp};
pub use token::{Amount, KnownLedger, LedgerId, Token};
pub use topic::{ProposalStatus, RewardStatus, Topic, Vote};
