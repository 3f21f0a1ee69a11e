//! What a user is told of the network before anything is believed or signed: whether it is the
//! Internet Computer, and which canisters are not its own. A name or a configuration hides neither.
#![cfg(feature = "demo")]

use crate::home;
use crate::sample;

use home::{Home, Table, code, complaint, json, text};
use icpulse::cli::review::write_review;
use icpulse::tui::app::layer::{ReviewLayer, ReviewStage};
use icpulse::tui::app::{Layer, Screen, State};
use icpulse::tui::screens;
use icpulse::tui::theme::{Role, Theme};
use icpulse_engine::action::operations::ConfirmFollowing;
use icpulse_engine::action::{PlanContext, Plans};
use icpulse_model::act::{Confirmation, Review};
use icpulse_model::network::{
    Canisters, NetworkKind, NetworkTrust, Profile, RootKey, RootKeySource, SystemCanister,
};
use icpulse_model::review::{describe_calls, describe_review};
use icpulse_model::text::Line;
use icpulse_model::{NeuronKey, Principal};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

const STRANGER: &str = "uzr34-akd3s-xrdag-3ql62-ocgoh-ld2ao-tamcv-54e7j-krwgb-2gm4z-oqe";

fn stranger() -> Principal {
    Principal::from_text(STRANGER).unwrap()
}

/// The main network with a stranger's governance canister.
fn redirected() -> Profile {
    let mut profile = Profile::main_network();
    profile.name = "mine".to_owned();
    profile.canisters.replace(SystemCanister::Governance, stranger());
    profile
}

fn plan(profile: &Profile) -> Review {
    let state = sample::full((80, 24));
    let context =
        PlanContext { world: &state.world, signer: &state.signer, profile, now: state.now, clock_offset: 0 };
    let intent = ConfirmFollowing {}.intent_for(&[NeuronKey::nns(sample::MY_NEURONS[0])]);
    Plans::new().plan_intent(intent, &context, &mut rand::rngs::OsRng).unwrap()
}

/// A review on a screen that is large enough for all of it, with the details of its calls.
fn shown(review: &Review, size: (u16, u16)) -> Buffer {
    let mut state = sample::at(sample::full(size), Screen::Proposals, None, 0);
    state.network.trust = review.trust.clone();
    let (_, _, layer) = sample::layers().into_iter().find(|l| l.0 == "review-details").unwrap();
    let Layer::Review(layer) = layer else { panic!("not a review") };
    let stage = ReviewStage::Ready(Box::new(review.clone()));
    state.layers = vec![Layer::Review(ReviewLayer { stage, ..layer })];
    draw(&state)
}

fn draw(state: &State) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
    screens::paint(&mut buffer, state, &Theme::fallback());
    buffer
}

fn row(buffer: &Buffer, y: u16) -> String {
    (0..buffer.area.width).map(|x| buffer.cell((x, y)).unwrap().symbol().to_owned()).collect()
}

