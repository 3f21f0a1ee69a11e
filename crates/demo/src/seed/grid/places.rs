//! Where the data centers of the demo network stand, whose they are, and what nodes are paid there.

use icpulse_model::registry::{DataCenterRecord, Rate, Region, RewardTable};
use icpulse_model::text::Line;

/// A city with data centers: `(letters of their ids, continent, country, area, latitude, longitude)`,
/// the last two in degrees. The first cities have a second data center.
type City = (&'static str, &'static str, &'static str, &'static str, i32, i32);

const CITIES: &[City] = &[
    ("zh", "Europe", "CH", "Zurich", 47, 9),
    ("ge", "Europe", "CH", "Geneva", 46, 6),
    ("mu", "Europe", "DE", "Munich", 48, 12),
    ("fr", "Europe", "DE", "Frankfurt", 50, 9),
    ("br", "Europe", "BE", "Brussels Capital", 51, 4),
    ("an", "Europe", "BE", "Antwerp", 51, 4),
    ("lj", "Europe", "SI", "Ljubljana", 46, 15),
    ("mb", "Europe", "SI", "Maribor", 47, 16),
    ("sg", "Asia", "SG", "Singapore", 1, 104),
    ("ty", "Asia", "JP", "Tokyo", 36, 140),
    ("hk", "Asia", "HK", "HongKong", 22, 114),
    ("kr", "Asia", "KR", "Seoul", 37, 127),
    ("lv", "North America", "US", "Nevada", 36, -115),
    ("dl", "North America", "US", "Texas", 33, -97),
    ("bo", "North America", "US", "Massachusetts", 42, -71),
    ("to", "North America", "CA", "Ontario", 44, -79),
    ("sf", "North America", "US", "California", 38, -122),
    ("ch", "North America", "US", "Illinois", 42, -88),
    ("bu", "Europe", "RO", "Bucharest", 44, 26),
    ("st", "Europe", "SE", "Stockholm", 59, 18),
    ("tl", "Europe", "EE", "Tallinn", 59, 25),
    ("pa", "Europe", "FR", "Paris", 49, 2),
    ("ma", "Europe", "ES", "Madrid", 40, -4),
    ("wa", "Europe", "PL", "Warszawa", 52, 21),
    ("pr", "Europe", "CZ", "Praha", 50, 14),
    ("sp", "South America", "BR", "Sao Paulo", -24, -47),
    ("jb", "Africa", "ZA", "Gauteng", -26, 28),
    ("sy", "Oceania", "AU", "New South Wales", -34, 151),
    ("bg", "South America", "CO", "Bogota", 5, -74),
    ("tb", "Asia", "GE", "Tbilisi", 42, 45),
    ("ba", "South America", "AR", "Buenos Aires", -35, -58),
    ("nd", "Asia", "IN", "New Delhi", 29, 77),
    ("mi", "North America", "US", "Florida", 26, -80),
    ("at", "North America", "US", "Georgia", 34, -84),
    ("li", "Europe", "PT", "Lisbon", 39, -9),
    ("vi", "Europe", "LT", "Vilnius", 55, 25),
    ("ri", "Europe", "LV", "Riga", 57, 24),
    ("za", "Europe", "HR", "Zagreb", 46, 16),
    ("os", "Europe", "NO", "Oslo", 60, 11),
    ("ro", "Europe", "NL", "South Holland", 52, 4),
    ("cr", "North America", "CR", "San Jose", 10, -84),
    ("pn", "North America", "PA", "Panama City", 9, -80),
    ("jv", "North America", "US", "Florida North", 30, -82),
    ("or", "North America", "US", "Oregon", 46, -123),
    ("va", "North America", "CA", "British Columbia", 49, -123),
    ("ph", "North America", "US", "Pennsylvania", 40, -75),
    ("mn", "Oceania", "AU", "Melbourne", -38, 145),
    ("bk", "Asia", "TH", "Bangkok", 14, 101),
    ("cm", "Asia", "LK", "Colombo", 7, 80),
    ("is", "Asia", "IL", "Tel Aviv", 32, 35),
];

