//! What a canister of the demo network is, and what it is given when it is called.

use super::clock::Clock;
use icpulse_model::{AccountIdentifier, E8s, Principal, Timestamp};

/// A canister: a state machine that answers methods with candid bytes.
///
/// A real canister's state is rolled back when it traps. Here `update` must check
/// before it changes anything, so that a [`Reject`] leaves no trace.
pub trait Canister: Send {
    fn id(&self) -> Principal;

    /// SHA-256 of its module; any fixed value, as there is no WebAssembly behind it.
    fn module_hash(&self) -> [u8; 32];

    /// Public metadata sections, e.g. `candid:service`, as `(name, content)`.
    fn metadata(&self) -> Vec<(String, Vec<u8>)>;

    /// Answers a query method. For a method it does not have: [`Reject::no_query_method`].
    fn query(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject>;

    /// Answers an update method. For a method it does not have: [`Reject::no_update_method`];
    /// the network then tries [`Canister::query`], as every query method can be called in
    /// replicated mode too.
    fn update(&mut self, ctx: &mut UpdateContext<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject>;

    /// Begins a call of an update method as far as it comes without another canister's reply; until
    /// [`Canister::finish`] other calls come in between. [`Canister::update`] is both at once.
    fn begin(&mut self, ctx: &mut UpdateContext<'_>, method: &str, arg: &[u8]) -> Result<Progress, Reject> {
        self.update(ctx, method, arg).map(Progress::Replied)
    }

    /// Goes on with a call that waited for the ledger, now that the ledger has replied.
    fn finish(&mut self, ctx: &mut UpdateContext<'_>, waiting: &Waiting) -> Result<Vec<u8>, Reject> {
        let _ = ctx;
        Err(Reject::no_update_method(self.id(), &waiting.method))
    }

    /// Time passes: called before each request and about once a second.
    fn tick(&mut self, ctx: &mut UpdateContext<'_>);

    /// What it last certified; lands in the state tree at `/canister/<id>/certified_data`.
    fn certified_data(&self) -> Option<[u8; 32]>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Replied(Vec<u8>),
    /// It waits for the ledger's reply.
    Waits(Waiting),
}

/// A call that waits for the ledger's reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub method: String,
    /// What it is about, such as the number of a neuron.
    pub subject: u64,
}

/// A rejection as the protocol has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Reject code, 1 to 6 (interface spec, "Reject codes").
    pub code: u64,
    /// Error code such as `IC0503`.
    pub error_code: &'static str,
    pub message: String,
}

const DOCUMENTATION: &str =
    "See documentation: https://internetcomputer.org/docs/current/references/execution-errors";

impl Reject {
    pub(crate) fn no_query_method(canister: Principal, method: &str) -> Self {
        Self::no_method(canister, "query", method)
    }

    pub(crate) fn no_update_method(canister: Principal, method: &str) -> Self {
        Self::no_method(canister, "update", method)
    }

    fn no_method(canister: Principal, kind: &str, method: &str) -> Self {
        Self {
            code: 5,
            error_code: "IC0536",
            message: format!(
                "Error from Canister {canister}: Canister has no {kind} method '{method}'..\nCheck that the method being called is exported by the target canister. {DOCUMENTATION}#method-not-found"
            ),
        }
    }

    pub fn trapped(canister: Principal, message: &str) -> Self {
        Self {
            code: 5,
            error_code: "IC0503",
            message: format!(
                "Error from Canister {canister}: Canister called `ic0.trap` with message: '{message}'.\nConsider gracefully handling failures from this canister or altering the canister to handle exceptions. {DOCUMENTATION}#trapped-explicitly"
            ),
        }
    }

    /// The reply is larger than a replica passes on.
    pub(crate) fn reply_too_large(canister: Principal, size: usize, most: usize) -> Self {
        Self {
            code: 5,
            error_code: "IC0504",
            message: format!(
                "Error from Canister {canister}: Canister violated contract: ic0.msg_reply_data_append: message payload size ({size}) cannot be larger than {most}.. {DOCUMENTATION}"
            ),
        }
    }

    /// The canister trapped because the arguments did not decode.
    pub(crate) fn undecodable(canister: Principal, error: &candid::Error) -> Self {
        let text = format!("{error:?}");
        // With RUST_BACKTRACE set, the error also prints where this program was.
        let text = match text.split_once("\n\nStack backtrace:") {
            Some((error, _)) => format!("{error})"),
            None => text,
        };
        Self::trapped(canister, &format!("Panicked at 'called `Result::unwrap()` on an `Err` value: {text}'"))
    }

    /// The canister itself rejected the call (`ic0.msg_reject`).
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: 4, error_code: "IC0406", message: message.into() }
    }
}

pub struct Context<'a> {
    pub caller: Principal,
    /// Virtual time. Use [`Clock::out`] on every instant in a reply and
    /// [`Clock::to_virtual`] on every instant in an argument.
    pub now: Timestamp,
    /// The map between virtual and wall time.
    pub clock: &'a Clock,
    /// Makes the data certificate; asked for only when a reply carries it, because signing takes time.
    pub certify: Option<&'a dyn Fn() -> Vec<u8>>,
}

impl Context<'_> {
    /// The CBOR certificate of this canister's certified data (`ic0.data_certificate`);
    /// `None` in replicated mode.
    pub(crate) fn data_certificate(&self) -> Option<Vec<u8>> {
        self.certify.map(|certify| certify())
    }
}

pub struct UpdateContext<'a> {
    /// Who calls; the canister itself in a tick.
    pub caller: Principal,
    /// Virtual time; see [`Context::now`].
    pub now: Timestamp,
    /// The map between virtual and wall time.
    pub clock: &'a Clock,
    /// The ICP ledger, when another canister is called.
    pub ledger: Option<&'a mut dyn LedgerPort>,
}

/// What other canisters may do with the ICP ledger without a signature: the demo's
/// stand-in for calls between canisters. Instants are virtual.
pub trait LedgerPort {
    /// The balance of an account; zero if it never held anything.
    fn balance(&self, account: &AccountIdentifier) -> E8s;

    /// Creates ICP; answers the block index.
    fn mint(&mut self, now: Timestamp, to: AccountIdentifier, amount: E8s, memo: u64) -> u64;

    /// The ledger's blocks in their encoding, from an index on: for the index canister.
    fn encoded_blocks(&self, start: u64) -> Vec<Vec<u8>> {
        let _ = start;
        Vec::new()
    }
}
