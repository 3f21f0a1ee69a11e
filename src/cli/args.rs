//! The command line: what can be said, with its help.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const AFTER: &str = "\
Without a command icpulse opens the dashboard; without a terminal it prints Pulse as text.

Exit codes: 0 done, 1 failed (of an action some steps may be done), 2 wrong usage or configuration,
3 the network could not be reached or its proof was wrong, 4 refused by the network or by the review,
5 a confirmation was needed and not given, 6 something was sent and its outcome is not known or could
not be printed: do not repeat it, `icpulse journal resume` finds out.";

/// The Internet Computer's governance, tokens and subnets in a terminal.
#[derive(Debug, Parser)]
#[command(name = "icpulse", version, after_help = AFTER, max_term_width = 100)]
pub struct Cli {
    /// What may be said with every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do; the dashboard without one.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What may be said with every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Network: ic, demo, local, a name of the configuration, or a URL
    #[arg(long, short = 'n', global = true, env = "ICPULSE_NETWORK", value_name = "NAME|URL")]
    pub network: Option<String>,
    /// Root key of the network in hexadecimal (DER, 133 bytes); otherwise as the profile says
    #[arg(long, global = true, env = "ICPULSE_ROOT_KEY", value_name = "HEX")]
    pub root_key: Option<String>,
    /// Identity to act as: a name of the keystore, a PEM file, or "anonymous"
    #[arg(long, short = 'i', global = true, env = "ICPULSE_IDENTITY", value_name = "NAME|FILE")]
    pub identity: Option<String>,
    /// Print JSON
    #[arg(long, global = true, conflicts_with = "csv")]
    pub json: bool,
    /// Print CSV
    #[arg(long, global = true)]
    pub csv: bool,
    /// Never ask the network: show what the cache knows
    #[arg(long, global = true, env = "ICPULSE_OFFLINE")]
    pub offline: bool,
    /// Confirm without being asked
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// Show what would be signed, and sign nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Print results only
    #[arg(long, short = 'q', global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Log more: -v what is read, -vv each request
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// No colours
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Another configuration file
    #[arg(long, global = true, env = "ICPULSE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Theme of the dashboard
    #[arg(long, global = true, env = "ICPULSE_THEME", value_name = "NAME")]
    pub theme: Option<String>,
    /// Charts and lines in plain ASCII
    #[arg(long, global = true, env = "ICPULSE_ASCII")]
    pub ascii: bool,
}

/// What icpulse can do without a screen.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What changed, what needs you, how the network is (Pulse as text)
    Overview,
    /// Proposals of the NNS
    #[command(subcommand, visible_alias = "proposal")]
    Proposals(Proposals),
    /// Neurons
    #[command(subcommand, visible_alias = "neuron")]
    Neurons(Neurons),
    /// Balance and transactions on the ICP ledger
    #[command(subcommand)]
    Account(Account),
    /// Identities: who signs
    #[command(subcommand)]
    Identity(Identity),
    /// Subnets: health, decentralisation, what-if
    #[command(visible_alias = "subnet")]
    Subnets(Subnets),
    /// Nodes: status, versions, failures, rewards
    #[command(visible_alias = "node")]
    Nodes(Listed),
    /// Node providers: nodes, allowance, rewards of 30 days and where they were lost
    #[command(visible_alias = "provider")]
    Providers(Listed),
    /// Data centers
    #[command(visible_alias = "datacenter")]
    Datacenters(Listed),
    /// GuestOS and HostOS versions and where they run
    Versions(Listed),
    /// API boundary nodes: health and latency
    #[command(visible_alias = "boundary-node")]
    BoundaryNodes(Listed),
    /// The registry: events, differences, records, the network as it was
    #[command(subcommand)]
    Registry(Registry),
    /// Alerts: what fires, trying the sinks, watching without a screen
    #[command(subcommand)]
    Alerts(Alerts),
    /// Serve to other programs
    #[command(subcommand)]
    Serve(Serve),
    /// Read everything into the cache, the proposal history included
    Sync,
    /// Measure icpulse against the network: round trips, reading, the cache, drawing
    Bench {
        /// So many proposals are read; "all" for the whole history
        #[arg(long, default_value = "2000", value_name = "N|all")]
        proposals: String,
        /// So many neurons are read; "all" for the whole index
        #[arg(long, default_value = "3000", value_name = "N|all")]
        neurons: String,
    },
    /// Actions: what was signed, what became of it, and what is left to do
    #[command(subcommand)]
    Journal(Journal),
    /// The embedded demo network
    #[cfg(feature = "demo")]
    #[command(subcommand)]
    Demo(Demo),
    /// Themes
    #[command(subcommand)]
    Theme(Theme),
    /// Configuration
    #[command(subcommand)]
    Config(Config),
    /// Every command of the dashboard with its keys
    Keys {
        /// As the markdown of docs/keys.md
        #[arg(long)]
        markdown: bool,
    },
    /// Completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Manual page
    Man {
        /// Write the pages of all commands into this folder
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
}

