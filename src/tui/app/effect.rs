//! What `update` wants done outside.

use super::passphrase::Passphrase;
use crate::config::Views;
use icpulse_model::act::{Intent, PlanId};
use icpulse_model::ledger::AccountKey;
use icpulse_model::names::Nameable;
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::registry::{PointInTime, Version};
use icpulse_model::text::Line;
use icpulse_model::world::Topicality;
use icpulse_model::{NeuronKey, ProposalKey};

/// Something to do; results come back as messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read this again, now.
    Refresh(Topicality),
    /// Pause or resume reading.
    Pause(bool),
    /// Read a proposal with its body; answered by `Change::Body` and `Change::Proposals`.
    OpenProposal(ProposalKey),
    /// Read a neuron; answered by `Change::Neuron`.
    OpenNeuron(NeuronKey),
    /// Read older transactions of an account; answered by `Change::Accounts`.
    OlderTransactions(AccountKey),
    /// Show the network as of a moment; answered by `Message::Topology`.
    TimeTravel(PointInTime),
    /// Read events older than this version; answered by `Message::OlderEvents`.
    OlderEvents(Version),
    /// Keep names of machines and the chosen provider.
    SaveMine(OwnNodes),
    /// Keep the name of a neuron or account; an empty one is removed.
    SaveName(Nameable, Line),
    /// Keep the columns of a list, or that it has its own again.
    SaveColumns {
        /// The list's id.
        list: &'static str,
        /// Columns by their ids, in order.
        columns: Option<Vec<String>>,
    },
    /// Save this list in a new file.
    SaveList { list: &'static str, extension: &'static str, rows: usize, text: String },
    /// Keep how the lists are left.
    SaveViews(Views),
    /// Check an intent and make its review; answered by `Message::Planned`.
    Plan {
        /// Given back with the answer.
        ticket: u64,
        /// What to plan.
        intent: Intent,
    },
    /// The review was confirmed: sign and send; answered by `Message::Execution`, more than once.
    Confirm(PlanId),
    /// The review was closed without confirming: forget the plan.
    Discard(PlanId),
    /// Look up what is left of an action and make the review of it; answered by `Message::Planned`.
    PlanRest {
        /// Given back with the answer.
        ticket: u64,
        /// Of which action.
        plan: PlanId,
        /// Which steps (places in `Execution::steps`).
        steps: Vec<usize>,
    },
    /// Read the journal again, which other instances write to; answered by `Message::JournalEntry`.
    ReadJournal,
    /// Leave an action as it is; answered by `Message::ActionEnded`.
    DismissAction(PlanId),
    /// Send nothing more of an action under way; what was sent is followed to its outcome.
    StopAction(PlanId),
    /// Ask the network what became of the steps whose outcome is unknown.
    FollowUp(PlanId),
    /// Unlock an identity; answered by `Message::Unlocked`.
    Unlock { name: String, passphrase: Passphrase },
    /// Lock the identity; answered by `Change::Signer`.
    Lock,
    /// Sign with this identity from now on; answered by `Change::Signer` and new neurons.
    UseIdentity(String),
    /// Show this theme without keeping it; answered by `Message::ThemeChanged`.
    PreviewTheme(String),
    /// Show and keep this theme.
    KeepTheme(String),
    /// Send a message to every alert sink, to try them.
    TestAlerts,
    /// Ring, or notify with this text (OSC 9; done by the runtime).
    Ring(Option<Line>),
    /// Put text on the clipboard (OSC 52; done by the runtime).
    Copy(String),
    /// Open a link in the browser.
    OpenLink(String),
    /// Capture the mouse or leave it to the terminal (done by the runtime).
    CaptureMouse(bool),
    /// Draw all cells afresh (done by the runtime).
    Redraw,
    /// Stop the process as Ctrl-Z does (done by the runtime).
    Suspend,
    /// Take the terminal over again after the process was stopped (done by the runtime).
    Resume,
    /// Leave (done by the runtime).
    Quit,
}
