//! A passphrase on its way from the keyboard to the wallet.

use std::fmt;
use zeroize::Zeroizing;

/// Text that is never shown, printed or kept: it is wiped when dropped.
#[derive(Clone, Default)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Longest accepted, in characters; the buffer is made once, so that growing leaves no copies.
    const MAX: usize = 256;

    /// An empty one.
    pub fn new() -> Self {
        Self(Zeroizing::new(String::with_capacity(Self::MAX * 4)))
    }

    /// Adds a typed character; control characters and what is too long are ignored.
    pub fn push(&mut self, c: char) {
        if !c.is_control() && self.len() < Self::MAX {
            self.0.push(c);
        }
    }

    /// Takes the last character away.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Wipes it.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// How many characters, for drawing dots.
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret, for the wallet only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Moves it out, leaving an empty one.
    #[must_use]
    pub fn take_secret(&mut self) -> Self {
        std::mem::replace(self, Self::new())
    }
}

impl From<&str> for Passphrase {
    fn from(text: &str) -> Self {
        let mut passphrase = Self::new();
        text.chars().for_each(|c| passphrase.push(c));
        passphrase
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Equality serves tests of effects; it is not used to check a passphrase.
impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Passphrase {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_show_itself() {
        let passphrase = Passphrase::from("correct horse\u{7}");
        assert_eq!(passphrase.expose(), "correct horse");
        assert_eq!(format!("{passphrase:?}"), "Passphrase(…)");
    }
}
