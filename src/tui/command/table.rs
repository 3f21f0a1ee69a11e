//! The one table of commands. A new command is one entry here and one arm in `app::update`; operations
//! add rows of their own.

use crate::datasets::{NETWORK, NetworkList};
use icpulse_engine::action::{Operation, Risk, Target, operations};
use std::sync::LazyLock;

/// Where a command applies. Scopes are asked from the most specific to the most general; the
/// first that knows the key wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere but in layers.
    Global,
    /// Lists, details and layers that scroll.
    Move,
    /// Every list with columns.
    List,
    /// Every detail.
    Detail,
    /// The first screen.
    Pulse,
    /// The list of proposals.
    Proposals,
    /// One proposal.
    Proposal,
    /// The list of neurons.
    Neurons,
    /// One neuron.
    Neuron,
    /// Balance and transactions.
    Wallet,
    /// The network's lists.
    Network,
    /// The network's lists and details.
    Topology,
    /// Every layer over a screen.
    Layer,
    /// The line in which a filter is written.
    Filter,
    /// The command palette.
    Palette,
    /// Choosing the neurons to vote with.
    Ballots,
    /// The review before signing.
    Review,
    /// The steps of an action and its outcome.
    Execution,
    /// A layer to read: help, messages.
    Read,
    /// The line in which a search is written.
    Search,
    /// The arguments of an operation.
    Form,
    /// A list to choose from (theme, identity, sort, columns).
    Choice,
}

impl Scope {
    /// As a heading in the help and in the generated key list.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Move => "Moving",
            Self::List => "Lists",
            Self::Detail => "Details",
            Self::Pulse => "Pulse",
            Self::Proposals => "Proposals",
            Self::Proposal => "One proposal",
            Self::Neurons => "Neurons",
            Self::Neuron => "One neuron",
            Self::Wallet => "Wallet",
            Self::Network => "Network's lists",
            Self::Topology => "Network",
            Self::Layer => "Layers",
            Self::Filter => "Writing a filter",
            Self::Palette => "Command palette",
            Self::Ballots => "Choosing ballots",
            Self::Review => "Review before signing",
            Self::Execution => "Steps of an action",
            Self::Read => "Reading a layer",
            Self::Search => "Writing a search",
            Self::Form => "Form",
            Self::Choice => "Choosing",
        }
    }

    /// All, in the order of the key list.
    pub const ALL: &'static [Self] = &[
        Self::Global,
        Self::Move,
        Self::List,
        Self::Detail,
        Self::Pulse,
        Self::Proposals,
        Self::Proposal,
        Self::Neurons,
        Self::Neuron,
        Self::Wallet,
        Self::Network,
        Self::Topology,
        Self::Layer,
        Self::Filter,
        Self::Palette,
        Self::Ballots,
        Self::Review,
        Self::Execution,
        Self::Read,
        Self::Search,
        Self::Form,
        Self::Choice,
    ];
}

/// What a command may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Danger {
    /// Nothing on the network changes.
    Harmless,
    /// Leads to a review of something that will be signed.
    Signs,
    /// Leads to a review of something that moves money.
    Spends,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Which command.
    pub command: Command,
    /// Its name in configuration files and the palette: `proposal.vote`.
    pub id: &'static str,
    /// A few words, for the footer and the palette.
    pub title: &'static str,
    /// One sentence, for help and documentation.
    pub help: &'static str,
    /// Default keys; each a chord or a sequence.
    pub keys: &'static [&'static str],
    /// Where it applies.
    pub scopes: &'static [Scope],
    /// What it may lead to.
    pub danger: Danger,
    /// Whether the footer shows it, where it applies.
    pub footer: bool,
}

