//! What the dashboard wants done, carried out by `sync`, `action`, `wallet` and the system.

use super::act::options;
use super::context::{Context, wall_clock};
use super::look::Look;
use super::open::{Opened, Who, idle};
use super::touch::TouchReporter;
use super::watcher::{Alerts, mine_or_why};
use crate::config::{StateFileError, load_mine, save_columns, save_mine, save_views};
use crate::tui::app::answers::Answer;
use crate::tui::app::layer::{Failure, Level};
use crate::tui::app::runtime::Services;
use crate::tui::app::state::IdentityChoice;
use crate::tui::app::{Effect, Message, Passphrase, Screen};
use icpulse_canisters::Client;
use icpulse_engine::action::{
    ActionError, PlanContext, Plans, Scope, SignerJournal, dismiss_action, execute_plan,
    find_review_obstacle, follow_up, follow_up_all, look_up_rest,
};
use icpulse_engine::sync::{Network, SyncHandle};
use icpulse_model::Principal;
use icpulse_model::act::{Execution, Intent, PlanId, Review, SignerInfo};
use icpulse_model::mine::Mine;
use icpulse_model::network::Profile;
use icpulse_model::text::{Line, safe_link};
use icpulse_model::world::{Change, SyncStatus, Topicality, World};
use icpulse_store::cache::Cache;
use icpulse_store::journal::{ActionJournal, Authenticity, JournalError, JournalKey};
use icpulse_wallet::{Unlocked, Wallet};
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// Everything the effects need; shared with the tasks that carry them out.
pub struct Shared {
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
    pub look: Look,
    /// Where answers go.
    pub messages: mpsc::Sender<Message>,
    /// An identity that is no entry of the wallet: the demo's, or a file of `--identity`.
    pub guest: Option<Unlocked>,
    /// The way to whoever watches for alerts.
    pub alerts: Alerts,
    who: Mutex<Who>,
    who_changed: Notify,
    plans: Mutex<Plans>,
    executions: Mutex<BTreeMap<PlanId, Execution>>,
    pending: AtomicUsize,
}

/// Carries out effects on the runtime's threads.
#[derive(Clone)]
pub struct Live(Arc<Shared>);

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

fn describe_plan_failure(error: ActionError, advice: &str) -> Failure {
    Failure { attempted: Line::new("preparing the review"), why: line(error), advice: Line::new(advice) }
}

fn line(text: impl std::fmt::Display) -> Line {
    Line::new(&text.to_string())
}

impl Live {
    /// The way to the loop.
    pub fn messages(&self) -> mpsc::Sender<Message> {
        self.0.messages.clone()
    }

    /// Joins the parts.
    pub fn new(
        context: Context,
        opened: &Opened,
        sync: SyncHandle,
        look: Look,
        alerts: Alerts,
        messages: mpsc::Sender<Message>,
    ) -> Self {
        let who = opened.who.clone();
        let guest = match &who {
            Who::Unlocked(unlocked) if in_wallet(&context, unlocked.name()).is_none() => {
                Some(unlocked.clone())
            }
            _ => None,
        };
        Self(Arc::new(Shared {
            context,
            profile: opened.profile.clone(),
            cache: Arc::clone(&opened.cache),
            journal: opened.journal().cloned().map_err(|e| line(&e)),
            sync,
            client: opened.client.clone(),
            look,
            messages,
            guest,
            alerts,
            who: Mutex::new(who),
            who_changed: Notify::new(),
            plans: Mutex::new(Plans::new()),
            executions: Mutex::new(BTreeMap::new()),
            pending: AtomicUsize::new(0),
        }))
    }

    /// Tells what the dashboard should know at start, and takes up what was interrupted.
    pub fn begin(&self) {
        let this = self.clone();
        self.spawn(async move {
            this.tell(Message::Identities(this.identities())).await;
            this.tell(Message::Themes(this.0.look.choices())).await;
            this.tell_mine().await;
            this.tell_journal().await;
            this.tell_notes().await;
            this.follow_up_open().await;
        });
    }

