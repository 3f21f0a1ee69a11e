//! Where the data centers of the demo network stand, whose they are, and what nodes are paid there.

use crate::data::{PLACES, Places};
use icpulse_model::registry::{DataCenterRecord, Rate, Region, RewardTable};
use icpulse_model::text::Line;

pub const MOST: usize = 80;
/// In how many cities there is a second data center.
const DOUBLE: usize = 30;

/// The n-th data center: its record, its owner's number and its country.
pub fn center(n: usize) -> Option<(DataCenterRecord, usize, &'static str)> {
    let Places { cities, owners, .. } = &*PLACES;
    // One in every city first; the second ones later.
    let (city, number) = if n < cities.len() { (n, 1) } else { (n - cities.len(), 2) };
    let (letters, continent, country, area, latitude, longitude) = cities.get(city)?;
    if number == 2 && city >= DOUBLE {
        return None;
    }
    let owner = (n * 7) % owners.len();
    let line = |text: &str| Line::new(text);
    // Sixty-fourths of a degree have an exact form as the record's 32-bit float.
    let gps = |degrees: i32, n: usize| degrees * 1_000_000 + i32::try_from(n % 32).unwrap_or(0) * 15_625;
    let record = DataCenterRecord {
        id: Line::new(&format!("{letters}{number}")),
        region: Region { continent: line(continent), country: line(country), area: line(area) },
        owner: line(owners.get(owner).map_or("", String::as_str)),
        gps: Some((gps(*latitude, n), gps(*longitude, n * 5))),
    };
    Some((record, owner, country))
}

/// What nodes are paid: type 3 less and less for each further node in countries with many.
pub fn rewards() -> RewardTable {
    let rate = |xdr: u64, coefficient: Option<i32>| Rate {
        xdr_permyriad_per_node_per_month: xdr,
        reward_coefficient_percent: coefficient,
    };
    let rewards = PLACES.rewards.iter();
    rewards
        .map(|(region, old, gen_two, third, coefficient)| {
            let (old, gen_two, third) = (*old, *gen_two, *third);
            let coefficient = Some(*coefficient).filter(|percent| *percent > 0);
            let rates = [
                ("type0", rate(old / 2, None)),
                ("type1", rate(old, None)),
                ("type1.1", rate(gen_two, None)),
                ("type3", rate(third, coefficient)),
                ("type3.1", rate(third / 10 * 9, coefficient)),
            ];
            (Line::new(region), rates.into_iter().map(|(kind, rate)| (Line::new(kind), rate)).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn eighty_data_centers_stand_in_thirty_countries() {
        let all: Vec<_> = (0..MOST).map(|n| center(n).unwrap()).collect();
        let ids: BTreeSet<_> = all.iter().map(|(record, _, _)| record.id.clone()).collect();
        let countries: BTreeSet<_> = all.iter().map(|(_, _, country)| *country).collect();
        assert_eq!((ids.len(), center(MOST)), (MOST, None));
        assert!(countries.len() >= 30, "{} countries", countries.len());
        for (record, _, _) in all {
            let (latitude, longitude) = record.gps.unwrap();
            assert_eq!((latitude % 15_625, longitude % 15_625), (0, 0), "{} has an exact place", record.id);
        }
    }
}
