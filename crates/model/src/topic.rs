//! The enums of NNS governance. Numbers we do not know are kept and shown as themselves.
//!
//! Numbers: dfinity/ic `governance.proto` and the `enums` of the JS client (2025-10 to 2026-08).

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident ($what:literal) { $($(#[$vdoc:meta])* $variant:ident = $number:literal, $slug:literal, $title:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A number this version does not know; shown as itself.
            Unknown(i32),
        }

        impl $name {
            /// All known values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// From the protocol's number.
            pub const fn from_number(number: i32) -> Self {
                match number { $($number => Self::$variant,)* other => Self::Unknown(other) }
            }

            /// The protocol's number.
            pub const fn number(self) -> i32 {
                match self { $(Self::$variant => $number,)* Self::Unknown(other) => other }
            }

            /// Lower-case name with underscores, for queries and machine output.
            pub fn slug(self) -> Cow<'static, str> {
                match self { $(Self::$variant => Cow::Borrowed($slug),)* Self::Unknown(n) => Cow::Owned(format!("{}_{n}", $what)) }
            }

            /// The name as people read it.
            pub fn title(self) -> Cow<'static, str> {
                match self { $(Self::$variant => Cow::Borrowed($title),)* Self::Unknown(n) => Cow::Owned(format!("{} {n}", $what)) }
            }

            /// From a slug, a title (any case) or a number.
            pub fn parse(text: &str) -> Option<Self> {
                let wanted = text.trim();
                if let Ok(number) = wanted.parse::<i32>() { return Some(Self::from_number(number)); }
                Self::ALL.iter().copied().find(|v| v.slug().eq_ignore_ascii_case(wanted) || v.title().eq_ignore_ascii_case(wanted))
            }
        }
    };
}

numbered! {
    /// Topic of a proposal; following is set per topic.
    Topic ("topic") {
        /// The catch-all when followed; never a proposal's own topic.
        Unspecified = 0, "catch_all", "All except Governance and SNS";
        /// Managing another neuron through its followees.
        NeuronManagement = 1, "neuron_management", "Neuron Management";
        /// Exchange-rate updates.
        ExchangeRate = 2, "exchange_rate", "Exchange Rate";
        /// Economic parameters.
        NetworkEconomics = 3, "network_economics", "Network Economics";
        /// Motions and governance itself.
        Governance = 4, "governance", "Governance";
        /// Node operators' machines.
        NodeAdmin = 5, "node_admin", "Node Admin";
        /// Node providers and data centers.
        ParticipantManagement = 6, "participant_management", "Participant Management";
        /// Subnets and their nodes.
        SubnetManagement = 7, "subnet_management", "Subnet Management";
        /// Application canisters of the NNS.
        ApplicationCanisterManagement = 8, "application_canister_management", "Application Canister Management";
        /// Know-your-customer of genesis neurons.
        Kyc = 9, "kyc", "KYC";
        NodeProviderRewards = 10, "node_provider_rewards", "Node Provider Rewards";
        /// Deploying elected IC-OS versions.
        IcOsVersionDeployment = 12, "ic_os_version_deployment", "IC OS Version Deployment";
        /// Electing IC-OS versions.
        IcOsVersionElection = 13, "ic_os_version_election", "IC OS Version Election";
        /// SNS launches and the Neurons' Fund.
        SnsAndCommunityFund = 14, "sns_and_neurons_fund", "SNS & Neurons' Fund";
        /// API boundary nodes.
        ApiBoundaryNodeManagement = 15, "api_boundary_node_management", "API Boundary Node Management";
        SubnetRental = 16, "subnet_rental", "Subnet Rental";
        /// The protocol's own canisters.
        ProtocolCanisterManagement = 17, "protocol_canister_management", "Protocol Canister Management";
        /// SNS upgrades.
        ServiceNervousSystemManagement = 18, "service_nervous_system_management", "Service Nervous System Management";
    }
}

numbered! {
    /// Where a proposal stands.
    ProposalStatus ("status") {
        /// Not set.
        Unspecified = 0, "unspecified", "Unspecified";
        /// Undecided and before its deadline.
        Open = 1, "open", "Open";
        /// Decided no.
        Rejected = 2, "rejected", "Rejected";
        /// Decided yes, not executed yet.
        Adopted = 3, "adopted", "Adopted";
        /// Done.
        Executed = 4, "executed", "Executed";
        /// Adopted, but its execution failed.
        Failed = 5, "failed", "Failed";
    }
}

numbered! {
    /// True if votes on a proposal still earn rewards.
    RewardStatus ("reward_status") {
        /// Not set.
        Unspecified = 0, "unspecified", "Unspecified";
        /// Votes count for rewards, even after the decision.
        AcceptVotes = 1, "accept_votes", "Accepts votes";
        /// Waits for the next reward event.
        ReadyToSettle = 2, "ready_to_settle", "Ready to settle";
        /// Rewards were paid; its ballots are gone.
        Settled = 3, "settled", "Settled";
        /// Earns none (neuron management).
        Ineligible = 4, "ineligible", "Ineligible";
    }
}

numbered! {
    /// A ballot's mark.
    Vote ("vote") {
        /// Not cast yet.
        Unspecified = 0, "unspecified", "not voted";
        /// In favour.
        Yes = 1, "yes", "yes";
        /// Against.
        No = 2, "no", "no";
    }
}

numbered! {
    /// A neuron's state.
    NeuronState ("state") {
        /// Not set.
        Unspecified = 0, "unspecified", "Unspecified";
        /// Locked; its dissolve delay stands still and it ages.
        NotDissolving = 1, "not_dissolving", "Locked";
        /// Its dissolve delay runs down.
        Dissolving = 2, "dissolving", "Dissolving";
        /// Its stake can be disbursed.
        Dissolved = 3, "dissolved", "Dissolved";
        /// Being spawned from maturity.
        Spawning = 4, "spawning", "Spawning";
    }
}

numbered! {
    /// Visibility of a neuron.
    Visibility ("visibility") {
        /// Not set: private.
        Unspecified = 0, "unspecified", "Private";
        /// Controller and hotkeys.
        Private = 1, "private", "Private";
        /// Everybody.
        Public = 2, "public", "Public";
    }
}

impl Topic {
    /// Weight in voting rewards, in hundredths (dfinity/ic `Topic::reward_weight`).
    pub const fn reward_weight_hundredths(self) -> u64 {
        match self {
            Self::Governance | Self::SnsAndCommunityFund => 2_000,
            Self::ExchangeRate => 1,
            _ => 100,
        }
    }

    /// True if following [`Topic::Unspecified`] covers this topic.
    pub const fn is_covered_by_catch_all(self) -> bool {
        !matches!(self, Self::Governance | Self::SnsAndCommunityFund | Self::NeuronManagement)
    }
}
