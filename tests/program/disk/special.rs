//! Named pipes and devices in place of the program's own files: an error at once, and no waiting for
//! somebody who never comes.

use super::home::{Home, Table, code, complaint, no_panic};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longest time a command may take; reached only by one that waits for the pipe.
const PATIENCE: Duration = Duration::from_secs(60);

fn make_pipe(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn run(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    no_panic(&output);
    output
}

#[test]
fn a_pipe_in_place_of_a_lock_is_told() {
    let table = Table::set();
    let home = Home::new();
    assert_eq!(code(&table.run(&home, &["sync"])), 0);
    let network = std::fs::read_dir(home.cache()).unwrap().next().unwrap().unwrap().path();
    make_pipe(&network.join("lock"));
    let synced = run(table.command(&home, &["sync"]));
    assert_eq!(code(&synced), 1, "{}", complaint(&synced));
    let said = complaint(&synced);
    assert!(said.contains("lock") && said.contains("a named pipe, not a regular file"), "{said}");
    let read = run(table.command(&home, &["overview"]));
    assert_eq!(code(&read), 0, "{}", complaint(&read));
    assert!(complaint(&read).contains("working without the cache"), "{}", complaint(&read));

    let passphrase = home.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse battery").unwrap();
    let new = |name: &str| {
        let mut command = home.command(&["identity", "new", name]);
        command.env("ICPULSE_PASSPHRASE_FILE", &passphrase);
        run(command)
    };
    assert_eq!(code(&new("first")), 0);
    let lock = home.config().join("identities.lock");
    assert!(lock.exists(), "the keystore's lock has another name");
    make_pipe(&lock);
    let refused = new("second");
    assert_eq!(code(&refused), 1);
    assert!(complaint(&refused).contains("not a regular file"), "{}", complaint(&refused));

    let alerts = home.path().join("state/icpulse/alerts");
    assert_eq!(code(&run(table.command(&home, &["alerts", "list"]))), 0);
    for file in std::fs::read_dir(&alerts).unwrap().map(|entry| entry.unwrap().path()) {
        make_pipe(&file);
    }
    let listed = run(table.command(&home, &["alerts", "list"]));
    assert_eq!(code(&listed), 0, "{}", complaint(&listed));
    assert!(complaint(&listed).contains("alerts are not saved"), "{}", complaint(&listed));
}

#[test]
fn a_pipe_or_a_device_in_place_of_a_file_is_told() {
    let home = Home::new();
    for (file, args, least) in [
        ("config.toml", ["config", "check"].as_slice(), 1),
        ("config.toml", &["identity", "list"], 1),
        ("identities.toml", &["identity", "list"], 1),
    ] {
        let path = home.config().join(file);
        make_pipe(&path);
        let refused = run(home.command(args));
        assert!(code(&refused) >= least, "{file}: {}", complaint(&refused));
        let said = complaint(&refused);
        assert!(said.contains(file) && said.contains("not a regular file"), "{said}");
        std::fs::remove_file(&path).unwrap();
    }
    let endless = run(home.command(&["--config", "/dev/zero", "identity", "list"]));
    assert_eq!(code(&endless), 2);
    assert!(complaint(&endless).contains("a device, not a regular file"), "{}", complaint(&endless));
    // Names of machines are not needed to go on.
    make_pipe(&home.config().join("aliases.toml"));
    let table = Table::set();
    let listed = run(table.command(&home, &["nodes", "--limit", "1"]));
    assert_eq!(code(&listed), 0, "{}", complaint(&listed));
    let pipe = home.path().join("key.pem");
    make_pipe(&pipe);
    let refused = run(home.command(&[
        "--network",
        "http://127.0.0.1:9",
        "--identity",
        pipe.to_str().unwrap(),
        "overview",
    ]));
    assert_ne!(code(&refused), 0);
    assert!(complaint(&refused).contains("not a regular file"), "{}", complaint(&refused));
}