macro_rules! commands {
    ($($variant:ident $id:literal $title:literal, $help:literal, [$($key:literal)*], [$($scope:ident)+], $danger:ident $(, $footer:ident)?;)*) => {
        /// Everything that a key, the palette or the mouse can run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Command {
            $(#[doc = $help] $variant,)*
            /// Begins an operation, by its place in the list of operations.
            Operation(usize),
            /// Shows a list of the network, by its place among them.
            List(usize),
        }

        impl Command {
            /// Its row of the table.
            pub fn spec(self) -> &'static Spec {
                match self {
                    $(Self::$variant => {
                        static SPEC: Spec = Spec {
                            command: Command::$variant,
                            id: $id,
                            title: $title,
                            help: $help,
                            keys: &[$($key),*],
                            scopes: &[$(Scope::$scope),+],
                            danger: Danger::$danger,
                            footer: commands!(@footer $($footer)?),
                        };
                        &SPEC
                    })*
                    Self::Operation(place) => OPERATIONS.get(place).unwrap_or_else(|| Self::Help.spec()),
                    Self::List(place) => LISTS.get(place).unwrap_or_else(|| Self::Help.spec()),
                }
            }
        }

        const COMMANDS: &[Command] = &[$(Command::$variant),*];
    };
    (@footer footer) => { true };
    (@footer) => { false };
}

/// The rows of operations.
static OPERATIONS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let row = |(place, operation): (usize, &&'static Operation)| Spec {
        command: Command::Operation(place),
        id: operation.id,
        title: operation.title,
        help: operation.help,
        keys: operation.keys,
        scopes: match operation.target {
            Target::None => &[Scope::Pulse, Scope::Neurons, Scope::Neuron, Scope::Wallet],
            Target::Neurons { all_by_default: true } => &[Scope::Pulse, Scope::Neurons, Scope::Neuron],
            Target::Neurons { .. } => &[Scope::Neurons, Scope::Neuron],
            Target::Ballots => &[Scope::Pulse, Scope::Proposals, Scope::Proposal],
        },
        danger: match operation.risk {
            Risk::MovesMoney => Danger::Spends,
            Risk::Reversible | Risk::Final => Danger::Signs,
        },
        footer: operation.footer,
    };
    operations::LIST.iter().enumerate().map(row).collect()
});

/// The rows of the network's lists.
static LISTS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let row = |(place, list): (usize, &&'static NetworkList)| Spec {
        command: Command::List(place),
        id: list.command,
        title: list.dataset.info.many,
        // Made once, for as long as the program runs.
        help: Box::leak(format!("{}.", list.dataset.info.about).into_boxed_str()),
        keys: list.keys,
        scopes: &[Scope::Topology],
        danger: Danger::Harmless,
        footer: false,
    };
    NETWORK.iter().enumerate().map(row).collect()
});

/// All commands, in the order in which help and documentation show them.
pub static TABLE: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let mut rows: Vec<Spec> = COMMANDS.iter().map(|command| *command.spec()).collect();
    let (votes, others): (Vec<Spec>, Vec<Spec>) = OPERATIONS
        .iter()
        .partition(|row| row.command.operation().is_some_and(|o| o.target == Target::Ballots));
    let lists = LISTS.clone();
    for (before, more) in [(Command::VoteYes, votes), (Command::NextTab, others), (Command::WhatIf, lists)] {
        let place = rows.iter().position(|row| row.command == before).unwrap_or(rows.len());
        rows.splice(place..place, more);
    }
    rows
});

