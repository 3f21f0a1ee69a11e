//! Opening a network: profile, identity, connection, cache.

use super::context::{Context, wall_clock};
use super::failure::{Failure, FailureKind};
use super::journal::OpenActions;
use super::output::print_note;
use super::prompt;
use crate::config::{expand_home, load_root_key, resolve_profile, save_root_key};
use icpulse_canisters::Client;
use icpulse_engine::action::SignerJournal;
use icpulse_ic::{Anonymous, IcError, RetryPolicy, Signer};
use icpulse_model::account::Subaccount;
use icpulse_model::act::SignerInfo;
use icpulse_model::network::{Profile, RootKey, RootKeySource};
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{AccountIdentifier, Principal, Seconds};
use icpulse_store::cache::{self, Cache, CacheError, DEFAULT_WAIT, Loaded, Older};
use icpulse_store::journal::{ActionJournal, JournalEntries, JournalError, JournalKey};
use icpulse_wallet::{Entry, Unlocked, Wallet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "demo")]
use icpulse_demo::Demo;

/// The identity of this run.
#[derive(Clone)]
pub enum ActiveIdentity {
    /// Nobody: reads only.
    Anonymous,
    /// An identity whose passphrase was not given yet: reads as nobody, signs nothing.
    Locked(Box<Entry>),
    /// An identity that can sign.
    Unlocked(Unlocked),
}

impl ActiveIdentity {
    /// Its public description.
    pub fn info(&self) -> SignerInfo {
        match self {
            Self::Anonymous => SignerInfo::anonymous(),
            Self::Unlocked(unlocked) => unlocked.info(wall_clock()),
            Self::Locked(entry) => SignerInfo {
                name: Line::new(&entry.name),
                principal: entry.principal,
                account: AccountIdentifier::new(&entry.principal, &Subaccount::DEFAULT),
                kind: entry.kind.describe().to_owned(),
                unlocked_until: None,
                locked: true,
            },
        }
    }

    /// The signer of requests.
    pub fn signer(&self) -> Arc<dyn Signer> {
        match self {
            Self::Unlocked(unlocked) => Arc::new(unlocked.clone()),
            Self::Anonymous | Self::Locked(_) => Arc::new(Anonymous),
        }
    }

    /// The key that authenticates its documents in the journal; `None` while it cannot sign.
    pub fn journal_key(&self) -> Option<JournalKey> {
        match self {
            Self::Unlocked(unlocked) => {
                Some(JournalKey::new(unlocked.principal(), unlocked.journal_secret()?))
            }
            Self::Anonymous | Self::Locked(_) => None,
        }
    }

    /// The principal whose cached data belongs to it.
    pub fn principal(&self) -> Principal {
        self.info().principal
    }
}

impl From<IcError> for Failure {
    fn from(error: IcError) -> Self {
        let kind = match &error {
            e if e.is_refusal() => FailureKind::Refused,
            IcError::Invalid { .. } => FailureKind::Usage,
            IcError::Identity { .. } => FailureKind::Failed,
            _ => FailureKind::Network,
        };
        Self::new(kind, format!("{error}; {}", error.advice()))
    }
}

/// Timing of retries; tests use shorter pauses.
#[derive(Clone, Copy, Debug)]
pub struct RetryTiming {
    /// Within a reading or a submission.
    pub retry_policy: RetryPolicy,
    /// The pause before a whole reading is tried again, in milliseconds; it doubles.
    pub first_pause: u64,
}

impl Default for RetryTiming {
    fn default() -> Self {
        Self { retry_policy: RetryPolicy::default(), first_pause: icpulse_engine::sync::FIRST_PAUSE }
    }
}

/// A network that is being worked with.
pub struct OpenNetwork {
    /// Its connection settings.
    pub profile: Profile,
    /// The connection; `None` with `--offline`.
    pub client: Option<Client>,
    /// The identity in use.
    pub identity: ActiveIdentity,
    /// Its memory.
    pub cache: Arc<Cache>,
    /// Notes about the cache for the user.
    pub cache_notes: Vec<Line>,
    /// Timing of retries.
    pub timing: RetryTiming,
    journal: Result<Arc<ActionJournal>, JournalError>,
    root_key: RootKey,
    /// The embedded network, while it is the one: it stops when this is dropped.
    #[cfg(feature = "demo")]
    _demo: Option<Demo>,
}

