//! The mixed hash tree of the registry's certified replies, read by a walk of our own.
//!
//! The deltas lie in a balanced tree: with 55,000 versions its branches are some sixty forks deep,
//! each of them two protobuf messages, more than prost follows. Depth and the number of nodes are bounded
//! here; hashes are those of the interface specification's trees (§Certificate).

use sha2::{Digest, Sha256};

/// Forks and labels below each other, at most: a balanced tree of 2^32 versions has half as many.
pub const MAX_DEPTH: usize = 256;
/// Parts of a tree, at most: a reply holds 1,000 versions, each some four parts, and what is pruned.
pub const MAX_NODES: usize = 1 << 17;

/// A part of a tree, with the bytes where they lie.
#[derive(Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// Nothing.
    Empty,
    /// Two parts, the left one first.
    Fork(Box<Self>, Box<Self>),
    /// A part under a label.
    Labeled(&'a [u8], Box<Self>),
    /// A value.
    Leaf(&'a [u8]),
    /// A part that was cut out, by its hash.
    Pruned([u8; 32]),
}

/// Why bytes are no tree that proves anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Not protobuf, or it ends too early.
    #[error("the hash tree is not valid protobuf")]
    Malformed,
    /// A part that is of no kind or of two.
    #[error("a node of the hash tree has several kinds")]
    Kind,
    /// A fork without a side or a label without content.
    #[error("a node of the hash tree is empty")]
    Content,
    /// A hash that is not 32 bytes long.
    #[error("a hash in the hash tree is not 32 bytes long")]
    Hash,
    /// Deeper than [`MAX_DEPTH`].
    #[error("the hash tree is deeper than {MAX_DEPTH}")]
    Depth,
    /// More parts than [`MAX_NODES`].
    #[error("the hash tree has more than {MAX_NODES} nodes")]
    Size,
    /// Labels out of order, so that absence could be pretended.
    #[error("the labels of the hash tree are not sorted")]
    Disordered,
}

/// The fields of a protobuf message, in order.
struct Fields<'a>(&'a [u8]);

/// A field's content.
enum Content<'a> {
    Bytes(&'a [u8]),
    /// A number of any width: no field of a tree is one.
    Number,
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn next(&mut self) -> Result<Option<(u64, Content<'a>)>, TreeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let mut read = || {
            let key = self.varint()?;
            let content = match key & 7 {
                0 => {
                    self.varint()?;
                    Content::Number
                }
                1 => {
                    self.take(8)?;
                    Content::Number
                }
                2 => {
                    let length = self.varint()?;
                    Content::Bytes(self.take(length)?)
                }
                5 => {
                    self.take(4)?;
                    Content::Number
                }
                _ => return None,
            };
            Some((key >> 3, content))
        };
        read().map(Some).ok_or(TreeError::Malformed)
    }
}

/// The two fields of a message that has no others of ours; each may come once.
pub(super) fn pair(bytes: &[u8]) -> Result<[Option<&[u8]>; 2], TreeError> {
    let mut found = [None, None];
    let mut fields = Fields(bytes);
    while let Some((number, content)) = fields.next()? {
        let place = match number {
            1 => &mut found[0],
            2 => &mut found[1],
            _ => continue,
        };
        match content {
            Content::Bytes(bytes) if place.is_none() => *place = Some(bytes),
            _ => return Err(TreeError::Kind),
        }
    }
    Ok(found)
}

impl<'a> Node<'a> {
    /// Reads a `MixedHashTree`. Fields that are not known are passed over; they are in no hash.
    ///
    /// # Errors
    /// [`TreeError`]; hostile bytes are refused in time and memory proportional to their length.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, TreeError> {
        Self::walk(bytes, MAX_DEPTH, &mut 0)
    }

    fn walk(bytes: &'a [u8], depth: usize, nodes: &mut usize) -> Result<Self, TreeError> {
        let depth = depth.checked_sub(1).ok_or(TreeError::Depth)?;
        *nodes += 1;
        if *nodes > MAX_NODES {
            return Err(TreeError::Size);
        }
        let mut kind = None;
        let mut fields = Fields(bytes);
        while let Some((number, content)) = fields.next()? {
            if !(1..=5).contains(&number) {
                continue;
            }
            match content {
                Content::Bytes(bytes) if kind.is_none() => kind = Some((number, bytes)),
                _ => return Err(TreeError::Kind),
            }
        }
        match kind {
            Some((1, _)) => Ok(Self::Empty),
            Some((2, bytes)) => {
                let [Some(left), Some(right)] = pair(bytes)? else { return Err(TreeError::Content) };
                let left = Self::walk(left, depth, nodes)?;
                Ok(Self::Fork(Box::new(left), Box::new(Self::walk(right, depth, nodes)?)))
            }
            Some((3, bytes)) => {
                let [label, Some(inner)] = pair(bytes)? else { return Err(TreeError::Content) };
                let inner = Self::walk(inner, depth, nodes)?;
                Ok(Self::Labeled(label.unwrap_or_default(), Box::new(inner)))
            }
            Some((4, bytes)) => Ok(Self::Leaf(bytes)),
            Some((5, bytes)) => bytes.try_into().map(Self::Pruned).map_err(|_| TreeError::Hash),
            _ => Err(TreeError::Kind),
        }
    }

    /// The root hash.
    pub fn digest(&self) -> [u8; 32] {
        let hash = |separator: &[u8], parts: [&[u8]; 2]| {
            let mut hash = Sha256::new();
            hash.update(separator);
            parts.iter().for_each(|part| hash.update(part));
            hash.finalize().into()
        };
        match self {
            Self::Empty => hash(b"\x11ic-hashtree-empty", [&[], &[]]),
            Self::Fork(left, right) => hash(b"\x10ic-hashtree-fork", [&left.digest(), &right.digest()]),
            Self::Labeled(label, inner) => hash(b"\x13ic-hashtree-labeled", [label, &inner.digest()]),
            Self::Leaf(value) => hash(b"\x10ic-hashtree-leaf", [value, &[]]),
            Self::Pruned(digest) => *digest,
        }
    }

    /// The labels directly below, in order, with what is under them.
    ///
    /// # Errors
    /// [`TreeError::Disordered`] where they do not strictly increase.
    pub fn labels(&self) -> Result<Vec<(&'a [u8], &Self)>, TreeError> {
        let mut found = Vec::new();
        self.collect(&mut found);
        if found.windows(2).all(|pair| pair.first().map(|a| a.0) < pair.last().map(|b| b.0)) {
            Ok(found)
        } else {
            Err(TreeError::Disordered)
        }
    }

    fn collect<'n>(&'n self, found: &mut Vec<(&'a [u8], &'n Self)>) {
        match self {
            Self::Fork(left, right) => {
                left.collect(found);
                right.collect(found);
            }
            Self::Labeled(label, inner) => found.push((label, inner)),
            Self::Empty | Self::Leaf(_) | Self::Pruned(_) => {}
        }
    }
}
