//! What people do, told as they do it: keys pressed, screens read, on a made-up network.

use crate::harness;
use crate::network;

use crossterm::event::MouseEventKind;
use harness::Harness;
use icpulse::tui::app::state::{NetworkInfo, Options, Quitting};
use icpulse::tui::app::{Effect, Layer, Message, State};
use icpulse_engine::action::operations::Stake;
use icpulse_model::act::SignerInfo;
use icpulse_model::{Seconds, Vote};
use network::{Fate, NOW, Network, PASSPHRASE};
use tokio::sync::mpsc;

/// icpulse as it opens, before anything was read.
fn open_with(options: Options, signer: Option<SignerInfo>) -> Harness<Network> {
    let (sender, receiver) = mpsc::channel(1_000);
    let network = Network::new(sender);
    let info = NetworkInfo { name: "test".into(), ..NetworkInfo::default() };
    let mut state = State::new(NOW, (120, 36), info, options);
    state.load_world(signer.unwrap_or_else(|| network.signer.clone()), Default::default());
    Harness::new(state, network, receiver)
}

/// icpulse with everything read.
fn open() -> Harness<Network> {
    let mut app = open_with(Options::default(), None);
    app.services.publish();
    app.settle();
    app
}

fn votes(app: &Harness<Network>, proposal: usize) -> Vec<Vote> {
    app.state.world.proposals.iter().nth(proposal).unwrap().ballots.iter().map(|b| b.vote).collect()
}

#[tokio::test]
async fn a_first_vote_with_three_neurons() {
    let mut app = open_with(Options::default(), None);
    app.press("2").does_not_see("Elect new replica");
    app.services.publish();
    app.until_seen("Elect new replica").await;

    app.press("/").type_text("topic:gov").sees("Motion: reduce").does_not_see("Elect new replica");
    app.press("<enter> <enter>").until_idle().await;
    app.sees("Proposal 111").sees("The summary of proposal 111");

    app.press("+").sees("Vote YES on 111").sees("governance");
    assert_eq!(votes(&app, 1), [Vote::Unspecified; 3], "nothing is signed before it is confirmed");
    app.press("<enter>").until_idle().await;
    app.press("<esc>").sees("done: Vote YES on 111");
    assert_eq!(votes(&app, 1), [Vote::Yes; 3], "read again after the vote");

    app.press("+").sees("your neurons already voted on 111");
    assert!(app.state.layers.is_empty());
}

#[tokio::test]
async fn two_keys_and_a_confirmation_from_the_list_with_a_neuron_left_out() {
    let mut app = open();
    app.press("2 v").sees("1001").sees("1002").sees("1003");
    app.press("j <space> -").sees("Vote NO on 112");
    app.press("<esc>").sees("1002");
    app.press("- <enter> <esc>");
    // The strongest comes first, so 1002 is the second.
    assert_eq!(votes(&app, 0), [Vote::No, Vote::Unspecified, Vote::No]);
}

#[tokio::test]
async fn after_a_vote_the_cursor_goes_to_the_next_one_to_vote_on() {
    let mut app = open();
    let due = app.state.pulse.due.clone();
    assert!(due.len() > 2, "{due:?}");
    // On Pulse, whose list moves what was voted on to its end.
    app.state.pulse.cursor = app.state.pulse.needs;
    app.press("+ <enter> <esc>");
    assert_eq!(app.state.pulse.due, due[1..]);
    assert_eq!(app.state.target_proposals(), [due[1]]);
    // In the detail, `]` opens the next one to vote on.
    app.press("<enter>").sees(&format!("Proposal {}", due[1]));
    app.press("+ <enter> <esc> ]").sees(&format!("Proposal {}", due[2]));

    // What Pulse points at comes by deadline, and a detail opened from it leads on too.
    let mut app = open();
    app.state.pulse.cursor = 0;
    app.press("<enter>").sees("vote:due");
    let rows: Vec<_> = app.state.proposals.rows.to_vec();
    assert_eq!(rows, due);
    app.press("<enter> + <enter> <esc> ]").sees(&format!("Proposal {}", due[1]));

    // In the whole list too.
    let mut app = open();
    app.press("2");
    app.state.proposals.select_id(due[0]);
    app.press("+ <enter> <esc>");
    let selected = app.state.proposals.selected.unwrap();
    assert!(selected != due[0] && due.contains(&selected), "{selected}");
}

