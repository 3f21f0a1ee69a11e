//! The keystore on a real folder.

use super::super::opening::ExportForm;
use super::super::unlocked::{Clock, Unlocked};
use super::*;
use futures_util::FutureExt;
use icpulse_files::WriteStep;
use icpulse_ic::Signer as _;
use icpulse_ic::signer::{Message, Purpose};
use icpulse_model::{Principal, Seconds};
use std::sync::atomic::{AtomicUsize, Ordering};

const PASS: &str = "long enough";
const NOW: Timestamp = Timestamp::from_secs(1_770_000_000);

fn open(dir: &Path) -> Wallet {
    Wallet::open(dir).unwrap().with_cost(Cost::new(4))
}

fn clock() -> Clock {
    Arc::new(|| NOW)
}

fn unlock(wallet: &Wallet, name: &str, pass: &str) -> Result<Unlocked, WalletError> {
    wallet.unlock(name, Some(pass), Seconds(60), clock())
}

#[test]
fn an_identity_lives_through_reopening_and_signs() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("not").join("there yet");
    for (i, algorithm) in Algorithm::ALL.into_iter().enumerate() {
        let name = format!("id-{i}");
        let entry = open(&config).new_identity(&name, algorithm, PASS, NOW).unwrap();
        let wallet = open(&config);
        assert!(wallet.notes().is_empty(), "{:?}", wallet.notes());
        assert_eq!(wallet.show(&name).unwrap(), &entry);
        assert!(wallet.needs_passphrase(&name).unwrap());
        let info = wallet.info(&name).unwrap();
        assert!(info.locked && info.kind == "keystore" && info.principal == entry.principal);
        assert!(matches!(
            unlock(&wallet, &name, "wrong wrong"),
            Err(WalletError::Key { why: KeyError::WrongPassphrase, .. })
        ));
        let unlocked = unlock(&wallet, &name, PASS).unwrap();
        assert_eq!(unlocked.principal(), entry.principal);
        let shown = Line::new("x");
        let message = Message { bytes: b"x", purpose: Purpose::Call, shown: &shown };
        assert!(unlocked.sign(message).now_or_never().unwrap().is_ok());
        assert!(wallet.warnings(&name).unwrap().is_empty());
    }
    assert_eq!(open(&config).list().len(), 3);
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    assert!(wallet.show("x").unwrap_err().to_string().contains("icpulse identity new"));
    wallet.new_identity("main", Algorithm::Ed25519, PASS, NOW).unwrap();
    assert!(wallet.show("mian").unwrap_err().to_string().contains("available: main"));
}

#[test]
fn import_refuses_to_keep_anything_in_the_clear_and_export_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    let signer = PrivateKey::generate(Algorithm::Secp256k1).unwrap();
    let plain = signer.to_plaintext_pem().unwrap();
    assert!(matches!(
        wallet.import("a", plain.as_bytes(), None, "", NOW),
        Err(WalletError::WeakPassphrase { .. })
    ));
    assert!(wallet.list().is_empty() && !dir.path().join("identities").join("a.pem").exists());
    let entry = wallet.import("a", plain.as_bytes(), None, PASS, NOW).unwrap();
    assert_eq!(entry.principal, signer.principal());
    let body: String = plain.lines().filter(|l| !l.starts_with('-')).collect();
    for file in walk(dir.path()) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains(&body) && !text.contains("BEGIN PRIVATE KEY"), "{}", file.display());
    }
    assert!(wallet.export("a", None, &ExportForm::Plaintext).is_err());
    assert_eq!(*wallet.export("a", Some(PASS), &ExportForm::Plaintext).unwrap(), *plain);
    let other = ExportForm::Encrypted(Zeroizing::new("another one".to_owned()));
    let copy = wallet.export("a", Some(PASS), &other).unwrap();
    wallet.import("b", copy.as_bytes(), Some("another one"), PASS, NOW).unwrap();
    assert_eq!(wallet.show("b").unwrap().principal, signer.principal());
    let weak = ExportForm::Encrypted(Zeroizing::new("short".to_owned()));
    assert!(matches!(wallet.export("a", Some(PASS), &weak), Err(WalletError::WeakPassphrase { .. })));
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