    /// Names of machines and the user's provider; the configuration's provider wins.
    async fn tell_mine(&self) {
        let (mine, why) = mine_or_why(&self.0.context);
        if let Some(why) = why {
            self.notice(Level::Warning, why).await;
        }
        let provider_fixed = self.0.context.config.provider.is_some();
        self.0.sync.watch_nodes(mine.provider.is_some());
        self.tell(Message::Mine { mine, provider_fixed }).await;
    }

    /// Keeps it; a file that cannot be read is not written over.
    fn keep_mine(&self, mut mine: Mine) -> Result<(), StateFileError> {
        let path = self.0.context.paths.aliases_file();
        let kept = load_mine(&path)?;
        if self.0.context.config.provider.is_some() {
            mine.provider = kept.provider;
        }
        save_mine(&path, &mine)
    }

    /// What is on the screen is read more often.
    pub fn watch(&self, screen: Screen) {
        self.0.sync.show(match screen {
            Screen::Pulse => Topicality::All,
            Screen::Proposals => Topicality::Proposals,
            Screen::Neurons => Topicality::Neurons,
            Screen::Wallet => Topicality::Accounts,
            Screen::Network => Topicality::Network,
        });
    }

    /// The user did something: an unlocked identity stays so.
    pub fn touch(&self) {
        if let Who::Unlocked(unlocked) = &*held(&self.0.who) {
            unlocked.touch(wall_clock());
        }
    }

