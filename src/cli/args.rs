//! The command line: what can be said, with its help.

use super::lists::NetworkListParser;
pub use super::lists::{FilterParser, ListAction, ListCommand, ListOptions};
use super::operations::Request;
use crate::datasets::{AlertRow, Followee, ListRow, NetworkList, RuleRow};
use clap::builder::{FalseyValueParser, OsStringValueParser, TypedValueParser as _};
use clap::{Args, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use icpulse_model::ledger::Transaction;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::{Neuron, NeuronKey, Proposal, ProposalKey};
use icpulse_store::journal::JournalEntry;
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
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command; without one the dashboard opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Network: ic, demo, local, a profile name, or a URL
    #[arg(
        long,
        short = 'n',
        global = true,
        env = "ICPULSE_NETWORK",
        value_name = "NAME|URL",
        help_heading = "Network options"
    )]
    pub network: Option<String>,
    /// Root key of the network: hexadecimal (DER, 133 bytes), "ic" for the main network's, or "fetch" (networks on this machine); default: the profile's
    #[arg(
        long,
        global = true,
        env = "ICPULSE_ROOT_KEY",
        value_name = "KEY",
        help_heading = "Network options",
        hide_short_help = true
    )]
    pub root_key: Option<String>,
    /// Identity: a keystore name, a PEM file, or "anonymous"
    #[arg(
        long,
        short = 'i',
        global = true,
        env = "ICPULSE_IDENTITY",
        value_name = "NAME|FILE",
        help_heading = "Network options"
    )]
    pub identity: Option<String>,
    /// Print JSON
    #[arg(long, global = true, conflicts_with = "csv", help_heading = "Output options")]
    pub json: bool,
    /// Print CSV
    #[arg(long, global = true, help_heading = "Output options")]
    pub csv: bool,
    /// Show cached data only; send nothing to the network
    #[arg(long, global = true, env = "ICPULSE_OFFLINE", value_parser = FalseyValueParser::new(), help_heading = "Network options")]
    pub offline: bool,
    /// Options of a command that signs.
    #[arg(skip)]
    pub signing: Signing,
    /// Print results only
    #[arg(long, short = 'q', global = true, conflicts_with = "verbose", help_heading = "Output options")]
    pub quiet: bool,
    /// More log output: -v readings, -vv each request
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count, help_heading = "Output options", hide_short_help = true)]
    pub verbose: u8,
    /// Disable colours
    #[arg(long, global = true, help_heading = "Output options", hide_short_help = true)]
    pub no_color: bool,
    /// Configuration file to use
    #[arg(
        long,
        global = true,
        env = "ICPULSE_CONFIG", value_hint = clap::ValueHint::FilePath, value_parser = OsStringValueParser::new().map(PathBuf::from),
        value_name = "FILE",
        help_heading = "General options",
        hide_short_help = true
    )]
    pub config: Option<PathBuf>,
    /// Theme of the dashboard
    #[arg(
        long,
        global = true,
        env = "ICPULSE_THEME",
        value_name = "NAME",
        help_heading = "Output options",
        hide_short_help = true
    )]
    pub theme: Option<String>,
    /// Draw charts and lines in ASCII
    #[arg(long, global = true, env = "ICPULSE_ASCII", value_parser = FalseyValueParser::new(), help_heading = "Output options", hide_short_help = true)]
    pub ascii: bool,
}

/// Options of a command that signs.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Signing {
    /// Confirm without a prompt
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Show the review without signing
    #[arg(long)]
    pub dry_run: bool,
}

impl Global {
    /// Counts an empty value as none: an empty environment variable is as good as an unset one.
    fn drop_empty(&mut self) {
        for text in [&mut self.network, &mut self.root_key, &mut self.identity, &mut self.theme] {
            text.take_if(|text| text.trim().is_empty());
        }
        self.config.take_if(|path| path.as_os_str().is_empty());
    }
}

impl Cli {
    /// Reads the command line.
    ///
    /// # Errors
    /// A mistake in it, or the requested help or version.
    pub fn read() -> Result<Self, clap::Error> {
        Self::read_from(std::env::args_os())
    }

