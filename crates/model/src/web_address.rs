//! Web addresses that a user or a configuration gives, and which of them lead to this machine.
//!
//! Every place that asks "is this on this machine?" asks [`is_this_machine`], of an address that
//! [`parse_address`] accepted, or [`is_loopback`], of an address to listen on. The answer is about a network address, never about how a text looks:
//! a literal loopback address, or the name `localhost`, which every HTTP client of icpulse is told
//! to take as [`LOCALHOST`] without asking DNS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
pub use url::Url;
use url::{Host, ParseError};

/// The one host name that means this machine.
pub const LOCALHOST_NAME: &str = "localhost";

/// The addresses that [`LOCALHOST_NAME`] stands for. Port 0 means the port of the URL.
pub const LOCALHOST: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];

/// The reason why a text is not accepted as a web address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not begin with `http://` or `https://` and a host.
    #[error("it must start with http:// or https:// and name a host")]
    Scheme,
    /// A space, a control character, a backslash, or a character outside ASCII.
    #[error("it holds {0:?}; write it in plain ASCII without spaces and backslashes")]
    Character(char),
    /// A user name or password before the host.
    #[error("it holds a user name or password before the host ('@'); leave that out")]
    UserInfo,
    /// The host is written with percent signs.
    #[error("its host is written with '%'; write the host plainly")]
    EscapedHost,
    /// The parser refuses it.
    #[error("it is not a URL ({0})")]
    Malformed(#[from] ParseError),
}

/// Parses an address of a network, a dashboard or a sink. Connect to what this returns, never to
/// the text: both then mean the same host.
///
/// # Errors
/// [`AddressError`]; nothing of the text but a single character is in it.
pub fn parse_address(text: &str) -> Result<Url, AddressError> {
    // The parser would drop tabs and line ends, and read '\' as '/'.
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_graphic() || *c == '\\') {
        return Err(AddressError::Character(odd));
    }
    // The parser would also accept "http:host" and "http:////host".
    let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(AddressError::Scheme);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(AddressError::Scheme);
    }
    if authority.contains('@') {
        return Err(AddressError::UserInfo);
    }
    if authority.contains('%') {
        return Err(AddressError::EscapedHost);
    }
    let mut url = Url::parse(text)?;
    if url.domain() == Some("localhost.") {
        url.set_host(Some(LOCALHOST_NAME))?;
    }
    Ok(url)
}

/// True if only this machine can be reached at an address, and only this machine can reach it.
pub const fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    }
}

/// True if an address leads to this machine and nowhere else: a loopback address or `localhost`.
/// `NAME.localhost` does not: who answers for it is decided by DNS.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_loopback(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_loopback(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => name == LOCALHOST_NAME,
        None => false,
    }
}

/// True if a host, as an address has it, is this machine.
pub fn is_this_machine_name(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    host == LOCALHOST_NAME || plain.parse::<IpAddr>().is_ok_and(is_loopback)
}

