//! Where a connection ends, to the byte: before an answer, in it, or after it, and always without the
//! message by which TLS says that nothing was cut off (`close_notify`).

use parking_lot::{Mutex, MutexGuard};
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutPoint {
    /// Before the first byte of the next answer.
    BeforeAnswer,
    /// After the next answer's head and so many bytes of its body.
    AfterBody(usize),
}

/// Ends a connection; clones end the same one.
#[derive(Clone, Debug, Default)]
pub struct ConnectionCutter(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    end: Option<CutPoint>,
    /// How much of the end of the head was seen: of CR, LF, CR, LF.
    head_end: usize,
    over: bool,
    /// Who waits for a request.
    reader: Option<Waker>,
}

impl ConnectionCutter {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// Lets the connection end with the next answer.
    pub fn end(&self, end: CutPoint) {
        let mut state = self.state();
        state.end = Some(end);
        state.head_end = 0;
    }
}

impl State {
    /// How many of these bytes may pass; the end comes after them if they are fewer.
    fn allowed(&self, bytes: &[u8]) -> usize {
        match self.end {
            None => bytes.len(),
            Some(CutPoint::BeforeAnswer) => 0,
            Some(CutPoint::AfterBody(left)) => {
                let mut seen = self.head_end;
                let head = bytes.iter().take_while(|byte| {
                    let goes_on = seen < 4;
                    seen = if goes_on { head_end(seen, **byte) } else { seen };
                    goes_on
                });
                bytes.len().min(head.count().saturating_add(left))
            }
        }
    }

    /// Notes what has passed; ends the connection when it was the last.
    fn passed(&mut self, bytes: &[u8]) {
        let Some(CutPoint::AfterBody(mut left)) = self.end else { return };
        for byte in bytes {
            if self.head_end < 4 {
                self.head_end = head_end(self.head_end, *byte);
            } else {
                left = left.saturating_sub(1);
            }
        }
        self.end = Some(CutPoint::AfterBody(left));
        if self.head_end == 4 && left == 0 {
            self.finish();
        }
    }

    fn finish(&mut self) {
        self.over = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// How much of CR, LF, CR, LF was seen after one more byte.
const fn head_end(seen: usize, byte: u8) -> usize {
    match (seen, byte) {
        (0 | 2, b'\r') | (1 | 3, b'\n') => seen + 1,
        (_, b'\r') => 1,
        _ => 0,
    }
}

/// A connection that can be ended.
#[derive(Debug)]
pub struct CuttableConnection<T> {
    inner: T,
    connection_cutter: ConnectionCutter,
}

impl<T> CuttableConnection<T> {
    /// A connection that goes on until it is told to end.
    pub fn new(inner: T) -> Self {
        Self { inner, connection_cutter: ConnectionCutter::default() }
    }

    pub(crate) fn connection_cutter(&self) -> ConnectionCutter {
        self.connection_cutter.clone()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for CuttableConnection<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        {
            let mut state = self.connection_cutter.state();
            if state.over {
                return Poll::Ready(Ok(()));
            }
            state.reader = Some(cx.waker().clone());
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for CuttableConnection<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let connection_cutter = self.connection_cutter.clone();
        let allowed = {
            let mut state = connection_cutter.state();
            let allowed = if state.over { 0 } else { state.allowed(buf) };
            if allowed == 0 && !buf.is_empty() {
                state.finish();
                return Poll::Ready(Err(Error::from(ErrorKind::ConnectionReset)));
            }
            allowed
        };
        let bytes = buf.get(..allowed).unwrap_or(buf);
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            connection_cutter.state().passed(bytes.get(..*count).unwrap_or(bytes));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.connection_cutter.state().over {
            // To shut TLS down would be to say goodbye.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";

    /// What comes through when an answer is written in pieces of a size, and whether writing ended well.
    async fn through(end: Option<CutPoint>, piece: usize) -> (Vec<u8>, bool) {
        let (mut far, near) = duplex(1_024);
        let mut near = CuttableConnection::new(near);
        if let Some(end) = end {
            near.connection_cutter().end(end);
        }
        let mut well = true;
        for bytes in ANSWER.chunks(piece) {
            well &= near.write_all(bytes).await.is_ok();
        }
        if well && end.is_some() {
            let mut rest = Vec::new();
            near.read_to_end(&mut rest).await.unwrap();
            assert!(rest.is_empty(), "no request comes after the end");
        }
        drop(near);
        let mut came = Vec::new();
        far.read_to_end(&mut came).await.unwrap();
        (came, well)
    }

    #[tokio::test]
    async fn a_connection_ends_where_it_was_told_to() {
        let head = ANSWER.len() - 10;
        for piece in [1, 3, ANSWER.len()] {
            assert_eq!(through(None, piece).await, (ANSWER.to_vec(), true));
            assert_eq!(through(Some(CutPoint::BeforeAnswer), piece).await, (Vec::new(), false));
            assert_eq!(
                through(Some(CutPoint::AfterBody(4)), piece).await,
                (ANSWER[..head + 4].to_vec(), false)
            );
            assert_eq!(through(Some(CutPoint::AfterBody(10)), piece).await, (ANSWER.to_vec(), true));
        }
    }
}