#[test]
fn names_are_taken_once_whatever_their_case() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    wallet.new_identity("main", Algorithm::Ed25519, PASS, NOW).unwrap();
    for name in ["main", "MAIN"] {
        assert!(matches!(
            wallet.new_identity(name, Algorithm::Ed25519, PASS, NOW),
            Err(WalletError::Exists(_))
        ));
    }
    // Another process with an older view is held to the same.
    let mut stale = open(dir.path());
    wallet.new_identity("second", Algorithm::Ed25519, PASS, NOW).unwrap();
    assert!(matches!(stale.new_identity("second", Algorithm::P256, PASS, NOW), Err(WalletError::Exists(_))));
    let key = open(dir.path());
    assert_eq!(key.show("second").unwrap().algorithm, Algorithm::Ed25519);
    assert!(unlock(&key, "second", PASS).is_ok());
    stale.new_identity("third", Algorithm::P256, PASS, NOW).unwrap();
    assert_eq!(open(dir.path()).list().len(), 3, "nobody's entry was lost");
}

#[test]
fn the_default_identity() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    assert!(wallet.default_identity().is_none());
    assert!(wallet.use_identity(Some("x")).is_err());
    wallet.new_identity("main", Algorithm::Ed25519, PASS, NOW).unwrap();
    wallet.use_identity(Some("main")).unwrap();
    assert_eq!(open(dir.path()).default_identity().unwrap().name, "main");
    wallet.use_identity(None).unwrap();
    assert!(open(dir.path()).default_identity().is_none());
    wallet.use_identity(Some("main")).unwrap();
    wallet.remove("main", "main", NOW).unwrap();
    assert!(open(dir.path()).default_identity().is_none());
}

#[test]
fn removing_takes_the_exact_name_and_keeps_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    let entry = wallet.new_identity("main", Algorithm::Ed25519, PASS, NOW).unwrap();
    for wrong in ["", "y", "Main"] {
        assert!(matches!(wallet.remove("main", wrong, NOW), Err(WalletError::NotConfirmed(_))));
    }
    let kept = wallet.remove("main", "main", NOW).unwrap().kept_at.unwrap();
    let wallet = open(dir.path());
    assert!(wallet.list().is_empty() && wallet.notes().is_empty());
    let signer = PrivateKey::from_pem(&std::fs::read(kept).unwrap(), Some(PASS)).unwrap();
    assert_eq!(signer.principal(), entry.principal);
}

#[test]
fn a_passphrase_can_be_changed() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    wallet.new_identity("main", Algorithm::P256, PASS, NOW).unwrap();
    assert!(wallet.change_passphrase("main", "not the one", "new passphrase").is_err());
    assert!(wallet.change_passphrase("main", PASS, "short").is_err());
    wallet.change_passphrase("main", PASS, "new passphrase").unwrap();
    assert!(unlock(&wallet, "main", PASS).is_err());
    assert!(unlock(&wallet, "main", "new passphrase").is_ok());
}

#[test]
fn a_pem_file_elsewhere_is_used_with_warnings_and_never_touched() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    let signer = PrivateKey::generate(Algorithm::Ed25519).unwrap();
    let file = dir.path().join("key.pem");
    std::fs::write(&file, signer.to_plaintext_pem().unwrap().as_bytes()).unwrap();
    let before = std::fs::read(&file).unwrap();
    let entry = wallet.add_file("ext", &file, None, NOW).unwrap();
    assert_eq!(entry.path.as_deref(), Some(file.as_path()));
    assert!(!wallet.needs_passphrase("ext").unwrap());
    assert!(!wallet.info("ext").unwrap().locked);
    let warnings = wallet.warnings("ext").unwrap().join("\n");
    assert!(warnings.contains("unencrypted key"), "{warnings}");
    let unlocked = wallet.unlock("ext", None, Seconds(60), clock()).unwrap();
    assert_eq!(unlocked.principal(), signer.principal());
    assert_eq!(unlocked.locks_at(), None);
    assert!(matches!(
        wallet.change_passphrase("ext", "", "new passphrase"),
        Err(WalletError::NotKept { .. })
    ));
    // Another key in the same place is noticed before anything is signed.
    let other = PrivateKey::generate(Algorithm::Ed25519).unwrap();
    std::fs::write(&file, other.to_plaintext_pem().unwrap().as_bytes()).unwrap();
    assert!(matches!(wallet.unlock("ext", None, Seconds(60), clock()), Err(WalletError::OtherKey { .. })));
    std::fs::write(&file, &before).unwrap();
    assert_eq!(wallet.remove("ext", "ext", NOW).unwrap().kept_at, None);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let direct = Wallet::unlock_file(&file, None, Seconds(60), clock()).unwrap();
    assert_eq!((direct.principal(), direct.name()), (signer.principal(), "key.pem"));
}

#[cfg(unix)]
#[test]
fn key_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    wallet.new_identity("main", Algorithm::Ed25519, PASS, NOW).unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    let key = dir.path().join("identities").join("main.pem");
    assert_eq!(mode(&key), 0o600);
    assert_eq!(mode(&dir.path().join("identities")), 0o700);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let warnings = wallet.warnings("main").unwrap().join("\n");
    assert!(warnings.contains("mode 644") && warnings.contains("chmod 600"), "{warnings}");
}