impl OpenNetwork {
    /// The newest of what the cache knows, for the first frame. A database that turns out to be damaged is set
    /// aside at once; what cannot be read at all is noted and read again from the network.
    pub fn load_first_frame(&mut self, context: &Context) -> Loaded {
        let who = self.identity.principal();
        let mut loaded = icpulse_engine::sync::load(&self.cache, &who);
        if matches!(loaded, Err(CacheError::Damaged { .. })) && self.cache.is_durable() {
            // Closed first: only one at a time can hold the folder.
            self.cache = Arc::new(Cache::in_memory());
            let again = open_cache(context, &self.root_key);
            self.cache = Arc::new(again.cache);
            self.cache_notes.extend(again.notes);
            loaded = icpulse_engine::sync::load(&self.cache, &who);
        }
        loaded.unwrap_or_else(|error| {
            self.cache_notes.push(Line::new(&format!("could not load the cache: {error}")));
            Loaded::default()
        })
    }

    /// The cached world (`--offline`); of settled proposals only the
    /// newest.
    ///
    /// # Errors
    /// When the cache cannot be used: nothing at all would look like an answer.
    pub fn cached_world(&mut self, context: &Context) -> Result<World, Failure> {
        Ok(self.load_cached(context)?.0)
    }

    /// As [`OpenNetwork::cached_world`], and which settled proposals it leaves out.
    ///
    /// # Errors
    /// As [`OpenNetwork::cached_world`].
    pub fn load_cached(&mut self, context: &Context) -> Result<(World, Option<Older>), Failure> {
        self.check_cache_is_shared()?;
        let Loaded { world, notes, older, .. } = self.load_first_frame(context);
        self.print_cache_notes(context);
        for text in notes {
            print_note(&context.global, text);
        }
        Ok((world, older))
    }

    /// The network's action journal.
    ///
    /// # Errors
    /// If it cannot be used: then nothing may be signed.
    pub fn journal(&self) -> Result<&Arc<ActionJournal>, Failure> {
        self.journal.as_ref().map_err(Failure::failed)
    }

    /// The journal with the key of who acts.
    ///
    /// # Errors
    /// If it cannot be used, or the identity is locked.
    pub fn signer_journal(&self) -> Result<SignerJournal, Failure> {
        let key = self.identity.journal_key().ok_or_else(|| {
            Failure::usage("the identity is locked, or none is selected; choose one with --identity")
        })?;
        Ok(SignerJournal::new(Arc::clone(self.journal()?), key))
    }

    /// Everything the journal holds; documents of who acts are checked if the identity is unlocked.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn journal_entries(&self) -> Result<JournalEntries, Failure> {
        self.journal()?.entries(self.identity.journal_key().as_ref()).map_err(Failure::failed)
    }

    /// Where the open actions of who acts are looked up.
    pub fn open_actions(&self) -> Option<OpenActions> {
        let signer = self.identity.principal();
        let journal = self.journal.as_ref().ok().filter(|_| signer != Principal::anonymous())?;
        Some(OpenActions { journal: Arc::clone(journal), signer, key: self.identity.journal_key() })
    }

    /// The fingerprint of the network's root key.
    pub fn fingerprint(&self) -> String {
        self.root_key.fingerprint()
    }

    /// The network lives in this process and ends with it: nothing about it is worth keeping.
    pub fn is_ephemeral(&self) -> bool {
        #[cfg(feature = "demo")]
        return self._demo.is_some();
        #[cfg(not(feature = "demo"))]
        false
    }

    /// Refuses what makes no sense without the shared cache.
    ///
    /// # Errors
    /// [`FailureKind::Failed`] when it is in use by another icpulse or cannot be used.
    pub fn check_cache_is_shared(&self) -> Result<(), Failure> {
        match self.cache_notes.first() {
            Some(why) if !self.cache.is_durable() => Err(Failure::failed(why)),
            _ => Ok(()),
        }
    }

    /// Says on standard error that this is not the Internet Computer, and which canisters are not
    /// its own.
    pub fn print_network_warnings(&self, context: &Context) {
        let trust = self.profile.trust();
        if trust.disclaimer().is_some() {
            print_note(&context.global, trust.describe(self.profile.shown_name()));
        }
        for foreign in &trust.foreign {
            print_note(&context.global, format!("warning: {}", foreign.describe()));
        }
    }

    /// Says on standard error what the user should know about the cache.
    pub fn print_cache_notes(&self, context: &Context) {
        for text in self.cache_notes.iter().chain(&self.cache.take_notes()) {
            print_note(&context.global, text);
        }
    }
}

