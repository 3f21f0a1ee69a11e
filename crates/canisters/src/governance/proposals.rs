//! `list_proposals`, `get_proposal_info`, `get_pending_proposals`.

use crate::Client;
use crate::decode;
use crate::wire::governance as wire;
use crate::wire::lenient::{DecodeError, Row, decode_rows, encode_args, encode_one};
use icpulse_ic::Answer;
use icpulse_ic::IcError;
use icpulse_model::network::SystemCanister;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::{Proposal, ProposalKey, ProposalStatus, RewardStatus, Topic};

/// Proposals in a page: the canister's own limit, which it also takes for 0.
const MOST: u32 = 100;

/// A page of proposals to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalsPage {
    /// Only those below this one; `None` begins with the newest.
    pub before: Option<u64>,
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
            before_proposal: self.before.map(|id| wire::ProposalId { id }),
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
                || is_wanted(&self.include_status, row.status)
                    && is_wanted(&self.include_reward_status, row.reward_status)
                    && !self.exclude_topics.contains(&row.topic);
            fits && self.before.is_none_or(|before| row.id.number < before)
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
fn is_wanted<T: PartialEq>(wanted: &[T], value: T) -> bool {
    wanted.is_empty() || wanted.contains(&value)
}

/// Rows of a reply of `list_proposals`.
pub(super) fn decode_proposal_list(what: &str, answer: &Answer) -> Result<Vec<Proposal>, IcError> {
    let rows = decode_rows::<wire::ListProposalInfoResponse, wire::ProposalInfo>(
        &answer.bytes,
        &["proposal_info"],
        |reply| reply.proposal_info,
    );
    Ok(decode_rows_of(rows.map_err(|e| decode_error(what, &e))?, answer))
}

fn decode_rows_of(rows: Vec<Row<wire::ProposalInfo>>, answer: &Answer) -> Vec<Proposal> {
    let read = rows.len();
    let passed: Vec<Proposal> =
        rows.into_iter().filter_map(|row| decode::proposals::decode_row(row, answer.evidence)).collect();
    if passed.len() < read {
        tracing::warn!(lost = read - passed.len(), "rows of proposals without any number were left out");
    }
    passed
}

/// An answer that does not decode.
pub(crate) fn decode_error(what: &str, error: &DecodeError) -> IcError {
    IcError::Decode { what: Line::new(what), why: Line::new(&error.to_string()) }
}

/// An argument that does not encode: a fault of this program.
pub(crate) fn encode_error(what: &str, error: &impl ToString) -> IcError {
    IcError::Invalid { what: Line::new(what), why: Line::new(&error.to_string()) }
}

/// Reads a page; half as many rows at a time whenever a reply would have been too large.
async fn in_parts<F, Fut>(page: &ProposalsPage, mut read: F) -> Result<Vec<Proposal>, IcError>
where
    F: FnMut(ProposalsPage) -> Fut,
    Fut: Future<Output = Result<Vec<Proposal>, IcError>>,
{
    let wanted = if (1..MOST).contains(&page.limit) { page.limit } else { MOST };
    let mut part = page.clone();
    let mut rows: Vec<Proposal> = Vec::new();
    loop {
        let asked = if (1..MOST).contains(&part.limit) { part.limit } else { MOST };
        match read(part.clone()).await {
            Err(error) if error.is_too_much() && asked > 1 => part.limit = asked / 2,
            Err(error) => return Err(error),
            Ok(found) => {
                let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
                let lowest = found.iter().map(|p| p.id.number).min();
                rows.extend(found);
                let left = wanted.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
                // Only a page that goes down is followed.
                let next = lowest.filter(|lowest| part.before.is_none_or(|before| *lowest < before));
                match next {
                    Some(lowest) if left > 0 && count >= asked => {
                        part.before = Some(lowest);
                        part.limit = asked.min(left);
                    }
                    _ => return Ok(rows),
                }
            }
        }
    }
}