    /// As [`Cli::read`], of these words.
    ///
    /// # Errors
    /// As [`Cli::read`].
    pub fn read_from<T: Into<std::ffi::OsString> + Clone>(
        args: impl IntoIterator<Item = T>,
    ) -> Result<Self, clap::Error> {
        let matches = super::operations::command().try_get_matches_from(args)?;
        let mut cli = match Request::find(&matches) {
            Some(request) => {
                let global = Global::from_arg_matches(&matches)?;
                Self { global, command: Some(Command::Operation(request)) }
            }
            None => Self::from_arg_matches(&matches)?,
        };
        let mut deepest = &matches;
        while let Some((_, matches)) = deepest.subcommand() {
            deepest = matches;
        }
        cli.global.drop_empty();
        let flag = |name: &str| deepest.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or_default();
        cli.global.signing = Signing { yes: flag("yes"), dry_run: flag("dry_run") };
        Ok(cli)
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pulse as text: tasks, open proposals, network health
    Overview,
    /// Proposals of the NNS
    #[command(
        subcommand,
        visible_alias = "proposal",
        after_help = "Examples:\n  icpulse proposals list --filter \"topic:governance status:open\"\n  icpulse proposals show 140812\n  icpulse proposals vote 140812 --vote yes --dry-run"
    )]
    Proposals(Proposals),
    /// Neurons
    #[command(
        subcommand,
        visible_alias = "neuron",
        after_help = "Examples:\n  icpulse neurons list --json\n  icpulse neurons stake 12.5 --delay 2y --auto-stake\n  icpulse neurons followees 1285674392118347201"
    )]
    Neurons(Neurons),
    /// Balances and transactions of tokens
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse account balance\n  icpulse account transactions --token ckBTC --filter \"direction:in\" --csv"
    )]
    Account(Account),
    /// Identities that sign
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse identity new main\n  icpulse identity import old identity.pem\n  icpulse identity use main"
    )]
    Identity(Identity),
    /// A list of the network.
    #[command(flatten)]
    List(ListCommand),
    /// Your own names of neurons and accounts on this network
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse names set neuron 1285674392118347201 \"Cold wallet\"\n  icpulse names set account r772c-…-d4qe Exchange\n  icpulse names list"
    )]
    Names(NameCommand),
    /// The registry: events, diffs, records, past states
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse registry events --since 7d\n  icpulse registry diff 2026-10-01\n  icpulse registry at 2026-10-01 nodes --filter \"country:CH\""
    )]
    Registry(Registry),
    /// Alerts: list them and their rules, test the sinks, run as a daemon
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse alerts list\n  icpulse alerts test\n  icpulse alerts watch"
    )]
    Alerts(Alerts),
    /// Serve metrics
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse serve metrics --listen 127.0.0.1:9500 --provider PRINCIPAL"
    )]
    Serve(Serve),
    /// Read everything into the cache, including all past proposals
    Sync,
    /// Benchmark: round trips, reading, cache, drawing
    Bench {
        /// Number of proposals to read, or "all"
        #[arg(long, default_value = "2000", value_name = "N|all")]
        proposals: String,
        /// Number of neurons to read, or "all"
        #[arg(long, default_value = "3000", value_name = "N|all")]
        neurons: String,
    },
    /// Signed actions and their outcomes
    #[command(subcommand, after_help = "Examples:\n  icpulse journal list\n  icpulse journal resume")]
    Journal(Journal),
    /// The embedded demo network
    #[cfg(feature = "demo")]
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse demo serve --port 8000 --speed 60x\n  icpulse demo serve --fault 503=5% --latency 150ms"
    )]
    Demo(Demo),
    /// Themes
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse theme list\n  icpulse theme template > mine.toml"
    )]
    Theme(Theme),
    /// Configuration
    #[command(
        subcommand,
        after_help = "Examples:\n  icpulse config template > config.toml\n  icpulse config check"
    )]
    Config(Config),
    /// List the dashboard's commands and keys
    Keys {
        /// Print as Markdown (docs/keys.md)
        #[arg(long)]
        markdown: bool,
    },
    /// Shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Manual pages
    Man {
        /// Command whose page is printed, such as "neurons stake" (default: icpulse itself)
        command: Vec<String>,
        /// Write the pages of all commands into this folder
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
    /// An operation that can be signed
    #[command(skip)]
    Operation(Request),
}

/// What can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NamedKind {
    /// A neuron, by its id
    Neuron,
    /// An account: a principal, an ICRC-1 account or an account identifier of the ICP ledger
    Account,
}

/// `icpulse names …`
#[derive(Debug, Subcommand)]
pub enum NameCommand {
    /// List the names
    List,
    /// Name a neuron or an account
    Set {
        kind: NamedKind,
        /// Its id
        id: String,
        name: String,
    },
    /// Remove a name
    Remove {
        kind: NamedKind,
        /// Its id
        id: String,
    },
}