const OWNERS: &[&str] = &[
    "Everyware",
    "HighDC",
    "Flexential",
    "Equinix",
    "Digital Realty",
    "Interxion",
    "Cyxtera",
    "Datasite",
    "Latitude.sh",
    "Posita.si",
    "Tier Neutral",
    "Leaseweb",
    "Megazone Cloud",
    "Telin",
    "Rivram",
    "M247",
    "Teraco",
    "NEXTDC",
    "Green.ch",
    "INAP",
    "CenturyLink",
    "Unicom",
    "EdgeUno",
    "Cloud9",
    "Racks Central",
    "Baltneta",
    "DEAC",
    "Datacenter United",
    "AtlasEdge",
    "Navegalo",
    "Panama Data",
    "Yotta",
    "Serverfarm",
    "Celeste",
    "Arelion",
    "Ptisp",
    "Kio Networks",
    "Marvelous Cloud",
    "Orixcom",
    "Bahnhof",
    "OrionStellar",
    "Internetowa",
    "Globe Rack",
    "Tierpoint",
    "Aptum",
];

/// How many data centers there can be.
pub const MOST: usize = 80;
/// In how many cities there is a second data center.
const DOUBLE: usize = MOST - CITIES.len();

/// The n-th data center: its record, its owner's number and its country.
#[must_use]
pub fn center(n: usize) -> Option<(DataCenterRecord, usize, &'static str)> {
    // One in every city first; the second ones later.
    let (city, number) = if n < CITIES.len() { (n, 1) } else { (n - CITIES.len(), 2) };
    let (letters, continent, country, area, latitude, longitude) = *CITIES.get(city)?;
    if number == 2 && city >= DOUBLE {
        return None;
    }
    let owner = (n * 7) % OWNERS.len();
    let line = |text: &str| Line::new(text);
    // Sixty-fourths of a degree have an exact form as the record's 32-bit float.
    let gps = |degrees: i32, n: usize| degrees * 1_000_000 + i32::try_from(n % 32).unwrap_or(0) * 15_625;
    let record = DataCenterRecord {
        id: Line::new(&format!("{letters}{number}")),
        region: Region { continent: line(continent), country: line(country), area: line(area) },
        owner: Line::new(OWNERS.get(owner).copied().unwrap_or_default()),
        gps: Some((gps(latitude, n), gps(longitude, n * 5))),
    };
    Some((record, owner, country))
}

/// What nodes are paid: type 3 less and less for each further node in countries with many.
#[must_use]
pub fn rewards() -> RewardTable {
    let rate = |xdr: u64, coefficient: Option<i32>| Rate {
        xdr_permyriad_per_node_per_month: xdr,
        reward_coefficient_percent: coefficient,
    };
    let regions = [
        ("Europe", 14_500_000, 11_640_000, 16_350_000, None),
        ("Europe,CH", 15_200_000, 12_100_000, 17_200_000, Some(95)),
        ("Europe,DE", 14_700_000, 11_700_000, 16_800_000, Some(97)),
        ("North America", 13_400_000, 10_900_000, 15_900_000, None),
        ("North America,US", 13_600_000, 11_000_000, 16_100_000, Some(85)),
        ("North America,US,California", 13_900_000, 11_300_000, 16_400_000, Some(80)),
        ("North America,CA", 13_500_000, 10_950_000, 16_000_000, Some(90)),
        ("South America", 15_900_000, 12_900_000, 19_300_000, None),
        ("Asia", 16_100_000, 13_300_000, 20_800_000, None),
        ("Asia,JP", 16_600_000, 13_700_000, 21_300_000, Some(92)),
        ("Asia,SG", 16_400_000, 13_500_000, 21_000_000, Some(92)),
        ("Africa", 16_800_000, 13_900_000, 22_600_000, None),
        ("Oceania", 16_200_000, 13_400_000, 21_900_000, None),
    ];
    regions
        .into_iter()
        .map(|(region, old, gen_two, third, coefficient)| {
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
    #![allow(clippy::unwrap_used)]
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
