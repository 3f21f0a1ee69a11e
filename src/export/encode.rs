//! Metrics as text.

use std::fmt::Write as _;

/// Type of a metric.
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
    /// Help text; the encoder adds the full stop.
    pub help: &'static str,
    pub kind: Type,
    pub samples: Vec<Sample>,
}

impl Family {
    /// Its name with prefix and unit.
    fn name(&self) -> String {
        let unit = self.unit.map(|u| format!("_{u}")).unwrap_or_default();
        format!("icpulse_{}{unit}", self.name)
    }

    /// Suffix of samples' names.
    const fn suffix(&self) -> &'static str {
        match self.kind {
            Type::Gauge => "",
            Type::Counter => "_total",
            Type::Info => "_info",
        }
    }

    /// The name of its samples.
    pub fn sample_name(&self) -> String {
        self.name() + self.suffix()
    }
}

/// The two forms that Prometheus reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus's own, version 0.0.4.
    Plain,
}

impl TextFormat {
    /// The best that a client says it accepts.
    pub fn choose_form(accept: Option<&str>) -> Self {
        let wanted = accept.unwrap_or_default().split(',').any(|kind| {
            let mut parts = kind.split(';').map(str::trim);
            let open = parts.next() == Some("application/openmetrics-text");
            let refused = parts.any(|p| matches!(p, "q=0" | "q=0.0"));
            open && !refused
        });
        if wanted { Self::OpenMetrics } else { Self::Plain }
    }

    /// The content type of an answer.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Writes metrics in a form. Families without samples are left out.
pub fn encode(families: &[Family], form: TextFormat) -> String {
    let mut out = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        encode_family(&mut out, family, form);
    }
    if form == TextFormat::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

fn encode_family(out: &mut String, family: &Family, form: TextFormat) {
    let sample_name = family.sample_name();
    let (name, kind) = match (form, family.kind) {
        (_, Type::Gauge) => (family.name(), "gauge"),
        (TextFormat::OpenMetrics, Type::Counter) => (family.name(), "counter"),
        (TextFormat::OpenMetrics, Type::Info) => (family.name(), "info"),
        // The older form names families as their samples, and does not know info.
        (TextFormat::Plain, Type::Counter) => (sample_name.clone(), "counter"),
        (TextFormat::Plain, Type::Info) => (sample_name.clone(), "gauge"),
    };
    let _ = writeln!(out, "# HELP {name} {}.\n# TYPE {name} {kind}", family.help);
    if let (TextFormat::OpenMetrics, Some(unit)) = (form, family.unit) {
        let _ = writeln!(out, "# UNIT {name} {unit}");
    }
    for sample in &family.samples {
        out.push_str(&sample_name);
        for (place, (label, value)) in sample.labels.iter().enumerate() {
            let _ = write!(out, "{}{label}=\"", if place == 0 { '{' } else { ',' });
            for c in value.chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '"' => out.push_str("\\\""),
                    '\n' => out.push_str("\\n"),
                    c => out.push(c),
                }
            }
            out.push('"');
        }
        let end = if sample.labels.is_empty() { "" } else { "}" };
        let _ = match family.kind {
            Type::Info => writeln!(out, "{end} 1"),
            // Debug writes the shortest form that reads back as the same number.
            Type::Gauge | Type::Counter => writeln!(out, "{end} {:?}", sample.value),
        };
    }
}

#[cfg(test)]
mod tests {
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
                samples: vec![sample(&[("version", "1\"\\\n")], 0.0)],
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
        let (open, plain) =
            (encode(&families, TextFormat::OpenMetrics), encode(&families, TextFormat::Plain));
        assert_eq!(
            open,
            "# HELP icpulse_build This program.\n# TYPE icpulse_build info\n\
             icpulse_build_info{version=\"1\\\"\\\\\\n\"} 1\n\
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
        assert_eq!(TextFormat::choose_form(Some(prometheus)), TextFormat::OpenMetrics);
        for other in
            [None, Some("*/*"), Some("text/plain"), Some("application/openmetrics-text;q=0, text/plain")]
        {
            assert_eq!(TextFormat::choose_form(other), TextFormat::Plain, "{other:?}");
        }
    }
}