impl Client {
    /// A page of proposals, newest first. A row that cannot be decoded is among them, marked so.
    /// With each come the ballots of all neurons of the identity; where these are so many that a
    /// page does not fit into a reply, it is read in smaller parts.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn proposals(&self, page: &ProposalsPage) -> Result<Vec<Proposal>, IcError> {
        in_parts(page, |part| async move { self.proposals_at_once(&part).await }).await
    }

    async fn proposals_at_once(&self, page: &ProposalsPage) -> Result<Vec<Proposal>, IcError> {
        let what = page.before.map_or_else(
            || "reading the newest proposals".to_owned(),
            |before| format!("reading proposals below {before}"),
        );
        let arg = encode_one(page.request()).map_err(|e| encode_error(&what, &e))?;
        let answer =
            self.query(&what, self.canisters().id(SystemCanister::Governance), "list_proposals", arg).await?;
        Ok(page.asked_for(decode_proposal_list(&what, &answer)?))
    }

    /// Proposals that wait for a decision (`get_pending_proposals`).
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn pending_proposals(&self) -> Result<Vec<Proposal>, IcError> {
        let what = "reading pending proposals";
        let arg = encode_args(()).map_err(|e| encode_error(what, &e))?;
        let answer = self
            .query(what, self.canisters().id(SystemCanister::Governance), "get_pending_proposals", arg)
            .await?;
        let rows =
            decode_rows::<Vec<wire::ProposalInfo>, wire::ProposalInfo>(&answer.bytes, &[], |rows| rows);
        Ok(decode_rows_of(rows.map_err(|e| decode_error(what, &e))?, &answer))
    }

    /// A proposal with its whole content: payloads decoded, by the canister's own description where
    /// it gives one.
    ///
    /// # Errors
    /// [`IcError::NotFound`] for a number without a proposal, else see [`IcError`].
    pub async fn proposal_body(&self, number: u64) -> Result<(Proposal, ProposalBody), IcError> {
        let what = format!("reading proposal {number}");
        let arg = encode_one(number).map_err(|e| encode_error(&what, &e))?;
        let governance = self.canisters().id(SystemCanister::Governance);
        let (answer, described) = futures_util::join!(
            self.query(&what, governance, "get_proposal_info", arg),
            self.described_action(number)
        );
        let answer = answer?;
        let rows = decode_rows::<Option<wire::ProposalInfo>, wire::ProposalInfo>(&answer.bytes, &[], |row| {
            row.into_iter().collect()
        });
        let row = rows.map_err(|e| decode_error(&what, &e))?.into_iter().next();
        let evidence = answer.evidence;
        let both = match &row {
            None => return Err(IcError::NotFound { what: Line::new(&what) }),
            Some(Row::Typed(info)) => {
                let body = decode::proposals::decode_body(info, described.as_ref(), evidence);
                decode::proposals::decode_proposal(info, evidence).zip(body)
            }
            Some(Row::Raw(raw)) => {
                let body = decode::proposals::keep_unreadable_body(raw, evidence);
                decode::proposals::keep_unreadable(raw, evidence).zip(body)
            }
        };
        both.filter(|(proposal, _)| proposal.id == ProposalKey::nns(number)).ok_or_else(|| IcError::Decode {
            what: Line::new(&what),
            why: Line::new("the response is about another proposal"),
        })
    }

    /// The canister's own description of a proposal's action. Only `list_proposals` offers it, and
    /// only newer canisters do: any failure means that there is none.
    async fn described_action(&self, number: u64) -> Option<wire::SelfDescribingProposalAction> {
        let request = wire::ListProposalInfoRequest {
            before_proposal: Some(wire::ProposalId { id: number.checked_add(1)? }),
            limit: 1,
            include_all_manage_neuron_proposals: Some(true),
            omit_large_fields: Some(false),
            return_self_describing_action: Some(true),
            ..wire::ListProposalInfoRequest::default()
        };
        let what = format!("reading the description of proposal {number}");
        let arg = encode_one(request).ok()?;
        let answer = self
            .query(&what, self.canisters().id(SystemCanister::Governance), "list_proposals", arg)
            .await
            .ok()?;
        let rows = decode_rows::<wire::ListProposalInfoResponse, wire::ProposalInfo>(
            &answer.bytes,
            &["proposal_info"],
            |reply| reply.proposal_info,
        );
        let info = rows.ok()?.into_iter().find_map(Row::typed)?;
        let found = info.id.is_some_and(|found| found.id == number);
        info.proposal.filter(|_| found)?.self_describing_action
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_model::Timestamp;
    use icpulse_model::evidence::Evidence;

    /// A canister with proposals 1 to 250 whose replies hold at most so many; and what it was asked.
    async fn asked(page: ProposalsPage, most: u32) -> (Result<Vec<u64>, IcError>, Vec<u32>) {
        let mut limits = Vec::new();
        let result = in_parts(&page, |part| {
            limits.push(part.limit);
            let before = part.before.map_or(251, |id| id.min(251));
            let count = part.limit.min(100);
            let reply = if count > most {
                Err(IcError::Rejected {
                    what: Line::new("reading"),
                    code: 5,
                    error_code: Some(Line::new("IC0504")),
                    message: Line::new(
                        "ic0.msg_reply_data_append: message payload size (4) cannot be larger than 3.",
                    ),
                })
            } else {
                let ids = (1..before).rev().take(count as usize);
                let reply = wire::ListProposalInfoResponse {
                    proposal_info: ids
                        .map(|id| wire::ProposalInfo {
                            id: Some(wire::ProposalId { id }),
                            ..Default::default()
                        })
                        .collect(),
                };
                let bytes = encode_one(reply).unwrap();
                decode_proposal_list(
                    "reading",
                    &Answer { bytes, evidence: Evidence::signed(Timestamp(0), None) },
                )
            };
            std::future::ready(reply)
        })
        .await;
        (result.map(|rows| rows.iter().map(|p| p.id.number).collect()), limits)
    }

    #[tokio::test]
    async fn a_page_that_is_too_large_is_read_in_parts_and_comes_whole() {
        let page = |limit, before: Option<u64>| ProposalsPage { limit, before, ..Default::default() };
        let down = |from: u64, count: u64| (from + 1 - count..=from).rev().collect::<Vec<_>>();
        let (rows, limits) = asked(page(100, None), 1_000).await;
        assert_eq!((rows.unwrap(), limits), (down(250, 100), vec![100]), "one reading where it fits");
        let (rows, limits) = asked(page(100, None), 30).await;
        assert_eq!((rows.unwrap(), limits), (down(250, 100), vec![100, 50, 25, 25, 25, 25]));
        let (rows, limits) = asked(page(10, Some(6)), 3).await;
        assert_eq!((rows.unwrap(), limits), (down(5, 5), vec![10, 5, 2, 2, 2]), "and the end is the end");
        let (rows, limits) = asked(page(4, None), 0).await;
        assert!(rows.unwrap_err().is_too_much());
        assert_eq!(limits, [4, 2, 1], "one row that is too large is an error");
    }
}
