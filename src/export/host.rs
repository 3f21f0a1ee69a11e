//! Allowed `Host` headers: only this machine, so that no foreign web page reads the metrics.
//!
//! A page of another site can let its own name resolve to this machine (DNS rebinding); a browser then
//! counts the answers as that site's own. Its requests still carry the foreign name as their `Host`.

use std::net::IpAddr;
use std::str::FromStr;

/// Longest name that the domain name system knows.
const LONGEST: usize = 253;

/// The name or the address of a machine, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostName {
    /// A name in lower case, without a final dot.
    Name(String),
    /// A literal address.
    Address(IpAddr),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither a host name nor an IP address; write it without scheme, port and path")]
pub struct NoHostName(String);

impl FromStr for HostName {
    type Err = NoHostName;

    fn from_str(text: &str) -> Result<Self, NoHostName> {
        let wrong = || NoHostName(text.to_owned());
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or_else(wrong)?;
            return inner.parse().map(|ip: std::net::Ipv6Addr| Self::Address(ip.into())).map_err(|_| wrong());
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Address(ip));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if name.len() > LONGEST || !name.split('.').all(is_label) {
            return Err(wrong());
        }
        Ok(Self::Name(name.to_ascii_lowercase()))
    }
}

/// Reads the value of a `Host` header: a host, and perhaps a port.
pub(super) fn parse_host(value: &[u8]) -> Option<HostName> {
    let text = std::str::from_utf8(value).ok()?;
    let (host, port) = match text.rfind(':') {
        // The colons of an address in brackets come before its closing bracket.
        Some(at) if !text.get(at..)?.contains(']') => (text.get(..at)?, text.get(at + 1..)?),
        _ => (text, ""),
    };
    let is_port = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if !port.is_empty() && !is_port {
        return None;
    }
    // In a header an IPv6 address must stand in brackets.
    if !host.starts_with('[') && host.contains(':') {
        return None;
    }
    host.parse().ok()
}

/// True if a request for this host is answered on a connection made to the address `local`.
///
/// A literal address is that of the connection itself, or of this machine only: no name was resolved,
/// so no foreign page can be behind it.
pub(super) fn is_allowed(host: &HostName, local: IpAddr, allowed: &[HostName]) -> bool {
    let own = match host {
        HostName::Name(name) => name == "localhost",
        HostName::Address(ip) => {
            let ip = ip.to_canonical();
            ip.is_loopback() || ip == local.to_canonical()
        }
    };
    own || allowed.contains(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(value: &str, local: &str, allowed: &[&str]) -> Option<bool> {
        let allowed: Vec<HostName> = allowed.iter().map(|name| name.parse().unwrap()).collect();
        parse_host(value.as_bytes()).map(|host| is_allowed(&host, local.parse().unwrap(), &allowed))
    }

    #[test]
    fn this_machine_is_served_by_name_and_address() {
        for own in ["localhost", "LOCALHOST:9464", "localhost.", "127.0.0.1:9464", "127.8.9.1", "[::1]:80"] {
            assert_eq!(served(own, "127.0.0.1", &[]), Some(true), "{own}");
        }
        assert_eq!(served("192.0.2.7:9464", "192.0.2.7", &[]), Some(true));
        assert_eq!(served("192.0.2.7:9464", "::ffff:192.0.2.7", &[]), Some(true));
        assert_eq!(served("[2001:db8::1]", "2001:db8::1", &[]), Some(true));
    }

    #[test]
    fn other_names_and_addresses_are_served_only_if_allowed() {
        for foreign in
            ["evil.example", "localhost.evil.example", "0.0.0.0:9464", "192.0.2.8", "xlocalhost", "1.2.3"]
        {
            assert_eq!(served(foreign, "192.0.2.7", &[]), Some(false), "{foreign}");
        }
        assert_eq!(served("Metrics.Example:80", "192.0.2.7", &["metrics.example"]), Some(true));
        assert_eq!(served("192.0.2.8", "172.17.0.2", &["192.0.2.8"]), Some(true));
        assert_eq!(served("other.example", "192.0.2.7", &["metrics.example"]), Some(false));
    }

    #[test]
    fn what_is_no_host_is_not_read() {
        for wrong in [
            "",
            ":80",
            "a b",
            "user@127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:99999",
            "127.0.0.1:+80",
            "127.0.0.1:80:80",
            "::1",
            "[::1",
            "[::1]x",
            "[127.0.0.1]",
            "http://localhost",
            "localhost/",
            "local..host",
            "localhost..",
            "ünicode",
        ] {
            let read = parse_host(wrong.as_bytes());
            // An empty port is allowed by the grammar of the header.
            assert_eq!(read.is_some(), wrong == "127.0.0.1:", "{wrong}: {read:?}");
        }
        assert_eq!(parse_host(b"local\xffhost"), None);
        assert!("localhost:80".parse::<HostName>().is_err(), "a name that is allowed has no port");
    }
}
