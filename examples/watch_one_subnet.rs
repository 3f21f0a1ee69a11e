//! Watches one subnet: its certified time and how many messages it executes.
//!
//! `cargo run --example watch_one_subnet` watches a subnet of the embedded demo network for three
//! readings; the certificates are checked against the network's root key.

use icpulse_canisters::Client;
use icpulse_demo::{Demo, Options};
use icpulse_ic::Anonymous;
use icpulse_model::network::{Profile, RootKey, RootKeySource};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let demo = Demo::start(Options::default())?;
    let profile = Profile {
        root_key: RootKeySource::Given(RootKey(demo.root_key())),
        ..Profile::local("demo", &demo.url())
    };
    let client = Client::connect(&profile, Arc::new(Anonymous)).await?;

    let subnets = client.subnets().await?;
    let subnet = *subnets.value.last().ok_or("the network lists no subnets")?;
    println!("{subnet}, one of {} subnets ({})", subnets.value.len(), subnets.evidence.proof.word());
    for _ in 0..3 {
        let (sample, evidence) = client.subnet_sample(subnet).await?;
        println!(
            "{}: {} messages so far, {} canisters ({})",
            sample.at.rfc3339(),
            sample.metrics.updates,
            sample.metrics.canisters,
            evidence.proof.word()
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}