/// What a list shows.
#[derive(Clone, Debug, Default, Args)]
pub struct Listing {
    /// Filter such as "kind:application nodes>13 -country:US"; fields are the columns of --json
    #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true)]
    pub filter: String,
    /// At most so many
    #[arg(long, short = 'l', value_name = "N")]
    pub limit: Option<usize>,
    /// Print again whenever something changes; with --json or --csv only the rows that changed
    #[arg(long, short = 'w')]
    pub watch: bool,
}

/// A list, or one of it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Listed {
    /// The list.
    #[command(flatten)]
    pub listing: Listing,
    /// One of it.
    #[command(subcommand)]
    pub one: Option<One>,
}

/// One of a list.
#[derive(Debug, Subcommand)]
pub enum One {
    /// All of them
    List(Listing),
    /// One in full
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
}

/// `icpulse subnets …`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Subnets {
    /// The list.
    #[command(flatten)]
    pub listing: Listing,
    /// One of them.
    #[command(subcommand)]
    pub one: Option<OneSubnet>,
}

/// One subnet.
#[derive(Debug, Subcommand)]
pub enum OneSubnet {
    /// All of them
    List(Listing),
    /// One in full
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
    /// Every figure with nodes added and removed; nothing is asked or signed
    WhatIf {
        /// The subnet's id, or the beginning of it
        id: String,
        /// A node to add (may be repeated)
        #[arg(long, value_name = "NODE")]
        add: Vec<String>,
        /// A node to remove (may be repeated)
        #[arg(long, value_name = "NODE")]
        remove: Vec<String>,
    },
}

/// A table of the network as of some version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableArg {
    /// Subnets
    Subnets,
    /// Nodes
    Nodes,
    /// Node providers
    Providers,
    /// Data centers
    Datacenters,
    /// GuestOS and HostOS versions
    Versions,
    /// API boundary nodes
    BoundaryNodes,
}

/// `icpulse registry …`
#[derive(Debug, Subcommand)]
pub enum Registry {
    /// What happened, a sentence each, newest first
    Events {
        /// Only of this node provider (an id, its beginning, or a part of its name)
        #[arg(long)]
        provider: Option<String>,
        /// Only of this subnet
        #[arg(long)]
        subnet: Option<String>,
        /// Only of this node
        #[arg(long)]
        node: Option<String>,
        /// Only since a version, a date such as 2026-11-01, or a time ago such as 7d
        #[arg(long, value_name = "VERSION|DATE|AGO")]
        since: Option<String>,
        /// At most so many
        #[arg(long, short = 'l', default_value_t = 100)]
        limit: usize,
    },
    /// What changed from one version or date to another
    Diff {
        /// A version, a date such as 2026-11-01, or a time ago such as 7d
        from: String,
        /// The same; now without it
        to: Option<String>,
    },
    /// One record as JSON, by its key
    Value {
        /// Such as subnet_list or node_record_ID
        key: String,
        /// As of a version
        #[arg(long, value_name = "VERSION")]
        at: Option<u64>,
        /// The record's bytes in hexadecimal
        #[arg(long)]
        raw: bool,
    },
    /// The network as it was
    At {
        /// A version, a date such as 2026-11-01, or a time ago such as 7d
        moment: String,
        /// Which table; a summary without it
        #[arg(value_enum)]
        table: Option<TableArg>,
        /// Filter, as in the lists
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true)]
        filter: String,
    },
}

/// `icpulse alerts …`
#[derive(Debug, Subcommand)]
pub enum Alerts {
    /// What fires now, what is about to, and what recovered lately
    List,
    /// Send a message to the alert sinks, to try them
    Test {
        /// Only this one
        sink: Option<String>,
    },
    /// Watch without a screen and send, until Ctrl-C or SIGTERM
    Watch,
}

