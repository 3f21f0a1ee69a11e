//! Metrics as text.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::sync::Arc;

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A value that goes up and down.
    Gauge,
    /// A sum that only grows; its samples end in `_total`.
    Counter,
    /// Labels only.
    Info,
}

/// One value with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Names and values of labels.
    pub labels: Vec<(&'static str, String)>,
    /// The value; nothing for [`Type::Info`].
    pub value: f64,
}

/// A metric with all its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Its name without `icpulse_`, its unit and `_total`.
    pub name: &'static str,
    /// Its unit: the end of its name.
    pub unit: Option<&'static str>,
    /// What it says; the encoder adds the full stop.
    pub help: &'static str,
    /// What it is.
    pub kind: Type,
    /// Its samples.
    pub samples: Vec<Sample>,
}

impl Family {
    /// The name of its samples.
    #[must_use]
    pub fn sample_name(&self) -> String {
        let unit = self.unit.map(|u| format!("_{u}")).unwrap_or_default();
        let end = match self.kind {
            Type::Gauge => "",
            Type::Counter => "_total",
            Type::Info => "_info",
        };
        format!("{PREFIX}_{}{unit}{end}", self.name)
    }
}

const PREFIX: &str = "icpulse";

/// The two forms that Prometheus reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus's own, version 0.0.4.
    Plain,
}

impl Form {
    /// The best that a client says it accepts.
    #[must_use]
    pub fn accepted(accept: Option<&str>) -> Self {
        let wanted = accept.unwrap_or_default().split(',').any(|kind| {
            let mut parts = kind.split(';').map(str::trim);
            let open = parts.next() == Some("application/openmetrics-text");
            let refused = parts.any(|p| matches!(p, "q=0" | "q=0.0"));
            open && !refused
        });
        if wanted { Self::OpenMetrics } else { Self::Plain }
    }

    /// The content type of an answer.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

#[derive(Debug)]
struct Gathered(Arc<Vec<Family>>);

impl Collector for Gathered {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        for family in self.0.iter().filter(|f| !f.samples.is_empty()) {
            let unit = family.unit.map(|unit| Unit::Other(unit.to_owned()));
            let kind = match family.kind {
                Type::Gauge => MetricType::Gauge,
                Type::Counter => MetricType::Counter,
                Type::Info => MetricType::Info,
            };
            // The registry adds the full stop to what is registered; a collector writes it itself.
            let help = format!("{}.", family.help);
            let mut metric = encoder.encode_descriptor(family.name, &help, unit.as_ref(), kind)?;
            for sample in &family.samples {
                one(&mut metric, family.kind, sample)?;
            }
        }
        Ok(())
    }
}

fn one(metric: &mut MetricEncoder<'_>, kind: Type, sample: &Sample) -> fmt::Result {
    match (kind, sample.labels.is_empty()) {
        (Type::Info, _) => metric.encode_info(&sample.labels),
        (Type::Gauge, true) => metric.encode_gauge(&sample.value),
        (Type::Gauge, false) => metric.encode_family(&sample.labels)?.encode_gauge(&sample.value),
        (Type::Counter, true) => metric.encode_counter::<NoLabelSet, _, f64>(&sample.value, None),
        (Type::Counter, false) => {
            metric.encode_family(&sample.labels)?.encode_counter::<NoLabelSet, _, f64>(&sample.value, None)
        }
    }
}

/// Writes metrics in both forms.
///
/// # Errors
/// When a text cannot be made; it can.
pub fn encode(families: Vec<Family>) -> Result<(String, String), fmt::Error> {
    let families = Arc::new(families);
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Gathered(Arc::clone(&families))));
    let mut open = String::new();
    text::encode(&mut open, &registry)?;
    let plain = plain(&open);
    Ok((open, plain))
}

/// OpenMetrics in the older form: a counter's type stands at the name of its samples, there is no
/// type for labels only, no unit, and no end.
fn plain(open: &str) -> String {
    let mut out = String::with_capacity(open.len());
    let mut help = None;
    for line in open.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
            continue;
        }
        if line.starts_with("# UNIT ") || line == "# EOF" {
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or((rest, "untyped"));
            let (end, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                other => ("", other),
            };
            if let Some((_, text)) = help.take() {
                out.push_str(&format!("# HELP {name}{end} {text}\n"));
            }
            out.push_str(&format!("# TYPE {name}{end} {kind}\n"));
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample(labels: &[(&'static str, &str)], value: f64) -> Sample {
        Sample { labels: labels.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(), value }
    }

    #[test]
    fn both_forms_say_the_same_in_their_own_way() {
        let families = vec![
            Family {
                name: "build",
                unit: None,
                help: "This program",
                kind: Type::Info,
                samples: vec![sample(&[("version", "1\"\\")], 0.0)],
            },
            Family {
                name: "subnet_lag",
                unit: Some("seconds"),
                help: "Lag",
                kind: Type::Gauge,
                samples: vec![sample(&[("subnet", "a")], 1.5)],
            },
            Family {
                name: "subnet_cycles",
                unit: None,
                help: "Cycles",
                kind: Type::Counter,
                samples: vec![sample(&[("subnet", "a")], 4e21), sample(&[("subnet", "b")], 7.0)],
            },
            Family { name: "nothing", unit: None, help: "No samples", kind: Type::Gauge, samples: vec![] },
            Family {
                name: "registry_version",
                unit: None,
                help: "Version",
                kind: Type::Gauge,
                samples: vec![sample(&[], 5.0)],
            },
        ];
        let names: Vec<String> = families.iter().map(Family::sample_name).collect();
        let (open, plain) = encode(families).unwrap();
        assert_eq!(
            open,
            "# HELP icpulse_build This program.\n# TYPE icpulse_build info\n\
             icpulse_build_info{version=\"1\\\"\\\\\"} 1\n\
             # HELP icpulse_subnet_lag_seconds Lag.\n# TYPE icpulse_subnet_lag_seconds gauge\n\
             # UNIT icpulse_subnet_lag_seconds seconds\nicpulse_subnet_lag_seconds{subnet=\"a\"} 1.5\n\
             # HELP icpulse_subnet_cycles Cycles.\n# TYPE icpulse_subnet_cycles counter\n\
             icpulse_subnet_cycles_total{subnet=\"a\"} 4e21\nicpulse_subnet_cycles_total{subnet=\"b\"} 7.0\n\
             # HELP icpulse_registry_version Version.\n# TYPE icpulse_registry_version gauge\n\
             icpulse_registry_version 5.0\n# EOF\n"
        );
        assert!(
            plain.contains("# TYPE icpulse_subnet_cycles_total counter\nicpulse_subnet_cycles_total{"),
            "{plain}"
        );
        assert!(
            plain.contains("# TYPE icpulse_build_info gauge\nicpulse_build_info{") && !plain.contains("EOF")
        );
        for name in names.iter().filter(|n| !n.contains("nothing")) {
            assert!(open.contains(&format!("\n{name}")) && plain.contains(&format!("\n{name}")), "{name}");
        }
    }

    #[test]
    fn the_form_is_the_one_that_is_accepted() {
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2";
        assert_eq!(Form::accepted(Some(prometheus)), Form::OpenMetrics);
        for other in
            [None, Some("*/*"), Some("text/plain"), Some("application/openmetrics-text;q=0, text/plain")]
        {
            assert_eq!(Form::accepted(other), Form::Plain, "{other:?}");
        }
    }
}