fn open_cache(context: &Context, root_key: &RootKey) -> cache::Opened {
    let base = &context.paths.cache_dir;
    Cache::open_or_memory(base, root_key, DEFAULT_WAIT, context.now(), super::hooks::cache_hook())
}

/// A command's need of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityNeed {
    /// Not at all: anonymous even if one is chosen.
    Nobody,
    /// If it can be had without asking; the dashboard asks later.
    IfUnlocked,
    /// Ask for its passphrase if somebody can be asked, else read as nobody with a note.
    ToRead,
    /// It must be able to sign.
    ToSign,
}

/// Opens the network that flags and configuration name.
///
/// # Errors
/// See [`Failure`].
pub async fn open(context: &Context, need: IdentityNeed) -> Result<OpenNetwork, Failure> {
    let opened = open_with(context, need, RetryTiming::default(), true).await?;
    opened.print_network_warnings(context);
    Ok(opened)
}

/// As [`open`], at another pace.
///
/// # Errors
/// See [`Failure`].
pub async fn open_with_timing(
    context: &Context,
    need: IdentityNeed,
    pace: RetryTiming,
) -> Result<OpenNetwork, Failure> {
    open_with(context, need, pace, true).await
}

/// As [`open`], for a command that asks the network once and keeps nothing: the cache is opened only
/// with `--offline`, since opening a big one takes longer than the rest of the command.
///
/// # Errors
/// See [`Failure`].
pub async fn open_uncached(context: &Context, need: IdentityNeed) -> Result<OpenNetwork, Failure> {
    let opened = open_with(context, need, RetryTiming::default(), context.global.offline).await?;
    opened.print_network_warnings(context);
    Ok(opened)
}

async fn open_with(
    context: &Context,
    need: IdentityNeed,
    pace: RetryTiming,
    cached: bool,
) -> Result<OpenNetwork, Failure> {
    let name = context.network_name().to_owned();
    #[cfg(feature = "demo")]
    if name == "demo" {
        return open_demo(context, need, pace).await;
    }
    #[cfg(not(feature = "demo"))]
    if name == "demo" {
        return Err(Failure::usage("this icpulse was built without the demo network (cargo feature 'demo')"));
    }
    let mut profile = resolve_profile(&context.config, &name, context.global.root_key.as_deref())?;
    if let Some(life) = super::hooks::request_lifetime() {
        profile.call_life = life;
    }
    let who = choose_identity(context, need)?;
    connect(context, profile, who, pace, cached).await
}

async fn connect(
    context: &Context,
    mut profile: Profile,
    who: ActiveIdentity,
    pace: RetryTiming,
    cached: bool,
) -> Result<OpenNetwork, Failure> {
    let connected = connect_client(context, &mut profile, who.signer(), pace.retry_policy).await?;
    let root_key = connected.root_key().clone();
    if root_key == RootKey::main_network() {
        // A root key that was fetched says which network it is, too: here nothing is play money.
        profile.root_key = RootKeySource::BuiltIn;
    }
    let (cache, cache_notes) = if cached {
        let opened = open_cache(context, &root_key);
        (opened.cache, opened.notes)
    } else {
        (Cache::in_memory(), Vec::new())
    };
    if profile.root_key == RootKeySource::Fetch {
        print_note(
            &context.global,
            format!(
                "the root key of {} was fetched from itself: its proofs are only as trustworthy as this machine",
                profile.name
            ),
        );
    }
    let journal = ActionJournal::open(&context.paths.journal_dir(), &root_key, super::hooks::journal_hook());
    let mut cache_notes: Vec<Line> = cache_notes;
    if let Err(error) = &journal {
        cache_notes.push(Line::new(&format!(
            "signing is off, because the action journal cannot be written: {error}"
        )));
    }
    let opened = OpenNetwork {
        client: (!context.global.offline).then_some(connected),
        profile,
        identity: who,
        cache: Arc::new(cache),
        cache_notes,
        timing: pace,
        journal: journal.map(Arc::new),
        root_key,
        #[cfg(feature = "demo")]
        _demo: None,
    };
    if let Some(actions) = opened.open_actions() {
        let _ = context.open_actions.set(actions);
    }
    Ok(opened)
}

