//! `docs/demo.md` says what is so.
use crate::client::demo;
use clap::CommandFactory;
use ic_agent::Agent;
use icpulse::cli::args::Cli;

const DOCUMENT: &str = include_str!("../../docs/demo.md");

/// Commands of icpulse in code blocks, and options named in the text.
#[test]
fn every_command_and_option_of_icpulse_exists() {
    let mut top = Cli::command();
    top.build();
    let demo = top.find_subcommand("demo").unwrap();
    let serve = demo.find_subcommand("serve").unwrap();
    let longs = |command: &clap::Command| -> Vec<String> {
        command.get_arguments().filter_map(|a| a.get_long().map(|l| format!("--{l}"))).collect()
    };
    let known = [longs(serve), longs(&top)].concat();
    let mut options = 0;
    let others = ["--query"];
    for word in DOCUMENT.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        if word.len() > 2 && word.starts_with("--") && !word.starts_with("---") && !others.contains(&word) {
            assert!(known.iter().any(|option| option == word), "{word}");
            options += 1;
        }
    }
    assert!(options > 15, "{options}");
    let mut commands = 0;
    for line in DOCUMENT.lines().filter(|line| line.starts_with("icpulse ") || line.contains(" icpulse -")) {
        let start = line.find("icpulse ").unwrap();
        let said = line[start..].split('#').next().unwrap().split('>').next().unwrap();
        let words: Vec<&str> = said.split_whitespace().collect();
        Cli::read_from(words).unwrap_or_else(|e| panic!("{line}: {e}"));
        commands += 1;
    }
    assert!(commands >= 5, "{commands}");
}

#[tokio::test]
async fn every_canister_has_the_methods_that_are_named() {
    let demo = demo();
    let agent = Agent::builder().with_url(demo.url()).build().unwrap();
    agent.set_root_key(demo.root_key());
    let mut methods = 0;
    for row in DOCUMENT.lines().filter(|line| line.starts_with("| ") && line.contains("-cai |")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let id = ic_agent::export::Principal::from_text(cells[2]).unwrap();
        let interface = agent.read_state_canister_metadata(id, "candid:service").await.unwrap();
        let interface = String::from_utf8(interface).unwrap();
        for method in cells[3].split('`').skip(1).step_by(2) {
            assert!(interface.contains(method), "{} has no {method}", cells[1]);
            methods += 1;
        }
    }
    assert!(methods >= 15, "{methods}");
}