/// `icpulse serve …`
#[derive(Debug, Subcommand)]
pub enum Serve {
    /// Metrics for Prometheus
    Metrics {
        /// Address to listen at
        #[arg(long, default_value = "127.0.0.1:9464", value_name = "ADDRESS:PORT")]
        listen: std::net::SocketAddr,
        /// Allow an address that other machines can reach
        #[arg(long)]
        public: bool,
        /// Answer requests for this host too, besides localhost and the address listened at (may be repeated)
        #[arg(long, value_name = "NAME")]
        allow_host: Vec<crate::export::HostName>,
        /// Metrics of every node of the network (at most 2,000), not only of yours
        #[arg(long)]
        all_nodes: bool,
        /// The node provider that you are, in place of the configuration's
        #[arg(long, value_name = "PRINCIPAL")]
        provider: Option<String>,
    },
}

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VoteArg {
    /// In favour
    Yes,
    /// Against
    No,
}

/// `icpulse proposals …`
#[derive(Debug, Subcommand)]
pub enum Proposals {
    /// List proposals, newest first
    List {
        /// Filter such as "topic:governance status:open closes<2d"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true)]
        filter: String,
        /// Topic, by name or number
        #[arg(long)]
        topic: Option<String>,
        /// Status: open, adopted, rejected, executed, failed
        #[arg(long)]
        status: Option<String>,
        /// At most so many
        #[arg(long, short = 'l', default_value_t = 100)]
        limit: usize,
        /// Only those older than this id
        #[arg(long, value_name = "ID")]
        before: Option<u64>,
        /// Only those that a neuron of the identity may still vote on
        #[arg(long)]
        votable: bool,
    },
    /// One proposal in full
    Show {
        /// Its id
        id: u64,
    },
    /// Vote with the identity's neurons
    Vote {
        /// Proposals to vote on
        #[arg(required = true, value_name = "ID")]
        ids: Vec<u64>,
        /// yes or no
        #[arg(long, value_enum)]
        vote: VoteArg,
        /// Only these neurons (default: all that may still vote)
        #[arg(long = "neuron", value_name = "NEURON")]
        neurons: Vec<u64>,
    },
}

/// `icpulse neurons …`
#[derive(Debug, Subcommand)]
pub enum Neurons {
    /// The identity's neurons
    List {
        /// Filter such as "stake>100 -state:dissolved"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true)]
        filter: String,
    },
    /// One neuron in full
    Show {
        /// Its id
        id: u64,
    },
    /// Every neuron of the network as anybody may see it, in no order, one JSON object or CSV row each
    All {
        /// Filter such as "stake>100000 state:dissolving"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true)]
        filter: String,
        /// At most so many
        #[arg(long, short = 'l', value_name = "N")]
        limit: Option<usize>,
    },
    /// Stake ICP in a new neuron
    Stake {
        /// Amount in ICP, such as 12.5
        amount: String,
        /// Dissolve delay, such as 6mo, 2y or 400d
        #[arg(long, default_value = "2y")]
        delay: String,
        /// Stake new maturity at once
        #[arg(long)]
        auto_stake: bool,
        /// Followee by topic, such as catch_all=27 or governance=27,28 (may be repeated)
        #[arg(long, value_name = "TOPIC=ID[,ID]")]
        follow: Vec<String>,
    },
    /// Confirm following: refresh the voting power of the identity's neurons
    Refresh {
        /// Only these neurons (default: all)
        #[arg(value_name = "NEURON")]
        ids: Vec<u64>,
    },
}

/// `icpulse account …`
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Balance of the identity's account, or of another
    Balance {
        /// A principal, an ICRC-1 account or an account identifier
        account: Option<String>,
    },
    /// Transactions of the identity's account, or of another, newest first
    Transactions {
        /// A principal, an ICRC-1 account or an account identifier
        account: Option<String>,
        /// At most so many
        #[arg(long, short = 'l', default_value_t = 50)]
        limit: usize,
    },
}

/// Kinds of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyAlgorithm {
    /// Ed25519
    Ed25519,
    /// ECDSA on secp256k1
    Secp256k1,
    /// ECDSA on NIST P-256
    P256,
}

