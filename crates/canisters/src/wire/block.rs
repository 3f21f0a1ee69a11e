//! ICP ledger blocks in their protobuf encoding (`ic_ledger.pb.v1`), as `query_encoded_blocks` and
//! the archives return them.
//!
//! A block's hash is the sha-256 of this encoding, and every block names the hash of the one before
//! it; so a chain of blocks is checked by decoding none of them wrongly and hashing all of them.

use prost::Message;
use sha2::{Digest, Sha256};

/// A block of the ICP ledger.
#[derive(Clone, PartialEq, Message)]
pub struct Block {
    #[prost(message, optional, tag = "1")]
    pub parent_hash: Option<Hash>,
    #[prost(message, optional, tag = "2")]
    pub timestamp: Option<TimeStamp>,
    #[prost(message, optional, tag = "3")]
    pub transaction: Option<Transaction>,
}

impl Block {
    /// Decodes a block.
    ///
    /// # Errors
    /// When the bytes are not such a message; fields of a newer ledger are not an error, but are
    /// lost, so check hashes over the bytes received ([`hash_of_encoded`]).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, prost::DecodeError> {
        <Self as Message>::decode(bytes)
    }

    /// The block's encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// The block's hash, over its encoding.
    pub fn hash(&self) -> [u8; 32] {
        hash_of_encoded(&self.to_bytes())
    }
}

/// The hash of a block as it was received.
pub fn hash_of_encoded(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The sha-256 of the block before.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Hash {
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
}

/// Nanoseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct TimeStamp {
    #[prost(uint64, tag = "1")]
    pub timestamp_nanos: u64,
}

/// A transaction. `memo` is present and empty when it is 0; `created_at` is obsolete.
#[derive(Clone, PartialEq, Message)]
pub struct Transaction {
    #[prost(oneof = "Transfer", tags = "1, 2, 3")]
    pub transfer: Option<Transfer>,
    #[prost(message, optional, tag = "4")]
    pub memo: Option<Memo>,
    #[prost(message, optional, tag = "5")]
    pub created_at: Option<BlockIndex>,
    #[prost(message, optional, tag = "6")]
    pub created_at_time: Option<TimeStamp>,
    #[prost(message, optional, tag = "7")]
    pub icrc1_memo: Option<Icrc1Memo>,
}

/// What a transaction did.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Transfer {
    #[prost(message, tag = "1")]
    Burn(Burn),
    #[prost(message, tag = "2")]
    Mint(Mint),
    #[prost(message, tag = "3")]
    Send(Send),
}

/// A transfer, and with an extension an approval (`to` is then the spender, the amount 0) or a
/// transfer on an approval.
#[derive(Clone, PartialEq, Message)]
pub struct Send {
    #[prost(message, optional, tag = "1")]
    pub from: Option<AccountIdentifier>,
    #[prost(message, optional, tag = "2")]
    pub to: Option<AccountIdentifier>,
    #[prost(message, optional, tag = "3")]
    pub amount: Option<Tokens>,
    #[prost(message, optional, tag = "4")]
    pub max_fee: Option<Tokens>,
    #[prost(oneof = "Extension", tags = "5, 6")]
    pub extension: Option<Extension>,
}

/// What makes a [`Send`] more than a plain transfer.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Extension {
    #[prost(message, tag = "5")]
    Approve(Approve),
    #[prost(message, tag = "6")]
    TransferFrom(TransferFrom),
}

/// An ICRC-2 approval.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Approve {
    #[prost(message, optional, tag = "1")]
    pub allowance: Option<Tokens>,
    #[prost(message, optional, tag = "2")]
    pub expires_at: Option<TimeStamp>,
    #[prost(message, optional, tag = "3")]
    pub expected_allowance: Option<Tokens>,
}

/// An ICRC-2 transfer by a spender.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct TransferFrom {
    #[prost(message, optional, tag = "1")]
    pub spender: Option<AccountIdentifier>,
}

/// New tokens.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Mint {
    #[prost(message, optional, tag = "2")]
    pub to: Option<AccountIdentifier>,
    #[prost(message, optional, tag = "3")]
    pub amount: Option<Tokens>,
}

/// Tokens taken out of the supply.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Burn {
    #[prost(message, optional, tag = "1")]
    pub from: Option<AccountIdentifier>,
    #[prost(message, optional, tag = "3")]
    pub amount: Option<Tokens>,
    #[prost(message, optional, tag = "4")]
    pub spender: Option<AccountIdentifier>,
}

/// An account: 32 bytes with the checksum, or 28 without.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct AccountIdentifier {
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
}

/// An amount in e8s.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Tokens {
    #[prost(uint64, tag = "1")]
    pub e8s: u64,
}

/// A numeric memo.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Memo {
    #[prost(uint64, tag = "1")]
    pub memo: u64,
}

/// An ICRC-1 memo.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Icrc1Memo {
    #[prost(bytes = "vec", tag = "1")]
    pub memo: Vec<u8>,
}

/// A block's place in the chain.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct BlockIndex {
    #[prost(uint64, tag = "1")]
    pub height: u64,
}

#[cfg(test)]
mod tests {

    use proptest::prelude::*;

    use super::*;

    // Block 9840566 of the ICP ledger on the main network, and the hash Rosetta publishes for it.
    const BLOCK: &str = "0a220a20b9683af7a13e8400b05e582fec77d180db036aba865b4bc7abc0d13ccddeb610120a08debfddeafce5b7d5171a651a550a220a20d360ba83413713928ec6a61438f7c611c6c81a09b36a99462f654473f9a1a67112220a2042727096b88d2ef0527c77e16c4b11b8685e623bfdd0b035b3680f36078cca061a060890e5e38b03220308904e2200320a08debfddeafce5b7d517";
    const HASH: &str = "e189f729b207dafc2583305cf313671a84bb1437ee44435e12eaf3dcfbcb8fcf";
    const PARENT: &str = "b9683af7a13e8400b05e582fec77d180db036aba865b4bc7abc0d13ccddeb610";

    #[test]
    fn a_real_block_decodes_encodes_and_hashes_as_published() {
        let bytes = hex::decode(BLOCK).unwrap();
        let block = Block::from_bytes(&bytes).unwrap();
        assert_eq!(block.to_bytes(), bytes);
        assert_eq!(hex::encode(block.hash()), HASH);
        assert_eq!(hex::encode(&block.parent_hash.as_ref().unwrap().hash), PARENT);
        let transaction = block.transaction.unwrap();
        assert_eq!(transaction.memo, Some(Memo { memo: 0 }));
        assert_eq!(block.timestamp.unwrap().timestamp_nanos, 1_705_420_805_314_666_462);
        let Some(Transfer::Send(send)) = transaction.transfer else {
            panic!("a transfer is encoded as a send");
        };
        assert_eq!(send.amount, Some(Tokens { e8s: 830_010_000 }));
        assert_eq!(send.max_fee, Some(Tokens { e8s: 10_000 }));
        assert_eq!(send.extension, None);
        assert_eq!(
            hex::encode(send.to.unwrap().hash),
            "42727096b88d2ef0527c77e16c4b11b8685e623bfdd0b035b3680f36078cca06"
        );
    }

    #[test]
    fn a_changed_byte_changes_the_hash() {
        let mut block = Block::from_bytes(&hex::decode(BLOCK).unwrap()).unwrap();
        block.transaction.as_mut().unwrap().memo = None;
        assert_ne!(hex::encode(block.hash()), HASH);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(block) = Block::from_bytes(&bytes) {
                let again = Block::from_bytes(&block.to_bytes());
                prop_assert_eq!(again, Ok(block));
            }
        }
    }
}