/// `icpulse registry …`
#[derive(Debug, Subcommand)]
pub enum Registry {
    /// Registry events, newest first
    Events {
        /// Only this node provider (id, its beginning, or part of its name)
        #[arg(long)]
        provider: Option<String>,
        /// Only this subnet
        #[arg(long)]
        subnet: Option<String>,
        /// Only this node
        #[arg(long)]
        node: Option<String>,
        /// Only since a version, a date such as 2026-11-01, or an age such as 7d
        #[arg(long, value_name = "VERSION|DATE|AGO")]
        since: Option<String>,
        /// Maximum number of rows
        #[arg(long, short = 'l', default_value_t = 100)]
        limit: usize,
    },
    /// Compare two versions or dates
    Diff {
        /// A version, a date such as 2026-11-01, or an age such as 7d
        from: String,
        /// Second version or date (default: now)
        to: Option<String>,
    },
    /// Show a record as JSON
    Value {
        /// Key, such as subnet_list or node_record_ID
        key: String,
        /// Registry version (default: latest)
        #[arg(long, value_name = "VERSION")]
        at: Option<u64>,
        /// The record's bytes in hexadecimal
        #[arg(long)]
        raw: bool,
    },
    /// Show the network at a version or date
    At {
        /// A version, a date such as 2026-11-01, or an age such as 7d
        moment: String,
        /// List to show (default: a summary)
        #[arg(value_parser = NetworkListParser, value_name = "LIST")]
        list: Option<&'static NetworkList>,
        /// Filter, as in the lists
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true)]
        filter: String,
    },
}

/// `icpulse alerts …`
#[derive(Debug, Subcommand)]
pub enum Alerts {
    /// Firing, pending and recently recovered alerts
    List {
        /// Filter such as "state:firing severity>info"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(AlertRow::dataset()), hide_possible_values = true)]
        filter: String,
        /// Maximum number of rows
        #[arg(long, short = 'l', value_name = "N")]
        limit: Option<usize>,
        /// Print again at every change; with --json or --csv only changed rows
        #[arg(long, short = 'w')]
        watch: bool,
    },
    /// Rules of alerts and their settings
    Rules {
        /// Filter such as "enabled:no severity>info"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(RuleRow::dataset()), hide_possible_values = true)]
        filter: String,
        /// Maximum number of rows
        #[arg(long, short = 'l', value_name = "N")]
        limit: Option<usize>,
    },
    /// Send a test message to the alert sinks
    Test {
        /// Only this sink
        sink: Option<String>,
    },
    /// Watch and send alerts until Ctrl-C or SIGTERM
    Watch,
}

/// `icpulse serve …`
#[derive(Debug, Subcommand)]
pub enum Serve {
    /// Metrics for Prometheus
    Metrics {
        /// Address to listen on
        #[arg(long, default_value = "127.0.0.1:9464", value_name = "ADDRESS:PORT")]
        listen: std::net::SocketAddr,
        /// Allow listening on an address reachable from other machines
        #[arg(long)]
        public: bool,
        /// Additional Host header to accept, besides localhost and the listen address (repeatable)
        #[arg(long, value_name = "NAME")]
        allow_host: Vec<crate::export::HostName>,
        /// Metrics of every node of the network (at most 2,000), not only of yours
        #[arg(long)]
        all_nodes: bool,
        /// Your node provider (default: from the configuration)
        #[arg(long, value_name = "PRINCIPAL")]
        provider: Option<String>,
    },
}

/// `icpulse proposals …`
#[derive(Debug, Subcommand)]
pub enum Proposals {
    /// List proposals, newest first
    List {
        /// Filter such as "topic:governance status:open time_left<2d"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(Proposal::dataset()), hide_possible_values = true)]
        filter: String,
        /// Topic, by name or number
        #[arg(long)]
        topic: Option<String>,
        /// Status: open, adopted, rejected, executed, failed
        #[arg(long)]
        status: Option<String>,
        /// Maximum number of rows
        #[arg(long, short = 'l', default_value_t = 100)]
        limit: usize,
        /// Only proposals older than this id
        #[arg(long, value_name = "ID")]
        before: Option<u64>,
        /// Only proposals the identity's neurons can still vote on
        #[arg(long)]
        votable: bool,
    },
    /// Show a proposal
    Show {
        /// Id
        id: ProposalKey,
    },
}