/// `icpulse identity …`
#[derive(Debug, Subcommand)]
pub enum Identity {
    /// Make a new key in the keystore
    New {
        /// Its name
        name: String,
        /// Kind of key
        #[arg(long, value_enum, default_value = "ed25519")]
        algorithm: KeyAlgorithm,
    },
    /// Put a PEM file into the keystore (encrypted), or refer to it
    Import {
        /// Its name
        name: String,
        /// The PEM file
        file: PathBuf,
        /// Refer to the file where it is instead of storing an encrypted copy
        #[arg(long)]
        reference: bool,
    },
    /// All identities
    List,
    /// Make one the default
    Use {
        /// Its name; "anonymous" for none
        name: String,
    },
    /// Principal and account of one
    Show {
        /// Its name (default: the current one)
        name: Option<String>,
    },
    /// Print a key as encrypted PEM
    Export {
        /// Its name
        name: String,
    },
    /// Remove one from the keystore
    Remove {
        /// Its name
        name: String,
    },
}

/// `icpulse journal …`
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// Recent actions and how they ended
    List,
    /// Ask what became of interrupted actions, then review and finish what is left of them
    Resume,
    /// Leave an action as it is: it is not mentioned any more
    Dismiss {
        /// Its id, or the beginning of it
        id: String,
    },
}

/// Sizes of the demo network.
#[cfg(feature = "demo")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ScaleArg {
    /// Some 600 proposals and neurons
    #[default]
    Small,
    /// As big as the main network
    Mainnet,
}

/// `icpulse demo …`
#[cfg(feature = "demo")]
#[derive(Debug, Subcommand)]
pub enum Demo {
    /// Serve the demo network for any IC client
    Serve {
        /// Port on 127.0.0.1 (default: a free one)
        #[arg(long)]
        port: Option<u16>,
        /// Seed of the world
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How much faster than the wall clock governance runs, such as 60x
        #[arg(long, default_value = "1x")]
        speed: String,
        /// How big its world is
        #[arg(long, value_enum, default_value_t)]
        scale: ScaleArg,
        /// What is wrong with it, and in which part of cases, such as 503=5%; may be repeated
        #[arg(long, value_name = "KIND[=RATE]", long_help = fault_help())]
        fault: Vec<icpulse_demo::fault::Fault>,
        /// How long a round takes, such as 0.5 or 2s: a call is executed after one, and a claim or
        /// refresh keeps its neuron locked for one more
        #[arg(long, value_name = "SECONDS", default_value = "0")]
        finality: icpulse_demo::pause::Pause,
        /// How long a synchronous call is waited for before it is answered with 202
        #[arg(long, value_name = "SECONDS", default_value = "10")]
        patience: icpulse_demo::pause::Pause,
        /// Serve by TLS, with a certificate authority made at this start and printed
        #[arg(long)]
        tls: bool,
        /// Write the authority's certificate (PEM) to a file, for SSL_CERT_FILE
        #[arg(long, value_name = "FILE", requires = "tls")]
        tls_ca: Option<PathBuf>,
        /// A round trip: every answer comes so much later, such as 150ms
        #[arg(long, value_name = "TIME", default_value = "0ms")]
        latency: icpulse_demo::link::Delay,
        /// By how much round trips differ from it, at most, such as 30ms
        #[arg(long, value_name = "TIME", default_value = "0ms")]
        jitter: icpulse_demo::link::Delay,
        /// What all connections together may bring, such as 20mbit (default: no limit)
        #[arg(long, value_name = "RATE")]
        bandwidth: Option<icpulse_demo::link::Bandwidth>,
    },
    /// Print the demo user's PEM
    Identity {
        /// Seed of the world
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

/// What `--fault` takes, with all kinds.
#[cfg(feature = "demo")]
fn fault_help() -> String {
    let kinds = icpulse_demo::fault::Kind::ALL.map(icpulse_demo::fault::Kind::name).join(", ");
    format!(
        "What is wrong with it, and in which part of cases, such as 503=5%; may be repeated\n\nKinds: {kinds}"
    )
}

/// `icpulse theme …`
#[derive(Debug, Subcommand)]
pub enum Theme {
    /// All themes
    List,
    /// Check a theme file
    Check {
        /// A file, or a theme's name
        theme: String,
    },
    /// Print a theme file to start from
    Template,
}

/// `icpulse config …`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print a configuration with every key and its meaning
    Template,
    /// Check a configuration file
    Check {
        /// Which (default: the one in use)
        file: Option<PathBuf>,
    },
    /// Where files are kept
    Paths,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_anywhere() {
        let cli =
            Cli::try_parse_from(["icpulse", "proposals", "list", "--json", "--network", "demo"]).unwrap();
        assert!(cli.global.json);
        assert_eq!(cli.global.network.as_deref(), Some("demo"));
        assert!(Cli::try_parse_from(["icpulse", "--json", "--csv", "overview"]).is_err());
    }
}
