//! Effects of the dashboard, carried out by `sync`, `action`, `wallet` and the system.

mod actions;
mod identities;

use super::active_theme::ActiveTheme;
use super::context::{Context, wall_clock};
use super::open::{ActiveIdentity, OpenNetwork};
use super::watcher::{WatcherHandle, configured_own_nodes};
use crate::config::{StateFileError, load_own_nodes, save_columns, save_name, save_own_nodes, save_views};
use crate::tui::app::answers::Answer;
use crate::tui::app::layer::Level;
use crate::tui::app::runtime::Services;
use crate::tui::app::{Effect, Message, Screen};
use icpulse_canisters::Client;
use icpulse_engine::action::Plans;
use icpulse_engine::sync::SyncHandle;
use icpulse_model::act::{Execution, PlanId, SignerInfo};
use icpulse_model::network::Profile;
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::text::{Line, safe_link};
use icpulse_model::world::{Topicality, World};
use icpulse_store::cache::Cache;
use icpulse_store::journal::ActionJournal;
use icpulse_wallet::Unlocked;
use identities::find_wallet_entry;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// Everything the effects need; shared with the tasks that carry them out.
pub struct SharedParts {
    /// Flags, folders, configuration.
    pub context: Context,
    /// The network.
    pub profile: Profile,
    /// Its memory.
    pub cache: Arc<Cache>,
    /// Its action journal; an error in words if it cannot be used.
    pub journal: Result<Arc<ActionJournal>, Line>,
    /// The reading.
    pub sync: SyncHandle,
    /// The connection; `None` offline.
    pub client: Option<Client>,
    /// Theme in force.
    pub theme: ActiveTheme,
    /// Where answers go.
    pub messages: mpsc::Sender<Message>,
    /// An identity that is no entry of the wallet: the demo's, or a file of `--identity`.
    pub guest: Option<Unlocked>,
    /// The way to whoever watches for alerts.
    pub alerts: WatcherHandle,
    who: Mutex<ActiveIdentity>,
    who_changed: Notify,
    plans: Mutex<Plans>,
    executions: Mutex<BTreeMap<PlanId, Execution>>,
    /// Of actions under way: set to send nothing more of them.
    stops: Mutex<BTreeMap<PlanId, Arc<AtomicBool>>>,
    pending: AtomicUsize,
}