/// True if what is sent to an address can be read on the way: plain http to another machine.
pub fn is_exposed(url: &Url) -> bool {
    url.scheme() != "https" && !is_this_machine(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_here(text: &str) -> Option<bool> {
        parse_address(text).ok().map(|url| is_this_machine(&url))
    }

    #[test]
    fn loopback_is_an_address_not_a_spelling() {
        for here in [
            "http://127.0.0.1",
            "http://127.0.0.1:4943/",
            "https://127.0.0.1/x?y#z",
            "http://127.255.3.4:1",
            "http://[::1]:4943",
            "http://[0:0:0:0:0:0:0:1]",
            "http://localhost",
            "http://LOCALHOST:8080/x",
            "HTTP://LocalHost",
            "http://localhost.:80",
            // Other spellings of 127.0.0.1: the parser makes that address of them, and that is used.
            "http://127.1",
            "http://2130706433",
            "http://0x7f.0.0.1",
            "http://127.0.0.1.",
        ] {
            assert_eq!(is_here(here), Some(true), "{here}");
        }
        for elsewhere in [
            "http://example.com",
            "http://localhost.example.com",
            "http://x.localhost",
            "http://evil.localhost.:1",
            "http://localhost..",
            "http://notlocalhost",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1.nip.io",
            "http://0.0.0.0",
            "http://[::]",
            "http://[::ffff:127.0.0.1]",
            "http://[fe80::1]",
            "http://10.0.0.1",
            "http://192.0.2.7:4943",
            "http://example.com/http://127.0.0.1",
            "http://example.com?@127.0.0.1",
            "http://example.com#@localhost",
        ] {
            assert_ne!(is_here(elsewhere), Some(true), "{elsewhere}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (text, why) in [
            ("http://host\\.localhost/", AddressError::Character('\\')),
            ("http://evil.test\\@localhost", AddressError::Character('\\')),
            ("http://local\thost", AddressError::Character('\t')),
            ("http://localhost\n.evil.test", AddressError::Character('\n')),
            (" http://localhost", AddressError::Character(' ')),
            ("http://ｌｏｃａｌｈｏｓｔ", AddressError::Character('ｌ')),
            ("http://localhost:1@evil.test/x", AddressError::UserInfo),
            ("http://127.0.0.1@example.com", AddressError::UserInfo),
            ("http://@localhost", AddressError::UserInfo),
            ("https://user:word@hooks.example/x", AddressError::UserInfo),
            ("http://%6cocalhost", AddressError::EscapedHost),
            ("http://127.0.0.1%2eevil.test", AddressError::EscapedHost),
            ("", AddressError::Scheme),
            ("localhost:80", AddressError::Scheme),
            ("http:localhost", AddressError::Scheme),
            ("http:/localhost", AddressError::Scheme),
            ("http:///localhost", AddressError::Scheme),
            ("http://", AddressError::Scheme),
            ("http://?x", AddressError::Scheme),
            ("ftp://localhost", AddressError::Scheme),
            ("file://localhost/etc/passwd", AddressError::Scheme),
            ("//localhost", AddressError::Scheme),
        ] {
            assert_eq!(parse_address(text).unwrap_err(), why, "{text}");
        }
        for text in
            ["http://[::1", "http://::1", "http://a:99999", "http://a:b", "http://a b", "http://1.2.3.256"]
        {
            assert!(parse_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn plain_http_to_another_machine_is_exposed() {
        for (text, exposed) in [
            ("http://127.0.0.1", false),
            ("http://localhost", false),
            ("https://example.com", false),
            ("http://example.com", true),
            ("http://x.localhost", true),
        ] {
            assert_eq!(is_exposed(&parse_address(text).unwrap()), exposed, "{text}");
        }
    }

    /// Texts made of the pieces that hostile addresses are made of.
    fn address() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "(http|https|HTTP|ftp|ws|)",
            "(://|:/|:|//)",
            "(localhost|LOCALHOST|127\\.0\\.0\\.1|\\[::1\\]|evil\\.test|0x7f\\.1|10\\.0\\.0\\.1)",
            "[@:/\\\\?#%.\t \u{3002}]",
            "[0-9a-z]{1,4}",
            "\\PC{0,3}",
        ];
        proptest::collection::vec(piece, 0..9).prop_map(|pieces| format!("http://{}", pieces.concat()))
    }

    proptest! {
        #[test]
        fn an_accepted_address_has_one_meaning(text in prop_oneof![address(), any::<String>()]) {
            if let Ok(url) = parse_address(&text) {
                prop_assert!(matches!(url.scheme(), "http" | "https"));
                prop_assert!(url.username().is_empty() && url.password().is_none());
                // What is connected to is what was judged, however often it is written and read.
                let again = parse_address(url.as_str()).unwrap();
                prop_assert_eq!(&again, &url);
                let host = url.host_str().unwrap();
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                let loopback = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
                prop_assert_eq!(is_this_machine(&url), loopback);
                // The name before the path is in the text: nothing after '/', '?' or '#' is a host.
                let authority = text.split_once("://").unwrap().1.split(['/', '?', '#']).next().unwrap();
                if let Some(name) = url.domain() {
                    prop_assert!(authority.to_ascii_lowercase().starts_with(name), "{} {}", authority, name);
                }
            }
        }
    }
}