/// How long a network may take to tell its root key where the one that it told last is known.
const ROOT_KEY_WAIT: Duration = Duration::from_millis(500);

/// Connects. Where the network itself tells its root key, the one that it told last stands in while it does not
/// answer: its cache can be opened, and the key is compared when it answers.
async fn connect_client(
    context: &Context,
    profile: &mut Profile,
    signer: Arc<dyn Signer>,
    retry: RetryPolicy,
) -> Result<Client, Failure> {
    if profile.root_key != RootKeySource::Fetch {
        return Ok(Client::connect_with(profile, signer, retry).await?);
    }
    let (file, url) = (context.paths.root_keys_file(), profile.urls.first().cloned().unwrap_or_default());
    let known = load_root_key(&file, &url).unwrap_or_else(|why| {
        print_note(&context.global, why);
        None
    });
    let asked = profile.clone();
    let fetch = Client::connect_with(&asked, Arc::clone(&signer), retry);
    let fetched = match (&known, context.global.offline) {
        (Some(_), true) => None,
        (None, true) => {
            return Err(Failure::usage(format!(
                "--offline needs the root key of {}, which was never read on this machine; give it with --root-key",
                profile.name
            )));
        }
        (Some(_), false) => tokio::time::timeout(ROOT_KEY_WAIT, fetch).await.ok().and_then(Result::ok),
        (None, false) => Some(fetch.await?),
    };
    match (fetched, known) {
        (Some(client), known) => {
            if known.as_ref().is_some_and(|known| known != client.root_key()) {
                print_note(
                    &context.global,
                    format!(
                        "warning: {} has another root key than last time: it is another network, or was set up \
                         anew, and has a cache and a journal of its own",
                        profile.name
                    ),
                );
            }
            if known.as_ref() != Some(client.root_key())
                && let Err(why) = save_root_key(&file, &url, client.root_key())
            {
                tracing::warn!(%why, "the root key is not kept");
            }
            Ok(client)
        }
        (None, known) => {
            if !context.global.offline {
                print_note(
                    &context.global,
                    format!("warning: {} does not answer: its root key of last time is used", profile.name),
                );
            }
            profile.root_key = known.map_or(RootKeySource::Fetch, RootKeySource::Remembered);
            Ok(Client::connect_with(profile, signer, retry).await?)
        }
    }
}

/// Starts the embedded network; each start is a network of its own, so nothing of it is kept.
#[cfg(feature = "demo")]
async fn open_demo(context: &Context, need: IdentityNeed, pace: RetryTiming) -> Result<OpenNetwork, Failure> {
    use icpulse_model::network::RootKey;
    use icpulse_wallet::PrivateKey;
    if context.global.offline {
        return Err(Failure::usage(
            "the demo network runs in this process; --offline cannot be used with it",
        ));
    }
    let demo = Demo::start(icpulse_demo::Options::default()).map_err(Failure::failed)?;
    let profile = Profile {
        root_key: RootKeySource::Given(RootKey(demo.root_key())),
        max_in_flight: usize::try_from(context.config.max_in_flight).unwrap_or(16),
        call_life: Seconds(u64::from(context.config.signed_for_seconds)),
        dashboard: Some(demo.url()),
        ledgers: demo.ledgers().to_vec(),
        ..Profile::local("demo", &demo.url())
    };
    let who = if context.global.identity.is_some() {
        choose_identity(context, need)?
    } else if need == IdentityNeed::Nobody {
        ActiveIdentity::Anonymous
    } else {
        let key = PrivateKey::from_pem_bytes(demo.identity_pem().as_bytes()).map_err(Failure::failed)?;
        ActiveIdentity::Unlocked(Unlocked::demo(key, Arc::new(wall_clock)))
    };
    let client = Client::connect_with(&profile, who.signer(), pace.retry_policy).await?;
    Ok(OpenNetwork {
        profile,
        client: Some(client),
        identity: who,
        cache: Arc::new(Cache::in_memory()),
        cache_notes: Vec::new(),
        timing: pace,
        journal: Ok(Arc::new(ActionJournal::in_memory(&RootKey(demo.root_key())))),
        root_key: RootKey(demo.root_key()),
        _demo: Some(demo),
    })
}

