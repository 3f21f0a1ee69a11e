//! `icpulse demo …`: the embedded network for any IC client.

use super::args::{Demo as DemoCommand, ScaleArg};
use super::context::Context;
use super::failure::Failure;
use super::output::{Format, print_exactly, print_json, print_note, print_text};
use crate::tui::app::signals::asked_to_end;
use icpulse_demo::link::Link;
use icpulse_demo::{Demo, Options, Scale, identity};
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Runs one of the demo commands; `serve` ends with Ctrl-C or SIGTERM.
///
/// # Errors
/// See [`Failure`].
pub fn run(context: &Context, command: &DemoCommand) -> Result<(), Failure> {
    match command {
        DemoCommand::Identity { seed } => print_exactly(&identity::pem(*seed)),
        DemoCommand::Serve {
            port,
            seed,
            speed,
            scale,
            fault,
            finality,
            patience,
            tls,
            tls_ca,
            tokens,
            latency,
            jitter,
            bandwidth,
        } => {
            let speed = parse_speed(speed)?;
            let options = Options {
                port: *port,
                seed: *seed,
                speed,
                scale: match scale {
                    ScaleArg::Small => Scale::Small,
                    ScaleArg::Mainnet => Scale::Mainnet,
                },
                faults: fault.clone(),
                finality: finality.0,
                patience: patience.0,
                link: Link { latency: *latency, jitter: *jitter, bandwidth: *bandwidth },
                tls: *tls,
                tokens: tokens.as_deref().map(read_tokens).transpose()?.unwrap_or_default(),
                ..Options::default()
            };
            let demo = Demo::start(options).map_err(Failure::failed)?;
            let authority = demo.tls_authority();
            if let (Some(path), Some(authority)) = (tls_ca, authority) {
                std::fs::write(path, authority).map_err(|error| {
                    Failure::failed(format!(
                        "the authority's certificate could not be written to {}: {error}; name another file with --tls-ca",
                        path.display()
                    ))
                })?;
            }
            let root_key = hex::encode(demo.root_key());
            let faults: Vec<String> = fault.iter().map(ToString::to_string).collect();
            match Format::from_flags(&context.global) {
                Format::Json => print_json(&json!({
                    "url": demo.url(),
                    "root_key": root_key,
                    "identity": demo.identity().to_text(),
                    "ledgers": demo.ledgers(),
                    "seed": seed,
                    "speed": speed,
                    "faults": faults,
                    "tls_authority": authority,
                    "finality_seconds": finality.0.as_secs_f64(),
                    "patience_seconds": patience.0.as_secs_f64(),
                }))?,
                _ => print_text(&format!(
                    "url       {}\nroot key  {root_key}\nidentity  {}  (icpulse demo identity --seed {seed})\n{}{}",
                    demo.url(),
                    demo.identity(),
                    demo.ledgers()
                        .iter()
                        .map(|ledger| format!("ledger    {}  {}\n", ledger.id, ledger.symbol))
                        .collect::<String>(),
                    authority.unwrap_or_default()
                ))?,
            }
            std::io::stdout().flush()?;
            print_note(&context.global, "serving until Ctrl-C; the network begins anew at each start");
            if !finality.0.is_zero() {
                print_note(
                    &context.global,
                    format!("a round takes {finality}; calls are waited for {patience}"),
                );
            }
            if !faults.is_empty() {
                print_note(&context.global, format!("wrong with it: {}", faults.join(", ")));
            }
            wait_for_end()?;
            let struck: Vec<String> =
                demo.faults().struck().into_iter().map(|(kind, n)| format!("{kind} {n} times")).collect();
            if !struck.is_empty() {
                print_note(&context.global, format!("faults that struck: {}", struck.join(", ")));
            }
            Ok(())
        }
    }
}

fn read_tokens(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::failed(format!("could not read the ledgers in {}: {error}", path.display()))
    })
}

fn parse_speed(text: &str) -> Result<u32, Failure> {
    let digits = text.trim().trim_end_matches(['x', 'X']);
    match digits.parse::<u32>() {
        Ok(speed) if (1..=10_000).contains(&speed) => Ok(speed),
        _ => Err(Failure::usage(format!("'{text}' is not a speed; write 1x to 10000x, such as 60x"))),
    }
}

fn wait_for_end() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(asked_to_end());
    Ok(())
}
