//! The fields of each list and what their values look like.

use crate::neuron::Access;
use crate::topic::{NeuronState, Visibility};
use crate::{ProposalStatus, RewardStatus, Topic};
use std::borrow::Cow;

/// Which list a filter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Proposals.
    Proposals,
    /// Neurons.
    Neurons,
    /// Transactions of an account.
    Transactions,
    /// Subnets.
    Subnets,
    /// Nodes.
    Nodes,
    /// Node providers.
    Providers,
    /// Data centers.
    DataCenters,
    /// Versions of GuestOS and HostOS.
    Versions,
    /// API boundary nodes.
    BoundaryNodes,
    /// What happened in the registry.
    Events,
}

/// What a field's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Number,
    /// ICP, or voting power in the same unit.
    Icp,
    /// Per cent.
    Percent,
    /// A span of time.
    Span,
    /// A span of time ago, or a date.
    Ago,
    /// Contains a text.
    Text,
    /// One of some names.
    Names,
    /// One of some names that have an order.
    Ordered,
}

macro_rules! fields {
    ($($variant:ident $name:literal $kind:ident $timed:literal [$($list:ident)+] $help:literal;)*) => {
        /// A field of a row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field {
            $(#[doc = $help] $variant,)*
        }

        impl Field {
            /// All, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As written.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is, with an example.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }

            /// What its value looks like.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// Which lists have it.
            #[must_use]
            pub const fn lists(self) -> &'static [List] {
                match self { $(Self::$variant => &[$(List::$list),+],)* }
            }

            /// Whether time alone may change a row's answer.
            #[must_use]
            pub const fn is_timed(self) -> bool {
                match self { $(Self::$variant => $timed,)* }
            }
        }
    };
}

fields! {
    Id "id" Number false [Proposals Neurons] "Its number: `id>140000`.";
    Topic "topic" Names false [Proposals] "Its topic, or some: `topic:governance,subnet`.";
    Status "status" Names false [Proposals] "Where it stands: `status:open`.";
    Reward "reward" Ordered false [Proposals] "Whether votes still earn rewards: `reward:accept_votes`, `reward<settled`.";
    Vote "vote" Names true [Proposals] "My ballots: `vote:due`, `yes`, `no`, `cast` or `none`.";
    Title "title" Text false [Proposals] "Its title contains: `title:\"node provider\"`.";
    Action "action" Text false [Proposals] "Its kind of action contains: `action:motion`.";
    Proposer "proposer" Number false [Proposals] "The neuron that proposed it: `proposer:48`.";
    Closes "closes" Span true [Proposals] "Time left to vote: `closes<6h`.";
    Yes "yes" Percent false [Proposals] "Share of yes of all voting power: `yes>50`.";
    No "no" Percent false [Proposals] "Share of no of all voting power: `no>3`.";
    Created "created" Ago true [Proposals Neurons] "How long ago, or when: `created<3d`, `created>2026-01-01`.";
    State "state" Names false [Neurons] "Its state: `state:locked`, `dissolving`, `dissolved` or `spawning`.";
    Stake "stake" Icp false [Neurons] "Stake in ICP: `stake>=100`, `stake>10k`.";
    Maturity "maturity" Icp false [Neurons] "Maturity: `maturity>1`.";
    Delay "delay" Span false [Neurons] "Dissolve delay: `delay<6mo`.";
    Age "age" Span false [Neurons] "Age: `age>4y`.";
    Power "power" Icp false [Neurons] "Deciding voting power: `power>1000`.";
    Confirm "confirm" Span true [Neurons] "Time until its voting power shrinks: `confirm<30d`.";
    Visibility "visibility" Names false [Neurons] "Who may read it: `visibility:public`.";
    Access "access" Names false [Neurons] "What I may do: `access:controller` or `hotkey`.";
    Auto "auto" Names false [Neurons] "Whether maturity is staked at once: `auto:yes`.";
    Name "name" Text false [Neurons] "A known neuron's name contains: `name:dfinity`.";
    Follows "follows" Number false [Neurons] "It follows this neuron on any topic: `follows:27`.";
    Controller "controller" Text false [Neurons] "Its controller contains: `controller:r772c`.";
    Dir "dir" Names false [Transactions] "Direction: `dir:in`, `out` or `self`.";
    Kind "kind" Names false [Transactions] "What it did: `kind:sent`, `received`, `minted`, `burnt`, `approved`.";
    Amount "amount" Icp false [Transactions] "Amount in ICP: `amount>10`.";
    Fee "fee" Icp false [Transactions] "Fee in ICP: `fee>0.0001`.";
    Memo "memo" Number false [Transactions] "The 64-bit memo: `memo:1347768404`.";
    Block "block" Number false [Transactions] "Block index: `block<9840566`.";
    With "with" Text false [Transactions] "The other account contains: `with:d3e13d`.";
    Time "time" Ago true [Transactions Events] "How long ago, or when: `time<7d`, `time:2026-11-22`.";
    Node "node" Text false [Nodes BoundaryNodes Events] "The node's id contains: `node:ab3qz`.";
    Subnet "subnet" Text false [Subnets Nodes Events] "The subnet's id contains: `subnet:4ecnw`, or `subnet:spare`.";
    Provider "provider" Text false [Nodes Providers BoundaryNodes Events] "The provider's name or id contains: `provider:dfinity`.";
    Operator "operator" Text false [Nodes Events] "The operator's id contains: `operator:rbn2y`.";
    DataCenter "dc" Text false [Nodes Providers DataCenters Events] "The data center is or contains: `dc:zh1`.";
    Country "country" Text false [Nodes DataCenters] "The country: `country:ch`.";
    Owner "owner" Text false [DataCenters] "The data center's owner contains: `owner:equinix`.";
    Region "region" Text false [DataCenters] "The region contains: `region:europe`.";
    Version "version" Text false [Subnets Nodes Versions BoundaryNodes] "The version contains: `version:e3d1`.";
    Alias "alias" Text false [Nodes] "My own name for it contains: `alias:rack-07`.";
    Class "type" Text false [Subnets Nodes Versions] "What it is: `type:system`, `type:type3`, `type:hostos`.";
    Health "status" Text false [Subnets Nodes BoundaryNodes] "How it is: `status:stalled`, `status:down`, `status:disputed`.";
    Members "nodes" Number false [Subnets Providers DataCenters Versions] "How many nodes: `nodes>13`.";
    DownCount "down" Number false [Subnets Providers] "How many of its nodes are down: `down>0`.";
    Margin "margin" Number false [Subnets] "How many more nodes may fail: `margin<2`.";
    Nakamoto "nakamoto" Number false [Subnets] "The least Nakamoto coefficient: `nakamoto<4`.";
    CanisterCount "canisters" Number false [Subnets] "How many canisters: `canisters>60000`.";
    Fails "fails" Percent false [Nodes Providers] "Relative failure rate over 30 days in %: `fails>5`.";
    Latency "latency" Number false [BoundaryNodes] "Milliseconds to its answer: `latency>200`.";
    ByProposal "proposal" Number false [Versions Events] "The proposal that caused it: `proposal:132411`.";
}

