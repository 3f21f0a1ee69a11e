//! Everything that can happen to the state.

use super::layer::{Failure, Level};
use super::state::{IdentityChoice, ThemeChoice};
use crossterm::event::{KeyEvent, MouseEvent};
use icpulse_model::act::{Authenticity, Execution, Review, SignerInfo};
use icpulse_model::event::Event;
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::registry::{PointInTime, Topology};
use icpulse_model::text::Line;
use icpulse_model::world::Change;
use std::sync::Arc;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this size now, in cells.
    Resize(u16, u16),
    /// Time has passed.
    Tick,
    /// Something of the world changed.
    Change(Change),
    /// The answer to `Effect::Plan`.
    Planned {
        /// The question's ticket.
        ticket: u64,
        /// The review, or why none could be made.
        result: Result<Box<Review>, Failure>,
    },
    /// The answer to `Effect::TimeTravel`.
    Topology {
        /// Which moment was asked for.
        moment: PointInTime,
        /// The make-up then, or why it cannot be told.
        result: Result<Arc<Topology>, Line>,
    },
    /// The answer to `Effect::OlderEvents`: the newest first.
    OlderEvents(Result<Vec<Arc<Event>>, Line>),
    /// Names of machines and the user's provider, as kept.
    Mine {
        /// They.
        mine: OwnNodes,
        /// The configuration names the provider: it cannot be chosen.
        provider_fixed: bool,
    },
    /// A device waits for a person to confirm this, or no longer does (`None`).
    AwaitingTouch(Option<Line>),
    /// An action under way has moved on.
    Execution(Arc<Execution>),
    /// A run of an action has ended, whether or not something of it is still open.
    ActionEnded(Arc<Execution>),
    /// A document of the journal was put aside.
    JournalEntryGone(icpulse_model::act::PlanId),
    /// An action that the journal holds.
    JournalEntry {
        /// What it says.
        execution: Arc<Execution>,
        /// Whether that can be relied on.
        authenticity: Authenticity,
    },
    /// An action that was confirmed (or retried) could not even begin.
    NotBegun {
        plan: icpulse_model::act::PlanId,
        /// Why.
        failure: Failure,
    },
    /// The answer to `Effect::Unlock`; a wrong passphrase is an error in words.
    Unlocked(Result<SignerInfo, Line>),
    /// The identities of the wallet.
    Identities(Vec<IdentityChoice>),
    /// The themes that can be chosen.
    Themes(Vec<ThemeChoice>),
    /// This theme is in force now (chosen, or its file changed).
    ThemeChanged(String),
    /// Something to tell.
    Notice(Level, Line),
    /// The terminal is to ring, or to notify with this text.
    Ring(Option<Line>),
    /// The process was asked to stop (SIGTSTP).
    Suspend,
    /// The process runs again after it was stopped (SIGCONT).
    Resumed,
    /// The process was asked to end (SIGTERM, SIGHUP): no more questions.
    Terminate,
}