#[tokio::test]
async fn the_palette_runs_a_command_of_another_screen_and_a_key_without_a_command_says_so() {
    let mut app = open();
    app.press("2 :").type_text("stake").sees("only in: Pulse").press("<enter>");
    assert!(
        matches!(app.state.layers.last(), Some(Layer::Form(form)) if form.operation.id.ends_with("stake"))
    );
    app.press("<esc> :").type_text("zzzz").sees("no such command").press("<enter> <esc>");
    app.press("2 s").sees("only in: Pulse, Neurons");
    app.press("<enter> s").sees("only in: Pulse, Neurons");
    app.press("<esc> 1 &").sees("no command has this key; ? shows the keys");
    // Letters that are somewhere in a sentence are no match.
    app.press(":").type_text("stake");
    let titles = |app: &Harness<Network>| match app.state.layers.last() {
        Some(Layer::Palette(palette)) => palette.matches.iter().map(|m| m.command.spec().title).collect(),
        _ => Vec::new(),
    };
    let found: Vec<&str> = titles(&app);
    assert!(found[0].starts_with("stake") && !found.contains(&"suspend"), "{found:?}");
}

#[tokio::test]
async fn a_form_takes_arrows_for_its_presets_and_a_question_mark_for_its_keys() {
    let mut app = open();
    app.press("3 s <tab>");
    let delay = |app: &Harness<Network>| match app.state.layers.last() {
        Some(Layer::Form(form)) => form.current().map(|f| f.input.value().to_owned()),
        _ => None,
    };
    let first = delay(&app).unwrap();
    app.press("<right>");
    let second = delay(&app).unwrap();
    assert_ne!(first, second);
    app.press("<left>");
    assert_eq!(delay(&app).unwrap(), first);
    app.type_text("2y");
    assert_eq!(delay(&app).unwrap(), "2y", "what was filled in gives way");
    app.press("?").sees("Form").press("<esc>");
    assert_eq!(delay(&app).unwrap(), "2y");
}

#[tokio::test]
async fn details_and_help_are_searched() {
    let mut app = open();
    app.press("2 <enter>").until_idle().await;
    app.press("/").type_text("SUMMARY").sees("1 line").press("<enter> n N");
    assert_eq!(app.state.search, "SUMMARY");
    app.press("/").type_text("zzz").press("<enter>").sees("'zzz' is not in this text");
    app.press("<esc>");
    assert!(app.state.search.is_empty() && app.state.detail().is_some());
    app.press("? /").type_text("quit; asks").press("<enter>").sees("Quit; asks");
    assert!(matches!(app.state.layers.last(), Some(Layer::Help(help)) if help.scroll > 0));
}

#[tokio::test]
async fn lists_are_found_again_as_they_were_left() {
    let mut app = open();
    app.press("2 /").type_text("topic:gov").press("<enter> > q");
    let sort = app.state.proposals.sort;
    let views = app.state.kept_views.clone();
    assert!(app.services.asked.iter().any(|asked| asked.starts_with("SaveViews")));

    let mut again = open();
    again.state.set_views(&views);
    again.press("2").sees("topic:gov").does_not_see("Elect new replica");
    assert_eq!(again.state.proposals.sort, sort);
    // Filters and commands are found with the arrow.
    again.press("F / <up>");
    assert_eq!(again.state.filter_text(), Some("topic:gov"));
    again.press("<down>");
    assert_eq!(again.state.filter_text(), Some(""));
    again.press("<esc>");
}

#[tokio::test]
async fn the_palette_takes_an_argument() {
    let mut app = open();
    app.press("4 :").type_text("proposal 111").press("<enter>").sees("Proposal 111");
    app.press(":").type_text("neurons state:locked").press("<enter>");
    assert_eq!(app.state.screen(), icpulse::tui::app::Screen::Neurons);
    assert_eq!(app.state.filter_text(), Some("state:locked"));
    app.press(": <up>").sees("neurons state:locked").press("<up>").sees("proposal 111");
    app.press("<enter>").sees("Proposal 111");
}

#[tokio::test]
async fn many_proposals_at_once() {
    let mut app = open();
    app.press("2 <space> <space> +").sees("Vote YES on 2 proposals with 3 neurons (6 ballots)");
    app.press("<enter> <esc>");
    assert_eq!(votes(&app, 0), [Vote::Yes; 3]);
    assert_eq!(votes(&app, 1), [Vote::Yes; 3]);
    assert_eq!(votes(&app, 2), [Vote::Unspecified; 3]);
    assert!(app.state.proposals.marked.is_empty());

    app.press("a");
    assert_eq!(app.state.proposals.marked.len(), 2, "only those that may still be voted on");
}