/// Marks of my ballots as the `vote` field names them.
pub(super) const VOTES: &[(i32, &str)] = &[(0, "due"), (1, "yes"), (2, "no"), (3, "cast"), (4, "none")];
/// What I may do.
pub(super) const ACCESS: &[(i32, &str)] = &[(0, "controller"), (1, "hotkey"), (2, "public"), (3, "info")];
const SWITCH: &[(i32, &str)] = &[(0, "no"), (1, "yes")];
/// Directions.
pub(super) const DIRECTIONS: &[(i32, &str)] = &[(0, "in"), (1, "out"), (2, "self")];
/// What a transaction did, by its verb.
pub(super) const VERBS: &[(i32, &str)] = &[
    (0, "received"),
    (1, "sent"),
    (2, "to itself"),
    (3, "minted"),
    (4, "burnt"),
    (5, "approved"),
    (6, "other"),
];

/// The number of an access in [`ACCESS`].
pub(super) const fn access_number(access: Access) -> i32 {
    match access {
        Access::Controller => 0,
        Access::Hotkey => 1,
        Access::Public => 2,
        Access::Info => 3,
    }
}

/// A name that a field's value may be: its number, its slug and its title.
pub(super) struct Name {
    pub(super) number: i32,
    pub(super) slug: Cow<'static, str>,
    pub(super) title: Cow<'static, str>,
}

impl Field {
    /// By its name, among those of a list.
    #[must_use]
    pub fn by_name(name: &str, list: List) -> Option<Self> {
        Self::of(list).find(|f| f.name().eq_ignore_ascii_case(name))
    }

    /// The fields of a list.
    pub fn of(list: List) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |f| f.lists().contains(&list))
    }

    /// The names its value may be; empty where it is no name.
    pub(super) fn names(self) -> Vec<Name> {
        fn of<T: Copy>(
            all: &[T],
            number: fn(T) -> i32,
            slug: fn(T) -> Cow<'static, str>,
            title: fn(T) -> Cow<'static, str>,
        ) -> Vec<Name> {
            all.iter().map(|v| Name { number: number(*v), slug: slug(*v), title: title(*v) }).collect()
        }
        let plain = |names: &[(i32, &'static str)]| {
            let name = |(number, slug): &(i32, &'static str)| Name {
                number: *number,
                slug: Cow::Borrowed(*slug),
                title: Cow::Borrowed(*slug),
            };
            names.iter().map(name).collect()
        };
        match self {
            Self::Topic => of(Topic::ALL, Topic::number, Topic::slug, Topic::title),
            Self::Status => {
                of(ProposalStatus::ALL, ProposalStatus::number, ProposalStatus::slug, ProposalStatus::title)
            }
            Self::Reward => {
                of(RewardStatus::ALL, RewardStatus::number, RewardStatus::slug, RewardStatus::title)
            }
            Self::State => of(NeuronState::ALL, NeuronState::number, NeuronState::slug, NeuronState::title),
            Self::Visibility => of(Visibility::ALL, Visibility::number, Visibility::slug, Visibility::title),
            Self::Vote => plain(VOTES),
            Self::Access => plain(ACCESS),
            Self::Auto => plain(SWITCH),
            Self::Dir => plain(DIRECTIONS),
            Self::Kind => plain(VERBS),
            _ => Vec::new(),
        }
    }
}
