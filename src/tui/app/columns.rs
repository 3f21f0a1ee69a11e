//! The columns of every table as data: `view` draws them, `app` sorts by them.

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
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
    /// The user's own nodes.
    Mine,
}

/// What a column shows. One set for all tables, so that a value is drawn and sorted in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnId {
    /// Number of a proposal or neuron, block index of a transaction.
    Id,
    /// Title of a proposal, name of a known neuron.
    Title,
    /// Topic.
    Topic,
    /// Kind of action.
    Action,
    /// Status of a proposal.
    Status,
    /// Reward status.
    Reward,
    /// When it was made.
    Created,
    /// When voting ends, as a countdown.
    Closes,
    /// Share of yes in all voting power, with the tally bar where there is room.
    Yes,
    /// Share of no in all voting power.
    No,
    /// The ballots of the user's neurons.
    Mine,
    /// Who proposed it.
    Proposer,
    /// State of a neuron.
    State,
    /// Stake that counts.
    Stake,
    /// Maturity.
    Maturity,
    /// Staked maturity.
    StakedMaturity,
    /// Dissolve delay.
    Delay,
    /// Age.
    Age,
    /// Deciding voting power.
    Power,
    /// Potential voting power.
    Potential,
    /// Time until the voting power begins to shrink, or since it does.
    Refresh,
    /// Who may read it.
    Visibility,
    /// What the user may do.
    Access,
    /// Whether maturity is staked at once.
    AutoStake,
    /// When a transaction got into its block.
    Time,
    /// What a transaction did: sent, received …
    Kind,
    /// Amount.
    Amount,
    /// Fee.
    Fee,
    /// The other account.
    Counterparty,
    /// Memo.
    Memo,
    /// How a thing of the network is called.
    Name,
    /// What it is for, or what it is paid as.
    Class,
    /// The version that it is to run.
    Version,
    /// The version that was seen on it, or on how many nodes a version was seen.
    Observed,
    /// How many nodes.
    Members,
    /// … that serve.
    Up,
    /// … with alerts, or whose state is disputed.
    Degraded,
    /// … that do not answer.
    Down,
    /// How many more may fail before consensus is lost.
    Margin,
    /// The least Nakamoto coefficient.
    Nakamoto,
    /// Its coefficient by provider.
    NakProvider,
    /// By data center.
    NakCenter,
    /// By owner of the data center.
    NakOwner,
    /// By country.
    NakCountry,
    /// By area.
    NakArea,
    /// By operator.
    NakOperator,
    /// Rules of the target topology that it breaks.
    Breaches,
    /// Message executions a second.
    Tps,
    /// Their course, or that of a latency.
    TpsSpark,
    /// Cycles a second.
    Cycles,
    /// Size of the state.
    StateSize,
    /// How many canisters.
    Canisters,
    /// How far its certified time is behind.
    Lag,
    /// How it is, in a word.
    Health,
    /// The user's own name.
    Alias,
    /// Provider.
    Provider,
    /// Operator.
    Operator,
    /// Data center.
    DataCenter,
    /// Country.
    Country,
    /// Area.
    Area,
    /// Continent.
    Region,
    /// The subnet that it is in.
    Subnet,
    /// By what its state is known.
    Badge,
    /// Mean relative failure rate of the last days.
    Fails,
    /// The last days, a cell each.
    Strip,
    /// By what its reward is multiplied.
    Multiplier,
    /// XDR that it did not get.
    Lost,
    /// Nodes in subnets.
    Assigned,
    /// How many data centers.
    Centers,
    /// Nodes that may be added.
    Allowance,
    /// Nodes that are paid.
    Rewardable,
    /// XDR that a month will bring.
    Projected,
    /// Whose it is.
    Owner,
    /// How many providers.
    Providers,
    /// How many subnets.
    Subnets,
    /// Share of the subnets.
    Rollout,
    /// Milliseconds to an answer.
    Latency,
    /// Address.
    Address,
    /// What happened.
    Sentence,
    /// The proposal behind it.
    ByProposal,
}

