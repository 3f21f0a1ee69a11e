//! The roles a theme can style: what a thing means, its name in theme files, and how it
//! is told apart without colour.

use ratatui::style::Modifier;

/// What a style is put on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carries {
    /// Words and numbers: must be readable.
    Text,
    /// Areas, lines and bars.
    Shape,
}

const PLAIN: Modifier = Modifier::empty();
const BOLD: Modifier = Modifier::BOLD;
const DIM: Modifier = Modifier::DIM;
const UNDER: Modifier = Modifier::UNDERLINED;
const REVERSED: Modifier = Modifier::REVERSED;
const ITALIC: Modifier = Modifier::ITALIC;
const BOLD_REVERSED: Modifier = Modifier::BOLD.union(Modifier::REVERSED);
const BOLD_UNDER: Modifier = Modifier::BOLD.union(Modifier::UNDERLINED);

macro_rules! roles {
    ($($variant:ident = $name:literal, $carries:ident, $mono:ident, $doc:literal;)*) => {
        /// What a thing on the screen means. A theme that says nothing about `a.b.c` gives it the
        /// style of `a.b`, else of `a`, else that of plain text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $(#[doc = $doc] $variant,)*
        }

        impl Role {
            /// All roles, in the order of the template.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// Its name in theme files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What it is for.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc),* }
            }

            /// How it is told apart on a terminal without colour.
            pub const fn monochrome(self) -> Modifier {
                match self { $(Self::$variant => $mono),* }
            }

            /// Whether words are drawn with it, so that contrast matters.
            pub fn carries_text(self) -> bool {
                let carries = match self { $(Self::$variant => Carries::$carries),* };
                carries == Carries::Text
            }
        }
    };
}

