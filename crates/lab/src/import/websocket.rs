//! One direction of a WebSocket: behind the head of HTTP, frames whose payloads are the stream.

use alloc::vec::Vec;

/// A head of HTTP that is longer is none.
const MOST_HEAD: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct WebSocket {
    /// Behind the head of HTTP.
    open: bool,
    /// The head of HTTP, or the header of a frame, as far as it is here.
    head: Vec<u8>,
    /// Bytes of the frame's payload that are still to come, whether they are data, their mask and how much of it is used up.
    left: u64,
    is_data: bool,
    mask: [u8; 4],
    masked: usize,
}

impl WebSocket {
    /// Takes bytes and appends the payload in them.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for &byte in bytes {
            if self.left > 0 {
                self.left = self.left.saturating_sub(1);
                let mask = self.mask.get(self.masked & 3).copied().unwrap_or(0);
                self.masked = self.masked.wrapping_add(1);
                if self.is_data {
                    out.push(byte ^ mask);
                }
                continue;
            }
            self.head.push(byte);
            if self.open {
                self.frame();
            } else if self.head.ends_with(b"\r\n\r\n") {
                self.open = true;
                self.head.clear();
            } else if self.head.len() > MOST_HEAD {
                self.head.clear();
            }
        }
    }

    /// Begins the frame whose header is all there.
    fn frame(&mut self) {
        let [first, second, rest @ ..] = self.head.as_slice() else { return };
        let wide = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask_length = if second & 0x80 != 0 { 4 } else { 0 };
        let Some((length, mask)) = rest.split_at_checked(wide).filter(|(_, mask)| mask.len() >= mask_length) else { return };
        let short = u64::from(second & 0x7F);
        self.left = if wide == 0 { short } else { length.iter().fold(0, |sum, &byte| sum.wrapping_shl(8) | u64::from(byte)) };
        self.mask = mask.try_into().unwrap_or([0; 4]);
        self.masked = 0;
        // Binary, and what goes on with it; the rest is control.
        self.is_data = matches!(first & 0x0F, 0 | 2);
        self.head.clear();
    }
}