/// The idle time after which keys are forgotten.
pub fn idle_limit(context: &Context) -> Seconds {
    Seconds(u64::from(context.config.lock_after_minutes) * 60)
}

/// Chooses the identity: flag or environment, then the configuration, then the keystore's default.
fn choose_identity(context: &Context, need: IdentityNeed) -> Result<ActiveIdentity, Failure> {
    if need == IdentityNeed::Nobody {
        return Ok(ActiveIdentity::Anonymous);
    }
    let wallet = Wallet::open(&context.paths.config_dir)?;
    let wanted = context.global.identity.clone().or_else(|| context.config.default_identity.clone());
    let name = match wanted {
        Some(name) if name == "anonymous" => return Ok(ActiveIdentity::Anonymous),
        Some(name) if wallet.show(&name).is_err() && looks_like_file(&name) => {
            return open_file(context, &expand_home(&name));
        }
        Some(name) => name,
        None => match wallet.default_identity() {
            Some(entry) => entry.name.clone(),
            None if need == IdentityNeed::ToSign => {
                return Err(Failure::usage(
                    "no identity selected: name one with --identity, or create one with `icpulse identity new NAME`",
                ));
            }
            None => return Ok(ActiveIdentity::Anonymous),
        },
    };
    let entry = wallet.show(&name)?.clone();
    for warning in wallet.warnings(&name).unwrap_or_default() {
        print_note(&context.global, format!("warning: {warning}"));
    }
    let passphrase = if wallet.needs_passphrase(&name)? {
        if need == IdentityNeed::IfUnlocked {
            return Ok(ActiveIdentity::Locked(Box::new(entry)));
        }
        match prompt::ask_passphrase(&format!("Passphrase of {name}: ")) {
            Ok(passphrase) => Some(passphrase),
            Err(failure) if need == IdentityNeed::ToRead && failure.kind == FailureKind::Unconfirmed => {
                print_note(
                    &context.global,
                    format!("{name} is locked: its neurons and ballots are not read"),
                );
                return Ok(ActiveIdentity::Locked(Box::new(entry)));
            }
            Err(failure) => return Err(failure),
        }
    } else {
        None
    };
    let unlocked = wallet.unlock(
        &name,
        passphrase.as_deref().map(String::as_str),
        idle_limit(context),
        Arc::new(wall_clock),
    )?;
    Ok(ActiveIdentity::Unlocked(unlocked))
}

pub(super) fn looks_like_file(name: &str) -> bool {
    let path = Path::new(name);
    path.components().count() > 1 || path.extension().is_some_and(|e| e == "pem") || path.is_file()
}

pub(super) fn open_file(context: &Context, path: &Path) -> Result<ActiveIdentity, Failure> {
    for warning in Wallet::file_warnings(path) {
        print_note(&context.global, format!("warning: {warning}"));
    }
    let passphrase = if Wallet::file_needs_passphrase(path)? {
        Some(prompt::ask_passphrase(&format!("Passphrase of {}: ", path.display()))?)
    } else {
        None
    };
    let unlocked = Wallet::unlock_file(
        path,
        passphrase.as_deref().map(String::as_str),
        idle_limit(context),
        Arc::new(wall_clock),
    )?;
    Ok(ActiveIdentity::Unlocked(unlocked))
}
