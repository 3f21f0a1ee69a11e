//! What the registry certifies: the tree `{current_version, delta: {version: all it changed}}`.
//!
//! `delta` is a binary tree that only grows on the right. A part of it that is full, a power of two
//! of versions, never changes any more, so that its digest is kept: a new version costs as many
//! hashes as the tree is deep. Domain separators are those of the interface specification's
//! certificates; a reply's tree is protobuf (dfinity/ic `rs/registry/canister/src/certification.rs`).

use crate::hash::leb128;
use crate::tree::{Hash, domain_hash};
use icpulse_canisters::wire::registry::MixedHashTree;
use icpulse_canisters::wire::registry::mixed_hash_tree::{Fork, Labeled, TreeEnum};
use std::ops::RangeInclusive;

/// The digests of `delta`: at each level those of the full parts of 2^level versions.
#[derive(Clone, Debug, Default)]
pub struct Changelog(Vec<Vec<Hash>>);

fn leaf_hash(content: &[u8]) -> Hash {
    domain_hash("ic-hashtree-leaf", &[content])
}

fn labeled_hash(label: &[u8], sub: &Hash) -> Hash {
    domain_hash("ic-hashtree-labeled", &[label, sub])
}

fn fork_hash(left: &Hash, right: &Hash) -> Hash {
    domain_hash("ic-hashtree-fork", &[left, right])
}

fn tree(kind: TreeEnum) -> MixedHashTree {
    MixedHashTree { tree_enum: Some(kind) }
}

fn pruned(digest: &Hash) -> MixedHashTree {
    tree(TreeEnum::PrunedDigest(digest.to_vec()))
}

fn leaf(content: Vec<u8>) -> MixedHashTree {
    tree(TreeEnum::LeafData(content))
}

fn labeled(label: &[u8], sub: MixedHashTree) -> MixedHashTree {
    tree(TreeEnum::Labeled(Box::new(Labeled { label: label.to_vec(), subtree: Some(Box::new(sub)) })))
}

fn fork(left: MixedHashTree, right: MixedHashTree) -> MixedHashTree {
    tree(TreeEnum::Fork(Box::new(Fork {
        left_tree: Some(Box::new(left)),
        right_tree: Some(Box::new(right)),
    })))
}

/// How many of `count` lie left of the first fork: the largest power of two that leaves some.
const fn left_of(count: usize) -> usize {
    count.next_power_of_two() / 2
}

