//! How much of everything there is in a large world.

/// Numbers at the start. What is not lived is derived from the seed (`seed::archive`,
/// `ledger::derived_chain`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Settled proposals below those of the small world.
    pub(crate) archived_proposals: u64,
    pub neurons: u64,
    /// Neurons of the demo user, those of the small world included.
    pub(crate) user_neurons: u64,
    pub blocks: u64,
    /// Transactions of the demo user's account, rounded up to a whole group of eight.
    pub(crate) user_transactions: u64,
    pub(crate) registry_versions: u64,
}

impl Size {
    /// The main network's, with a demo user who has much: with the 590 proposals and more of the
    /// small world above the archive there are 140,000.
    pub const MAINNET: Self = Self {
        archived_proposals: 139_410,
        neurons: 400_000,
        user_neurons: 5_000,
        blocks: 1_000_000,
        user_transactions: 100_000,
        registry_versions: 55_000,
    };
}