#[tokio::test]
async fn one_neuron_had_followed_and_one_is_refused_and_tried_again_alone() {
    let mut app = open();
    app.services.fates = vec![(1_002, Fate::AlreadyDone), (1_003, Fate::RefusedOnce)];
    app.press("2 + <enter>").sees("try again");
    assert_eq!(votes(&app, 0), [Vote::Yes, Vote::Yes, Vote::Unspecified]);

    // A step that is done cannot be sent twice.
    app.press("g g r").sees("only a step that did not happen can be signed anew");
    app.services.asked.clear();
    // What is signed anew is reviewed anew.
    app.press("G r").sees("Vote YES");
    assert!(app.services.asked.iter().any(|a| a.starts_with("PlanRest") && a.contains("steps: [2]")));
    assert_eq!(votes(&app, 0), [Vote::Yes, Vote::Yes, Vote::Unspecified]);
    app.press("<enter>").sees("3 steps done");
    assert_eq!(votes(&app, 0), [Vote::Yes; 3]);
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_after_and_never_sent_again() {
    let mut app = open();
    app.services.fates = vec![(1_002, Fate::Unknown)];
    app.press("2 + <enter>").sees("ask again later");
    app.press("R").sees("every step is done or its outcome is not known");
    assert!(!app.services.asked.iter().any(|a| a.starts_with("PlanRest")));
    app.press("<esc> 1").sees("1 action").press("A <enter> f <esc> <esc>");
    assert!(app.services.asked.iter().any(|a| a.starts_with("FollowUp")));
    assert_eq!(votes(&app, 0), [Vote::Yes; 3]);
}

#[tokio::test]
async fn staking_shows_what_it_brings_and_asks_for_a_word() {
    let mut app = open();
    app.press("3 s").type_text("400");
    app.sees("the account holds");
    app.press("<enter>").sees("correct the marked fields first");
    // What the form filled in gives way to what is typed; after a move in it, it is edited.
    app.press("ctrl-u").type_text("100").press("<tab>").type_text("2y");
    // 2 years triple the power.
    app.sees("300.00 V").sees("maturity, ").sees("then 202.4999 ICP");

    app.press("<enter>").sees("Stake 100.00 ICP");
    app.press("<enter>").sees("type stake 100 to confirm");
    assert!(app.services.asked.iter().all(|a| !a.starts_with("Confirm")));
    app.type_text("stake 100").press("<enter>").sees("neuron 7777");
    app.press("<esc> 3").sees("7777");
    app.press("4").sees("202.49");
}

#[tokio::test]
async fn staking_with_the_followees_of_a_known_neuron() {
    let mut app = open();
    app.press("4 s").type_text("5").press("<tab> <tab> <tab> <enter>").sees("Tideline");
    app.type_text("tide").press("<enter>").sees("Tideline");
    let Some(Layer::Form(form)) = app.state.layers.last() else { panic!("no form") };
    assert_eq!(form.intent.as_ref().unwrap().parse_args::<Stake>().unwrap().follow.len(), 3);
}

#[tokio::test]
async fn the_follow_form_begins_with_the_present_followees_of_the_topic() {
    let followees = |app: &Harness<Network>| match app.state.layers.last() {
        Some(Layer::Form(form)) => {
            form.fields.iter().find(|f| f.field.name == "followees").unwrap().input.value().to_owned()
        }
        other => panic!("no form: {other:?}"),
    };
    let mut app = open();
    app.press("3 w");
    assert_eq!(followees(&app), "", "it follows nobody on the catch-all");
    app.press("<enter>").type_text("governance").press("<down> <enter>");
    assert_eq!(followees(&app), "27, 28");
    // What was typed stays when the topic changes.
    app.press("<tab> ctrl-u")
        .type_text("27")
        .press("<shift-tab> <enter>")
        .type_text("node admin")
        .press("<enter>");
    assert_eq!(followees(&app), "27");
}

#[tokio::test]
async fn a_theme_is_previewed_and_left_or_kept_and_the_palette_runs_anything() {
    let mut app = open();
    let before = app.state.options.theme.clone();
    app.press("t j");
    assert_eq!(app.state.options.theme, "paper");
    app.press("<esc>");
    assert_eq!(app.state.options.theme, before);

    app.press(":").type_text("theme").press("<enter> G <enter>");
    assert_eq!(app.state.options.theme, "tide");
    assert!(app.services.asked.last().unwrap().starts_with("KeepTheme"));

    app.press("ctrl-p").type_text("neur").press("<enter>").sees("1001");
    assert!(app.state.layers.is_empty());
    // What cannot run here says why.
    app.press(":").type_text("mark all").sees("only in: Proposals").press("<esc>");
}

#[tokio::test]
async fn read_only_until_somebody_signs() {
    let mut app = open_with(Options::default(), Some(SignerInfo::anonymous()));
    app.services.publish();
    app.settle();
    app.press("2 +").sees("read-only: no identity selected; choose one with i");
    assert!(app.state.layers.is_empty());
    app.press("x i").sees("main").sees("other");

    let mut app = open_with(Options { read_only: true, ..Options::default() }, None);
    app.services.publish();
    app.settle();
    app.press("3 s").sees("started with --read-only");
    app.press("2 v").sees("started with --read-only");
    assert!(app.services.asked.iter().all(|a| !a.starts_with("Plan")));
}

#[tokio::test]
async fn a_locked_identity_asks_for_its_passphrase_and_goes_on() {
    let mut app = open();
    app.press("2 L").sees("the identity is locked");
    app.services.locked = true;
    app.services.change(icpulse_model::world::Change::Signer(SignerInfo {
        locked: true,
        ..app.services.signer.clone()
    }));
    app.settle();
    app.press("+").type_text("wrong").press("<enter>").sees("this passphrase does not fit");
    app.does_not_see("wrong");
    app.type_text(PASSPHRASE).press("<enter>").sees("Vote YES on 112");
    assert!(!format!("{:?}", app.state).contains(PASSPHRASE));

    // It locks itself while the review lies open: the signature waits for the passphrase.
    app.pass(Seconds(299));
    app.state.signer.unlocked_until = Some(NOW);
    app.press("<enter>").type_text(PASSPHRASE).press("<enter>");
    assert_eq!(votes(&app, 0), [Vote::Yes; 3]);
}

#[tokio::test]
async fn an_old_review_is_made_again() {
    let mut app = open();
    app.press("2 +").pass(Seconds(301));
    app.press_only("<enter>");
    assert!(app.services.asked.iter().any(|a| a.starts_with("Discard")));
    assert!(!app.services.asked.iter().any(|a| a.starts_with("Confirm")));
    assert_eq!(votes(&app, 0), [Vote::Unspecified; 3]);
}

#[tokio::test]
async fn a_review_that_comes_late_is_forgotten() {
    let mut app = open();
    app.press_only("2 + <esc>");
    assert!(app.state.layers.is_empty());
    app.settle();
    assert!(app.state.layers.is_empty());
    assert!(app.services.asked.last().unwrap().starts_with("Discard"));
}

#[tokio::test]
async fn help_shows_the_keys_of_the_place() {
    let mut app = open();
    app.press("2 ?").sees("Proposals").sees("space");
    app.press("<esc> 4 ?").sees("Wallet").press("q");
    assert!(app.state.layers.is_empty());
}

#[tokio::test]
async fn filters_can_be_wrong_undone_and_completed() {
    let mut app = open();
    app.press("2 /").type_text("statu:open").sees("unknown field 'statu'");
    app.press("<enter>").sees("unknown field 'statu'");
    app.press("ctrl-u").type_text("st").press("<tab>").type_text("rej").press("<tab> <enter>");
    app.sees("Approve genesis").does_not_see("Motion");
    app.press("/").type_text("nothing at all").press("<esc>").sees("Approve genesis");
    app.press("<esc>").sees("Elect new replica");
    app.press("f").does_not_see("Approve genesis");
    assert_eq!(app.state.filter_text(), Some("vote:due"));
}

#[tokio::test]
async fn the_way_back_and_the_way_on() {
    let mut app = open();
    app.press("3 <enter>").sees("Neuron 1003");
    app.press("<tab> <tab> <enter>").sees("Proposal 105");
    app.press("P").sees("Neuron 48");
    app.press("<esc> <esc> <esc>");
    assert_eq!(app.state.breadcrumbs(), ["Neurons"]);
    app.press("2 <enter> ]");
    assert_eq!(app.state.breadcrumbs(), ["Proposals", "Proposal 111"]);
    app.press("# 1 0 9 <enter>").sees("Zurich");
    app.press("y <enter>");
    assert_eq!(app.host.last(), Some(&Effect::Copy("109".into())));
    app.press("o");
    assert!(app.services.asked.last().unwrap().contains("forum.example.org"));
}

#[tokio::test]
async fn pulse_leads_to_what_needs_me() {
    let mut app = open();
    app.sees("4").press("<enter>");
    assert_eq!(app.state.filter_text(), Some("vote:due"));
    app.press("1 g g j <enter>").sees("1003").does_not_see("1002");
    // The neuron near its decay is confirmed from Pulse.
    app.press("1 c").sees("Confirm the following of neuron 1003").press("<enter> <esc>");
    assert!(
        !app.state
            .pulse
            .needs()
            .any(|n| matches!(n, icpulse::tui::app::pulse::PulseNeed::ConfirmFollowing { .. }))
    );
    // A vote from the list of open proposals on Pulse.
    app.press("g g <tab> - <enter> <esc>");
    assert!(app.state.world.proposals.iter().any(|p| p.ballots.iter().all(|b| b.vote == Vote::No)));
}

#[tokio::test]
async fn the_mouse_does_what_keys_do() {
    let mut app = open();
    app.click_on("Neurons").sees("1001");
    app.click_on("Proposals").click_on("Change subnet").click_on("Change subnet").sees("Proposal 110");
    app.mouse(MouseEventKind::Down(crossterm::event::MouseButton::Right), 1, 10);
    assert_eq!(app.state.breadcrumbs(), ["Proposals"]);
    app.mouse(MouseEventKind::ScrollDown, 20, 12);
    app.click_on("status");
    assert_eq!(app.state.proposals.sort.column, "status");
    app.press("M").click_on("Wallet");
    assert_eq!(app.state.screen().title(), "Proposals", "the mouse is the terminal's now");
}

#[tokio::test]
async fn leaving_while_something_is_submitted_asks() {
    let mut app = open();
    app.services.fates = vec![(1_001, Fate::Pending)];
    app.press("2 + <enter> <esc> q").sees("A request is being submitted");
    app.press("<esc>");
    assert_eq!(app.state.quitting, Quitting::No);
    app.press("q <enter>");
    assert_eq!(app.state.quitting, Quitting::WhenDone);
    assert!(!app.host.contains(&Effect::Quit));
    app.services.settle();
    app.settle();
    assert!(app.host.contains(&Effect::Quit));

    let mut app = open();
    app.press("q");
    assert!(app.host.contains(&Effect::Quit));
}

#[tokio::test]
async fn another_identity_sees_nothing_of_the_first() {
    let mut app = open();
    app.press("2 <space> i j <enter>").sees("signing as other");
    assert!(app.state.proposals.marked.is_empty());
    app.press("3").does_not_see("1001");
}

#[tokio::test]
async fn too_small_a_terminal_says_so_and_does_nothing_but_leave() {
    let mut app = open();
    app.resize(59, 20).press("2 +");
    assert_eq!(app.state.screen().title(), "Pulse");
    app.resize(120, 36).press("2").sees("Elect new replica");
    app.resize(60, 14).press("q");
    assert!(app.host.contains(&Effect::Quit));
}

#[tokio::test]
async fn the_wallet_filters_sorts_and_shows_its_address() {
    let mut app = open();
    app.press("4").sees("302.5").press("/").type_text("direction:out").press("<enter>");
    assert_eq!(app.state.wallet.list.rows.as_ref(), [903]);
    app.press("<esc> S j j j <enter>");
    assert_eq!(app.state.wallet.list.rows.as_ref(), [904, 903, 902]);
    app.press("R");
    assert_eq!(app.state.wallet.list.rows.as_ref(), [902, 903, 904]);
    let account = app.state.signer.account.hex();
    app.press("Q").sees(&account[..16]).press("<esc> a");
    assert_eq!(app.host.last(), Some(&Effect::Copy(account)));
}

#[tokio::test]
async fn columns_come_and_go() {
    let mut app = open();
    app.press("2").sees("topic").press("C j j <space> <esc>").does_not_see("IC OS Version");
    app.feed(Message::Tick);
}

#[tokio::test]
async fn neurons_and_accounts_are_named_and_the_name_stands_where_the_id_is() {
    let mut app = open();
    app.press("3").sees("1001").press("e").sees("Name neuron").type_text("Cold wallet");
    app.press("<enter>").sees("is called Cold wallet");
    assert!(app.services.asked.iter().any(|e| e.starts_with("SaveName(Neuron(")), "{:?}", app.services.asked);
    app.press("/").type_text("cold").press("<enter>").sees("1 of 3 neurons");
    app.press("<enter>").sees("Neuron Cold wallet");
    // The neuron's ballot has the name too.
    app.press("<esc> F 2 v").sees("Cold wallet").press("<esc>");
    // The other account of a transaction.
    app.press("4 /").type_text("exchange").press("<enter>").sees("No matches");
    app.press("F /").type_text("direction:out").press("<enter> e").sees("Name account");
    app.type_text("Exchange").press("<enter>").sees("is called Exchange");
    app.press("F /").type_text("exchange").press("<enter>");
    assert!(app.state.wallet.list.rows.contains(&903));
    app.press("<enter>").sees("Exchange");
    // An empty name removes it.
    app.press("<esc> e ctrl-u <enter>").sees("removed the name of account");
    assert!(app.state.names.accounts.is_empty());
    app.press("F 2").sees("Elect new replica").press("e").sees("only in");
}

#[tokio::test]
async fn another_network_is_opened_from_inside() {
    let mut app = open();
    app.state.networks = vec!["ic".to_owned(), "demo".to_owned(), "test".to_owned()];
    app.press(":")
        .type_text("net nowhere")
        .press("<enter>")
        .sees("unknown network 'nowhere'; available: ic, demo");
    app.press(":").type_text("net test").press("<enter>").sees("test is open");
    assert!(!app.host.contains(&Effect::Quit));
    // What is under way is asked about first.
    app.services.fates = vec![(1_001, Fate::Pending)];
    app.press("2 + <enter> <esc> :")
        .type_text("net demo")
        .press("<enter>")
        .sees("A request is being submitted");
    app.press("j j <enter>");
    assert_eq!(app.state.next_network, None);
    app.services.settle();
    app.settle();
    app.press(":").type_text("open network").press("<enter>").sees("demo").press("k <enter>");
    assert_eq!(app.state.next_network.as_deref(), Some("demo"));
    assert!(app.host.contains(&Effect::Quit));
}

#[tokio::test]
async fn a_locked_identity_that_is_chosen_asks_for_its_passphrase() {
    let mut app = open();
    app.services.locked = true;
    app.press("i j <enter>").sees("Unlock other");
    app.type_text(PASSPHRASE).press("<enter>");
    assert!(app.state.layers.is_empty() && !app.state.signer.locked);
}

#[tokio::test]
async fn running_work_is_in_the_header_and_can_be_stopped_and_found_again() {
    let mut app = open();
    app.services.fates = vec![(1_001, Fate::Pending)];
    app.press("2 + <enter>").sees("Under way").sees("sending 2 of 3");
    // It goes on below, and the header leads back to it.
    app.press("<esc>").sees("sending 2 of 3").click_on("sending 2 of 3").press("<enter>").sees("Under way");
    app.press("s").sees("stopping");
    assert!(app.services.asked.iter().any(|e| e.starts_with("StopAction")), "{:?}", app.services.asked);
    app.services.settle();
    app.settle();
    app.does_not_see("sending").press("s").sees("not under way");
}

#[tokio::test]
async fn what_changed_since_the_last_time_is_a_line_with_a_list_behind_it() {
    let before = open().state.world.clone();
    let mut app = open_with(Options::default(), None);
    let signer = app.state.signer.clone();
    app.state.load_world(signer, before);
    app.services.publish();
    app.settle();
    app.press("1").does_not_see("since");
    app.services.neurons[0].stake = icpulse_model::E8s(app.services.neurons[0].stake.0 + 500_000_000);
    app.services.publish();
    app.settle();
    app.sees("1 change").sees("1 neuron");
    app.press("G");
    app.state.pulse.cursor = app.state.pulse.needs - 1;
    app.press("<enter>").sees("Changes since the last time").sees("stake +5.00 ICP");
    app.press("<enter>").sees("Neuron 1001");
}

#[tokio::test]
async fn filters_have_names_and_what_they_find_is_marked() {
    let mut app = open();
    app.press("2 /").type_text("topic:gov").press("ctrl-s").sees("Name filter").type_text("motions");
    app.press("<enter>").sees("the filter is called @motions").press("<enter> F").sees("Elect new replica");
    // Recalled in the filter's line, by `f`, and from the palette, also of another screen.
    app.press("/").type_text("@mo").sees("@motions").press("<tab>").does_not_see("Elect new replica");
    app.press("<enter>");
    assert_eq!(app.state.filter_text(), Some("topic:gov"));
    app.press("F /").type_text("@motions").press("<enter>");
    assert_eq!(app.state.filter_text(), Some("topic:gov"));
    app.press("F 3 :").type_text("filter motions").press("<enter>");
    assert_eq!((app.state.screen().title(), app.state.filter_text()), ("Proposals", Some("topic:gov")));
    app.press(":").type_text("filter nothing").press("<enter>").sees("no filter is called 'nothing'");
    // They survive a restart.
    let views = app.state.views();
    let mut again = open();
    again.state.set_views(&views);
    again.press("2 F /").type_text("@motions").press("<enter>");
    assert_eq!(again.state.filter_text(), Some("topic:gov"));
    // An empty name removes it.
    app.press("2 / ctrl-u")
        .type_text("topic:gov")
        .press("ctrl-s ctrl-u <enter>")
        .sees("removed the name")
        .press("<esc>");
    assert!(app.state.proposals.named.is_empty());
}

#[tokio::test]
async fn totals_follow_the_filter() {
    let mut app = open();
    let sum = |app: &mut Harness<Network>| -> u64 {
        app.state.neurons.rows.iter().map(|id| app.state.neuron(*id).unwrap().stake.0).sum()
    };
    app.press("3").sees("in all");
    let all = sum(&mut app);
    app.press("/").type_text("id:1001").press("<enter>").sees("shown  ");
    let shown = sum(&mut app);
    assert!(shown < all);
    app.sees(&format!("shown  {} ICP", icpulse_model::E8s(shown).rounded()));
}

#[tokio::test]
async fn a_list_is_saved_as_it_is_shown() {
    let mut app = open();
    app.press("2 /")
        .type_text("topic:gov")
        .press("<enter> E")
        .sees("Export the list as shown")
        .press("<enter>");
    let saved = app.services.asked.iter().rfind(|e| e.starts_with("SaveList")).unwrap().clone();
    assert!(saved.contains("list: \"proposals\"") && saved.contains("rows: 2,"), "{saved}");
    assert!(saved.contains("Motion: reduce") && !saved.contains("Elect new replica"), "{saved}");
    // The columns as they are shown.
    let columns = saved.split("text: \"").nth(1).unwrap().split("\\n").next().unwrap().to_owned();
    assert!(
        columns.starts_with("id,") && columns.contains("topic") && !columns.contains("ballots"),
        "{columns}"
    );
    app.press("C j j <space> <esc> E j <enter>");
    let saved = app.services.asked.iter().rfind(|e| e.starts_with("SaveList")).unwrap();
    assert!(saved.contains("extension: \"json\"") && !saved.contains("topic"), "{saved}");
    app.press("1 E").sees("only in");
}

#[tokio::test]
async fn choosers_and_ballots_are_narrowed_and_sorted() {
    let mut app = open();
    app.press("t /").type_text("paper").does_not_see("harbour").press("<enter>");
    assert_eq!(app.state.options.theme, "paper");
    // Columns stay open, so that what was found can be switched.
    app.press("2 C /").type_text("topic").press("<enter> <space>");
    assert!(!app.state.proposals.columns.contains(&"topic"));
    app.press("<esc> <esc>");
    assert!(app.state.layers.is_empty());
    app.press("v /").type_text("1002").does_not_see("1003").press("<enter>").sees("1 shown");
    app.press("u F <esc>").sees("2 of 3 neurons").press(">").sees("1003").press("<esc>");
}

#[tokio::test]
async fn the_palette_runs_from_layers_and_details() {
    let mut app = open();
    app.press("2 <enter> ?").sees("keys").press(":").type_text("neurons").press("<enter>");
    assert_eq!((app.state.screen().title(), app.state.layers.len()), ("Neurons", 0));
    app.press("2 v :").type_text("proposal 111").press("<enter>").sees("Proposal 111");
    assert!(app.state.layers.is_empty());
    // From a form, too, where `:` is text.
    app.press("s ctrl-p").type_text("wallet").press("<enter>");
    assert_eq!((app.state.screen().title(), app.state.layers.len()), ("Wallet", 0));
}