impl Changelog {
    pub fn len(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    /// Adds the next version with what it changed.
    pub fn append(&mut self, content: &[u8]) {
        let version = self.len() as u64 + 1;
        let mut digest = labeled_hash(&version.to_be_bytes(), &leaf_hash(content));
        for level in 0.. {
            if self.0.len() == level {
                self.0.push(Vec::new());
            }
            let Some(row) = self.0.get_mut(level) else { return };
            row.push(digest);
            if row.len() % 2 == 1 {
                return;
            }
            let (Some(left), Some(right)) = (row.get(row.len() - 2), row.last()) else { return };
            digest = fork_hash(left, right);
        }
    }

    /// The digest of `count` versions from the one after `first` on.
    fn digest(&self, first: usize, count: usize) -> Hash {
        if count.is_power_of_two() {
            let level = usize::try_from(count.trailing_zeros()).unwrap_or(0);
            let kept = self.0.get(level).and_then(|row| row.get(first >> level));
            return kept.copied().unwrap_or_default();
        }
        if count == 0 {
            return domain_hash("ic-hashtree-empty", &[]);
        }
        let left = left_of(count);
        fork_hash(&self.digest(first, left), &self.digest(first + left, count - left))
    }

    /// The root hash of the whole: what the canister certifies.
    pub fn root(&self) -> Hash {
        let version = leaf_hash(&leb128(self.len() as u64));
        fork_hash(&labeled_hash(b"current_version", &version), &self.delta_hash())
    }

    fn delta_hash(&self) -> Hash {
        labeled_hash(b"delta", &self.digest(0, self.len()))
    }

    fn current(&self) -> MixedHashTree {
        labeled(b"current_version", leaf(leb128(self.len() as u64)))
    }

    /// The tree that shows the current version and nothing else.
    pub(crate) fn show_version(&self) -> MixedHashTree {
        fork(self.current(), pruned(&self.delta_hash()))
    }

    /// The tree that shows these versions too; `content` gives what each changed. If there are none
    /// of these versions, the newest one's label shows that.
    pub fn show(&self, versions: RangeInclusive<u64>, content: &dyn Fn(u64) -> Vec<u8>) -> MixedHashTree {
        let delta = self.cut(0, self.len(), &versions, content);
        fork(self.current(), labeled(b"delta", delta))
    }

    fn cut(
        &self,
        first: usize,
        count: usize,
        versions: &RangeInclusive<u64>,
        content: &dyn Fn(u64) -> Vec<u8>,
    ) -> MixedHashTree {
        let (low, high) = (first as u64 + 1, (first + count) as u64);
        let newest = high == self.len() as u64;
        let is_outside = versions.is_empty() || high < *versions.start() || *versions.end() < low;
        let is_beyond = versions.is_empty() || *versions.start() > self.len() as u64;
        if is_outside && !(newest && is_beyond) {
            return pruned(&self.digest(first, count));
        }
        match count {
            0 => MixedHashTree { tree_enum: Some(TreeEnum::Empty(Default::default())) },
            1 if is_outside => labeled(&low.to_be_bytes(), pruned(&leaf_hash(&content(low)))),
            1 => labeled(&low.to_be_bytes(), leaf(content(low))),
            _ => {
                let left = left_of(count);
                fork(
                    self.cut(first, left, versions, content),
                    self.cut(first + left, count - left, versions, content),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digest(t: &MixedHashTree) -> Hash {
        match t.tree_enum.as_ref().unwrap() {
            TreeEnum::Empty(_) => domain_hash("ic-hashtree-empty", &[]),
            TreeEnum::Fork(f) => {
                fork_hash(&digest(f.left_tree.as_ref().unwrap()), &digest(f.right_tree.as_ref().unwrap()))
            }
            TreeEnum::Labeled(l) => labeled_hash(&l.label, &digest(l.subtree.as_ref().unwrap())),
            TreeEnum::LeafData(content) => leaf_hash(content),
            TreeEnum::PrunedDigest(digest) => digest.as_slice().try_into().unwrap(),
        }
    }

    fn shown(t: &MixedHashTree, out: &mut Vec<(u64, Vec<u8>)>) {
        match t.tree_enum.as_ref().unwrap() {
            TreeEnum::Fork(f) => {
                shown(f.left_tree.as_ref().unwrap(), out);
                shown(f.right_tree.as_ref().unwrap(), out);
            }
            TreeEnum::Labeled(l) => match &l.subtree.as_ref().unwrap().tree_enum {
                Some(TreeEnum::LeafData(content)) if l.label.len() == 8 => {
                    out.push((u64::from_be_bytes(l.label.clone().try_into().unwrap()), content.clone()));
                }
                Some(_) => shown(l.subtree.as_ref().unwrap(), out),
                None => {}
            },
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn every_page_shows_its_versions_and_keeps_the_root(
            count in 0u64..70, since in 0u64..80, most in 1u64..30,
        ) {
            let content = |version: u64| vec![u8::try_from(version % 251).unwrap(); 3];
            let mut log = Changelog::default();
            for version in 1..=count {
                log.append(&content(version));
            }
            prop_assert_eq!(log.len() as u64, count);
            prop_assert_eq!(digest(&log.show_version()), log.root());
            let last = (since + most).min(count);
            let page = log.show(since + 1..=last, &content);
            prop_assert_eq!(digest(&page), log.root());
            let mut seen = Vec::new();
            shown(&page, &mut seen);
            let expected: Vec<_> = (since + 1..=last).map(|version| (version, content(version))).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