/// Carries out effects on the runtime's threads.
#[derive(Clone)]
pub struct LiveServices(Arc<SharedParts>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

fn to_line(text: impl std::fmt::Display) -> Line {
    Line::new(&text.to_string())
}

impl LiveServices {
    /// The way to the loop.
    pub fn messages(&self) -> mpsc::Sender<Message> {
        self.0.messages.clone()
    }

    /// Joins the parts.
    pub fn new(
        context: Context,
        opened: &OpenNetwork,
        sync: SyncHandle,
        look: ActiveTheme,
        alerts: WatcherHandle,
        messages: mpsc::Sender<Message>,
    ) -> Self {
        let who = opened.identity.clone();
        let guest = match &who {
            ActiveIdentity::Unlocked(unlocked) if find_wallet_entry(&context, unlocked.name()).is_none() => {
                Some(unlocked.clone())
            }
            _ => None,
        };
        Self(Arc::new(SharedParts {
            context,
            profile: opened.profile.clone(),
            cache: Arc::clone(&opened.cache),
            journal: opened.journal().cloned().map_err(|e| to_line(&e)),
            sync,
            client: opened.client.clone(),
            theme: look,
            messages,
            guest,
            alerts,
            who: Mutex::new(who),
            who_changed: Notify::new(),
            plans: Mutex::new(Plans::new()),
            executions: Mutex::new(BTreeMap::new()),
            stops: Mutex::new(BTreeMap::new()),
            pending: AtomicUsize::new(0),
        }))
    }

    /// Tells what the dashboard should know at start, and takes up what was interrupted.
    pub fn start(&self) {
        let this = self.clone();
        self.spawn(async move {
            this.send(Message::Identities(this.identities())).await;
            this.send(Message::Themes(this.0.theme.choices())).await;
            this.send_own_nodes().await;
            this.send_journal().await;
            this.send_cache_notes().await;
            this.follow_up_open().await;
        });
    }

    /// Names of machines and the user's provider; the configuration's provider wins.
    async fn send_own_nodes(&self) {
        let (mine, why) = configured_own_nodes(&self.0.context);
        if let Some(why) = why {
            self.send_notice(Level::Warning, why).await;
        }
        let provider_fixed = self.0.context.config.provider.is_some();
        self.0.sync.watch_nodes(mine.provider.is_some());
        self.send(Message::Mine { mine, provider_fixed }).await;
    }

    /// Keeps it; a file that cannot be read is not written over.
    fn save_own_nodes(&self, mut mine: OwnNodes) -> Result<(), StateFileError> {
        let path = self.0.context.paths.aliases_file();
        let kept = load_own_nodes(&path)?;
        if self.0.context.config.provider.is_some() {
            mine.provider = kept.provider;
        }
        save_own_nodes(&path, &mine)
    }

    /// Reads the data of the shown screen more often.
    pub fn show_screen(&self, screen: Screen) {
        self.0.sync.show(match screen {
            Screen::Pulse => Topicality::All,
            Screen::Proposals => Topicality::Proposals,
            Screen::Neurons => Topicality::Neurons,
            Screen::Wallet => Topicality::Accounts,
            Screen::Network => Topicality::Network,
        });
    }

    /// The user did something: an unlocked identity stays so.
    pub fn record_activity(&self) {
        if let ActiveIdentity::Unlocked(unlocked) = &*lock(&self.0.who) {
            unlocked.touch(wall_clock());
        }
    }

    /// Ends when the idle time of the open identity may be over; never while none is open.
    pub async fn wait_until_lock(&self) {
        let open = match &*lock(&self.0.who) {
            ActiveIdentity::Unlocked(unlocked) => unlocked.locks_at(),
            ActiveIdentity::Anonymous | ActiveIdentity::Locked(_) => None,
        };
        let changed = self.0.who_changed.notified();
        match open {
            Some(at) => {
                let left = Duration::from_nanos(at.0.saturating_sub(wall_clock().0));
                let _ = tokio::time::timeout(left.min(LOCK_CHECK), changed).await;
            }
            None => changed.await,
        }
    }

    /// Tells what the cache has noticed since the last call.
    async fn send_cache_notes(&self) {
        for note in self.0.cache.take_notes() {
            self.send_notice(Level::Warning, note).await;
        }
    }

    /// Locks the identity when its idle time is over; to be called now and then.
    pub async fn lock_if_idle(&self) {
        let lock = {
            let who = lock(&self.0.who);
            matches!(&*who, ActiveIdentity::Unlocked(unlocked) if unlocked.is_locked(wall_clock()))
        };
        if lock {
            self.lock().await;
        }
    }

    /// Ends when nothing is being done and nothing is due: for tests.
    pub async fn wait_until_idle(&self) {
        loop {
            // An action that ends during the wait asks for one more reading.
            let was_idle = self.0.pending.load(Ordering::SeqCst) == 0;
            self.0.sync.idle().await;
            if was_idle && self.0.pending.load(Ordering::SeqCst) == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// The world as last read, which changes on their way to the dashboard lead to: for tests.
    pub async fn world(&self) -> Option<World> {
        self.0.sync.world().await.map(|(world, _)| world)
    }

    /// The terminal told a colour of its own.
    pub fn apply_terminal_answer(&self, answer: Answer) {
        if let Some(told) = self.0.theme.apply_terminal_answer(answer) {
            let this = self.clone();
            self.spawn(async move { this.send(told).await });
        }
    }

    /// Ends the reading and keeps what was read.
    pub async fn shutdown(&self) {
        self.0.sync.shutdown().await;
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.pending.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            work.await;
            shared.pending.fetch_sub(1, Ordering::SeqCst);
        });
    }

    async fn send(&self, message: Message) {
        // A closed channel means that the dashboard is gone: nobody is left to tell.
        let _ = self.0.messages.send(message).await;
    }

    async fn send_notice(&self, level: Level, text: impl std::fmt::Display) {
        self.send(Message::Notice(level, to_line(text))).await;
    }

    fn signer_info(&self) -> SignerInfo {
        lock(&self.0.who).info()
    }

    async fn open_link(&self, link: &str) {
        let Some(link) = safe_link(link).map(str::to_owned) else {
            return self.send_notice(Level::Warning, "not a plain web link; not opened").await;
        };
        let opener = if cfg!(target_os = "macos") {
            "open"
        } else if cfg!(windows) {
            "explorer"
        } else {
            "xdg-open"
        };
        let status = tokio::task::spawn_blocking(move || {
            std::process::Command::new(opener)
                .arg(link)
                .stdin(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                // Somebody must ask how it ended, or it stays in the list of processes.
                .map(|mut child| drop(std::thread::spawn(move || child.wait())))
        })
        .await;
        if !matches!(status, Ok(Ok(()))) {
            self.send_notice(Level::Warning, format!("{opener} could not be started; copy the link instead"))
                .await;
        }
    }
}

/// Writes a list into a new file of the working folder, readable by its user only.
fn save_list(list: &str, extension: &str, text: &str) -> std::io::Result<PathBuf> {
    let day = wall_clock().rfc3339().replace([':', '-'], "");
    let stamp = day.get(..15).unwrap_or(&day).to_owned();
    let folder = std::env::current_dir()?;
    for number in 0..100 {
        let suffix = if number == 0 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("icpulse-{list}-{stamp}{suffix}.{extension}"));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => {
                std::io::Write::write_all(&mut file, text.as_bytes())?;
                return Ok(path);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

/// Older events read back at a time.
const OLDER_EVENTS: usize = 200;

/// Interval of checks of an open key's idle time: a machine that slept meanwhile wakes to
/// a key that is soon forgotten.
const LOCK_CHECK: Duration = Duration::from_secs(30);

impl Services for LiveServices {
    fn run_effect(&mut self, effect: Effect) {
        let this = self.clone();
        match effect {
            Effect::Refresh(what) => self.0.sync.refresh(what),
            Effect::Pause(paused) => self.0.sync.pause(paused),
            Effect::OpenProposal(id) => self.0.sync.open_proposal(id),
            Effect::OpenNeuron(id) => self.0.sync.open_neuron(id),
            Effect::OlderTransactions(account) => self.0.sync.older_transactions(account),
            Effect::TimeTravel(moment) => self.spawn(async move {
                let result = this.0.sync.topology_at(moment).await;
                this.send(Message::Topology { moment, result }).await;
            }),
            Effect::OlderEvents(before) => self.spawn(async move {
                let result = this.0.sync.events_before(before, OLDER_EVENTS).await;
                this.send(Message::OlderEvents(result)).await;
            }),
            Effect::SaveMine(mine) => {
                self.0.alerts.set_own_nodes(mine.clone());
                self.0.sync.watch_nodes(mine.provider.is_some());
                // One after the other, so that the last one said is the one that is kept.
                if let Err(e) = self.save_own_nodes(mine) {
                    self.spawn(async move { this.send_notice(Level::Error, e).await });
                }
            }
            Effect::SaveName(what, name) => {
                let path = self.0.context.paths.names_file();
                if let Err(e) = save_name(&path, &self.0.profile.name, &what, &name) {
                    self.spawn(async move { this.send_notice(Level::Error, e).await });
                }
            }
            Effect::SaveColumns { list, columns } => {
                // One after the other, as above.
                if let Err(e) = save_columns(&self.0.context.paths.columns_file(), list, columns) {
                    self.spawn(async move { this.send_notice(Level::Error, e).await });
                }
            }
            Effect::SaveViews(views) => {
                let path = self.0.context.paths.views_file();
                if let Err(e) = save_views(&path, &self.0.profile.name, &views) {
                    self.spawn(async move { this.send_notice(Level::Error, e).await });
                }
            }
            Effect::SaveList { list, extension, rows, text } => self.spawn(async move {
                let saved = tokio::task::spawn_blocking(move || save_list(list, extension, &text)).await;
                match saved.unwrap_or_else(|e| Err(std::io::Error::other(e))) {
                    Ok(path) => {
                        let rows = icpulse_model::amount::group(&rows.to_string());
                        this.send_notice(Level::Good, format!("{rows} rows saved in {}", path.display()))
                            .await;
                    }
                    Err(why) => {
                        let text = format!(
                            "cannot save the list in this folder: {why}; start icpulse in a folder of yours"
                        );
                        this.send_notice(Level::Error, text).await;
                    }
                }
            }),
            Effect::Plan { ticket, intent } => {
                self.spawn(async move { this.send_plan(ticket, intent).await })
            }
            Effect::Confirm(plan) => self.spawn(async move { this.confirm(plan).await }),
            Effect::Discard(plan) => lock(&self.0.plans).discard_plan(plan),
            Effect::PlanRest { ticket, plan, steps } => {
                self.spawn(async move { this.send_remaining_plan(ticket, plan, steps).await })
            }
            Effect::FollowUp(plan) => self.spawn(async move { this.follow_up(plan).await }),
            Effect::StopAction(plan) => {
                if let Some(stop) = lock(&self.0.stops).get(&plan) {
                    stop.store(true, Ordering::SeqCst);
                }
            }
            Effect::ReadJournal => self.spawn(async move { this.send_journal().await }),
            Effect::DismissAction(plan) => self.spawn(async move { this.dismiss_action(plan).await }),
            Effect::Unlock { name, passphrase } => {
                self.spawn(async move { this.unlock(name, passphrase).await })
            }
            Effect::Lock => self.spawn(async move { this.lock().await }),
            Effect::UseIdentity(name) => self.spawn(async move { this.use_identity(name).await }),
            Effect::PreviewTheme(name) => self.spawn(async move {
                let told = this.0.theme.preview(&name);
                this.send(told).await;
            }),
            Effect::KeepTheme(name) => self.spawn(async move {
                let told = this.0.theme.save(&name);
                this.send(told).await;
            }),
            Effect::OpenLink(link) => self.spawn(async move { this.open_link(&link).await }),
            Effect::TestAlerts => self.0.alerts.test(),
            // The runtime does these itself.
            Effect::Ring(_)
            | Effect::Copy(_)
            | Effect::CaptureMouse(_)
            | Effect::Redraw
            | Effect::Resume
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    fn pending_effects(&self) -> usize {
        self.0.pending.load(Ordering::SeqCst)
    }
}
