//! Whose accounts the demo's transfers go between.

use super::lookalike::lookalike;
use icpulse_model::network::SystemCanister;
use icpulse_model::{Account, AccountIdentifier, Principal, Subaccount};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// The accounts, the same for the same seed and user.
pub(super) struct DemoAccounts {
    pub(super) user: AccountIdentifier,
    pub(super) user_savings: AccountIdentifier,
    /// Holds what is not in circulation; stakes of others come from here.
    pub(super) reserve: AccountIdentifier,
    /// Large holders whose accounts everybody uses.
    pub(super) exchanges: Vec<AccountIdentifier>,
    pub(super) people: Vec<AccountIdentifier>,
    /// Pays the user every month.
    pub(super) employer: AccountIdentifier,
    /// Is paid by the user every month.
    pub(super) landlord: AccountIdentifier,
    /// Shortens to the same text as the landlord.
    pub(super) impostor: AccountIdentifier,
    /// Spends from the user's account on an approval.
    pub(super) dapp: AccountIdentifier,
    /// The cycles minting canister's accounts for canisters to top up.
    pub(super) top_ups: Vec<AccountIdentifier>,
}

impl DemoAccounts {
    pub(super) fn new(seed: u64, user: Principal) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0ca5_7000);
        let cmc = SystemCanister::CyclesMinting.id();
        let mut person = || Account::default_of(some_person(&mut rng)).identifier();
        let employer = person();
        let landlord = person();
        let reserve = person();
        let exchanges = (0..6).map(|_| person()).collect();
        let people = (0..90).map(|_| person()).collect();
        let mut filler = [0; 20];
        rng.fill_bytes(&mut filler);
        let mut canister = || {
            // Canisters of an application subnet: a counter and the marker 0x0101.
            let mut id = (0x0010_0000 + rng.next_u64() % 0x0004_0000).to_be_bytes().to_vec();
            id.extend([1, 1]);
            Principal::from_slice(&id)
        };
        let dapp = Account::default_of(canister()).identifier();
        let top_ups = (0..5).map(|_| AccountIdentifier::new(&cmc, &subaccount_of(&canister()))).collect();
        let mut savings = [0; 32];
        savings[31] = 1;
        Self {
            user: Account::default_of(user).identifier(),
            user_savings: AccountIdentifier::new(&user, &Subaccount(savings)),
            reserve,
            exchanges,
            people,
            employer,
            landlord,
            impostor: lookalike(&landlord, filler).unwrap_or(reserve),
            dapp,
            top_ups,
        }
    }
}

/// A self-authenticating principal of nobody: 28 arbitrary bytes and the marker 2.
fn some_person(rng: &mut ChaCha8Rng) -> Principal {
    let mut bytes = [2; 29];
    rng.fill_bytes(&mut bytes[..28]);
    Principal::from_slice(&bytes)
}

/// The subaccount by which the cycles minting canister knows a canister: its length, its id, zeros.
fn subaccount_of(canister: &Principal) -> Subaccount {
    let id = canister.as_slice();
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(u8::try_from(id.len()).iter().chain(id)) {
        *to = *from;
    }
    Subaccount(bytes)
}
