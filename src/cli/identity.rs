//! `icpulse identity …`: who signs.

use super::args::{Global, Identity, KeyAlgorithm};
use super::context::Context;
use super::failure::{Failure, FailureKind};
use super::open::{looks_like_file, open_file};
use super::output::{Column, Format, Rows, print_exactly, print_json, print_note, print_text};
use super::prompt;
use icpulse_model::account::{AccountIdentifier, Subaccount};
use icpulse_wallet::{Algorithm, Entry, ExportForm, PemForm, Wallet, WalletError, inspect};
use serde_json::{Value, json};
use std::path::Path;
use zeroize::Zeroizing;

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        let kind = match error {
            WalletError::Name(_)
            | WalletError::Reserved(_)
            | WalletError::Unknown { .. }
            | WalletError::Exists(_) => FailureKind::Usage,
            _ => FailureKind::Failed,
        };
        Self::new(kind, error)
    }
}

const COLUMNS: &[Column] = &[
    Column::new("default", " ", false),
    Column::new("name", "name", false),
    Column::new("kind", "kind", false),
    Column::new("algorithm", "algorithm", false),
    Column::new("principal", "principal", false),
    Column::new("account", "", false),
    Column::new("path", "", false),
];

/// Runs one of the identity commands.
///
/// # Errors
/// See [`Failure`].
pub fn run(context: &Context, command: &Identity) -> Result<(), Failure> {
    let global = &context.global;
    let mut wallet = Wallet::open(&context.paths.config_dir)?;
    if let Some(observer) = super::hooks::keystore_hook() {
        wallet = wallet.observed(observer);
    }
    for text in wallet.notes() {
        print_note(global, text);
    }
    let now = context.now();
    match command {
        Identity::New { name, algorithm } => {
            let passphrase = prompt::ask_new_passphrase(name)?;
            let entry = wallet.new_identity(name, algorithm_of(*algorithm), &passphrase, now)?;
            print_created(global, &entry)
        }
        Identity::Import { name, file, reference: true } => {
            let old = if Wallet::file_needs_passphrase(file)? {
                Some(prompt::ask_passphrase(&format!("Passphrase of {}: ", file.display()))?)
            } else {
                None
            };
            for warning in Wallet::file_warnings(file) {
                print_note(global, format!("warning: {warning}"));
            }
            let entry = wallet.add_file(name, file, old.as_deref().map(String::as_str), now)?;
            print_created(global, &entry)
        }
        Identity::Import { name, file, reference: false } => {
            let pem = read_key_file(file)?;
            let old = if inspect(&pem).is_ok_and(|form| form == PemForm::Encrypted) {
                Some(prompt::ask_passphrase(&format!("Passphrase of {}: ", file.display()))?)
            } else {
                None
            };
            let new = prompt::ask_new_passphrase(name)?;
            let entry = wallet.import(name, &pem, old.as_deref().map(String::as_str), &new, now)?;
            print_created(global, &entry)
        }
        Identity::List => list(&wallet, global),
        Identity::Use { name } => {
            let chosen = (name != "anonymous").then_some(name.as_str());
            wallet.use_identity(chosen)?;
            print_note(global, format!("{name} is now the default"));
            Ok(())
        }
        Identity::Show { name } => {
            let name = name.as_deref().or(global.identity.as_deref());
            let entry = match name {
                Some(name) if wallet.show(name).is_err() && looks_like_file(name) => {
                    return show_file(context, Path::new(name));
                }
                Some(name) => wallet.show(name)?.clone(),
                None => wallet.default_identity().cloned().ok_or_else(|| {
                    Failure::usage(
                        "no default identity; name one, or create one with `icpulse identity new NAME`",
                    )
                })?,
            };
            for warning in wallet.warnings(&entry.name).unwrap_or_default() {
                print_note(global, format!("warning: {warning}"));
            }
            show(&entry, global)
        }
        Identity::Export { name } => {
            let passphrase = if wallet.needs_passphrase(name)? {
                Some(prompt::ask_passphrase(&format!("Passphrase of {name}: "))?)
            } else {
                None
            };
            let new = match &passphrase {
                // A key leaves as it is kept: encrypted, under the same passphrase unless another is typed.
                Some(same) => Zeroizing::new(same.to_string()),
                None => prompt::ask_new_passphrase(name)?,
            };
            let pem = wallet.export(
                name,
                passphrase.as_deref().map(String::as_str),
                &ExportForm::Encrypted(new),
            )?;
            print_exactly(&pem)
        }
        Identity::Remove { name, yes } => {
            let entry = wallet.show(name)?.clone();
            if !yes {
                print_note(global, format!("{} controls {}", entry.name, entry.principal));
                prompt::ask_for_word(&format!("Remove it? Type its name, {name}: "), name)?;
            }
            let removed = wallet.remove(name, name, now)?;
            match removed.kept_at {
                Some(path) => print_note(
                    global,
                    format!("removed {name}; its encrypted key was moved to {}", path.display()),
                ),
                None => print_note(global, format!("removed {name}; its file was left in place")),
            }
            Ok(())
        }
    }
}