/// `icpulse neurons …`
#[derive(Debug, Subcommand)]
pub enum Neurons {
    /// List the identity's neurons
    List {
        /// Filter such as "stake>100 -state:dissolved"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(Neuron::dataset()), hide_possible_values = true)]
        filter: String,
    },
    /// Show a neuron
    Show {
        /// Id
        id: NeuronKey,
    },
    /// Known neurons: the public list of named neurons to follow
    Known {
        /// Filter such as "committed_topics:governance"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(KnownNeuron::dataset()), hide_possible_values = true)]
        filter: String,
        /// Maximum number of rows
        #[arg(long, short = 'l', value_name = "N")]
        limit: Option<usize>,
        /// Print again at every change; with --json or --csv only changed rows
        #[arg(long, short = 'w')]
        watch: bool,
    },
    /// Followees of a neuron, by topic
    Followees {
        /// Id
        id: NeuronKey,
        /// Filter such as "topic:governance"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(Followee::dataset()), hide_possible_values = true)]
        filter: String,
        /// Maximum number of rows
        #[arg(long, short = 'l', value_name = "N")]
        limit: Option<usize>,
        /// Print again at every change; with --json or --csv only changed rows
        #[arg(long, short = 'w')]
        watch: bool,
    },
    /// Public data of every neuron of the network, unordered; one JSON object or CSV row each
    All {
        /// Filter such as "stake>100000 state:dissolving"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(Neuron::dataset()), hide_possible_values = true)]
        filter: String,
        /// Maximum number of rows
        #[arg(long, short = 'l', value_name = "N")]
        limit: Option<usize>,
    },
}

/// `icpulse account …`
#[derive(Debug, Subcommand)]
pub enum Account {
    /// Balances of the identity's account, or of another account
    Balance {
        /// A principal, an ICRC-1 account or an account identifier of the ICP ledger
        account: Option<String>,
        /// Only this token: its symbol, or its ledger's canister id
        #[arg(long, value_name = "TOKEN")]
        token: Option<String>,
    },
    /// Transactions of the identity's account, or of another account, on all known ledgers, newest first
    Transactions {
        /// A principal, an ICRC-1 account or an account identifier of the ICP ledger
        account: Option<String>,
        /// Only this token: its symbol, or its ledger's canister id
        #[arg(long, value_name = "TOKEN")]
        token: Option<String>,
        /// Filter such as "direction:in amount>10 token:ckBTC"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(Transaction::dataset()), hide_possible_values = true)]
        filter: String,
        /// Maximum number of rows
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
    /// Create a key in the keystore
    New {
        /// Name
        name: String,
        /// Kind of key
        #[arg(long, value_enum, default_value = "ed25519")]
        algorithm: KeyAlgorithm,
    },
    /// Import a PEM file into the keystore (encrypted), or link to it
    Import {
        /// Name
        name: String,
        /// The PEM file
        file: PathBuf,
        /// Link to the file instead of storing an encrypted copy
        #[arg(long)]
        reference: bool,
    },
    /// List identities
    List,
    /// Set the default identity
    Use {
        /// Name, or "anonymous" for none
        name: String,
    },
    /// Show principal and account
    Show {
        /// Name (default: the current identity)
        name: Option<String>,
    },
    /// Print a key as encrypted PEM
    Export {
        /// Name
        name: String,
    },
    /// Remove an identity from the keystore
    Remove {
        /// Name
        name: String,
        /// Confirm without a prompt
        #[arg(long, short = 'y')]
        yes: bool,
    },
}

/// `icpulse journal …`
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// List actions and their outcomes, newest first
    List {
        /// Filter such as "open:yes confirmed<7d"
        #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true,
              value_parser = FilterParser(JournalEntry::dataset()), hide_possible_values = true)]
        filter: String,
        /// Maximum number of rows
        #[arg(long, short = 'l', value_name = "N", default_value_t = 50)]
        limit: usize,
        /// Print again at every change; with --json or --csv only changed rows
        #[arg(long, short = 'w')]
        watch: bool,
    },
    /// Show an action with its steps
    Show {
        /// Id, or its beginning
        id: String,
    },
    /// Look up the outcome of interrupted actions, then review and finish what is left
    Resume(Signing),
    /// Dismiss an unfinished action: it is not followed up any more
    Dismiss {
        /// Id, or its beginning
        id: String,
    },
}