/// How wide a column is, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Always so many.
    Fixed(u16),
    /// At least so many, and a share of what is left.
    Fill(u16),
}

/// On which side a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What it shows.
    pub id: ColumnId,
    /// Its heading, with the unit where there is one.
    pub title: &'static str,
    /// Its width.
    pub width: Width,
    /// Its side.
    pub align: Align,
    /// Shown unless the user chooses otherwise.
    pub shown: bool,
    /// On a narrow screen the columns with the greatest numbers go first; 0 never goes.
    pub priority: u8,
    /// The first sort on it is descending (newest, largest first).
    pub descending: bool,
}

macro_rules! column {
    ($id:ident $title:literal $width:ident($w:literal) $align:ident $shown:literal $priority:literal $order:ident) => {
        Column {
            id: ColumnId::$id,
            title: $title,
            width: Width::$width($w),
            align: Align::$align,
            shown: $shown,
            priority: $priority,
            descending: column!(@$order),
        }
    };
    (@down) => { true };
    (@up) => { false };
}

/// Columns of the proposals.
pub static PROPOSALS: &[Column] = &[
    column!(Id "id" Fixed(8) Right true 0 down),
    column!(Title "title" Fill(24) Left true 0 up),
    column!(Topic "topic" Fixed(20) Left true 5 up),
    column!(Action "action" Fixed(26) Left false 8 up),
    column!(Status "status" Fixed(9) Left true 2 up),
    column!(Reward "reward" Fixed(15) Left false 9 up),
    column!(Created "created" Fixed(10) Right false 7 down),
    column!(Closes "closes" Fixed(9) Right true 1 up),
    column!(Yes "yes" Fixed(8) Right true 3 down),
    column!(No "no" Fixed(8) Right true 4 down),
    column!(Mine "mine" Fixed(8) Left true 1 down),
    column!(Proposer "proposer" Fixed(20) Right false 9 up),
];

/// Columns of the neurons.
pub static NEURONS: &[Column] = &[
    column!(Id "id" Fixed(20) Right true 0 up),
    column!(Title "name" Fill(8) Left true 6 up),
    column!(State "state" Fixed(10) Left true 1 up),
    column!(Stake "stake ICP" Fixed(16) Right true 0 down),
    column!(Maturity "maturity" Fixed(14) Right true 4 down),
    column!(StakedMaturity "staked mat." Fixed(14) Right false 7 down),
    column!(Delay "delay" Fixed(10) Right true 2 down),
    column!(Age "age" Fixed(10) Right true 5 down),
    column!(Power "power" Fixed(12) Right true 1 down),
    column!(Potential "potential" Fixed(12) Right false 7 down),
    column!(Refresh "confirm in" Fixed(10) Right true 3 up),
    column!(Visibility "visibility" Fixed(10) Left false 8 up),
    column!(Access "access" Fixed(10) Left true 6 up),
    column!(AutoStake "auto" Fixed(5) Left false 9 up),
    column!(Created "created" Fixed(10) Right false 9 down),
];

/// Columns of the transactions.
pub static TRANSACTIONS: &[Column] = &[
    column!(Id "block" Fixed(10) Right true 1 down),
    column!(Time "time (UTC)" Fixed(16) Left true 0 down),
    column!(Kind "kind" Fixed(10) Left true 0 up),
    column!(Amount "amount ICP" Fixed(18) Right true 0 down),
    column!(Fee "fee" Fixed(8) Right false 5 down),
    column!(Counterparty "from / to" Fill(14) Left true 2 up),
    column!(Memo "memo" Fixed(20) Right true 4 up),
];

