//! The wire's own numbers, references and type table entries.

use candid::Principal;

use super::super::lenient::DecodeError;
use super::{Entry, opcode};

/// Longest type table; the governance canister's is about three kilobytes.
const MAX_HEADER: usize = 64 * 1024;
/// Longest unbounded number, in bytes; a decoder's time grows with the square of it.
const MAX_NUMBER: usize = 64;
/// Longest principal, per the interface specification.
const MAX_PRINCIPAL: usize = 29;

/// Appends a signed LEB128 number.
pub(super) fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        let last = (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0);
        out.push(if last { low } else { low | 0x80 });
        if last {
            return;
        }
    }
}

/// A place in the bytes.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        match (taken, end) {
            (Some(taken), Some(end)) => {
                self.at = end;
                Ok(taken)
            }
            _ => Err(DecodeError::malformed(self.at, "the bytes end in the middle of a value")),
        }
    }

    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    pub(super) fn scaled(&self, count: usize, width: usize) -> Result<usize, DecodeError> {
        count
            .checked_mul(width)
            .ok_or_else(|| DecodeError::malformed(self.at, "the bytes end in the middle of a value"))
    }

    pub(super) fn within_header(&self) -> Result<(), DecodeError> {
        if self.at > MAX_HEADER {
            return Err(DecodeError::malformed(self.at, "the type table is too long"));
        }
        Ok(())
    }

    /// An unsigned LEB128 number.
    pub(super) fn unsigned(&mut self) -> Result<u64, DecodeError> {
        let start = self.at;
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::malformed(start, "a number is out of range"))
    }

    pub(super) fn length(&mut self) -> Result<usize, DecodeError> {
        let start = self.at;
        usize::try_from(self.unsigned()?)
            .map_err(|_| DecodeError::malformed(start, "a number is out of range"))
    }

    /// A signed LEB128 number.
    pub(super) fn signed(&mut self) -> Result<i64, DecodeError> {
        let start = self.at;
        let mut value: i64 = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if byte & 0x40 != 0 && shift + 7 < 64 {
                    value |= -1_i64 << (shift + 7);
                }
                return Ok(value);
            }
        }
        Err(DecodeError::malformed(start, "a number is out of range"))
    }

    /// The bytes of an unbounded LEB128 number.
    pub(super) fn number(&mut self) -> Result<&'a [u8], DecodeError> {
        let start = self.at;
        while self.byte()? & 0x80 != 0 {
            if self.at - start > MAX_NUMBER {
                return Err(DecodeError::malformed(start, "a number is too long"));
            }
        }
        Ok(self.bytes.get(start..self.at).unwrap_or_default())
    }

    pub(super) fn little_endian(&mut self, width: usize) -> Result<u64, DecodeError> {
        let mut value = 0;
        for (index, byte) in self.take(width)?.iter().enumerate() {
            value |= u64::from(*byte) << (8 * index);
        }
        Ok(value)
    }

    pub(super) fn signed_little_endian(&mut self, width: usize) -> Result<i64, DecodeError> {
        let unused = 64 - 8 * width;
        let bits = self.little_endian(width)? << unused;
        Ok(i64::from_le_bytes(bits.to_le_bytes()) >> unused)
    }

    /// The flag of an `opt`.
    pub(super) fn flag(&mut self) -> Result<bool, DecodeError> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::malformed(self.at - 1, "a flag is neither 0 nor 1")),
        }
    }

    /// The flag before a reference, which must not be opaque.
    pub(super) fn reference(&mut self) -> Result<(), DecodeError> {
        if self.flag()? { Ok(()) } else { Err(DecodeError::malformed(self.at - 1, "a reference is opaque")) }
    }

    pub(super) fn text(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.length()?;
        self.take(length)
    }

    pub(super) fn principal_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let start = self.at;
        let bytes = self.text()?;
        if bytes.len() > MAX_PRINCIPAL {
            return Err(DecodeError::malformed(start, "a principal is too long"));
        }
        Ok(bytes)
    }

    pub(super) fn principal(&mut self) -> Result<Principal, DecodeError> {
        let start = self.at;
        Principal::try_from_slice(self.principal_bytes()?)
            .map_err(|_| DecodeError::malformed(start, "not a principal"))
    }

    /// One entry of the type table.
    pub(super) fn entry(&mut self) -> Result<Entry, DecodeError> {
        let start = self.at;
        Ok(match self.signed()? {
            opcode::OPT => Entry::Opt(self.signed()?),
            opcode::VEC => Entry::Vec(self.signed()?),
            opcode::RECORD => Entry::Record(self.fields()?),
            opcode::VARIANT => Entry::Variant(self.fields()?),
            opcode::FUNC => {
                for _ in 0..2 {
                    for _ in 0..self.length()? {
                        self.signed()?;
                    }
                }
                let modes = self.length()?;
                self.take(modes)?;
                Entry::Func
            }
            opcode::SERVICE => {
                for _ in 0..self.length()? {
                    self.text()?;
                    self.signed()?;
                }
                Entry::Service
            }
            _ => {
                return Err(DecodeError::malformed(start, "the type table holds an unknown type"));
            }
        })
    }

    pub(super) fn fields(&mut self) -> Result<Vec<(u32, i64)>, DecodeError> {
        let count = self.length()?;
        let mut fields = Vec::new();
        for _ in 0..count {
            let start = self.at;
            let hash = u32::try_from(self.unsigned()?)
                .map_err(|_| DecodeError::malformed(start, "a field's hash is out of range"))?;
            fields.push((hash, self.signed()?));
        }
        Ok(fields)
    }
}