#[test]
fn a_damaged_index_says_so_and_is_rebuilt_from_the_keys() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    let entry = wallet.new_identity("main", Algorithm::Secp256k1, PASS, NOW).unwrap();
    let index = dir.path().join("identities.toml");
    std::fs::write(&index, "version = 1\n[[identity]\nname").unwrap();
    let Err(error) = Wallet::open(dir.path()) else { panic!("a damaged index was accepted") };
    assert!(error.to_string().contains("Move the file away"));
    std::fs::remove_file(&index).unwrap();
    let wallet = open(dir.path());
    assert_eq!(wallet.list(), std::slice::from_ref(&entry));
    assert!(wallet.notes().join(" ").contains("restored"));
    assert_eq!(unlock(&wallet, "main", PASS).unwrap().principal(), entry.principal);
}

#[test]
fn foreign_and_lying_key_files_are_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let mut wallet = open(dir.path());
    wallet.new_identity("main", Algorithm::Ed25519, PASS, NOW).unwrap();
    let keys = dir.path().join("identities");
    std::fs::write(keys.join("note.pem"), "not a key").unwrap();
    let wallet = open(dir.path());
    assert_eq!(wallet.list().len(), 1);
    assert!(wallet.notes().join(" ").contains("note.pem"));
    // A preamble that claims another principal is found out when the key is opened.
    let text = std::fs::read_to_string(keys.join("main.pem")).unwrap();
    let liar = text.replace(&wallet.list()[0].principal.to_text(), &Principal::anonymous().to_text());
    std::fs::write(keys.join("liar.pem"), liar).unwrap();
    let wallet = open(dir.path());
    assert_eq!(wallet.show("liar").unwrap().principal, Principal::anonymous());
    assert!(matches!(unlock(&wallet, "liar", PASS), Err(WalletError::OtherKey { .. })));
}

/// Ends the "process" at the n-th step, as a kill would: nothing after it runs, nothing is cleaned up.
struct KillAt(AtomicUsize);

impl WriteObserver for KillAt {
    fn reached(&self, _: WriteStep, _: &Path) {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::panic::resume_unwind(Box::new("killed"));
        }
    }
}

/// Runs `act` against a fresh copy of a keystore with one identity, killed at each step in turn,
/// and gives the reopened keystore to `check` together with whether it ran to its end.
fn killed_everywhere(act: impl Fn(&mut Wallet), check: impl Fn(Wallet, bool)) {
    for step in 1.. {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).new_identity("main", Algorithm::Ed25519, PASS, NOW).unwrap();
        let mut wallet = open(dir.path()).observed(Arc::new(KillAt(AtomicUsize::new(step))));
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| act(&mut wallet))).is_ok();
        let mut reopened = open(dir.path());
        assert!(reopened.show("main").is_ok());
        check(open(dir.path()), ended);
        // And it can go on: the next change sweeps what was left.
        reopened.new_identity("after", Algorithm::P256, PASS, NOW).unwrap();
        let left = walk(dir.path());
        assert!(!left.iter().any(|f| f.to_string_lossy().ends_with(".new")), "{left:?}");
        if ended {
            assert!(step > 4, "the kill never happened");
            return;
        }
    }
}

#[test]
fn killed_while_making_an_identity() {
    killed_everywhere(
        |wallet| {
            wallet.new_identity("second", Algorithm::Ed25519, PASS, NOW).unwrap();
        },
        |wallet, ended| {
            assert!(unlock(&wallet, "main", PASS).is_ok());
            match wallet.show("second") {
                Ok(_) => assert!(unlock(&wallet, "second", PASS).is_ok()),
                Err(_) => assert!(!ended),
            }
        },
    );
}

#[test]
fn killed_while_changing_the_passphrase() {
    killed_everywhere(
        |wallet| wallet.change_passphrase("main", PASS, "new passphrase").unwrap(),
        |wallet, ended| {
            let old = unlock(&wallet, "main", PASS).is_ok();
            let new = unlock(&wallet, "main", "new passphrase").is_ok();
            assert!(old != new, "exactly one passphrase opens it");
            assert!(new || !ended);
        },
    );
}

#[test]
fn killed_while_removing() {
    killed_everywhere(
        |wallet| {
            wallet.new_identity("second", Algorithm::Ed25519, PASS, NOW).unwrap();
            wallet.remove("second", "second", NOW).unwrap();
        },
        |wallet, ended| {
            if ended {
                assert!(wallet.show("second").is_err());
            } else if wallet.show("second").is_ok() {
                assert!(unlock(&wallet, "second", PASS).is_ok());
            }
        },
    );
}
