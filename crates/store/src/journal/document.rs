//! The JSON document of one action, and its MAC.

use super::{Authenticity, version_1};
use hmac::{Hmac, Mac};
use icpulse_model::Principal;
use icpulse_model::act::Execution;
use serde_json::{Map, Value};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The version of the document's form. A reader of this version reads documents of all versions
/// up to its own; fields it does not know are ignored.
const VERSION: u64 = 2;

/// What the MAC's input begins with, so that no other use of the key can be mistaken for it.
const DOMAIN: &[u8] = b"icpulse action journal document\n";

/// The key that authenticates one identity's documents. It is derived from the identity's private
/// key, tells nothing of it, and is wiped when dropped.
#[derive(Clone)]
pub struct JournalKey {
    signer: Principal,
    secret: Zeroizing<[u8; 32]>,
}

impl JournalKey {
    /// The key of `signer`'s documents.
    pub fn new(signer: Principal, secret: Zeroizing<[u8; 32]>) -> Self {
        Self { signer, secret }
    }

    /// Whose documents it authenticates.
    pub fn signer(&self) -> Principal {
        self.signer
    }

    /// An authenticator of bytes. HMAC takes keys of any length, so that there is always one.
    fn make_mac(&self, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_slice()).ok()?;
        mac.update(DOMAIN);
        mac.update(bytes);
        Some(mac)
    }
}

impl std::fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalKey").field("signer", &self.signer.to_text()).finish_non_exhaustive()
    }
}

/// The document of an action on the network with this root key (hexadecimal).
pub(super) fn encode_document(
    execution: &Execution,
    root_key: &str,
    key: &JournalKey,
) -> Result<Vec<u8>, String> {
    let mut document = Map::new();
    document.insert("v".to_owned(), VERSION.into());
    document.insert("root_key".to_owned(), root_key.into());
    document.insert("action".to_owned(), serde_json::to_value(execution).map_err(|e| e.to_string())?);
    let signed = canonical_json(&document);
    let mac = key.make_mac(&signed).ok_or("the journal's key cannot be used")?;
    document.insert("mac".to_owned(), hex::encode(mac.finalize().into_bytes()).into());
    let mut bytes = serde_json::to_vec_pretty(&document).map_err(|e| e.to_string())?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The action of a document, and whether it can be relied on. `plan` is the action that its place
/// is for.
pub(super) fn decode_document(
    bytes: &[u8],
    plan: &str,
    root_key: &str,
    key: Option<&JournalKey>,
) -> Result<(Execution, Authenticity), String> {
    let document: Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let Value::Object(mut document) = document else { return Err("it is not a JSON object".to_owned()) };
    let version = match document.get("v").and_then(Value::as_u64) {
        Some(known @ 1..=VERSION) => known,
        Some(newer) => return Err(format!("unsupported version {newer} (supported: up to {VERSION})")),
        None => return Err("it has no version".to_owned()),
    };
    let mac = document.remove("mac");
    let mut action = document.get("action").cloned().ok_or("it has no action")?;
    if version == 1 {
        version_1::upgrade_action(&mut action).ok_or("its action of version 1 does not fit")?;
    }
    let execution: Execution = serde_json::from_value(action).map_err(|e| e.to_string())?;
    let named = document.get("root_key").and_then(Value::as_str) == Some(root_key);
    if !named || execution.plan.to_string() != plan {
        return Ok((execution, Authenticity::Altered));
    }
    let Some(key) = key.filter(|key| key.signer == execution.signer) else {
        return Ok((execution, Authenticity::Unchecked));
    };
    let mac = mac.as_ref().and_then(Value::as_str).and_then(|text| hex::decode(text).ok());
    let signed = canonical_json(&document);
    let fits =
        mac.zip(key.make_mac(&signed)).is_some_and(|(mac, expected)| expected.verify_slice(&mac).is_ok());
    Ok((execution, if fits { Authenticity::Authentic } else { Authenticity::Altered }))
}

/// JSON without white space and with the keys of every object in order: the same bytes for the
/// same document, whatever order its keys were written in.
fn canonical_json(document: &Map<String, Value>) -> Vec<u8> {
    fn write_object(map: &Map<String, Value>, out: &mut Vec<u8>) {
        let mut fields: Vec<_> = map.iter().collect();
        fields.sort_by_key(|(name, _)| *name);
        out.push(b'{');
        for (i, (name, value)) in fields.into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            // Memory can always be written.
            let _ = serde_json::to_writer(&mut *out, name);
            out.push(b':');
            write_sorted(value, out);
        }
        out.push(b'}');
    }
    fn write_sorted(value: &Value, out: &mut Vec<u8>) {
        match value {
            Value::Object(map) => write_object(map, out),
            Value::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    write_sorted(item, out);
                }
                out.push(b']');
            }
            scalar => {
                let _ = serde_json::to_writer(out, scalar);
            }
        }
    }
    let mut out = Vec::new();
    write_object(document, &mut out);
    out
}