roles! {
    Background = "background", Shape, PLAIN, "The screen behind everything (only `bg` counts).";
    Text = "text", Text, PLAIN, "Plain words and numbers.";
    Dim = "dim", Text, DIM, "Words of second rank: units, hints, ages.";
    Faint = "faint", Shape, DIM, "Rules and the empty part of bars.";
    Accent = "accent", Text, BOLD, "The one colour that draws the eye.";
    Title = "title", Text, BOLD, "Headings of sections.";
    Strong = "strong", Text, BOLD, "The figure that matters most.";

    Header = "header", Text, PLAIN, "The top line.";
    HeaderProduct = "header.product", Text, BOLD, "The name of the program.";
    HeaderNetwork = "header.network", Text, PLAIN, "The name of the network.";
    HeaderIdentity = "header.identity", Text, PLAIN, "Who signs.";
    HeaderReadOnly = "header.read-only", Text, PLAIN, "Nobody signs.";
    Tab = "tab", Text, PLAIN, "A screen that is not shown.";
    TabActive = "tab.active", Text, BOLD_REVERSED, "The screen that is shown.";
    TabCount = "tab.count", Text, BOLD, "How many things wait on a screen.";
    Breadcrumb = "breadcrumb", Text, DIM, "Where one came from.";
    BreadcrumbHere = "breadcrumb.here", Text, BOLD, "Where one is.";
    Footer = "footer", Text, PLAIN, "The bottom line.";
    Key = "key", Text, BOLD, "A key to press.";
    KeyLabel = "key.label", Text, PLAIN, "What a key does.";
    KeyDisabled = "key.disabled", Text, DIM, "A key that does nothing now.";

    Column = "column", Text, UNDER, "Heads of columns.";
    ColumnSorted = "column.sorted", Text, BOLD_UNDER, "The column a table is sorted by.";
    Selection = "selection", Shape, REVERSED, "The row under the cursor; a text colour here overrides the row's own.";
    SelectionInactive = "selection.inactive", Shape, BOLD, "The row under the cursor of a pane without focus.";
    Marked = "marked", Text, BOLD, "A row marked for an action on many.";
    Match = "match", Text, BOLD_UNDER, "The part of a text that a filter found.";
    Id = "id", Text, PLAIN, "Numbers of proposals and neurons, principals, accounts.";
    Known = "known", Text, PLAIN, "Names of known neurons.";
    Scrollbar = "scrollbar", Shape, DIM, "The track of a scroll bar.";
    ScrollbarThumb = "scrollbar.thumb", Shape, PLAIN, "The part that is shown.";
    Border = "border", Shape, PLAIN, "Frames and lines between panes.";
    BorderFocus = "border.focus", Shape, BOLD, "The frame of the pane that has focus.";

    Good = "good", Text, PLAIN, "All is well.";
    Bad = "bad", Text, BOLD, "Something failed or is lost.";
    Warn = "warn", Text, BOLD, "Needs attention soon.";
    Info = "info", Text, PLAIN, "Good to know.";
    Danger = "danger", Text, BOLD_REVERSED, "Cannot be undone.";
    Certified = "certified", Text, PLAIN, "Proven by a certificate of the network.";
    Signed = "signed", Text, PLAIN, "Signed by a node.";
    Unverified = "unverified", Text, BOLD, "Not proven.";
    Stale = "stale", Text, UNDER, "Old: the last reading failed or is long ago.";
    Syncing = "syncing", Text, PLAIN, "Reading is under way.";

    Yes = "yes", Text, PLAIN, "Votes in favour.";
    No = "no", Text, BOLD, "Votes against.";
    NotVoted = "not-voted", Text, UNDER, "A ballot that waits for a vote.";
    TallyYes = "tally.yes", Shape, PLAIN, "The part of a tally bar in favour.";
    TallyNo = "tally.no", Shape, BOLD, "The part of a tally bar against.";
    TallyRest = "tally.rest", Shape, DIM, "The part of a tally bar that has not voted.";
    TallyMajority = "tally.majority", Shape, BOLD, "The line of the absolute majority.";
    TallyQuorum = "tally.quorum", Shape, BOLD, "The 3 % line.";

    Status = "status", Text, PLAIN, "Where a proposal stands.";
    StatusOpen = "status.open", Text, BOLD, "Open.";
    StatusAdopted = "status.adopted", Text, PLAIN, "Adopted, not executed yet.";
    StatusExecuted = "status.executed", Text, PLAIN, "Executed.";
    StatusRejected = "status.rejected", Text, DIM, "Rejected.";
    StatusFailed = "status.failed", Text, BOLD_UNDER, "Its execution failed.";
    State = "state", Text, PLAIN, "A neuron's state.";
    StateLocked = "state.locked", Text, PLAIN, "Locked.";
    StateDissolving = "state.dissolving", Text, UNDER, "Dissolving.";
    StateDissolved = "state.dissolved", Text, BOLD, "Dissolved.";
    StateSpawning = "state.spawning", Text, DIM, "Spawning.";
    Topic = "topic", Text, PLAIN, "What a proposal is about.";
    TopicGovernance = "topic.governance", Text, BOLD, "Governance and motions.";
    TopicSns = "topic.sns", Text, PLAIN, "SNS and the Neurons' Fund.";
    TopicNodes = "topic.nodes", Text, PLAIN, "Nodes, providers, subnets, boundary nodes.";
    TopicSystem = "topic.system", Text, PLAIN, "IC-OS versions and the protocol's canisters.";
    TopicEconomics = "topic.economics", Text, PLAIN, "Economics, exchange rate, rewards.";

    Amount = "amount", Text, PLAIN, "Amounts of a token.";
    AmountIn = "amount.in", Text, PLAIN, "Received.";
    AmountOut = "amount.out", Text, PLAIN, "Sent or burnt.";
    Power = "power", Text, PLAIN, "Voting power.";

    Gauge = "gauge", Shape, PLAIN, "A gauge's filled part.";
    GaugeRest = "gauge.rest", Shape, DIM, "A gauge's empty part.";
    GaugeWarn = "gauge.warn", Shape, BOLD, "A gauge's filled part when it is nearly too late.";
    Chart = "chart", Shape, PLAIN, "Lines and bars of charts.";
    ChartSecond = "chart.second", Shape, BOLD, "A second line in the same chart.";
    ChartAxis = "chart.axis", Shape, DIM, "Axes.";
    ChartLabel = "chart.label", Text, DIM, "Labels of axes.";
    Spark = "chart.spark", Shape, PLAIN, "Sparklines.";

    Layer = "layer", Shape, PLAIN, "The surface of a layer over the screen (only `bg` counts).";
    LayerBorder = "layer.border", Shape, PLAIN, "A layer's frame.";
    LayerTitle = "layer.title", Text, BOLD, "A layer's title.";
    LayerLabel = "layer.label", Text, DIM, "Names of fields in a layer.";
    Input = "input", Text, UNDER, "What is being typed.";
    InputCursor = "input.cursor", Shape, REVERSED, "The place where typing goes.";
    InputHint = "input.hint", Text, DIM, "What could be typed.";
    InputError = "input.error", Text, BOLD_UNDER, "The part that is wrong.";
    Toast = "toast", Text, REVERSED, "A short message.";
    ToastGood = "toast.good", Text, REVERSED, "A short message of success.";
    ToastBad = "toast.bad", Text, BOLD_REVERSED, "A short message of failure.";
    ToastWarn = "toast.warn", Text, BOLD_REVERSED, "A short message of caution.";

    Heading = "markdown.heading", Text, BOLD, "Headings in a text.";
    HeadingSmall = "markdown.heading.small", Text, UNDER, "Headings of third rank and below.";
    Emphasis = "markdown.emphasis", Text, ITALIC, "Emphasised words.";
    MarkdownStrong = "markdown.strong", Text, BOLD, "Strong words.";
    Code = "markdown.code", Text, PLAIN, "Code.";
    Quote = "markdown.quote", Text, DIM, "Quotations.";
    Bullet = "markdown.bullet", Text, PLAIN, "Marks of list items.";
    Link = "link", Text, UNDER, "Links and their addresses.";
    ValueKey = "value.key", Text, PLAIN, "Names in a payload.";
    ValueText = "value.text", Text, PLAIN, "Texts in a payload.";
    ValueNumber = "value.number", Text, PLAIN, "Numbers, yes and no, nothing in a payload.";
    ValueBytes = "value.bytes", Text, PLAIN, "Bytes in a payload.";
    Event = "event", Text, PLAIN, "A point on a time line that has passed.";
    EventAhead = "event.ahead", Text, DIM, "A point on a time line that is to come.";
    Qr = "qr", Text, PLAIN, "QR codes: `fg` is drawn dark on `bg`; scanners want strong contrast.";
}

impl Role {
    /// By its name in theme files.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.name() == name)
    }

    /// Its name and the names it falls back to, nearest first: `a.b.c`, `a.b`, `a`.
    pub fn fallbacks(self) -> impl Iterator<Item = &'static str> {
        let name = self.name();
        std::iter::successors(Some(name), |n| n.rfind('.').and_then(|i| n.get(..i)))
    }
}