    /// Ends when the idle time of the open identity may be over; never while none is open.
    pub async fn until_lock(&self) {
        let open = match &*held(&self.0.who) {
            Who::Unlocked(unlocked) => unlocked.locks_at(),
            Who::Anonymous | Who::Locked(_) => None,
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
    async fn tell_notes(&self) {
        for note in self.0.cache.take_notes() {
            self.notice(Level::Warning, note).await;
        }
    }

    /// Locks the identity when its idle time is over; to be called now and then.
    pub async fn lock_if_idle(&self) {
        let lock = {
            let who = held(&self.0.who);
            matches!(&*who, Who::Unlocked(unlocked) if unlocked.is_locked(wall_clock()))
        };
        if lock {
            self.lock().await;
        }
    }

    /// Ends when nothing is being done and nothing is due: for tests.
    pub async fn idle(&self) {
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
    pub fn hear(&self, answer: Answer) {
        if let Some(told) = self.0.look.hear(answer) {
            let this = self.clone();
            self.spawn(async move { this.tell(told).await });
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

    async fn tell(&self, message: Message) {
        // A closed channel means that the dashboard is gone: nobody is left to tell.
        let _ = self.0.messages.send(message).await;
    }

    async fn notice(&self, level: Level, text: impl std::fmt::Display) {
        self.tell(Message::Notice(level, line(text))).await;
    }

    fn signer(&self) -> SignerInfo {
        held(&self.0.who).info()
    }

    /// The connection as the present identity.
    fn signing_client(&self) -> Result<Client, Failure> {
        let attempted = Line::new("signing");
        let client = self.0.client.as_ref().ok_or_else(|| Failure {
            attempted: attempted.clone(),
            why: Line::new("icpulse was started with --offline"),
            advice: Line::new("start it without --offline"),
        })?;
        let signer = match &*held(&self.0.who) {
            Who::Unlocked(unlocked) if !unlocked.is_locked(wall_clock()) => {
                Who::Unlocked(unlocked.clone()).signer()
            }
            Who::Anonymous => {
                return Err(Failure {
                    attempted,
                    why: Line::new("no identity selected"),
                    advice: Line::new("choose one with i, or make one with `icpulse identity new NAME`"),
                });
            }
            _ => {
                return Err(Failure {
                    attempted,
                    why: Line::new("the identity is locked"),
                    advice: Line::new("unlock it with U, then try again"),
                });
            }
        };
        let signer = TouchReporter::new(signer, self.0.messages.clone());
        Ok(client.with_signer(Arc::new(signer)))
    }

    async fn plan(&self, ticket: u64, intent: Intent) {
        let result = self.review(intent).await;
        self.tell(Message::Planned { ticket, result: result.map(Box::new) }).await;
    }

    async fn review(&self, intent: Intent) -> Result<Review, Failure> {
        self.plan_review("press r to read again, then retry", |plans, context| {
            plans.plan_intent(intent, context, &mut rand::rngs::OsRng)
        })
        .await
    }

    /// Plans on the world as last read, and blocks the review that the journal speaks against.
    async fn plan_review(
        &self,
        advice: &str,
        plan: impl FnOnce(&mut Plans, &PlanContext<'_>) -> Result<Review, ActionError>,
    ) -> Result<Review, Failure> {
        let (world, status) = self.read_world().await?;
        let signer = self.signer();
        let context = PlanContext {
            world: &world,
            signer: &signer,
            profile: &self.0.profile,
            now: wall_clock(),
            clock_offset: status.clock_offset,
        };
        let planned = plan(&mut held(&self.0.plans), &context);
        let mut review = planned.map_err(|e| describe_plan_failure(e, advice))?;
        self.check_obstacles(&mut review);
        Ok(review)
    }

    /// The world as last read, and the state of the reading.
    async fn read_world(&self) -> Result<(World, SyncStatus), Failure> {
        self.0.sync.world().await.ok_or_else(|| Failure {
            attempted: Line::new("preparing the review"),
            why: Line::new("sync has stopped"),
            advice: Line::new("start icpulse again"),
        })
    }

    /// Blocks a review that the journal speaks against.
    fn check_obstacles(&self, review: &mut Review) {
        let entries = match &self.0.journal {
            Ok(journal) => journal.entries(self.journal_key().as_ref()),
            Err(why) => Err(JournalError(why.clone())),
        };
        let obstacle = find_review_obstacle(review, &entries);
        review.blocked = review.blocked.take().or(obstacle);
    }

    async fn plan_rest(&self, ticket: u64, plan: PlanId, steps: Vec<usize>) {
        let result = self.review_rest(plan, &steps).await;
        self.tell(Message::Planned { ticket, result: result.map(Box::new) }).await;
    }

    /// Looks up what is left of an action, and reviews it.
    async fn review_rest(&self, plan: PlanId, steps: &[usize]) -> Result<Review, Failure> {
        let advice = "try again in a moment";
        let failed = |e: ActionError| describe_plan_failure(e, advice);
        let client = self.signing_client()?;
        let known = held(&self.0.executions).get(&plan).cloned();
        let execution = known.ok_or_else(|| failed(ActionError::NoSuchPlan))?;
        let execution = look_up_rest(execution, &client).await.map_err(failed)?;
        self.plan_review(advice, |plans, context| plans.plan_rest(execution, steps, context)).await
    }

    fn journal_key(&self) -> Option<JournalKey> {
        held(&self.0.who).journal_key()
    }

    /// The journal with the key of the present identity.
    fn signer_journal(&self) -> Result<SignerJournal, Failure> {
        let failure = |why: Line, advice: &str| Failure {
            attempted: Line::new("opening the action journal"),
            why,
            advice: Line::new(advice),
        };
        let journal = self.0.journal.clone().map_err(|why| failure(why, "nothing was signed"))?;
        let key = self.journal_key().ok_or_else(|| {
            failure(Line::new("the identity is locked"), "unlock it with U, then try again")
        })?;
        Ok(SignerJournal::new(journal, key))
    }

    /// Tells what the journal holds, the oldest of the latest fifty first.
    async fn tell_journal(&self) {
        let Ok(journal) = &self.0.journal else { return };
        let entries = match journal.entries(self.journal_key().as_ref()) {
            Ok(entries) => entries,
            Err(e) => return self.notice(Level::Warning, e).await,
        };
        if !entries.unreadable.is_empty() {
            let text = format!(
                "{} documents of the action journal are unreadable: check your neurons and transactions before repeating an action",
                entries.unreadable.len()
            );
            self.notice(Level::Warning, text).await;
        }
        for entry in entries.entries.into_iter().take(50).rev() {
            // What this process or another one is working on is reported by it.
            if entry.under_way {
                continue;
            }
            if entry.authenticity == Authenticity::Authentic {
                held(&self.0.executions).insert(entry.execution.plan, entry.execution.clone());
            }
            let execution = Arc::new(entry.execution);
            self.tell(Message::JournalEntry { execution, authenticity: entry.authenticity }).await;
        }
    }

    async fn confirm(&self, plan: PlanId) {
        let client = match self.signing_client() {
            Ok(client) => client,
            Err(failure) => return self.tell(Message::NotBegun { plan, failure }).await,
        };
        let journal = match self.signer_journal() {
            Ok(journal) => journal,
            Err(failure) => return self.tell(Message::NotBegun { plan, failure }).await,
        };
        let confirmed = held(&self.0.plans).confirm_plan(plan, client.principal(), wall_clock());
        let execution = match confirmed {
            Ok(execution) => execution,
            Err(e) => return self.not_begun(plan, &e).await,
        };
        match execute_plan(execution, &client, &journal, &options(), &self.reporter()).await {
            Ok(execution) => self.ended(execution).await,
            Err(e) => self.not_begun(plan, &e).await,
        }
    }

    /// Reports come from inside an action and must not wait for the screen: one that does not fit is
    /// replaced by the next, and the last one is sent when the action has ended.
    fn reporter(&self) -> impl Fn(Arc<Execution>) + Send + Sync + 'static {
        let messages = self.0.messages.clone();
        move |execution| {
            let _ = messages.try_send(Message::Execution(execution));
        }
    }

    async fn not_begun(&self, plan: PlanId, error: &ActionError) {
        if *error == ActionError::Changed {
            self.tell_journal().await;
        }
        let failure = Failure {
            attempted: Line::new("signing"),
            why: line(error),
            advice: Line::new("nothing was signed"),
        };
        self.tell(Message::NotBegun { plan, failure }).await;
    }

    /// Asks what became of an action's requests; signs no change.
    async fn follow_up(&self, plan: PlanId) {
        let known = held(&self.0.executions).get(&plan).cloned();
        let Some(execution) = known else { return self.not_begun(plan, &ActionError::NoSuchPlan).await };
        let (client, journal) = match self.signing_client().and_then(|c| Ok((c, self.signer_journal()?))) {
            Ok(both) => both,
            Err(failure) => return self.tell(Message::NotBegun { plan, failure }).await,
        };
        match follow_up(execution, &client, &journal, &options(), &self.reporter()).await {
            Ok(execution) => self.ended(execution).await,
            Err(e) => self.not_begun(plan, &e).await,
        }
    }

    /// Leaves an action as it is; an altered document is put aside.
    async fn dismiss_action(&self, plan: PlanId) {
        let journal = match self.signer_journal() {
            Ok(journal) => journal,
            Err(failure) => return self.notice(Level::Warning, format!("dismiss: {}", failure.why)).await,
        };
        let known = held(&self.0.executions).get(&plan).cloned();
        match known {
            Some(execution) => match dismiss_action(execution, &journal, wall_clock()) {
                Ok(execution) => self.ended(execution).await,
                Err(e) => {
                    self.notice(Level::Error, format!("dismiss: {e}")).await;
                    self.tell_journal().await;
                }
            },
            None => {
                let aside = self
                    .0
                    .journal
                    .as_ref()
                    .map_err(Clone::clone)
                    .and_then(|j| j.set_aside(&plan.to_string()).map_err(|e| line(&e)));
                match aside {
                    Ok(path) => {
                        let text = format!("moved the altered document to {}", path.display());
                        self.notice(Level::Info, text).await;
                        self.tell(Message::JournalEntryGone(plan)).await;
                    }
                    Err(e) => self.notice(Level::Error, format!("dismiss: {e}")).await,
                }
            }
        }
    }

    async fn ended(&self, execution: Execution) {
        self.0.sync.after(&execution);
        held(&self.0.executions).insert(execution.plan, execution.clone());
        self.tell(Message::ActionEnded(Arc::new(execution))).await;
    }

    /// Learns what became of interrupted actions of this identity; signs no change.
    async fn follow_up_open(&self) {
        let Ok((client, journal)) = self.signing_client().and_then(|c| Ok((c, self.signer_journal()?)))
        else {
            return;
        };
        match follow_up_all(&client, &journal, &options(), Scope::Recent, &|_| {}).await {
            Ok(followed) => {
                for execution in followed {
                    self.ended(execution).await;
                }
            }
            Err(e) => self.notice(Level::Warning, e).await,
        }
    }

    /// Another identity from now on, or the same one in another state.
    pub async fn set_who(&self, who: Who) {
        let info = who.info();
        let network = self.0.client.as_ref().map(|client| {
            let open = client.with_signer(who.signer());
            if matches!(who, Who::Locked(_)) { Network::locked(open) } else { Network::from(open) }
        });
        *held(&self.0.who) = who;
        self.0.who_changed.notify_one();
        self.0.sync.set_identity(info.clone(), network);
        self.tell(Message::Change(Change::Signer(info))).await;
        self.tell(Message::Identities(self.identities())).await;
    }

    async fn lock(&self) {
        let name = self.signer().name.to_string();
        if let Who::Unlocked(unlocked) = &*held(&self.0.who) {
            unlocked.lock();
        }
        let entry = in_wallet(&self.0.context, &name);
        match entry {
            Some(entry) => self.set_who(Who::Locked(Box::new(entry))).await,
            None => self.set_who(Who::Anonymous).await,
        }
    }

    async fn unlock(&self, name: String, passphrase: Passphrase) {
        let dir = self.0.context.paths.config_dir.clone();
        let idle = idle(&self.0.context);
        // scrypt takes a good part of a second by design.
        let unlocked = tokio::task::spawn_blocking(move || {
            Wallet::open(&dir)?.unlock(&name, Some(passphrase.expose()), idle, Arc::new(wall_clock))
        })
        .await;
        match unlocked {
            Ok(Ok(unlocked)) => {
                let who = Who::Unlocked(unlocked);
                let info = who.info();
                self.set_who(who).await;
                self.tell(Message::Unlocked(Ok(info))).await;
                self.tell_journal().await;
                self.follow_up_open().await;
            }
            Ok(Err(e)) => self.tell(Message::Unlocked(Err(line(e)))).await,
            Err(_) => {
                self.tell(Message::Unlocked(Err(Line::new("unlocking was interrupted; try again")))).await
            }
        }
    }

    async fn use_identity(&self, name: String) {
        if name == "anonymous" {
            return self.set_who(Who::Anonymous).await;
        }
        if let Some(guest) = self.0.guest.as_ref().filter(|g| g.name() == name) {
            return self.set_who(Who::Unlocked(guest.clone())).await;
        }
        let opened = Wallet::open(&self.0.context.paths.config_dir).and_then(|wallet| {
            let entry = wallet.show(&name)?.clone();
            if wallet.needs_passphrase(&name)? {
                Ok(Who::Locked(Box::new(entry)))
            } else {
                wallet.unlock(&name, None, idle(&self.0.context), Arc::new(wall_clock)).map(Who::Unlocked)
            }
        });
        match opened {
            Ok(who) => {
                self.set_who(who).await;
                self.tell_journal().await;
                self.follow_up_open().await;
            }
            Err(e) => self.notice(Level::Error, e).await,
        }
    }

    fn identities(&self) -> Vec<IdentityChoice> {
        let present = self.signer();
        let mut choices = vec![IdentityChoice {
            name: "anonymous".to_owned(),
            kind: "anonymous".to_owned(),
            principal: Principal::anonymous(),
            locked: false,
        }];
        if let Some(guest) = &self.0.guest {
            let info = guest.info(wall_clock());
            choices.push(IdentityChoice {
                name: guest.name().to_owned(),
                kind: info.kind,
                principal: info.principal,
                locked: false,
            });
        }
        if let Ok(wallet) = Wallet::open(&self.0.context.paths.config_dir) {
            for entry in wallet.list() {
                let unlocked = present.principal == entry.principal && !present.locked;
                choices.push(IdentityChoice {
                    name: entry.name.clone(),
                    kind: entry.kind.describe().to_owned(),
                    principal: entry.principal,
                    locked: !unlocked && wallet.needs_passphrase(&entry.name).unwrap_or(true),
                });
            }
        }
        choices
    }

    async fn open_link(&self, link: &str) {
        let Some(link) = safe_link(link).map(str::to_owned) else {
            return self.notice(Level::Warning, "not a plain web link; not opened").await;
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
            self.notice(Level::Warning, format!("{opener} could not be started; copy the link instead"))
                .await;
        }
    }
}

fn in_wallet(context: &Context, name: &str) -> Option<icpulse_wallet::Entry> {
    Wallet::open(&context.paths.config_dir).ok()?.show(name).ok().cloned()
}

/// Older events read back at a time.
const OLDER_EVENTS: usize = 200;

/// How often the idle time of an open key is looked at: a machine that slept meanwhile wakes to
/// a key that is soon forgotten.
const LOCK_CHECK: Duration = Duration::from_secs(30);

impl Services for Live {
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
                this.tell(Message::Topology { moment, result }).await;
            }),
            Effect::OlderEvents(before) => self.spawn(async move {
                let result = this.0.sync.events_before(before, OLDER_EVENTS).await;
                this.tell(Message::OlderEvents(result)).await;
            }),
            Effect::SaveMine(mine) => {
                self.0.alerts.follow(mine.clone());
                self.0.sync.watch_nodes(mine.provider.is_some());
                // One after the other, so that the last one said is the one that is kept.
                if let Err(e) = self.keep_mine(mine) {
                    self.spawn(async move { this.notice(Level::Error, e).await });
                }
            }
            Effect::SaveColumns { list, columns } => {
                // One after the other, as above.
                if let Err(e) = save_columns(&self.0.context.paths.columns_file(), list, columns) {
                    self.spawn(async move { this.notice(Level::Error, e).await });
                }
            }
            Effect::SaveViews(views) => {
                let path = self.0.context.paths.views_file();
                if let Err(e) = save_views(&path, &self.0.profile.name, &views) {
                    self.spawn(async move { this.notice(Level::Error, e).await });
                }
            }
            Effect::Plan { ticket, intent } => self.spawn(async move { this.plan(ticket, intent).await }),
            Effect::Confirm(plan) => self.spawn(async move { this.confirm(plan).await }),
            Effect::Discard(plan) => held(&self.0.plans).discard_plan(plan),
            Effect::PlanRest { ticket, plan, steps } => {
                self.spawn(async move { this.plan_rest(ticket, plan, steps).await })
            }
            Effect::FollowUp(plan) => self.spawn(async move { this.follow_up(plan).await }),
            Effect::ReadJournal => self.spawn(async move { this.tell_journal().await }),
            Effect::DismissAction(plan) => self.spawn(async move { this.dismiss_action(plan).await }),
            Effect::Unlock { name, passphrase } => {
                self.spawn(async move { this.unlock(name, passphrase).await })
            }
            Effect::Lock => self.spawn(async move { this.lock().await }),
            Effect::UseIdentity(name) => self.spawn(async move { this.use_identity(name).await }),
            Effect::PreviewTheme(name) => self.spawn(async move {
                let told = this.0.look.show(&name);
                this.tell(told).await;
            }),
            Effect::KeepTheme(name) => self.spawn(async move {
                let told = this.0.look.keep(&name);
                this.tell(told).await;
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
