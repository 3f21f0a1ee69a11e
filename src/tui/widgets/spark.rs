//! Sparklines: one character a sample.

use super::Pen;
use crate::tui::theme::Role;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_BARS: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];

/// What the bottom of a sparkline stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// Zero: heights are proportional.
    Zero,
    /// The least value: shows movement of a series that never comes near zero.
    Least,
}

/// A sparkline as text, at most `width` characters, the newest sample last. Longer series are
/// averaged; a flat one lies in the middle (or at the bottom if it is zero).
pub fn spark_text(values: &[u64], width: usize, floor: Floor, ascii: bool) -> String {
    let bars = if ascii { ASCII_BARS } else { BARS };
    let sampled = resample_values(values, width);
    let max = sampled.iter().copied().max().unwrap_or(0);
    let least = sampled.iter().copied().min().unwrap_or(0);
    let min = if floor == Floor::Zero { 0 } else { least };
    sampled
        .iter()
        .map(|v| {
            let level = if max == 0 {
                0
            } else if max == least && floor == Floor::Least {
                3
            } else {
                // 0 … 7, rounded; u128 so that no product overflows.
                let span = u128::from(max - min).max(1);
                usize::try_from((u128::from(v - min) * 7 + span / 2) / span).unwrap_or(7)
            };
            bars.get(level).copied().unwrap_or('█')
        })
        .collect()
}

/// Draws a sparkline into `w` cells, the newest sample at the right edge.
pub fn draw(pen: &mut Pen<'_>, x: u16, y: u16, w: u16, values: &[u64], floor: Floor) {
    let line = spark_text(values, usize::from(w), floor, pen.ascii());
    let free = w.saturating_sub(u16::try_from(line.chars().count()).unwrap_or(w));
    pen.write(x.saturating_add(free), y, w - free, &line, Role::Spark);
}

/// At most `width` values, each the average of its share of the series.
pub fn resample_values(values: &[u64], width: usize) -> Vec<u64> {
    let n = values.len();
    if n <= width {
        return values.to_vec();
    }
    (0..width)
        .filter_map(|i| {
            let share = values.get(i * n / width..((i + 1) * n / width).min(n))?;
            let sum: u128 = share.iter().map(|v| u128::from(*v)).sum();
            u64::try_from(sum / u128::try_from(share.len().max(1)).unwrap_or(1)).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shapes() {
        assert_eq!(spark_text(&[0, 1, 2, 3, 4, 5, 6, 7], 8, Floor::Zero, false), "▁▂▃▄▅▆▇█");
        assert_eq!(spark_text(&[100, 101, 102], 3, Floor::Least, true), "_=#");
        assert_eq!(spark_text(&[5, 5, 5], 3, Floor::Least, false), "▄▄▄");
        assert_eq!(spark_text(&[0, 0], 2, Floor::Zero, false), "▁▁");
        assert_eq!(spark_text(&[], 9, Floor::Zero, false), "");
        assert_eq!(spark_text(&[0, 0, 10, 10], 2, Floor::Zero, false), "▁█");
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(values: Vec<u64>, width in 0usize..50) {
            prop_assert!(spark_text(&values, width, Floor::Least, false).chars().count() <= width);
            prop_assert!(spark_text(&values, width, Floor::Zero, true).is_ascii());
        }
    }
}
