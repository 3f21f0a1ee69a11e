//! A disk that is really full and one that is really read-only: a small tmpfs in a namespace of
//! its own. Switched on by `ICPULSE_TEST_TMPFS` where the system allows it.

use super::home::{Home, Table, complaint, no_panic, text};
use super::{balance, offline};
use std::collections::BTreeMap;

/// Runs a script with a tmpfs of a size on `$DISK`, in which `run NAME ARGS…` runs the program with
/// all its folders there; its exit codes and what it said, by name. `None` where it is not
/// switched on.
fn on_a_disk(
    table: &Table,
    home: &Home,
    size: &str,
    script: &str,
) -> Option<BTreeMap<String, (i32, String)>> {
    if std::env::var_os("ICPULSE_TEST_TMPFS").is_none() {
        println!("skipped: set ICPULSE_TEST_TMPFS=1 where `unshare -rm mount -t tmpfs none /mnt` works");
        return None;
    }
    let disk = home.path().join("disk");
    let said = home.path().join("said");
    std::fs::create_dir_all(&disk).unwrap();
    std::fs::create_dir_all(&said).unwrap();
    let whole = format!(
        r#"set -u
mount -t tmpfs -o size={size} none "$DISK"
export XDG_CONFIG_HOME="$DISK/config" XDG_CACHE_HOME="$DISK/cache" XDG_STATE_HOME="$DISK/state"
run() {{ name=$1; shift; "$PROGRAM" "$@" >"$SAID/$name" 2>&1 </dev/null; echo "$name $?"; }}
{script}
"#
    );
    let mut command = home.wrapped("unshare", &["-rm", "sh", "-c", &whole]);
    command.envs(table.variables()).env("DISK", &disk).env("SAID", &said);
    command.env("PROGRAM", env!("CARGO_BIN_EXE_icpulse"));
    let output = command.output().unwrap();
    no_panic(&output);
    assert!(output.status.success(), "{}{}", text(&output), complaint(&output));
    let mut answers = BTreeMap::new();
    for line in text(&output).lines() {
        let (name, code) = line.split_once(' ').unwrap();
        let words = std::fs::read_to_string(said.join(name)).unwrap();
        assert!(!words.contains("panicked"), "{name}: {words}");
        answers.insert(name.to_owned(), (code.parse().unwrap(), words));
    }
    Some(answers)
}

#[test]
fn a_full_disk_costs_nothing_and_is_told() {
    let table = Table::set();
    let home = Home::new();
    let before = balance(&table);
    let passphrase = home.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse battery").unwrap();
    let script = format!(
        r#"export ICPULSE_PASSPHRASE_FILE="{}"
run identity identity new first
run small sync
dd if=/dev/zero of="$DISK/filler" bs=4k 2>/dev/null
run stake neurons stake 1.5 --yes
run key identity new second
run keys identity list --json
run pulse overview
mount -o remount,size=64m "$DISK"
rm "$DISK/filler"
run again sync
cp -r "$DISK/cache" "$HOME/cache"
run fine neurons stake 1.25 --yes
"#,
        passphrase.display()
    );
    let Some(said) = on_a_disk(&table, &home, "300k", &script) else { return };
    assert_eq!(said["identity"].0, 0, "{said:#?}");
    assert!(said["small"].0 == 1 && said["small"].1.contains("not saved"), "{said:#?}");
    assert!(said["small"].1.contains("No space left") && said["small"].1.contains("free space"), "{said:#?}");
    assert!(said["stake"].0 == 1 && said["stake"].1.contains("nothing was sent"), "{said:#?}");
    assert!(said["key"].0 == 1 && said["key"].1.contains("free some disk space"), "{said:#?}");
    assert!(said["keys"].1.contains("\"first\"") && !said["keys"].1.contains("\"second\""), "{said:#?}");
    assert!(said["pulse"].0 == 0 && said["pulse"].1.contains("OPEN FOR VOTES"), "{said:#?}");
    assert_eq!(said["again"].0, 0, "{said:#?}");
    assert_eq!(said["fine"].0, 0, "{said:#?}");
    assert_eq!(before - balance(&table), 125_010_000, "only the stake that could be recorded was made");
    let clean = Home::new();
    assert!(table.run(&clean, &["sync"]).status.success());
    assert_eq!(offline(&table, &home).len(), offline(&table, &clean).len());
}

#[test]
fn a_read_only_home_is_read_and_nothing_is_begun() {
    let table = Table::set();
    let home = Home::new();
    let before = balance(&table);
    let passphrase = home.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse battery").unwrap();
    let script = format!(
        r#"export ICPULSE_PASSPHRASE_FILE="{}"
run made identity new first
run synced sync
mount -o remount,ro "$DISK"
run pulse overview
run listed identity list --json
run exported identity export first
run key identity new second
run removed identity remove first --yes
run sync sync
run stake neurons stake 1.5 --yes
mount -o remount,rw "$DISK"
run after sync
run known proposals list --offline --json
"#,
        passphrase.display()
    );
    let Some(said) = on_a_disk(&table, &home, "64m", &script) else { return };
    for name in ["made", "synced", "pulse", "listed", "exported", "after", "known"] {
        assert_eq!(said[name].0, 0, "{name}: {said:#?}");
    }
    assert!(said["pulse"].1.contains("OPEN FOR VOTES"), "{said:#?}");
    assert!(said["pulse"].1.contains("Read-only file system"), "{said:#?}");
    assert!(said["exported"].1.contains("ENCRYPTED PRIVATE KEY"), "a key that is kept can be used");
    for name in ["key", "removed"] {
        let (code, words) = &said[name];
        assert_eq!(*code, 1, "{name}: {words}");
        assert!(
            words.contains("Read-only file system") && words.contains("XDG_CONFIG_HOME"),
            "{name}: {words}"
        );
    }
    assert!(said["sync"].0 == 1 && said["sync"].1.contains("another cache folder"), "{said:#?}");
    assert!(said["stake"].0 == 1 && said["stake"].1.contains("nothing was sent"), "{said:#?}");
    assert_eq!(balance(&table), before);
    assert!(!said["after"].1.contains("set aside"), "nothing was harmed: {said:#?}");
}
