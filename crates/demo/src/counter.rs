//! A small canister on the application subnet, so that delegations, canister ranges and
//! data certificates of another subnet than the root one can be tried by any client.

use super::canister::{Canister, Context, Reject, UpdateContext};
use candid::{Decode, Encode, Nat};
use icpulse_model::Principal;
use sha2::{Digest, Sha256};

const CANDID: &str = "service : {
  // Greets by name.
  greet : (text) -> (text) query;
  // The caller's principal.
  whoami : () -> (principal) query;
  // The count.
  get : () -> (nat) query;
  // The count, with the certificate of its SHA-256 as decimal text.
  get_certified : () -> (record { count : nat; certificate : opt blob }) query;
  // Adds one; answers the new count.
  inc : () -> (nat);
  // Rejects with the message.
  refuse : (text) -> ();
  // Traps with the message.
  trap : (text) -> ();
}
";

pub struct Counter {
    id: Principal,
    count: u64,
}

#[derive(candid::CandidType)]
struct Certified {
    count: Nat,
    certificate: Option<serde_bytes::ByteBuf>,
}

impl Counter {
    pub const fn new(id: Principal) -> Self {
        Self { id, count: 0 }
    }

    fn decode<T>(&self, decoded: Result<T, candid::Error>) -> Result<T, Reject> {
        decoded.map_err(|e| Reject::undecodable(self.id, &e))
    }

    fn encode(&self, encoded: Result<Vec<u8>, candid::Error>) -> Result<Vec<u8>, Reject> {
        encoded.map_err(|e| Reject::trapped(self.id, &e.to_string()))
    }
}

impl Canister for Counter {
    fn id(&self) -> Principal {
        self.id
    }

    fn module_hash(&self) -> [u8; 32] {
        Sha256::digest(concat!("icpulse demo counter ", env!("CARGO_PKG_VERSION"))).into()
    }

    fn metadata(&self) -> Vec<(String, Vec<u8>)> {
        vec![("candid:service".to_owned(), CANDID.as_bytes().to_vec())]
    }

    fn query(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        match method {
            "greet" => {
                let name = self.decode(Decode!(arg, String))?;
                self.encode(Encode!(&format!("Hello, {name}!")))
            }
            "whoami" => self.encode(Encode!(&ctx.caller)),
            "get" => self.encode(Encode!(&Nat::from(self.count))),
            "get_certified" => self.encode(Encode!(&Certified {
                count: Nat::from(self.count),
                certificate: ctx.data_certificate().map(serde_bytes::ByteBuf::from),
            })),
            _ => Err(Reject::no_query_method(self.id, method)),
        }
    }

    fn update(&mut self, _: &mut UpdateContext<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        match method {
            "inc" => {
                self.decode(Decode!(arg))?;
                let next = self
                    .count
                    .checked_add(1)
                    .ok_or_else(|| Reject::trapped(self.id, "the counter is full"))?;
                let reply = self.encode(Encode!(&Nat::from(next)))?;
                self.count = next;
                Ok(reply)
            }
            "refuse" => Err(Reject::refused(self.decode(Decode!(arg, String))?)),
            "trap" => Err(Reject::trapped(self.id, &self.decode(Decode!(arg, String))?)),
            _ => Err(Reject::no_update_method(self.id, method)),
        }
    }

    fn tick(&mut self, _: &mut UpdateContext<'_>) {}

    fn certified_data(&self) -> Option<[u8; 32]> {
        Some(Sha256::digest(self.count.to_string()).into())
    }
}