/// Columns of the subnets.
pub static SUBNETS: &[Column] = &[
    column!(Name "subnet" Fixed(7) Left true 0 up),
    column!(Class "for" Fixed(12) Left true 7 up),
    column!(Health "state" Fixed(9) Left true 0 up),
    column!(Version "version" Fixed(8) Left true 4 up),
    column!(Members "nodes" Fixed(6) Right true 0 down),
    column!(Up "up" Fixed(4) Right true 3 up),
    column!(Degraded "degr" Fixed(5) Right true 3 down),
    column!(Down "down" Fixed(5) Right true 1 down),
    column!(Margin "may fail" Fixed(9) Right true 1 up),
    column!(Nakamoto "nakamoto" Fixed(9) Right true 2 up),
    column!(NakProvider "prov" Fixed(5) Right true 9 up),
    column!(NakCenter "dc" Fixed(5) Right true 9 up),
    column!(NakOwner "owner" Fixed(6) Right true 9 up),
    column!(NakCountry "ctry" Fixed(5) Right true 9 up),
    column!(NakArea "area" Fixed(5) Right false 10 up),
    column!(NakOperator "oper" Fixed(5) Right false 10 up),
    column!(Breaches "rules" Fixed(6) Right true 8 down),
    column!(Tps "tx/s" Fixed(7) Right true 1 down),
    column!(TpsSpark "3 h" Fixed(18) Right true 5 down),
    column!(Cycles "cycles/s" Fixed(8) Right true 3 down),
    column!(StateSize "size" Fixed(10) Right true 4 down),
    column!(Canisters "canisters" Fixed(10) Right true 5 down),
    column!(Lag "lag" Fixed(8) Right true 2 down),
];

/// Columns of the nodes.
pub static NODES: &[Column] = &[
    column!(Alias "alias" Fixed(12) Left true 4 up),
    column!(Name "node" Fixed(6) Left true 0 up),
    column!(Provider "provider" Fixed(20) Left true 1 up),
    column!(Operator "operator" Fixed(13) Left false 9 up),
    column!(DataCenter "dc" Fixed(5) Left true 2 up),
    column!(Country "ctry" Fixed(5) Left true 5 up),
    column!(Subnet "subnet" Fixed(8) Left true 0 up),
    column!(Health "status" Fixed(14) Left true 0 up),
    column!(Badge "known by" Fixed(11) Left true 1 up),
    column!(Strip "30 days" Fixed(30) Left true 7 down),
    column!(Fails "fails" Fixed(8) Right true 3 down),
    column!(Multiplier "paid x" Fixed(7) Right true 6 up),
    column!(Lost "lost XDR" Fixed(9) Right false 9 down),
    column!(Version "to run" Fixed(8) Left true 5 up),
    column!(Observed "runs" Fixed(9) Left true 6 up),
    column!(Class "type" Fixed(8) Left true 8 up),
    column!(Address "address" Fixed(24) Left false 10 up),
];

/// Columns of the user's own nodes.
pub static MINE: &[Column] = &[
    column!(Alias "alias" Fixed(12) Left true 1 up),
    column!(Name "node" Fixed(6) Left true 0 up),
    column!(DataCenter "dc" Fixed(5) Left true 4 up),
    column!(Subnet "subnet" Fixed(8) Left true 3 up),
    column!(Health "status" Fixed(14) Left true 2 up),
    column!(Badge "known by" Fixed(11) Left true 7 up),
    column!(Strip "30 days" Fixed(30) Left true 0 down),
    column!(Fails "fails" Fixed(8) Right true 1 down),
    column!(Multiplier "paid x" Fixed(7) Right true 5 up),
    column!(Lost "lost XDR" Fixed(9) Right true 2 down),
    column!(Version "to run" Fixed(8) Left true 8 up),
    column!(Observed "runs" Fixed(9) Left true 8 up),
    column!(Class "type" Fixed(8) Left true 9 up),
    column!(Address "address" Fixed(24) Left false 10 up),
];

/// Columns of the node providers.
pub static PROVIDERS: &[Column] = &[
    column!(Name "provider" Fill(20) Left true 0 up),
    column!(Provider "id" Fixed(13) Left true 6 up),
    column!(Members "nodes" Fixed(7) Right true 0 down),
    column!(Assigned "in subnets" Fixed(11) Right true 2 down),
    column!(Down "down" Fixed(6) Right true 0 down),
    column!(Centers "dcs" Fixed(5) Right true 4 down),
    column!(Allowance "may add" Fixed(8) Right true 3 down),
    column!(Rewardable "paid for" Fixed(9) Right true 5 down),
    column!(Fails "fails 30 d" Fixed(11) Right true 1 down),
    column!(Projected "XDR a month" Fixed(13) Right true 1 down),
];

