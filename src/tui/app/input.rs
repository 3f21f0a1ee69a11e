//! The terminal's events: read by a thread of their own, without the terminal's answers.

use super::answers::{Answer, Answers};
use crossterm::event::Event;
use futures_util::{Stream, StreamExt};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep};

/// Events that may wait for the loop.
const ROOM: usize = 1_024;

/// Keys, mouse and resizes of the terminal; ends when the terminal is closed.
///
/// # Errors
/// When the system refuses the thread that reads.
pub fn terminal_events() -> io::Result<impl Stream<Item = io::Result<Event>> + Unpin> {
    /// What a read of a terminal that is gone fails with.
    const EIO: i32 = 5;
    let (sender, mut receiver) = mpsc::channel(ROOM);
    std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
        loop {
            let event = crossterm::event::read();
            let failed = event.as_ref().err().map(io::Error::raw_os_error);
            if failed == Some(Some(EIO)) || sender.blocking_send(event).is_err() || failed.is_some() {
                break;
            }
        }
    })?;
    Ok(futures_util::stream::poll_fn(move |context| receiver.poll_recv(context)))
}

/// A stream of events from which answers are taken out; each goes to `hear`.
pub struct Input<E, F> {
    events: E,
    hear: F,
    answers: Answers,
    ready: VecDeque<Event>,
    alarm: Pin<Box<Sleep>>,
    began: Instant,
    ended: bool,
}

impl<E, F> Input<E, F>
where
    E: Stream<Item = io::Result<Event>> + Unpin,
    F: FnMut(Answer) + Unpin,
{
    /// Reads `events`. `asked`: a question was just sent to the terminal.
    pub fn new(events: E, asked: bool, hear: F) -> Self {
        let mut answers = Answers::default();
        if asked {
            answers.expect_answer(Duration::ZERO);
        }
        Self {
            events,
            hear,
            answers,
            ready: VecDeque::new(),
            alarm: Box::pin(sleep(Duration::ZERO)),
            began: Instant::now(),
            ended: false,
        }
    }
}

impl<E, F> Stream for Input<E, F>
where
    E: Stream<Item = io::Result<Event>> + Unpin,
    F: FnMut(Answer) + Unpin,
{
    type Item = io::Result<Event>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            // Before the time is looked at: what came already was not late.
            match this.events.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(event))) => {
                    let now = this.began.elapsed();
                    if let Some(answer) = this.answers.read_event(event, now, &mut this.ready) {
                        (this.hear)(answer);
                    }
                    continue;
                }
                Poll::Ready(Some(Err(e))) => return Poll::Ready(Some(Err(e))),
                Poll::Ready(None) => {
                    this.ended = true;
                    this.answers.flush_held(&mut this.ready);
                    continue;
                }
                Poll::Pending => {}
            }
            let Some(due) = this.answers.wakes_at() else { return Poll::Pending };
            this.alarm.as_mut().reset(this.began + due);
            if this.alarm.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            this.answers.pass_time(due.max(this.began.elapsed()), &mut this.ready);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::app::testing::key;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use futures_util::stream;

    fn typed(text: &str) -> Vec<Event> {
        text.chars().map(|c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))).collect()
    }

    #[tokio::test]
    async fn an_answer_is_heard_and_a_lone_escape_still_arrives() {
        let mut events = vec![Event::Key(key("alt-]"))];
        events.extend(typed("11;rgb:ffff/ffff/ffff"));
        events.extend([Event::Key(key("ctrl-g")), Event::Key(key("j")), Event::Key(key("esc"))]);
        let events = stream::iter(events.into_iter().map(Ok)).chain(stream::pending());
        let mut heard = Vec::new();
        let mut input = Input::new(events, true, |answer| heard.push(answer));
        let j = input.next().await.unwrap().unwrap();
        let escape = input.next().await.unwrap().unwrap();
        assert_eq!([j, escape], [Event::Key(key("j")), Event::Key(key("esc"))]);
        assert!(futures_util::poll!(input.next()).is_pending(), "nothing else is given on");
        drop(input);
        assert_eq!(heard, [Answer::Background((255, 255, 255))]);
    }

    #[tokio::test]
    async fn what_is_held_is_given_on_at_the_end() {
        let events = stream::iter([Ok(Event::Key(key("alt-]"))), Ok(Event::Key(key("1")))]);
        let input = Input::new(events, false, |_| {});
        let keys: Vec<_> = input.map(Result::unwrap).collect().await;
        assert_eq!(keys, [Event::Key(key("alt-]")), Event::Key(key("1"))]);
    }
}