/// Sizes of the demo network.
#[cfg(feature = "demo")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ScaleArg {
    /// About 600 proposals and neurons
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
        /// Seed of the demo world
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Speed of the canisters' time, such as 60x
        ///
        /// Instants are told in the client's time: a deadline 4 days ahead is 96 minutes ahead at 60x. Spans, such
        /// as dissolve delays, ages and voting periods, are those of the main network and pass so much faster. The
        /// time limits of requests, and the 24 hours in which a ledger knows a repeated transfer, are the client's.
        #[arg(long, default_value = "1x")]
        speed: String,
        /// Size of the demo world
        #[arg(long, value_enum, default_value_t)]
        scale: ScaleArg,
        /// Fault to inject and its rate, such as 503=5%; repeatable
        #[arg(long, value_name = "KIND[=RATE]", long_help = fault_help())]
        fault: Vec<icpulse_demo::fault::Fault>,
        /// Duration of a round, such as 0.5 or 2s: a call executes after one round, and a claim or
        /// refresh keeps its neuron locked for another
        #[arg(long, value_name = "SECONDS", default_value = "0")]
        finality: icpulse_demo::pause::Pause,
        /// Time limit of a synchronous call before the reply is 202
        #[arg(long, value_name = "SECONDS", default_value = "10")]
        patience: icpulse_demo::pause::Pause,
        /// File of further ICRC-1 ledgers, in the form of the demo's data/tokens.toml
        #[arg(long, value_name = "FILE")]
        tokens: Option<PathBuf>,
        /// Serve over TLS with a new certificate authority, whose certificate is printed
        #[arg(long)]
        tls: bool,
        /// Write the authority's certificate (PEM) to a file, for SSL_CERT_FILE
        #[arg(long, value_name = "FILE", requires = "tls")]
        tls_ca: Option<PathBuf>,
        /// Added round-trip time, such as 150ms
        #[arg(long, value_name = "TIME", default_value = "0ms")]
        latency: icpulse_demo::link::Delay,
        /// Maximum deviation of the round-trip time, such as 30ms
        #[arg(long, value_name = "TIME", default_value = "0ms")]
        jitter: icpulse_demo::link::Delay,
        /// Total bandwidth, such as 20mbit (default: unlimited)
        #[arg(long, value_name = "RATE")]
        bandwidth: Option<icpulse_demo::link::Bandwidth>,
    },
    /// Print the demo user's PEM
    Identity {
        /// Seed of the demo world
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
}

/// Help of `--fault`, with all kinds.
#[cfg(feature = "demo")]
fn fault_help() -> String {
    let kinds = icpulse_demo::fault::Kind::ALL.map(icpulse_demo::fault::Kind::name).join(", ");
    format!("Fault to inject and its rate, such as 503=5%; repeatable\n\nKinds: {kinds}")
}

/// `icpulse theme …`
#[derive(Debug, Subcommand)]
pub enum Theme {
    /// List themes
    List,
    /// Check a theme file
    Check {
        /// A file or a theme name
        theme: String,
    },
    /// Print a theme file as a template
    Template,
}

/// `icpulse config …`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print a configuration template with every key
    Template,
    /// Check a configuration file
    Check {
        /// File (default: the one in use)
        file: Option<PathBuf>,
    },
    /// Print the paths of all files
    Paths,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        super::super::operations::command().debug_assert();
    }

    #[test]
    fn global_flags_stand_anywhere() {
        let cli = Cli::read_from(["icpulse", "proposals", "list", "--json", "--network", "demo"]).unwrap();
        assert!(cli.global.json);
        assert_eq!(cli.global.network.as_deref(), Some("demo"));
        assert!(Cli::read_from(["icpulse", "--json", "--csv", "overview"]).is_err());
    }

    #[test]
    fn only_commands_that_sign_take_what_is_said_of_signing() {
        for (args, signs) in [
            (["neurons", "refresh", "--dry-run"].as_slice(), true),
            (&["proposals", "vote", "1", "--vote", "yes", "--yes", "--dry-run"], true),
            (&["journal", "resume", "--dry-run"], true),
            (&["identity", "remove", "main", "--yes"], true),
            (&["identity", "remove", "main", "--dry-run"], false),
            (&["neurons", "list", "--dry-run"], false),
            (&["journal", "list", "--yes"], false),
            (&["overview", "--yes"], false),
        ] {
            let read = Cli::read_from(["icpulse"].iter().chain(args));
            assert_eq!(read.is_ok(), signs, "{args:?}");
            if let Ok(cli) = read {
                assert!(cli.global.signing.yes || cli.global.signing.dry_run, "{args:?}");
            }
        }
    }
}
