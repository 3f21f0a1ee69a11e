//! The same from a second client, written by others in another language: the JavaScript
//! agent `@icp-sdk/core`. It runs where `ICPULSE_TEST_JS` names a `node_modules` directory
//! that holds the package.

use crate::client::{LEDGER, counter, demo};
use std::process::Command;

#[test]
fn the_javascript_agent_believes_the_network() {
    let Ok(directory) = std::env::var("ICPULSE_TEST_JS") else {
        println!("skipped: set ICPULSE_TEST_JS to the node_modules directory of `npm install @icp-sdk/core`");
        return;
    };
    let demo = demo();
    let [root, application, ..] = demo.subnets()[..] else { panic!("two subnets") };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/protocol_js/client.mjs");
    let output = Command::new("node")
        .args([script, &demo.url(), &hex::encode(demo.root_key()), &counter().to_text(), LEDGER])
        .args([application.to_text(), root.to_text()])
        .env("ICPULSE_TEST_JS", directory)
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    assert_eq!(said.lines().last(), Some("passed 12"), "{said}\n{errors}");
}
