//! The ingress history of a subnet: what became of every call it was given (interface
//! spec, "Request status"). The same call again meets its first result.

use super::canister::Reject;
use super::hash::leb128;
use super::tree::Tree;
use icpulse_model::{Principal, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::sync::watch;

/// How long after its expiry the status of a call is kept.
const KEPT_NANOS: u64 = 300_000_000_000;
/// How many bytes of replies are kept before the oldest are forgotten.
const MAX_REPLY_BYTES: usize = 64 << 20;

#[derive(Clone, Debug)]
pub enum Status {
    /// Accepted, not begun.
    Received,
    Processing,
    Replied(Vec<u8>),
    Rejected(Reject),
    /// Over; the answer is forgotten.
    Done,
}

/// A call and what became of it.
pub struct Entry {
    pub sender: Principal,
    pub canister: Principal,
    expiry: u64,
    status: Status,
    finished: watch::Sender<bool>,
}

pub struct Ingress {
    entries: HashMap<[u8; 32], Entry>,
    by_expiry: BTreeSet<(u64, [u8; 32])>,
    reply_bytes: usize,
    max_reply_bytes: usize,
    tree: Tree,
}

impl Default for Ingress {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            by_expiry: BTreeSet::new(),
            reply_bytes: 0,
            max_reply_bytes: MAX_REPLY_BYTES,
            tree: Tree::empty(),
        }
    }
}

impl Ingress {
    /// The tree under `/request_status`.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    pub fn get(&self, id: &[u8; 32]) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Takes a call in. `true` if it is new.
    pub(crate) fn receive(
        &mut self,
        id: [u8; 32],
        sender: Principal,
        canister: Principal,
        expiry: u64,
    ) -> bool {
        if self.entries.contains_key(&id) {
            return false;
        }
        let (finished, _) = watch::channel(false);
        self.entries.insert(id, Entry { sender, canister, expiry, status: Status::Received, finished });
        self.by_expiry.insert((expiry, id));
        self.set(id, Status::Received);
        true
    }

    /// Becomes true when the call is over; `None` if it is unknown.
    pub fn watch(&self, id: &[u8; 32]) -> Option<watch::Receiver<bool>> {
        self.entries.get(id).map(|entry| entry.finished.subscribe())
    }

    /// Records how far a call has come.
    pub fn set(&mut self, id: [u8; 32], status: Status) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        self.tree = self.tree.with_hashed_label(&id, status.tree());
        let finished = !matches!(status, Status::Received | Status::Processing);
        self.reply_bytes = self.reply_bytes.saturating_sub(entry.status.bytes()) + status.bytes();
        entry.status = status;
        if finished {
            entry.finished.send_replace(true);
        }
        self.forget_replies();
    }

    fn forget_replies(&mut self) {
        while self.reply_bytes > self.max_reply_bytes {
            let oldest = self.by_expiry.iter().map(|(_, id)| *id).find(|id| {
                self.entries
                    .get(id)
                    .is_some_and(|e| matches!(e.status, Status::Replied(_) | Status::Rejected(_)))
            });
            let Some(entry) = oldest.and_then(|id| self.entries.get_mut(&id)) else { return };
            self.reply_bytes -= entry.status.bytes();
            entry.status = Status::Done;
            if let Some(id) = oldest {
                self.tree = self.tree.with_hashed_label(&id, Status::Done.tree());
            }
        }
    }

    /// Leaves a call out of the tree; it is still known, and not taken in again.
    pub fn hide(&mut self, id: &[u8; 32]) {
        self.tree = self.tree.without_hashed_label(id);
    }

    /// A call whose time passed before it was begun never happens.
    pub(crate) fn drop_unstarted(&mut self, id: &[u8; 32]) {
        self.remove(id);
    }

    /// Forgets calls that expired long enough ago. `true` if there were any.
    pub(crate) fn prune(&mut self, now: Timestamp) -> bool {
        let mut changed = false;
        while let Some((expiry, id)) = self.by_expiry.first().copied() {
            if expiry.saturating_add(KEPT_NANOS) >= now.0 {
                break;
            }
            self.remove(&id);
            changed = true;
        }
        changed
    }

    fn remove(&mut self, id: &[u8; 32]) {
        if let Some(entry) = self.entries.remove(id) {
            self.by_expiry.remove(&(entry.expiry, *id));
            self.reply_bytes = self.reply_bytes.saturating_sub(entry.status.bytes());
            self.tree = self.tree.without_hashed_label(id);
        }
    }
}

impl Status {
    fn bytes(&self) -> usize {
        match self {
            Self::Replied(reply) => reply.len(),
            Self::Rejected(reject) => reject.message.len(),
            Self::Received | Self::Processing | Self::Done => 0,
        }
    }

    fn tree(&self) -> Tree {
        let mut labels: BTreeMap<Vec<u8>, Tree> = BTreeMap::new();
        let mut set = |name: &str, value: Vec<u8>| {
            labels.insert(name.as_bytes().to_vec(), Tree::leaf(value));
        };
        let status: &[u8] = match self {
            Self::Received => b"received",
            Self::Processing => b"processing",
            Self::Replied(reply) => {
                set("reply", reply.clone());
                b"replied"
            }
            Self::Rejected(reject) => {
                set("reject_code", leb128(reject.code));
                set("reject_message", reject.message.clone().into_bytes());
                set("error_code", reject.error_code.as_bytes().to_vec());
                b"rejected"
            }
            Self::Done => b"done",
        };
        set("status", status.to_vec());
        Tree::labels(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ic_certification::LookupResult;

    fn status(ingress: &Ingress, id: [u8; 32]) -> Option<String> {
        let path = vec![id.to_vec(), b"status".to_vec()];
        match ingress.tree().witness(std::slice::from_ref(&path)).lookup_path(&path) {
            LookupResult::Found(status) => Some(String::from_utf8(status.to_vec()).unwrap()),
            LookupResult::Absent => None,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_call_is_taken_once_and_forgotten_in_time() {
        let mut ingress = Ingress::default();
        let (user, canister) = (Principal::anonymous(), Principal::management_canister());
        assert!(ingress.receive([7; 32], user, canister, 1_000));
        assert!(!ingress.receive([7; 32], user, canister, 1_000));
        assert_eq!(status(&ingress, [7; 32]).as_deref(), Some("received"));
        let watch = ingress.watch(&[7; 32]).unwrap();
        assert!(!*watch.borrow());
        ingress.set([7; 32], Status::Replied(b"yes".to_vec()));
        assert!(*watch.borrow());
        assert_eq!(status(&ingress, [7; 32]).as_deref(), Some("replied"));
        assert!(!ingress.prune(Timestamp(1_000 + KEPT_NANOS)));
        assert!(ingress.prune(Timestamp(1_001 + KEPT_NANOS)));
        assert_eq!(status(&ingress, [7; 32]), None);
    }

    #[test]
    fn when_replies_grow_too_many_the_oldest_are_done() {
        let mut ingress = Ingress { max_reply_bytes: 10, ..Ingress::default() };
        for n in 1..=3 {
            ingress.receive([n; 32], Principal::anonymous(), Principal::management_canister(), u64::from(n));
            ingress.set([n; 32], Status::Replied(vec![0; 5]));
        }
        assert_eq!(status(&ingress, [1; 32]).as_deref(), Some("done"));
        assert_eq!(status(&ingress, [2; 32]).as_deref(), Some("replied"));
        assert_eq!(status(&ingress, [3; 32]).as_deref(), Some("replied"));
    }
}