commands! {
    ShowPulse "screen.pulse" "pulse", "Show what changed and what needs attention.", ["1"], [Global], Harmless;
    ShowProposals "screen.proposals" "proposals", "Show the network's proposals.", ["2"], [Global], Harmless;
    ShowNeurons "screen.neurons" "neurons", "Show your neurons.", ["3"], [Global], Harmless;
    ShowWallet "screen.wallet" "wallet", "Show your balance and transactions.", ["4"], [Global], Harmless;
    ShowNetwork "screen.network" "network", "Show subnets, nodes and providers.", ["5" "6"], [Global], Harmless;
    Back "go.back" "back", "Go back: close the detail, clear the filter, or return to the previous place.", ["esc" "backspace"], [Global], Harmless;
    JumpTo "go.jump" "jump to id", "Open a proposal or neuron by its number, a subnet, node or provider by its id or its beginning.", ["#"], [Global], Harmless;
    Help "app.help" "keys", "Show the keys of this screen.", ["?" "f1"], [Global], Harmless;
    Palette "app.palette" "command", "Run any command by its name.", [":" "ctrl-p"], [Global Layer], Harmless;
    Actions "app.actions" "actions", "List actions signed in this session and unfinished ones of the journal.", ["A"], [Global], Harmless;
    Refresh "sync.refresh" "refresh", "Read everything on this screen again, now.", ["r" "f5"], [Global], Harmless, footer;
    Pause "sync.pause" "pause", "Pause or resume reading from the network.", ["p"], [Global], Harmless;
    Identity "identity.choose" "identity", "Choose the identity that signs.", ["i"], [Global], Harmless;
    Unlock "identity.unlock" "unlock", "Unlock the identity with its passphrase.", ["U"], [Global], Harmless;
    Lock "identity.lock" "lock", "Lock the identity: the next signature needs its passphrase again.", ["L"], [Global], Harmless;
    Theme "app.theme" "theme", "Choose the theme, with a preview.", ["t"], [Global], Harmless;
    Copy "id.copy" "copy", "Copy the id, a link, another value or all values of what is selected.", ["y"], [Global], Harmless;
    OpenLink "id.open" "open link", "Open the link of what is selected in a browser.", ["o"], [Global], Harmless;
    Mouse "app.mouse" "mouse", "Turn the mouse on or off; off lets the terminal select text.", ["M"], [Global], Harmless;
    Ascii "app.ascii" "plain characters", "Draw with plain characters only, or with all of them again.", [], [Global], Harmless;
    TestAlerts "alerts.test" "test alert sinks", "Send a test message to every alert sink.", [], [Global], Harmless;
    Dismiss "app.dismiss" "dismiss notices", "Dismiss all notices.", ["x"], [Global], Harmless;
    Notices "app.notices" "notices", "Show the notices of this session in full, the newest first.", ["X"], [Global], Harmless;
    Redraw "app.redraw" "redraw", "Redraw the whole screen.", ["ctrl-l"], [Global], Harmless;
    Suspend "app.suspend" "suspend", "Suspend icpulse; `fg` in the shell resumes it.", ["ctrl-z"], [Global], Harmless;
    Changes "app.changes" "changes", "List what changed since the last time.", [], [Global], Harmless;
    OpenNetwork "app.network" "open network", "Open another network; `net NAME` opens one by its name or URL.", [], [Global], Harmless;
    Quit "app.quit" "quit", "Quit; asks first while something is being submitted.", ["q" "ctrl-c"], [Global], Harmless;

    Down "move.down" "down", "One down.", ["j" "down" "ctrl-n"], [Move], Harmless;
    Up "move.up" "up", "One up.", ["k" "up"], [Move], Harmless;
    PageDown "move.page_down" "page down", "One page down.", ["pgdn" "ctrl-f"], [Move], Harmless;
    PageUp "move.page_up" "page up", "One page up.", ["pgup" "ctrl-b"], [Move], Harmless;
    HalfDown "move.half_down" "half page down", "Half a page down.", ["ctrl-d"], [Move], Harmless;
    HalfUp "move.half_up" "half page up", "Half a page up.", ["ctrl-u"], [Move], Harmless;
    Top "move.top" "top", "To the first.", ["g g" "home"], [Move], Harmless;
    Bottom "move.bottom" "bottom", "To the last.", ["G" "end"], [Move], Harmless;

    Open "go.open" "open", "Open what is selected.", ["enter"], [List Pulse Detail], Harmless;
    Filter "list.filter" "find", "Filter: fuzzy words, !words to leave out, and fields such as status:open.", ["/"], [List], Harmless, footer;
    QuickFilter "list.quick_filter" "quick filter", "Cycle through quick filters.", ["f"], [List], Harmless, footer;
    ClearFilter "list.clear_filter" "clear filter", "Show all rows again.", ["F"], [List], Harmless;
    Sort "list.sort" "sort", "Choose the column to sort by.", ["S"], [List], Harmless;
    SortReverse "list.reverse" "reverse", "Reverse the order.", ["R"], [List], Harmless;
    SortNext "list.sort_next" "sort by next column", "Sort by the next visible column.", [">"], [List Ballots], Harmless;
    SortPrevious "list.sort_previous" "sort by previous column", "Sort by the previous visible column.", ["<"], [List], Harmless;
    Preview "list.preview" "preview", "Show or hide the selected row's detail beside the list, from 140 columns on.", ["|"], [List], Harmless;
    Export "list.export" "export", "Save the list as it is shown in a file: CSV, JSON or text.", ["E"], [List], Harmless;
    Columns "list.columns" "columns", "Choose the columns to show.", ["C"], [List], Harmless;

    VoteYes "proposal.vote_yes" "yes", "Vote yes with all eligible neurons, after a review.", ["+"], [Pulse Proposals Proposal], Signs, footer;
    VoteNo "proposal.vote_no" "no", "Vote no with all eligible neurons, after a review.", ["-"], [Pulse Proposals Proposal], Signs, footer;
    Mark "list.mark" "mark", "Mark or unmark a proposal for voting on many at once.", ["space"], [Proposals], Harmless, footer;
    MarkAll "list.mark_all" "mark all", "Mark every shown proposal that you may vote on.", ["a"], [Proposals], Harmless;
    ClearMarks "list.clear_marks" "clear marks", "Unmark all.", ["u"], [Proposals], Harmless;
    Proposer "proposal.proposer" "proposer", "Open the neuron that proposed it.", ["P"], [Proposals Proposal], Harmless;

    Search "search.start" "search", "Search the text that is shown, or narrow a list to choose from.", ["/"], [Detail Read Choice Ballots], Harmless, footer;
    SearchNext "search.next" "next match", "Show the next line that matches the search.", ["n"], [Detail Read], Harmless;
    SearchPrevious "search.previous" "previous match", "Show the previous line that matches the search.", ["N"], [Detail Read], Harmless;
    NextTab "detail.next_tab" "next part", "Show the next part of the detail.", ["tab" "l" "right"], [Detail], Harmless;
    PreviousTab "detail.previous_tab" "previous part", "Show the previous part of the detail.", ["shift-tab" "h" "left"], [Detail], Harmless;
    NextItem "detail.next" "next", "Open the next row of the list without going back.", ["]"], [Detail], Harmless;
    PreviousItem "detail.previous" "previous", "Open the previous row of the list without going back.", ["["], [Detail], Harmless;
    Acknowledge "alerts.acknowledge" "acknowledge", "Hide the selected alerts until they fire anew.", ["z"], [Pulse], Harmless;
    Snooze "alerts.snooze" "snooze", "Hide the selected alerts for a day.", ["Z"], [Pulse], Harmless;
    NextPane "pulse.next_pane" "next part", "Move between what needs you and the open proposals.", ["tab" "shift-tab"], [Pulse], Harmless;
    NextAccount "wallet.next_account" "next account", "Show the next account.", ["tab"], [Wallet], Harmless;
    Qr "wallet.qr" "QR code", "Show the account as a QR code.", ["Q"], [Wallet], Harmless, footer;
    CopyAccount "wallet.copy_account" "copy account", "Copy the account identifier.", ["a"], [Wallet], Harmless, footer;
    CopyPrincipal "wallet.copy_principal" "copy principal", "Copy your principal.", ["P"], [Wallet], Harmless;

    NextList "network.next_list" "next list", "Show the next of the network's lists.", ["tab" "l" "right"], [Network], Harmless, footer;
    PreviousList "network.previous_list" "previous list", "Show the previous of the network's lists.", ["shift-tab" "h" "left"], [Network], Harmless;
    WhatIf "network.what_if" "what if", "Show a subnet's figures with nodes added and removed; nothing is sent.", ["w"], [Topology], Harmless, footer;
    Travel "network.travel" "time travel", "Show the network as of a registry version or date.", ["T"], [Topology], Harmless, footer;
    MyProvider "network.my_provider" "my provider", "Choose your node provider.", ["u"], [Topology], Harmless, footer;
    Alias "network.alias" "name", "Name the selected node, neuron or other account; a node's name follows its address.", ["e"], [Topology Neurons Neuron Wallet], Harmless, footer;

    Close "layer.close" "back", "Close this layer without changes.", ["esc" "q" "ctrl-c"], [Layer], Harmless, footer;
    Confirm "layer.confirm" "confirm", "Confirm.", ["enter"], [Layer], Harmless, footer;
    LayerHelp "layer.help" "keys", "Show the keys of this layer.", ["?" "f1"], [Layer], Harmless, footer;
    SaveFilter "filter.save" "name this filter", "Name the filter; `@name` writes it again, `f` has it too.", ["ctrl-s"], [Filter], Harmless;
    Complete "text.complete" "complete", "Complete the field or value under the cursor.", ["tab"], [Filter], Harmless;
    PaletteBack "palette.previous" "up", "One up.", ["ctrl-p"], [Palette], Harmless;
    BallotToggle "ballots.toggle" "in or out", "Include or exclude this neuron.", ["space"], [Ballots], Harmless, footer;
    BallotsAll "ballots.all" "all", "Include all neurons.", ["a"], [Ballots], Harmless;
    BallotsNone "ballots.none" "none", "Exclude all neurons.", ["u"], [Ballots], Harmless;
    BallotsYes "ballots.yes" "yes", "Vote yes with the chosen neurons, after a review.", ["y" "+"], [Ballots], Signs, footer;
    BallotsNo "ballots.no" "no", "Vote no with the chosen neurons, after a review.", ["n" "-"], [Ballots], Signs, footer;
    Details "review.details" "details", "Show every call with its arguments, or the summary again.", ["d" "tab"], [Review], Harmless, footer;
    Retry "execution.retry" "retry", "Review the selected step, if it did not happen, to sign it again.", ["r"], [Execution], Signs, footer;
    RetryAll "execution.retry_all" "retry all", "Review all steps that did not happen, to sign them again.", ["R"], [Execution], Signs, footer;
    DismissAction "execution.dismiss" "dismiss", "Dismiss an unfinished action: it is not followed up any more.", ["d"], [Execution], Harmless, footer;
    StopAction "execution.stop" "stop", "Stop an action under way: the rest is not sent, what was sent is reported.", ["s"], [Execution], Harmless, footer;
    FollowUp "execution.follow_up" "ask again", "Ask the network for the outcome of unknown steps.", ["f"], [Execution], Harmless, footer;
    FieldNext "form.next" "next field", "To the next field.", ["tab" "down"], [Form], Harmless, footer;
    FieldPrevious "form.previous" "previous field", "To the previous field.", ["shift-tab" "up"], [Form], Harmless;
    ValueNext "form.value_next" "next value", "The next preset or choice.", ["right" "space" "pgdn"], [Form], Harmless, footer;
    ValuePrevious "form.value_previous" "previous value", "The previous preset or choice.", ["left" "pgup"], [Form], Harmless;
    ChoiceToggle "choice.toggle" "on or off", "Show or hide this column, or reverse this order.", ["space"], [Choice], Harmless, footer;
    ChoiceEarlier "choice.earlier" "earlier", "Show this column earlier.", ["shift-up" "alt-up"], [Choice], Harmless, footer;
    ChoiceLater "choice.later" "later", "Show this column later.", ["shift-down" "alt-down"], [Choice], Harmless, footer;
}

impl Command {
    /// The command that begins an operation.
    pub fn for_operation(operation: &Operation) -> Self {
        let place = operations::LIST.iter().position(|o| o.id == operation.id);
        place.map_or(Self::Help, Self::Operation)
    }

    /// The operation that it begins.
    pub fn operation(self) -> Option<&'static Operation> {
        match self {
            Self::Operation(place) => operations::LIST.get(place).copied(),
            _ => None,
        }
    }

    /// Its name in configuration files.
    pub fn id(self) -> &'static str {
        self.spec().id
    }

    /// By its name in configuration files.
    pub fn by_id(id: &str) -> Option<Self> {
        TABLE.iter().find(|s| s.id == id).map(|s| s.command)
    }

    /// All commands.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|s| s.command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_has_its_own_row_and_name() {
        for spec in TABLE.iter() {
            assert_eq!(spec.command.spec().id, spec.id);
            assert_eq!(Command::by_id(spec.id), Some(spec.command));
            assert!(spec.help.ends_with('.') && !spec.title.ends_with('.'), "{}", spec.id);
        }
        assert_eq!(TABLE.iter().map(|s| s.id).collect::<BTreeSet<_>>().len(), TABLE.len());
    }
}
