//! Updates whose fault the sender cannot learn: never executed, or executed without an answer.
//!
//! What the network certifies stays within the protocol: a call whose status is absent after its
//! expiry, and before five minutes more have passed, never happened. Only a loser of answers goes
//! as far as he may: he cuts connections, says "done", or knows nothing until the expiry.

use crate::fault::{Faults, Kind};
use crate::ingress::{Ingress, Status};
use icpulse_model::Timestamp;
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallFault {
    /// It stays "received" until it expires.
    Received,
    /// It stays "processing" until it expires.
    Processing,
    /// It is executed; its answer and every question about it is cut off while the fault lasts.
    Cut,
    /// It is executed; its status is "done", as when there is no room for replies.
    Done,
    /// It is executed; its status is absent until it expires, as on a node that lags, then "done".
    Absent,
}

#[derive(Clone, Copy, Debug)]
struct FaultyCall {
    fault: CallFault,
    own: usize,
    expiry: u64,
}

/// The calls that were struck.
#[derive(Debug, Default)]
pub struct CallFaults {
    calls: HashMap<[u8; 32], FaultyCall>,
    never: u64,
    lost: u64,
}

impl CallFaults {
    /// Decides what becomes of a call that was just taken in. Of those that are never executed
    /// every second one is said to be in process; of lost answers the first is "done", then absent,
    /// then cut off, and so on. `true` if the call was struck.
    pub fn decide(&mut self, faults: &Faults, own: usize, id: [u8; 32], expiry: u64) -> bool {
        let fault = if faults.strikes(Kind::NeverExecuted) {
            self.never += 1;
            if self.never % 2 == 1 { CallFault::Received } else { CallFault::Processing }
        } else if faults.strikes(Kind::LostAnswer) {
            self.lost += 1;
            match self.lost % 3 {
                1 => CallFault::Done,
                2 => CallFault::Absent,
                _ => CallFault::Cut,
            }
        } else {
            return false;
        };
        self.calls.insert(id, FaultyCall { fault, own, expiry });
        true
    }

    /// Whether a call is to be executed; tells its status if not.
    pub fn executes(&self, id: [u8; 32], ingress: &mut Ingress) -> bool {
        match self.calls.get(&id).map(|call| call.fault) {
            Some(CallFault::Received) => false,
            Some(CallFault::Processing) => {
                ingress.set(id, Status::Processing);
                false
            }
            _ => true,
        }
    }

    /// Called when a call has been executed and its outcome is told.
    pub fn executed(&self, id: [u8; 32], ingress: &mut Ingress) {
        match self.calls.get(&id).map(|call| call.fault) {
            Some(CallFault::Done) => ingress.set(id, Status::Done),
            Some(CallFault::Absent) => ingress.hide(&id),
            _ => {}
        }
    }

    /// Whether the answer to the call itself is cut off.
    pub(crate) fn cuts_call(&self, faults: &Faults, id: &[u8; 32]) -> bool {
        let lost = self
            .calls
            .get(id)
            .is_some_and(|c| matches!(c.fault, CallFault::Cut | CallFault::Done | CallFault::Absent));
        lost && faults.is_on(Kind::LostAnswer)
    }

    /// Whether a question about these paths is cut off.
    pub(crate) fn cuts_question(&self, faults: &Faults, paths: &[Vec<Vec<u8>>]) -> bool {
        if !faults.is_on(Kind::LostAnswer) {
            return false;
        }
        let id = |path: &Vec<Vec<u8>>| match path.as_slice() {
            [label, id, ..] if label == b"request_status" => <[u8; 32]>::try_from(id.as_slice()).ok(),
            _ => None,
        };
        paths.iter().filter_map(id).any(|id| self.calls.get(&id).is_some_and(|c| c.fault == CallFault::Cut))
    }

    /// Calls that have expired: those that never ran are to be forgotten, those that were hidden
    /// are "done" from now on.
    pub fn expired(&mut self, now: Timestamp) -> Vec<Expired> {
        let mut over = Vec::new();
        self.calls.retain(|id, call| {
            let open = matches!(call.fault, CallFault::Received | CallFault::Processing | CallFault::Absent);
            let expired = open && call.expiry < now.0;
            if expired {
                over.push(Expired { own: call.own, id: *id, ran: call.fault == CallFault::Absent });
            }
            !expired
        });
        over
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Expired {
    pub own: usize,
    pub id: [u8; 32],
    pub ran: bool,
}

impl Expired {
    /// Puts it into its subnet's history.
    pub fn conclude(self, ingress: &mut Ingress) {
        if self.ran {
            ingress.set(self.id, Status::Done);
        } else {
            ingress.drop_unstarted(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_model::Principal;

    fn received(ingress: &mut Ingress, n: u8) -> [u8; 32] {
        let id = [n; 32];
        ingress.receive(id, Principal::anonymous(), Principal::management_canister(), 1_000);
        id
    }

    fn is_known(ingress: &Ingress, id: [u8; 32]) -> bool {
        let path = vec![id.to_vec(), b"status".to_vec()];
        let seen = ingress.tree().witness(std::slice::from_ref(&path));
        matches!(seen.lookup_path(&path), ic_certification::LookupResult::Found(_))
    }

    #[test]
    fn what_is_never_executed_is_forgotten_when_it_expires() {
        let faults = Faults::new(1, &["never-executed".parse().unwrap()]);
        let (mut call_faults, mut ingress) = (CallFaults::default(), Ingress::default());
        let ids = [received(&mut ingress, 1), received(&mut ingress, 2)];
        for id in ids {
            call_faults.decide(&faults, 0, id, 1_000);
            assert!(!call_faults.executes(id, &mut ingress));
            assert!(!call_faults.cuts_call(&faults, &id));
        }
        assert!(call_faults.expired(Timestamp(1_000)).is_empty());
        call_faults.expired(Timestamp(1_001)).into_iter().for_each(|over| over.conclude(&mut ingress));
        assert!(ids.iter().all(|id| !is_known(&ingress, *id) && ingress.get(id).is_none()));
    }

    #[test]
    fn a_lost_answer_is_never_a_false_proof() {
        let faults = Faults::new(1, &["lost-answer".parse().unwrap()]);
        let (mut call_faults, mut ingress) = (CallFaults::default(), Ingress::default());
        let [done, absent, cut] = [1, 2, 3].map(|n| received(&mut ingress, n));
        for id in [done, absent, cut] {
            call_faults.decide(&faults, 0, id, 1_000);
            assert!(call_faults.executes(id, &mut ingress));
            ingress.set(id, Status::Replied(b"yes".to_vec()));
            call_faults.executed(id, &mut ingress);
            assert!(call_faults.cuts_call(&faults, &id));
        }
        assert!(is_known(&ingress, done) && !is_known(&ingress, absent));
        let asks = |id: [u8; 32]| [vec![b"time".to_vec()], vec![b"request_status".to_vec(), id.to_vec()]];
        assert!(
            call_faults.cuts_question(&faults, &asks(cut))
                && !call_faults.cuts_question(&faults, &asks(done))
        );
        // After its expiry, absence would prove that it never happened.
        call_faults.expired(Timestamp(1_001)).into_iter().for_each(|over| over.conclude(&mut ingress));
        assert!(is_known(&ingress, absent));
        faults.clear();
        assert!(!call_faults.cuts_question(&faults, &asks(cut)) && !call_faults.cuts_call(&faults, &cut));
    }
}
