//! The state tree: an immutable hash tree with its digests kept, from which witnesses
//! pruned to the asked paths are cut (interface spec, "Certificate", "Lookup").
//!
//! Subtrees are shared, so that a change costs the path to it and not the tree. The trees that
//! `ic-certification` builds are red-black ones: they are copied whole for each state, and have another
//! shape than a replica's, which recorded certificates show.

use ic_certification::HashTree;
use ic_certification::hash_tree::{empty, fork, label, leaf, pruned};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// A path of labels from the root.
pub type Path = Vec<Vec<u8>>;

/// A hash tree; cloning shares it.
#[derive(Clone, Debug)]
pub struct Tree(Arc<Node>);

#[derive(Debug)]
struct Node {
    digest: Hash,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Empty,
    Leaf(Vec<u8>),
    Labeled(Vec<u8>, Tree),
    /// Two non-empty halves; every label left of `right_first` lies in the first.
    Fork {
        left: Tree,
        right: Tree,
        right_first: Vec<u8>,
    },
}

pub(super) fn domain_hash(domain: &str, parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([u8::try_from(domain.len()).unwrap_or(u8::MAX)]);
    hash.update(domain);
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

impl Tree {
    fn new(digest: Hash, kind: Kind) -> Self {
        Self(Arc::new(Node { digest, kind }))
    }

    pub fn empty() -> Self {
        Self::new(domain_hash("ic-hashtree-empty", &[]), Kind::Empty)
    }

    pub fn leaf(value: impl Into<Vec<u8>>) -> Self {
        let value = value.into();
        Self::new(domain_hash("ic-hashtree-leaf", &[&value]), Kind::Leaf(value))
    }

    fn labeled(name: Vec<u8>, sub: Self) -> Self {
        Self::new(domain_hash("ic-hashtree-labeled", &[&name, &sub.digest()]), Kind::Labeled(name, sub))
    }

    fn fork(left: Self, right: Self) -> Self {
        let right_first = right.first().to_vec();
        Self::new(
            domain_hash("ic-hashtree-fork", &[&left.digest(), &right.digest()]),
            Kind::Fork { left, right, right_first },
        )
    }

    /// A balanced tree of labels, in the shape a replica builds: the left half of every
    /// fork holds the largest power of two of labels that leaves the right one non-empty.
    pub fn labels(labels: BTreeMap<Vec<u8>, Self>) -> Self {
        fn build(mut items: Vec<Tree>) -> Tree {
            match items.len() {
                0 | 1 => items.pop().unwrap_or_else(Tree::empty),
                n => {
                    let right = items.split_off(n.next_power_of_two() / 2);
                    Tree::fork(build(items), build(right))
                }
            }
        }
        build(labels.into_iter().map(|(name, sub)| Self::labeled(name, sub)).collect())
    }

    pub fn digest(&self) -> Hash {
        self.0.digest
    }

    /// The smallest label below a fork or at a label; empty for the rest.
    fn first(&self) -> &[u8] {
        match &self.0.kind {
            Kind::Labeled(name, _) => name,
            Kind::Fork { left, .. } => left.first(),
            Kind::Empty | Kind::Leaf(_) => &[],
        }
    }

    fn last(&self) -> Option<&[u8]> {
        match &self.0.kind {
            Kind::Labeled(name, _) => Some(name),
            Kind::Fork { right, .. } => right.last(),
            Kind::Empty | Kind::Leaf(_) => None,
        }
    }

    /// The subtree under a label.
    pub fn get(&self, name: &[u8]) -> Option<&Self> {
        match &self.0.kind {
            Kind::Labeled(own, sub) => (own == name).then_some(sub),
            Kind::Fork { left, right, right_first } => {
                if name < right_first.as_slice() {
                    left.get(name)
                } else {
                    right.get(name)
                }
            }
            Kind::Empty | Kind::Leaf(_) => None,
        }
    }

    /// The labels, ascending.
    pub fn names(&self) -> Vec<Vec<u8>> {
        match &self.0.kind {
            Kind::Empty | Kind::Leaf(_) => Vec::new(),
            Kind::Labeled(name, _) => vec![name.clone()],
            Kind::Fork { left, right, .. } => {
                let mut names = left.names();
                names.extend(right.names());
                names
            }
        }
    }

    /// With `name` set to `sub`, for labels of equal length that are hashes: a binary trie
    /// over the bits of the labels, whose depth stays logarithmic.
    pub(crate) fn with_hashed_label(&self, name: &[u8], sub: Self) -> Self {
        let new = Self::labeled(name.to_vec(), sub);
        self.insert_at(name, new)
    }

    fn insert_at(&self, name: &[u8], new: Self) -> Self {
        match &self.0.kind {
            Kind::Empty | Kind::Leaf(_) => new,
            Kind::Labeled(own, _) if own == name => new,
            Kind::Labeled(own, _) => {
                if name < own.as_slice() {
                    Self::fork(new, self.clone())
                } else {
                    Self::fork(self.clone(), new)
                }
            }
            Kind::Fork { left, right, .. } => {
                // The fork is at the first bit in which its two sides differ. A label that
                // differs from both before that bit belongs beside the fork, not in it.
                let fork_bit = differing_bit(left.first(), right.first());
                let name_bit = differing_bit(left.first(), name);
                if name_bit < fork_bit {
                    return if name < left.first() {
                        Self::fork(new, self.clone())
                    } else {
                        Self::fork(self.clone(), new)
                    };
                }
                if name_bit > fork_bit {
                    Self::fork(left.insert_at(name, new), right.clone())
                } else {
                    Self::fork(left.clone(), right.insert_at(name, new))
                }
            }
        }
    }

    /// Without `name`; see [`Tree::with_hashed_label`].
    pub(crate) fn without_hashed_label(&self, name: &[u8]) -> Self {
        self.remove(name).unwrap_or_else(Self::empty)
    }

    fn remove(&self, name: &[u8]) -> Option<Self> {
        match &self.0.kind {
            Kind::Empty => None,
            Kind::Leaf(_) => Some(self.clone()),
            Kind::Labeled(own, _) => (own != name).then(|| self.clone()),
            Kind::Fork { left, right, right_first } => {
                if name < right_first.as_slice() {
                    left.remove(name)
                        .map_or_else(|| Some(right.clone()), |left| Some(Self::fork(left, right.clone())))
                } else {
                    right
                        .remove(name)
                        .map_or_else(|| Some(left.clone()), |right| Some(Self::fork(left.clone(), right)))
                }
            }
        }
    }

    /// The labels next to an absent one: what proves that it is absent.
    fn neighbours(&self, name: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
        match &self.0.kind {
            Kind::Empty | Kind::Leaf(_) => (None, None),
            Kind::Labeled(own, _) => {
                if own.as_slice() < name {
                    (Some(own), None)
                } else {
                    (None, Some(own))
                }
            }
            Kind::Fork { left, right, right_first } => {
                if name < right_first.as_slice() {
                    let (before, after) = left.neighbours(name);
                    (before, after.or(Some(right_first)))
                } else {
                    let (before, after) = right.neighbours(name);
                    (before.or_else(|| left.last()), after)
                }
            }
        }
    }

    /// The tree with everything pruned that is not under one of the paths. A path that
    /// does not exist is answered with the labels next to where it would be, so that a
    /// lookup finds it absent instead of unknown.
    pub(crate) fn witness(&self, paths: &[Path]) -> HashTree {
        self.cut(&paths.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn cut(&self, paths: &[&[Vec<u8>]]) -> HashTree {
        if paths.iter().any(|path| path.is_empty()) {
            return self.to_hash_tree();
        }
        if paths.is_empty() {
            return pruned(self.digest());
        }
        if let Kind::Leaf(_) = self.0.kind {
            return self.to_hash_tree();
        }
        let mut reveal: BTreeMap<&[u8], Vec<&[Vec<u8>]>> = BTreeMap::new();
        for path in paths {
            let Some((name, rest)) = path.split_first() else { continue };
            if self.get(name).is_some() {
                reveal.entry(name).or_default().push(rest);
            } else {
                let (before, after) = self.neighbours(name);
                for neighbour in [before, after].into_iter().flatten() {
                    reveal.entry(neighbour).or_default();
                }
            }
        }
        self.show(&reveal)
    }

    fn show(&self, reveal: &BTreeMap<&[u8], Vec<&[Vec<u8>]>>) -> HashTree {
        match &self.0.kind {
            Kind::Empty => empty(),
            Kind::Leaf(value) => leaf(value.clone()),
            Kind::Labeled(name, sub) => match reveal.get(name.as_slice()) {
                Some(paths) => label(name.clone(), sub.cut(paths)),
                None => pruned(self.digest()),
            },
            Kind::Fork { left, right, right_first } => {
                if reveal.is_empty() {
                    return pruned(self.digest());
                }
                let mut before = reveal.clone();
                let after = before.split_off(right_first.as_slice());
                fork(left.show(&before), right.show(&after))
            }
        }
    }

    fn to_hash_tree(&self) -> HashTree {
        match &self.0.kind {
            Kind::Empty => empty(),
            Kind::Leaf(value) => leaf(value.clone()),
            Kind::Labeled(name, sub) => label(name.clone(), sub.to_hash_tree()),
            Kind::Fork { left, right, .. } => fork(left.to_hash_tree(), right.to_hash_tree()),
        }
    }
}

/// The index of the first bit in which two labels differ.
fn differing_bit(a: &[u8], b: &[u8]) -> usize {
    a.iter()
        .zip(b)
        .position(|(x, y)| x != y)
        .and_then(|i| {
            let (x, y) = (a.get(i)?, b.get(i)?);
            Some(i * 8 + usize::try_from((x ^ y).leading_zeros()).ok()?)
        })
        .unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ic_certification::LookupResult;
    use proptest::prelude::*;

    fn tree(labels: &[&[u8]]) -> Tree {
        Tree::labels(labels.iter().map(|l| (l.to_vec(), Tree::leaf(*l))).collect())
    }

    fn found(witness: &HashTree, path: &[&[u8]]) -> LookupResult<'static> {
        match witness.lookup_path(path.iter().copied()) {
            LookupResult::Found(v) => LookupResult::Found(v.to_vec().leak()),
            LookupResult::Absent => LookupResult::Absent,
            LookupResult::Unknown => LookupResult::Unknown,
            LookupResult::Error => LookupResult::Error,
        }
    }

    #[test]
    fn the_digest_is_the_one_the_certification_library_computes() {
        let nested = Tree::labels(BTreeMap::from([
            (b"a".to_vec(), tree(&[b"x", b"y", b"z"])),
            (b"b".to_vec(), Tree::empty()),
            (b"c".to_vec(), Tree::leaf("value")),
        ]));
        assert_eq!(nested.to_hash_tree().digest(), nested.digest());
        let witness = nested.witness(&[vec![b"a".to_vec(), b"y".to_vec()]]);
        assert_eq!(witness.digest(), nested.digest());
        assert_eq!(found(&witness, &[b"a", b"y"]), LookupResult::Found(b"y"));
        assert_eq!(found(&witness, &[b"a", b"x"]), LookupResult::Unknown);
        assert_eq!(found(&witness, &[b"c"]), LookupResult::Unknown);
        assert_eq!(
            found(&nested.witness(&[vec![b"b".to_vec(), b"q".to_vec()]]), &[b"b", b"q"]),
            LookupResult::Absent
        );
    }

    #[test]
    fn thirteen_labels_split_as_a_replica_splits_them() {
        // Eight left; right of them four and one: the shape of recorded certificates.
        let names: Vec<Vec<u8>> = (0u8..13).map(|i| vec![i]).collect();
        let tree = tree(&names.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let Kind::Fork { right, right_first, .. } = &tree.0.kind else { unreachable!() };
        assert_eq!(right_first, &vec![8]);
        let Kind::Fork { right_first, .. } = &right.0.kind else { unreachable!() };
        assert_eq!(right_first, &vec![12]);
    }

    proptest! {
        #[test]
        fn witnesses_prove_presence_and_absence_and_keep_the_root(
            present in prop::collection::btree_set(prop::collection::vec(0u8..4, 1..4), 0..20),
            asked in prop::collection::vec(prop::collection::vec(0u8..4, 1..4), 1..6),
        ) {
            let labels: Vec<&[u8]> = present.iter().map(Vec::as_slice).collect();
            let tree = tree(&labels);
            let paths: Vec<Path> = asked.iter().map(|l| vec![l.clone()]).collect();
            let witness = tree.witness(&paths);
            prop_assert_eq!(witness.digest(), tree.digest());
            for name in &asked {
                let expected = if present.contains(name) {
                    LookupResult::Found(name.clone().leak())
                } else {
                    LookupResult::Absent
                };
                prop_assert_eq!(found(&witness, &[name]), expected);
            }
        }

        #[test]
        fn the_trie_of_hashes_forgets_and_proves(
            ops in prop::collection::vec((any::<bool>(), 0u8..24), 1..80), asked in 0u8..32,
        ) {
            let key = |n: u8| -> Vec<u8> { Sha256::digest([n]).to_vec() };
            let mut tree = Tree::empty();
            let mut model = std::collections::BTreeSet::new();
            for (add, n) in ops {
                if add {
                    tree = tree.with_hashed_label(&key(n), Tree::leaf(vec![n]));
                    model.insert(n);
                } else {
                    tree = tree.without_hashed_label(&key(n));
                    model.remove(&n);
                }
            }
            let witness = tree.witness(&[vec![key(asked)]]);
            prop_assert_eq!(witness.digest(), tree.digest());
            let expected = if model.contains(&asked) {
                LookupResult::Found(vec![asked].leak())
            } else {
                LookupResult::Absent
            };
            prop_assert_eq!(found(&witness, &[&key(asked)]), expected);
            // The same set has the same shape, whatever the order it grew in.
            let mut again = Tree::empty();
            for n in model.iter().rev() {
                again = again.with_hashed_label(&key(*n), Tree::leaf(vec![*n]));
            }
            prop_assert_eq!(again.digest(), tree.digest());
        }
    }
}
