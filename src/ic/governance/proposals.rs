//! `list_proposals`, `get_proposal_info`, `get_pending_proposals`.

use crate::ic::client::{Answer, Client};
use crate::ic::door;
use crate::ic::error::IcError;
use crate::ic::wire::governance as wire;
use crate::ic::wire::lenient::{DecodeError, Row, decode_rows, encode_args, encode_one};
use crate::model::proposal::ProposalBody;
use crate::model::text::Line;
use crate::model::{Proposal, ProposalId, ProposalStatus, RewardStatus, Topic};

/// Proposals in a page: the canister's own limit, which it also takes for 0.
const MOST: u32 = 100;

/// A page of proposals to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalsPage {
    /// Only those below this one; `None` begins with the newest.
    pub before: Option<ProposalId>,
    /// At most so many; the canister gives 100 at most.
    pub limit: u32,
    /// Only with one of these; empty for any.
    pub include_status: Vec<ProposalStatus>,
    /// Only with one of these; empty for any.
    pub include_reward_status: Vec<RewardStatus>,
    /// None on these.
    pub exclude_topics: Vec<Topic>,
    /// Neuron-management proposals of others, too: with them, ids have no holes.
    pub all_manage_neuron: bool,
    /// Leave out what is large (payloads, wasm, logos), which a row does not show.
    pub omit_large_fields: bool,
}

impl Default for ProposalsPage {
    fn default() -> Self {
        Self {
            before: None,
            limit: 100,
            include_status: Vec::new(),
            include_reward_status: Vec::new(),
            exclude_topics: Vec::new(),
            all_manage_neuron: true,
            omit_large_fields: true,
        }
    }
}

impl ProposalsPage {
    fn request(&self) -> wire::ListProposalInfoRequest {
        wire::ListProposalInfoRequest {
            include_reward_status: self.include_reward_status.iter().map(|s| s.number()).collect(),
            omit_large_fields: Some(self.omit_large_fields),
            before_proposal: self.before.map(|id| wire::ProposalId { id: id.0 }),
            limit: self.limit,
            exclude_topic: self.exclude_topics.iter().map(|t| t.number()).collect(),
            include_all_manage_neuron_proposals: Some(self.all_manage_neuron),
            include_status: self.include_status.iter().map(|s| s.number()).collect(),
            return_self_describing_action: Some(false),
        }
    }

    /// What of a reply was asked for: below `before`, of the states and topics asked for, each
    /// proposal once, newest first, no more than the limit. The canister promises all that; a page
    /// that was put together wrongly must not move the place where the next one begins.
    fn asked_for(&self, mut rows: Vec<Proposal>) -> Vec<Proposal> {
        let read = rows.len();
        rows.retain(|row| {
            // What a row of unknown shape says of itself is not known.
            let fits = row.undecoded.is_some()
                || among(&self.include_status, row.status)
                    && among(&self.include_reward_status, row.reward_status)
                    && !self.exclude_topics.contains(&row.topic);
            fits && self.before.is_none_or(|before| row.id < before)
        });
        rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        rows.dedup_by_key(|row| row.id);
        rows.truncate(usize::try_from(self.limit.clamp(1, MOST)).unwrap_or(usize::MAX));
        if rows.len() < read {
            tracing::info!(
                left_out = read - rows.len(),
                "a page of proposals held rows that were not asked for"
            );
        }
        rows
    }
}

/// Whether a value is one of those asked for; none asked for means any.
fn among<T: PartialEq>(wanted: &[T], value: T) -> bool {
    wanted.is_empty() || wanted.contains(&value)
}

/// Rows of a reply of `list_proposals`.
pub(super) fn listed(what: &str, answer: &Answer) -> Result<Vec<Proposal>, IcError> {
    let rows = decode_rows::<wire::ListProposalInfoResponse, wire::ProposalInfo>(
        &answer.bytes,
        &["proposal_info"],
        |reply| reply.proposal_info,
    );
    Ok(passed(rows.map_err(|e| undecodable(what, &e))?, answer))
}

fn passed(rows: Vec<Row<wire::ProposalInfo>>, answer: &Answer) -> Vec<Proposal> {
    let read = rows.len();
    let passed: Vec<Proposal> =
        rows.into_iter().filter_map(|row| door::proposals::row(row, answer.evidence)).collect();
    if passed.len() < read {
        tracing::warn!(lost = read - passed.len(), "rows of proposals without any number were left out");
    }
    passed
}