fn read_key_file(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    std::fs::read(file).map(Zeroizing::new).map_err(|e| {
        Failure::failed(format!("cannot read {}: {e}; name a PEM file with a private key", file.display()))
    })
}

const fn algorithm_of(algorithm: KeyAlgorithm) -> Algorithm {
    match algorithm {
        KeyAlgorithm::Ed25519 => Algorithm::Ed25519,
        KeyAlgorithm::Secp256k1 => Algorithm::Secp256k1,
        KeyAlgorithm::P256 => Algorithm::P256,
    }
}

fn account(entry: &Entry) -> AccountIdentifier {
    AccountIdentifier::new(&entry.principal, &Subaccount::DEFAULT)
}

fn identity_json(entry: &Entry, default: bool) -> Value {
    json!({
        "name": entry.name,
        "kind": entry.kind,
        "algorithm": entry.algorithm,
        "principal": entry.principal.to_text(),
        "account": account(entry).hex(),
        "path": entry.path.as_ref().map(|p| p.display().to_string()),
        "default": default,
    })
}

fn list(wallet: &Wallet, global: &Global) -> Result<(), Failure> {
    let default = wallet.default_identity().map(|e| e.name.clone());
    let is_default = |e: &Entry| default.as_deref() == Some(e.name.as_str());
    let rows = Rows {
        columns: COLUMNS.into(),
        objects: wallet.list().iter().map(|e| identity_json(e, is_default(e))).collect(),
        text: wallet
            .list()
            .iter()
            .map(|e| {
                vec![
                    if is_default(e) { "*" } else { "" }.to_owned(),
                    e.name.clone(),
                    e.kind.describe().to_owned(),
                    format!("{:?}", e.algorithm),
                    e.principal.to_text(),
                ]
            })
            .collect(),
    };
    if rows.objects.is_empty() && Format::from_flags(global) == Format::Text {
        print_note(global, "no identities; `icpulse identity new NAME` creates one");
        return Ok(());
    }
    rows.print(Format::from_flags(global), "identities", json!({}))
}

fn show(entry: &Entry, global: &Global) -> Result<(), Failure> {
    match Format::from_flags(global) {
        Format::Json => print_json(&identity_json(entry, false)),
        Format::Csv => {
            Rows { columns: COLUMNS.into(), objects: vec![identity_json(entry, false)], text: vec![] }.print(
                Format::Csv,
                "identities",
                json!({}),
            )
        }
        Format::Text => print_text(&format!(
            "name       {}\nkind       {}\nalgorithm  {:?}\nprincipal  {}\naccount    {}\n",
            entry.name,
            entry.kind.describe(),
            entry.algorithm,
            entry.principal,
            account(entry)
        )),
    }
}

/// Shows the identity of a PEM file that is not in the list.
fn show_file(context: &Context, path: &Path) -> Result<(), Failure> {
    let signer = open_file(context, path)?.info();
    match Format::from_flags(&context.global) {
        Format::Text => print_text(&format!(
            "name       {}\nkind       {}\nprincipal  {}\naccount    {}\n",
            signer.name, signer.kind, signer.principal, signer.account
        )),
        _ => print_json(&super::json::signer(&signer)),
    }
}

fn print_created(global: &Global, entry: &Entry) -> Result<(), Failure> {
    show(entry, global)?;
    print_note(global, format!("`icpulse identity use {}` makes it the default", entry.name));
    Ok(())
}
