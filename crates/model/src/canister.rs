//! The Internet Computer's own canisters by their role. To add one, add its line to the table below.

use super::Principal;
use super::network::ForeignCanister;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! system_canisters {
    ($($role:ident = $index:literal, $key:literal, $name:literal;)*) => {
        /// A canister of the Internet Computer itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum SystemCanister {
            $($role,)*
        }

        impl SystemCanister {
            pub const ALL: &'static [Self] = &[$(Self::$role),*];

            /// Its place among the canisters of the NNS subnet.
            const fn index(self) -> u64 {
                match self { $(Self::$role => $index,)* }
            }

            /// Its key in the configuration.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$role => $key,)* }
            }

            /// Display name: `ICP ledger`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }
        }
    };
}

// Role = index on the NNS subnet, key in the configuration, name.
system_canisters! {
    Registry = 0, "registry", "registry";
    Governance = 1, "governance", "governance";
    IcpLedger = 2, "ledger", "ICP ledger";
    CyclesMinting = 4, "cmc", "cycles minting";
    IcpIndex = 11, "index", "ICP index";
    NodeRewards = 16, "node_rewards", "node rewards";
}

impl SystemCanister {
    /// Its id, which is the same on every network with an NNS: the big-endian index, then 0x0101.
    pub fn id(self) -> Principal {
        let mut bytes = self.index().to_be_bytes().to_vec();
        bytes.extend([1, 1]);
        Principal::from_slice(&bytes)
    }

    /// The one with a key of the configuration.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|canister| canister.key() == key)
    }
}

/// The system canisters' ids on one network: the Internet Computer's, except where a profile replaces one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canisters(BTreeMap<SystemCanister, Principal>);

impl Canisters {
    pub fn id(&self, canister: SystemCanister) -> Principal {
        self.0.get(&canister).copied().unwrap_or_else(|| canister.id())
    }

    /// Uses another canister in a role.
    pub fn replace(&mut self, canister: SystemCanister, id: Principal) {
        self.0.insert(canister, id);
    }

    /// Display name of a canister, if it is one of these.
    pub fn name(&self, id: &Principal) -> Option<&'static str> {
        SystemCanister::ALL.iter().find(|canister| self.id(**canister) == *id).map(|canister| canister.name())
    }

    /// The canisters that are not the Internet Computer's own.
    pub fn foreign(&self) -> Vec<ForeignCanister> {
        self.0
            .iter()
            .filter(|(canister, id)| canister.id() != **id)
            .map(|(canister, id)| ForeignCanister { role: canister.name().to_owned(), id: *id })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_canister_ids() {
        for (canister, id) in [
            (SystemCanister::Governance, "rrkah-fqaaa-aaaaa-aaaaq-cai"),
            (SystemCanister::IcpLedger, "ryjl3-tyaaa-aaaaa-aaaba-cai"),
            (SystemCanister::CyclesMinting, "rkp4c-7iaaa-aaaaa-aaaca-cai"),
            (SystemCanister::IcpIndex, "qhbym-qaaaa-aaaaa-aaafq-cai"),
            (SystemCanister::Registry, "rwlgt-iiaaa-aaaaa-aaaaa-cai"),
            (SystemCanister::NodeRewards, "sgymv-uiaaa-aaaaa-aaaia-cai"),
        ] {
            assert_eq!(canister.id().to_text(), id);
            assert_eq!(Canisters::default().id(canister), canister.id());
            assert_eq!(SystemCanister::from_key(canister.key()), Some(canister));
        }
        assert_eq!(Canisters::default().foreign(), []);
    }
}
