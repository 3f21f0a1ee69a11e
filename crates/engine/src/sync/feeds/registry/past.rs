//! The network as it was, out of the registry's history in the cache.

use super::fold::Story;
use crate::sync::engine::{Engine, Recalled};
use icpulse_model::event::Event;
use icpulse_model::registry::{PointInTime, Topology, Version, link_proposals};
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Timestamp};
use icpulse_store::cache::{Cache, Ranges};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Replays the history from its beginning, at most `most` events of it kept, while `wanted`; what
/// turned out to be damaged goes to `lost`.
fn replay(
    cache: &Cache,
    lost: &mut Ranges,
    most: usize,
    wanted: impl Fn(Version, Option<Timestamp>) -> bool,
) -> Result<(Story, bool), Line> {
    let mut story = Story::new(Topology::default(), most);
    let mut beyond = false;
    let replayed = cache.replay_registry(Version(0), |delta| {
        if !wanted(delta.version, delta.at) {
            beyond = true;
            return ControlFlow::Break(());
        }
        story.tell(&delta);
        ControlFlow::Continue(())
    });
    let replayed =
        replayed.map_err(|error| Line::new(&format!("the registry's history could not be read: {error}")))?;
    lost.extend(&replayed.lost);
    Ok((story, beyond))
}

/// The network's make-up as of a moment; `known` is the newest version that was put together.
fn topology_at(
    cache: &Cache,
    lost: &mut Ranges,
    moment: PointInTime,
    known: Version,
) -> Result<Topology, Line> {
    let next = Cell::new(None);
    let (story, beyond) = match moment {
        PointInTime::Version(wanted) => replay(cache, lost, 0, |version, _| version <= wanted)?,
        PointInTime::At(time) => replay(cache, lost, 0, |_, at| {
            next.set(at);
            at.is_none_or(|at| at <= time)
        })?,
    };
    let reached = story.topology.version;
    let complete = match moment {
        PointInTime::Version(wanted) => reached == wanted,
        PointInTime::At(_) => beyond || reached >= known,
    };
    match moment {
        _ if !complete => Err(Line::new(&format!(
            "the registry's history has been read until version {reached} only; it is still being read"
        ))),
        PointInTime::At(time) if reached == Version(0) => {
            Err(Line::new(&format!("the registry began after {} UTC", time.date_minute())))
        }
        // Which of the oldest versions was the newest then cannot be known.
        PointInTime::At(_) if story.topology.at.is_none() => Err(Line::new(&format!(
            "the registry's first {reached} versions do not say when they were made{}; give a version instead",
            next.get().map(|at| format!(", the next one is of {} UTC", at.date_minute())).unwrap_or_default()
        ))),
        _ => Ok(story.topology),
    }
}

/// Events older than a version, newest first.
fn events_before(cache: &Cache, lost: &mut Ranges, before: Version, most: usize) -> Result<Vec<Event>, Line> {
    let (story, beyond) = replay(cache, lost, most, |version, _| version < before)?;
    if !beyond && story.topology.version.next() < before {
        return Err(Line::new(&format!(
            "the registry's history has been read until version {} only; it is still being read",
            story.topology.version
        )));
    }
    Ok(story.events.into_iter().rev().collect())
}

fn no_cache() -> Line {
    Line::new("the registry's history is kept in the cache, and this icpulse works without one")
}

impl Engine {
    /// Asks the history, after everything read so far has been written.
    fn ask_history<T: Send + 'static>(
        &mut self,
        answer: oneshot::Sender<Result<T, Line>>,
        ask: impl FnOnce(&Cache, &mut Ranges) -> Result<T, Line> + Send + 'static,
    ) {
        let Some(cache) = self.cache.clone() else {
            // Whoever asked may have gone.
            let _ = answer.send(Err(no_cache()));
            return;
        };
        let written = self.writer.flushed();
        self.recalls.spawn(async move {
            // Without a writer nothing waits to be written.
            let _ = written.await;
            let asked = tokio::task::spawn_blocking(move || {
                let mut lost = Ranges::new();
                (ask(&cache, &mut lost), lost)
            });
            let failed = || (Err(Line::new("the history could not be replayed")), Ranges::new());
            let (asked, lost) = asked.await.unwrap_or_else(|_| failed());
            let _ = answer.send(asked);
            let recalled: Recalled = Box::new(move |engine| {
                // What was damaged in the cache is asked for again.
                engine.feeds.registry.read = engine.feeds.registry.read.difference(&lost);
            });
            recalled
        });
    }

    pub(in crate::sync) fn topology_at(
        &mut self,
        moment: PointInTime,
        answer: oneshot::Sender<Result<Arc<Topology>, Line>>,
    ) {
        let known = Arc::clone(&self.feeds.registry.topology);
        if moment == PointInTime::Version(known.version) && !known.is_empty() {
            let _ = answer.send(Ok(known));
            return;
        }
        let impossible = match moment {
            PointInTime::Version(Version(0)) => Some("the registry's first version is 1".to_owned()),
            PointInTime::Version(wanted) if wanted > known.version => {
                Some(format!("version {wanted} has not been read; the newest read is {}", known.version))
            }
            _ => None,
        };
        if let Some(why) = impossible {
            let _ = answer.send(Err(Line::new(&why)));
            return;
        }
        // Every page was certified when it was read: at the latest as of the newest certificate.
        let evidence = self.feeds.registry.latest.map(|(_, at)| Evidence::certified(at));
        self.ask_history(answer, move |cache, lost| {
            let mut topology = topology_at(cache, lost, moment, known.version)?;
            topology.evidence = evidence;
            Ok(Arc::new(topology))
        });
    }

    pub(in crate::sync) fn events_before(
        &mut self,
        before: Version,
        most: usize,
        answer: oneshot::Sender<Result<Vec<Arc<Event>>, Line>>,
    ) {
        let older = self.world.events.iter().filter(|event| event.version < before);
        let in_memory: Vec<Arc<Event>> = older.take(most).cloned().collect();
        let all = in_memory.last().is_some_and(|event| event.version <= Version(1));
        if in_memory.len() >= most || all {
            let _ = answer.send(Ok(in_memory));
            return;
        }
        let proposals = self.world.proposals.clone();
        self.ask_history(answer, move |cache, lost| {
            let mut events = events_before(cache, lost, before, most)?;
            link_proposals(&mut events, &proposals);
            Ok(events.into_iter().map(Arc::new).collect())
        });
    }
}
