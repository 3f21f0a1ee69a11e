//! What people type for a thing of the network: an id or its beginning, a version or a date.

use crate::tui::app::place::Subject;
use crate::tui::app::state::State;
use icpulse_model::node_rewards::Day;
use icpulse_model::registry::{PointInTime, Version};
use icpulse_model::{Principal, Timestamp};

/// What a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindResult {
    One(Subject),
    /// Several ids begin so: how many.
    Many(usize),
    Nothing,
}

impl State {
    /// What a principal or its beginning names: a subnet, a node, a provider, an operator's
    /// provider, or the subnet of a canister.
    pub fn find_subject(&self, text: &str) -> FindResult {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return FindResult::Nothing;
        }
        let topology = self.topology();
        let begins = |id: &Principal| id.to_text().starts_with(&text);
        let subnets = topology.subnets.keys().filter(|id| begins(id)).map(|id| Subject::Subnet(*id));
        let nodes = topology.nodes.keys().filter(|id| begins(id)).map(|id| Subject::Node(*id));
        let operators = topology
            .operators
            .iter()
            .filter(|(id, o)| begins(id) || begins(&o.provider))
            .map(|(_, o)| Subject::Provider(o.provider));
        let mut found: Vec<Subject> = subnets.chain(nodes).chain(operators).collect();
        found.sort();
        found.dedup();
        match found.as_slice() {
            [one] => FindResult::One(*one),
            [] => Principal::from_text(&text)
                .ok()
                .and_then(|canister| topology.subnet_of_canister(&canister))
                .map_or(FindResult::Nothing, |subnet| FindResult::One(Subject::Subnet(subnet))),
            many => FindResult::Many(many.len()),
        }
    }
}

/// A version's number (`53,100`), a day (`2026-11-01`: as of its end) or a minute
/// (`2026-11-01 14:30`) in UTC.
///
/// # Errors
/// What is possible, in words.
pub fn parse_moment(text: &str) -> Result<PointInTime, String> {
    let wrong =
        || "write a version such as 53,100, or a day such as 2026-11-01, or a day and 14:30".to_owned();
    let text = text.trim().trim_start_matches(['v', 'V', '#']);
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_' | '\'')).collect();
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        let version: u64 = digits.parse().map_err(|_| wrong())?;
        return if version == 0 {
            Err("the first version is 1".to_owned())
        } else {
            Ok(PointInTime::Version(Version(version)))
        };
    }
    let (date, clock) = match text.split_once([' ', 'T']) {
        Some((date, clock)) => (date, Some(clock.trim())),
        None => (text, None),
    };
    let mut parts = date.split('-').map(str::parse::<u32>);
    let mut next = || parts.next().and_then(Result::ok).ok_or_else(wrong);
    let day =
        Day::from_date(next()?, next()?, next()?).ok_or_else(|| "this day does not exist".to_owned())?;
    let at = match clock {
        // Until the end of the day.
        None => Timestamp(Day(day.0.saturating_add(1)).start().0.saturating_sub(1)),
        Some(clock) => {
            let (hour, minute) = clock.split_once(':').ok_or_else(wrong)?;
            let (hour, minute): (u64, u64) =
                (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
            if hour > 23 || minute > 59 {
                return Err("this time of day does not exist".to_owned());
            }
            Timestamp::from_secs(day.start().secs() + hour * 3_600 + minute * 60)
        }
    };
    Ok(PointInTime::At(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_and_days() {
        assert_eq!(parse_moment("53,100"), Ok(PointInTime::Version(Version(53_100))));
        assert_eq!(parse_moment(" v7 "), Ok(PointInTime::Version(Version(7))));
        let PointInTime::At(at) = parse_moment("2026-11-01 14:30").unwrap() else { unreachable!() };
        assert_eq!(at.date_minute(), "2026-11-01 14:30");
        let PointInTime::At(end) = parse_moment("2026-11-01").unwrap() else { unreachable!() };
        assert_eq!(end.rfc3339().get(..19).unwrap(), "2026-11-01T23:59:59");
        for wrong in
            ["", "0", "yesterday", "2026-02-30", "2026-11", "2026-11-01 25:00", "99999999999999999999999"]
        {
            assert!(parse_moment(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9 :T,v-]{0,20}|\\PC{0,12}") {
            let _ = parse_moment(&text);
        }
    }
}