/// Columns of the data centers.
pub static DATA_CENTERS: &[Column] = &[
    column!(Name "dc" Fixed(6) Left true 0 up),
    column!(Owner "owner" Fill(16) Left true 1 up),
    column!(Region "continent" Fixed(15) Left true 3 up),
    column!(Country "ctry" Fixed(5) Left true 0 up),
    column!(Area "area" Fixed(18) Left true 2 up),
    column!(Members "nodes" Fixed(7) Right true 0 down),
    column!(Providers "providers" Fixed(10) Right true 1 down),
    column!(Subnets "subnets" Fixed(9) Right true 1 down),
];

/// Columns of the versions.
pub static VERSIONS: &[Column] = &[
    column!(Name "version" Fixed(10) Left true 0 up),
    column!(Class "of" Fixed(8) Left true 0 up),
    column!(Subnets "subnets" Fixed(8) Right true 1 down),
    column!(Rollout "rollout" Fixed(20) Left true 2 down),
    column!(Members "nodes to run" Fixed(13) Right true 0 down),
    column!(Observed "seen on" Fixed(8) Right true 1 down),
    column!(Time "elected (UTC)" Fixed(16) Left true 4 down),
    column!(ByProposal "proposal" Fixed(9) Right true 3 down),
    column!(Health "note" Fixed(12) Left true 5 up),
];

/// Columns of the API boundary nodes.
pub static BOUNDARY_NODES: &[Column] = &[
    column!(Name "domain" Fill(22) Left true 0 up),
    column!(Health "state" Fixed(10) Left true 0 up),
    column!(Latency "ms" Fixed(7) Right true 0 up),
    column!(TpsSpark "probes" Fixed(15) Right true 3 down),
    column!(Version "version" Fixed(8) Left true 1 up),
    column!(Provider "node" Fixed(13) Left true 2 up),
    column!(Owner "provider" Fixed(22) Left true 4 up),
    column!(Address "address" Fixed(28) Left true 6 up),
];

/// Columns of events.
pub static EVENTS: &[Column] = &[
    column!(Id "version" Fixed(9) Right true 0 down),
    column!(Time "time (UTC)" Fixed(16) Left true 1 down),
    column!(Sentence "what happened" Fill(44) Left true 0 up),
    column!(ByProposal "proposal" Fixed(9) Right true 2 down),
];

impl Table {
    /// Its columns, in order.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Proposals => PROPOSALS,
            Self::Neurons => NEURONS,
            Self::Transactions => TRANSACTIONS,
            Self::Subnets => SUBNETS,
            Self::Nodes => NODES,
            Self::Providers => PROVIDERS,
            Self::DataCenters => DATA_CENTERS,
            Self::Versions => VERSIONS,
            Self::BoundaryNodes => BOUNDARY_NODES,
            Self::Events => EVENTS,
            Self::Mine => MINE,
        }
    }

    /// One column.
    #[must_use]
    pub fn column(self, id: ColumnId) -> Option<&'static Column> {
        self.columns().iter().find(|c| c.id == id)
    }

    /// The columns shown unless the user chooses otherwise.
    #[must_use]
    pub fn default_columns(self) -> Vec<ColumnId> {
        self.columns().iter().filter(|c| c.shown).map(|c| c.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_goes_fits_into_eighty_cells() {
        let all = [
            Table::Proposals,
            Table::Neurons,
            Table::Transactions,
            Table::Subnets,
            Table::Nodes,
            Table::Providers,
            Table::DataCenters,
            Table::Versions,
            Table::BoundaryNodes,
            Table::Events,
            Table::Mine,
        ];
        for table in all {
            let needed: u16 = table
                .columns()
                .iter()
                .filter(|c| c.shown && c.priority <= 1)
                .map(|c| match c.width {
                    Width::Fixed(w) | Width::Fill(w) => w + 2,
                })
                .sum();
            assert!(needed <= 76, "{table:?} needs {needed}");
        }
    }
}