/// An answer that does not decode.
pub(in crate::ic) fn undecodable(what: &str, error: &DecodeError) -> IcError {
    IcError::Decode { what: Line::new(what), why: Line::new(&error.to_string()) }
}

/// An argument that does not encode: a fault of this program.
pub(in crate::ic) fn unencodable(what: &str, error: &impl ToString) -> IcError {
    IcError::Invalid { what: Line::new(what), why: Line::new(&error.to_string()) }
}

impl Client {
    /// A page of proposals, newest first. A row that cannot be decoded is among them, marked so.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn proposals(&self, page: &ProposalsPage) -> Result<Vec<Proposal>, IcError> {
        let what = page.before.map_or_else(
            || "reading the newest proposals".to_owned(),
            |before| format!("reading proposals below {before}"),
        );
        let arg = encode_one(page.request()).map_err(|e| unencodable(&what, &e))?;
        let answer = self.query(&what, self.canisters().governance, "list_proposals", arg).await?;
        Ok(page.asked_for(listed(&what, &answer)?))
    }

    /// Proposals that wait for a decision (`get_pending_proposals`).
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn pending_proposals(&self) -> Result<Vec<Proposal>, IcError> {
        let what = "reading pending proposals";
        let arg = encode_args(()).map_err(|e| unencodable(what, &e))?;
        let answer = self.query(what, self.canisters().governance, "get_pending_proposals", arg).await?;
        let rows =
            decode_rows::<Vec<wire::ProposalInfo>, wire::ProposalInfo>(&answer.bytes, &[], |rows| rows);
        Ok(passed(rows.map_err(|e| undecodable(what, &e))?, &answer))
    }

    /// A proposal with its whole content: payloads decoded, by the canister's own description where
    /// it gives one.
    ///
    /// # Errors
    /// [`IcError::NotFound`] for a number without a proposal, else see [`IcError`].
    pub async fn proposal_body(&self, id: ProposalId) -> Result<(Proposal, ProposalBody), IcError> {
        let what = format!("reading proposal {id}");
        let arg = encode_one(id.0).map_err(|e| unencodable(&what, &e))?;
        let governance = self.canisters().governance;
        let (answer, described) = futures_util::join!(
            self.query(&what, governance, "get_proposal_info", arg),
            self.described_action(id)
        );
        let answer = answer?;
        let rows = decode_rows::<Option<wire::ProposalInfo>, wire::ProposalInfo>(&answer.bytes, &[], |row| {
            row.into_iter().collect()
        });
        let row = rows.map_err(|e| undecodable(&what, &e))?.into_iter().next();
        let evidence = answer.evidence;
        let both = match &row {
            None => return Err(IcError::NotFound { what: Line::new(&what) }),
            Some(Row::Typed(info)) => {
                let body = door::proposals::body(info, described.as_ref(), evidence);
                door::proposals::proposal(info, evidence).zip(body)
            }
            Some(Row::Raw(raw)) => {
                let body = door::proposals::unreadable_body(raw, evidence);
                door::proposals::unreadable(raw, evidence).zip(body)
            }
        };
        both.filter(|(proposal, _)| proposal.id == id).ok_or_else(|| IcError::Decode {
            what: Line::new(&what),
            why: Line::new("the canister answered with another proposal"),
        })
    }

    /// The canister's own description of a proposal's action. Only `list_proposals` offers it, and
    /// only newer canisters do: any failure means that there is none.
    async fn described_action(&self, id: ProposalId) -> Option<wire::SelfDescribingProposalAction> {
        let request = wire::ListProposalInfoRequest {
            before_proposal: Some(wire::ProposalId { id: id.0.checked_add(1)? }),
            limit: 1,
            include_all_manage_neuron_proposals: Some(true),
            omit_large_fields: Some(false),
            return_self_describing_action: Some(true),
            ..wire::ListProposalInfoRequest::default()
        };
        let what = format!("reading the description of proposal {id}");
        let arg = encode_one(request).ok()?;
        let answer = self.query(&what, self.canisters().governance, "list_proposals", arg).await.ok()?;
        let rows = decode_rows::<wire::ListProposalInfoResponse, wire::ProposalInfo>(
            &answer.bytes,
            &["proposal_info"],
            |reply| reply.proposal_info,
        );
        let info = rows.ok()?.into_iter().find_map(Row::typed)?;
        let found = info.id.is_some_and(|found| found.id == id.0);
        info.proposal.filter(|_| found)?.self_describing_action
    }
}