/// The words inside the frame of the topmost layer, without line breaks.
fn words_of_layer(buffer: &Buffer) -> String {
    let inside = |line: String| {
        let from = line.find('│')? + '│'.len_utf8();
        let to = line.get(from..)?.find(['│', '┃'])?;
        line.get(from..from + to).map(str::to_owned)
    };
    let lines: Vec<String> = (0..buffer.area.height).filter_map(|y| inside(row(buffer, y))).collect();
    squeeze(&lines.join(" "))
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Colours of the cells that show this text.
fn colors_of(buffer: &Buffer, text: &str) -> Vec<Color> {
    let mut found = Vec::new();
    for y in 0..buffer.area.height {
        let line: Vec<String> =
            (0..buffer.area.width).map(|x| buffer.cell((x, y)).unwrap().symbol().to_owned()).collect();
        let letters: Vec<String> = text.chars().map(String::from).collect();
        for at in 0..line.len().saturating_sub(letters.len()) {
            if line[at..at + letters.len()] == letters[..] {
                found.push(buffer.cell((u16::try_from(at).unwrap(), y)).unwrap().style().fg.unwrap());
            }
        }
    }
    found
}

#[test]
fn a_foreign_governance_canister_is_red_in_every_review() {
    let review = plan(&redirected());
    let words = format!("not the Internet Computer's governance canister: {STRANGER}");
    let said = write_review(&review, false);
    assert!(said.contains(&format!("canister   ✗ {words}")), "{said}");
    assert!(said.lines().any(|l| l.starts_with("calls ") && l.contains(&words)), "{said}");
    let warning = review.warnings.first().unwrap().as_str();
    assert!(warning.contains("replaces the governance canister") && warning.contains(STRANGER), "{warning}");
    assert!(said.contains(&format!("warning    ! {warning}")), "{said}");

    let buffer = shown(&review, (200, 80));
    assert!(words_of_layer(&buffer).contains(&words), "{}", words_of_layer(&buffer));
    let bad = Theme::fallback().style_for(Role::Bad).fg.unwrap();
    let colors = colors_of(&buffer, "not the Internet Computer's");
    // Once for the network, once for the call, once in the call's details.
    assert_eq!(colors, [bad, bad, bad]);
    // It is the main network all the same: its root key says so.
    assert!(review.trust.is_main() && !said.contains("(not the Internet Computer)"), "{said}");

    // On a small screen it stands above what must be scrolled for.
    let small = words_of_layer(&shown(&review, (80, 24)));
    assert!(small.contains("canister ✗ not the Internet Computer's governance"), "{small}");
}

#[test]
fn the_command_line_colours_a_review_by_weight() {
    let mut review = sample::stake_review();
    review.warnings = vec![Line::new("the balance was read 20 m ago")];
    let last = review.irreversible.first().unwrap().as_str().to_owned();
    let colored = write_review(&review, true);
    assert!(colored.contains(&format!("\u{1b}[31m{last}\u{1b}[0m")), "{colored}");
    assert!(colored.contains("\u{1b}[33m! \u{1b}[0mthe balance was read"), "{colored}");
    let plain = write_review(&review, false);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let stripped = ["\u{1b}[31m", "\u{1b}[33m", "\u{1b}[0m"].iter().fold(colored, |s, c| s.replace(c, ""));
    assert_eq!(stripped, plain, "colours change no word");
}

#[test]
fn the_networks_own_canisters_raise_no_alarm() {
    let review = plan(&Profile::main_network());
    let said = write_review(&review, false);
    assert!(!said.contains("not the Internet Computer"), "{said}");
    assert!(said.contains("governance rrkah-fqaaa-aaaaa-aaaaq-cai"), "{said}");
    assert!(said.contains("network    mainnet"), "{said}");
    assert_eq!(review.trust, NetworkTrust { kind: NetworkKind::Main, foreign: vec![] });
}

#[test]
fn another_root_key_is_told_in_the_review_whatever_the_name() {
    let key = RootKeySource::Given(RootKey(vec![7; 133]));
    let review = plan(&Profile { root_key: key, ..Profile::main_network() });
    let said = write_review(&review, false);
    assert!(said.contains("network    ic (not the Internet Computer)"), "{said}");
    let shown = words_of_layer(&shown(&review, (120, 60)));
    assert!(shown.contains("network ic (not the Internet Computer)"), "{shown}");
}

#[test]
fn screen_and_command_line_say_the_same_of_a_review() {
    let mut foreign = sample::stake_review();
    foreign.trust.foreign = redirected().trust().foreign;
    foreign.warnings.push(Line::new("the balance was read 20 m ago"));
    let blocked = Review { blocked: Some(Line::new("the balance is too low")), ..sample::stake_review() };
    for review in [sample::vote_review(), sample::stake_review(), foreign, blocked] {
        let said = squeeze(&write_review(&review, false));
        let screen = words_of_layer(&shown(&review, (200, 150)));
        assert!(said.contains(review.title.as_str()) && screen.contains(review.title.as_str()));
        for section in describe_review(&review) {
            assert!(said.contains(section.label) && screen.contains(section.label), "{}", section.label);
            for line in section.lines {
                let words: String = line.iter().map(|w| w.text.as_str()).collect();
                let words = squeeze(&format!("{}{words}", section.mark));
                assert!(said.contains(&words), "{words}: {said}");
                assert!(screen.contains(&words), "{words}: {screen}");
            }
        }
        for (call, planned) in describe_calls(&review).into_iter().zip(&review.calls) {
            for words in [&call.title, &call.method, &call.summary] {
                assert!(said.contains(words) && screen.contains(words), "{words}");
            }
            for (name, value) in call.rows {
                let value: String = value.iter().map(|w| w.text.as_str()).collect();
                let words = squeeze(&format!("{name} {value}"));
                assert!(said.contains(&words) && screen.contains(&words), "{words}: {said}");
            }
            assert!(said.contains(&planned.canister.to_text()), "{said}");
            assert!(said.contains(&planned.arg_digest), "{said}");
        }
        match (&review.blocked, &review.confirmation) {
            (Some(_), _) => assert!(said.contains("confirm it cannot be signed as it stands"), "{said}"),
            (None, Confirmation::Enter) => assert!(said.contains("type yes to sign and send"), "{said}"),
            (None, Confirmation::Type(word)) => {
                assert!(said.contains(&format!("type {word} to sign and send")), "{said}");
            }
        }
    }
}

#[test]
fn the_header_says_what_the_network_is_not_at_any_width() {
    let header = |name: &str, trust: &NetworkTrust, size| {
        let mut state = sample::full(size);
        state.network.name = Line::new(name);
        state.network.trust = trust.clone();
        let buffer = draw(&state);
        (row(&buffer, 0), buffer)
    };
    let other = NetworkTrust::default();
    for width in (80..=200).step_by(12).chain([81, 99, 121]) {
        for name in ["demo", "mine", "https://a-long-name.of.some.network.example:4943"] {
            let (line, buffer) = header(name, &other, (width, 30));
            let long = line.contains(", not the Internet Computer");
            assert!(long || line.contains(", not the IC"), "{width}: {line}");
            assert!(line.contains("main"), "who signs is still told: {width}: {line}");
            assert_eq!(
                colors_of(&buffer, ", not the I"),
                [Theme::fallback().style_for(Role::Warn).fg.unwrap()]
            );
        }
        let main = NetworkTrust { kind: NetworkKind::Main, foreign: vec![] };
        let (line, _) = header("mainnet", &main, (width, 30));
        assert!(line.contains("mainnet") && !line.contains("not the I"), "{line}");
        let foreign = NetworkTrust { kind: NetworkKind::Main, ..redirected().trust() };
        let (line, buffer) = header("mine", &foreign, (width, 30));
        assert!(line.contains("foreign"), "{width}: {line}");
        assert_eq!(colors_of(&buffer, "foreign"), [Theme::fallback().style_for(Role::Bad).fg.unwrap()]);
    }
}

fn configure(home: &Home, text: &str) {
    std::fs::create_dir_all(home.config()).unwrap();
    std::fs::write(home.config().join("config.toml"), text).unwrap();
}

#[test]
fn a_configuration_cannot_redefine_a_built_in_network() {
    let home = Home::new();
    let text = "[network.ic]\nurl = \"http://127.0.0.1:9\"\nroot_key = \"fetch\"\n";
    configure(&home, text);
    for command in [&["config", "check"][..], &["overview"], &["--network", "demo", "overview"]] {
        let refused = home.command(command).output().unwrap();
        let said = complaint(&refused);
        assert_eq!(code(&refused), 2, "{said}");
        assert!(said.contains("[network.ic]") && said.contains("built-in network"), "{said}");
        assert!(said.contains("give your network another name"), "{said}");
    }
    configure(&home, &text.replace("network.ic", "network.mine"));
    let good = home.command(&["config", "check"]).output().unwrap();
    assert_eq!(code(&good), 0, "{}", complaint(&good));
}

#[test]
fn config_check_names_canisters_that_are_not_the_networks_own() {
    let home = Home::new();
    configure(
        &home,
        &format!(
            "[network.mine]\nurl = \"https://icp-api.io\"\nroot_key = \"ic\"\ngovernance = \"{STRANGER}\"\n"
        ),
    );
    let checked = home.command(&["config", "check"]).output().unwrap();
    let said = complaint(&checked);
    let words = format!("[network.mine]: not the Internet Computer's governance canister: {STRANGER}");
    assert!(said.contains(&words), "{said}");
}

#[test]
fn every_command_and_review_tells_of_another_network_and_its_canisters() {
    let table = Table::set();
    let home = Home::new();
    let (url, key) = (table.served.url(), table.served.root_key());
    configure(
        &home,
        &format!(
            "default_network = \"mine\"\n[network.mine]\nurl = \"{url}\"\nroot_key = \"{key}\"\nindex = \"{STRANGER}\"\n"
        ),
    );
    let words = format!("not the Internet Computer's ICP index canister: {STRANGER}");
    let run = |args: &[&str]| {
        let output = home.command(args).env("ICPULSE_IDENTITY", &table.pem).output().unwrap();
        let said = complaint(&output);
        assert_eq!(code(&output), 0, "{said}");
        assert!(said.contains("mine (not the Internet Computer)"), "{args:?}: {said}");
        assert!(said.contains(&format!("warning: {words}")), "{args:?}: {said}");
        output
    };
    run(&["proposals", "list", "--limit", "1"]);
    let overview = text(&run(&["overview"]));
    assert!(overview.starts_with("icpulse · mine, not the Internet Computer · "), "{overview}");
    assert!(overview.contains(&format!("! {words}")), "{overview}");
    let overview = json(&run(&["overview", "--json"]));
    assert_eq!(overview["trust"]["is_internet_computer"], false);
    assert_eq!(overview["trust"]["note"], "not the Internet Computer");
    assert_eq!(overview["trust"]["foreign_canisters"][0]["canister"], STRANGER);

    let stake = ["neurons", "stake", "2", "--delay", "1y", "--dry-run"];
    let review = text(&run(&stake));
    assert!(review.contains("network    mine (not the Internet Computer)"), "{review}");
    assert!(review.contains(&format!("canister   ✗ {words}")), "{review}");
    assert!(review.contains("ICP ledger ryjl3-tyaaa-aaaaa-aaaba-cai"), "{review}");
    assert!(review.contains("sha256 of args"), "{review}");
    assert!(review.contains("final      ! "), "{review}");
    let review = json(&run(&[&stake[..], &["--json"]].concat()));
    assert_eq!(review["trust"]["is_internet_computer"], false);
    assert_eq!(review["trust"]["foreign_canisters"][0]["replaces"], "ICP index");
    assert!(review["warnings"][0].as_str().unwrap().contains("replaces the ICP index canister"));
    assert_eq!(Canisters::default().foreign(), []);
}
