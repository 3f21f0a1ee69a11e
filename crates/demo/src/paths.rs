//! Which parts of the state tree may be read, by whom, at which address (interface spec,
//! "Request: Read state"), with a replica's words for each refusal.

use super::envelope::Targets;
use super::ingress::Ingress;
use super::tree::{Path, Tree};
use icpulse_model::Principal;

/// A refusal: an HTTP status and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 400, 403 or 404.
    pub status: u16,
    pub text: String,
}

/// The older interface (v2) or the current one (v3), which moved canister ranges out of `/subnet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// `/api/v2/…/read_state`.
    Older,
    /// `/api/v3/…/read_state`.
    Current,
}

fn refuse<T>(status: u16, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { status, text: text.into() })
}

fn invalid<T>() -> Result<T, Refusal> {
    refuse(404, "Invalid path requested.")
}

fn same(requested: &[u8], effective: &Principal) -> Result<(), Refusal> {
    let Ok(requested) = Principal::try_from_slice(requested) else {
        return refuse(400, "Could not parse principal ID: Bytes is longer than 29 bytes.");
    };
    if requested == *effective {
        Ok(())
    } else {
        refuse(
            400,
            format!(
                "Effective principal id in URL {effective} does not match requested principal id: {requested}."
            ),
        )
    }
}

/// Who reads what at a canister's address.
pub struct CanisterRead<'a> {
    /// The canister in the address.
    pub effective: &'a Principal,
    pub sender: &'a Principal,
    pub targets: &'a Targets,
    pub(crate) ingress: &'a Ingress,
    pub root: &'a Principal,
    pub generation: Generation,
}

impl CanisterRead<'_> {
    pub fn check(&self, paths: &[Path]) -> Result<(), Refusal> {
        let mut request: Option<[u8; 32]> = None;
        for path in paths {
            let labels: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
            match labels.as_slice() {
                [b"canister", id, b"controllers" | b"module_hash"] => same(id, self.effective)?,
                [b"canister", id, b"metadata", name] => {
                    if let Err(e) = std::str::from_utf8(name) {
                        return refuse(400, format!("Could not parse the custom section name: {e}."));
                    }
                    same(id, self.effective)?;
                }
                [b"subnet", id, b"canister_ranges"] => old_ranges(id, self.root, self.generation)?,
                [b"request_status", id]
                | [
                    b"request_status",
                    id,
                    b"status" | b"reply" | b"reject_code" | b"reject_message" | b"error_code",
                ] => {
                    let Ok(id) = <[u8; 32]>::try_from(*id) else {
                        return refuse(
                            400,
                            "Invalid request id in paths. Maybe the request ID is not of 32 bytes in length?!",
                        );
                    };
                    if let Some(first) = request.replace(id)
                        && first != id
                    {
                        return refuse(
                            400,
                            format!(
                                "More than one non-unique request ID exists in request_status paths: 0x{} and 0x{}.",
                                hex::encode(first),
                                hex::encode(id)
                            ),
                        );
                    }
                    self.check_request(&id)?;
                }
                other => common(other)?,
            }
        }
        Ok(())
    }

    fn check_request(&self, id: &[u8; 32]) -> Result<(), Refusal> {
        let Some(entry) = self.ingress.get(id) else { return Ok(()) };
        if entry.sender != *self.sender {
            return refuse(403, "The user tries to access Request ID not signed by the caller.");
        }
        if !self.targets.contains(&entry.canister) {
            return refuse(
                403,
                "The user tries to access request IDs for canisters not belonging to sender delegation targets.",
            );
        }
        Ok(())
    }
}

/// What may be read at every address.
fn common(labels: &[&[u8]]) -> Result<(), Refusal> {
    match labels {
        [b"time" | b"subnet" | b"api_boundary_nodes"]
        | [b"api_boundary_nodes" | b"subnet", _]
        | [b"api_boundary_nodes", _, b"domain" | b"ipv4_address" | b"ipv6_address"]
        | [b"subnet", _, b"public_key" | b"node" | b"type"]
        | [b"subnet", _, b"node", _]
        | [b"subnet", _, b"node", _, b"public_key"] => Ok(()),
        _ => invalid(),
    }
}

/// The old place of canister ranges: in the current interface only the root subnet's is left.
fn old_ranges(id: &[u8], root: &Principal, generation: Generation) -> Result<(), Refusal> {
    if generation == Generation::Current && id != root.as_slice() { invalid() } else { Ok(()) }
}

/// Checks the paths read at a subnet's address.
pub(crate) fn check_subnet(
    effective: &Principal,
    root: &Principal,
    generation: Generation,
    paths: &[Path],
) -> Result<(), Refusal> {
    for path in paths {
        let labels: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
        match labels.as_slice() {
            [b"subnet", id, b"metrics"] => same(id, effective)?,
            [b"subnet", id, b"canister_ranges"] => old_ranges(id, root, generation)?,
            [b"canister_ranges", _] => {}
            other => common(other)?,
        }
    }
    Ok(())
}

/// The paths that are shown for the paths asked: in the current interface a whole `/subnet`
/// comes without the old canister ranges, but for those of the root subnet.
pub fn shown(paths: Vec<Path>, tree: &Tree, root: &Principal, generation: Generation) -> Vec<Path> {
    if generation == Generation::Older {
        return paths;
    }
    let subnets = tree.get(b"subnet");
    let mut out = Vec::with_capacity(paths.len());
    for path in paths {
        let ids = match path.as_slice() {
            [first] if first == b"subnet" => subnets.map(Tree::names).unwrap_or_default(),
            [first, id] if first == b"subnet" && subnets.is_some_and(|s| s.get(id).is_some()) => {
                vec![id.clone()]
            }
            _ => {
                out.push(path);
                continue;
            }
        };
        for id in ids {
            let labels = subnets.and_then(|s| s.get(&id)).map(Tree::names).unwrap_or_default();
            out.extend(
                labels
                    .into_iter()
                    .filter(|label| label != b"canister_ranges" || id == root.as_slice())
                    .map(|label| vec![b"subnet".to_vec(), id.clone(), label]),
            );
        }
    }
    out
}
