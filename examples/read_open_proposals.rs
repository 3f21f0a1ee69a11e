//! Reads the open proposals of a network without an identity, and how they stand.
//!
//! `cargo run --example read_open_proposals` reads the embedded demo network;
//! `cargo run --example read_open_proposals -- ic` reads the main network.

use icpulse_canisters::{Client, ProposalsPage};
use icpulse_demo::{Demo, Options};
use icpulse_ic::Anonymous;
use icpulse_model::ProposalStatus;
use icpulse_model::network::{Profile, RootKey, RootKeySource};
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A network is an address and the root key that its answers are checked with.
    let demo = Demo::start(Options::default())?;
    let profile = match std::env::args().nth(1).as_deref() {
        Some("ic") => Profile::main_network(),
        _ => Profile {
            root_key: RootKeySource::Given(RootKey(demo.root_key())),
            ..Profile::local("demo", &demo.url())
        },
    };
    let client = Client::connect(&profile, Arc::new(Anonymous)).await?;

    let page = ProposalsPage { include_status: vec![ProposalStatus::Open], ..ProposalsPage::default() };
    for proposal in client.proposals(&page).await? {
        // The evidence says how far a value can be trusted: here a node of the subnet signed it.
        let proof = proposal.evidence.proof.word();
        let tally = proposal.tally.map(|t| format!("{} yes, {} no", t.yes, t.no)).unwrap_or_default();
        println!("{} {} ({tally}; {proof})", proposal.id, proposal.title);
    }
    Ok(())
}
