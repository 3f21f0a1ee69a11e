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

impl Table {
    /// Its columns, in order.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Proposals => PROPOSALS,
            Self::Neurons => NEURONS,
            Self::Transactions => TRANSACTIONS,
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
        for table in [Table::Proposals, Table::Neurons, Table::Transactions] {
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
