//! An identity whose key is in a device that waits for a person's touch.
#![cfg(feature = "demo")]

use crate::bench::{Bench, Desk};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse::cli::context::wall_clock;
use icpulse_ic::Signer;
use icpulse_ic::signer::{Capabilities, Message, Purpose, SignError};
use icpulse_model::{Principal, Seconds};
use icpulse_wallet::{Algorithm, IdentityKey, IdentityKind, PrivateKey, Unlocked};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use zeroize::Zeroizing;

/// Signs what is read at once, and calls after a touch.
struct Device {
    key: PrivateKey,
    touched: Notify,
    waiting: AtomicUsize,
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Signer for Device {
    fn principal(&self) -> Principal {
        self.key.principal()
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        self.key.public_key()
    }

    fn describe(&self) -> String {
        "device".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { signs_queries: true, needs_touch: true, expires: None }
    }

    fn sign<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        async move {
            if message.purpose == Purpose::Call {
                self.waiting.fetch_add(1, Ordering::SeqCst);
                let _waiting = Waiting(&self.waiting);
                self.touched.notified().await;
            }
            self.key.sign(message).await
        }
        .boxed()
    }
}

impl IdentityKey for Device {
    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    fn derive_secret(&self, purpose: &str) -> Option<Zeroizing<[u8; 32]>> {
        self.key.derive_secret(purpose)
    }
}

async fn sit_down(bench: &Bench) -> (Desk, Arc<Device>) {
    let key = PrivateKey::from_pem_bytes(bench.demo.identity_pem().as_bytes()).unwrap();
    let device = Arc::new(Device { key, touched: Notify::new(), waiting: AtomicUsize::new(0) });
    let mut desk = bench.dashboard().await;
    let key = Arc::clone(&device) as Arc<dyn IdentityKey>;
    desk.act_as(Unlocked::new(
        "stick",
        IdentityKind::PEM_FILE,
        key,
        Some(Seconds(900)),
        Arc::new(wall_clock),
    ))
    .await;
    desk.idle().await;
    (desk, device)
}

/// Confirms a vote with the first ballot, and waits until the device asks for a touch.
async fn vote(desk: &mut Desk, device: &Device) {
    let now = desk.app.now;
    let rows = &desk.app.state.world.proposals;
    let proposal = rows.iter().find(|p| p.votable(now).count() >= 1).expect("something to vote on").id;
    desk.open(proposal).await;
    desk.app.press("+").until_idle().await;
    desk.app.sees("RegisterVote").press("<enter>");
    settle_until(desk, |_| device.waiting.load(Ordering::SeqCst) > 0).await;
}

async fn settle_until(desk: &mut Desk, holds: impl Fn(&Desk) -> bool) {
    for _ in 0..6_000 {
        desk.app.settle();
        if holds(desk) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not come\n{}", desk.app.screen_text());
}

/// How many steps of the vote are done, of how many.
fn done_steps(desk: &Desk) -> (usize, usize) {
    let steps = desk.app.state.executions.first().map_or(&[][..], |execution| &execution.steps);
    (steps.iter().filter(|step| step.state.is_done()).count(), steps.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_reads_and_draws_while_a_device_waits_for_a_touch() {
    let bench = Bench::set(1).await;
    let (mut desk, device) = sit_down(&bench).await;
    vote(&mut desk, &device).await;
    settle_until(&mut desk, |desk| desk.app.screen_text().contains("confirm on the device")).await;

    let read = desk.app.state.sync.last_success;
    desk.app.press("<esc> 1 r").sees("Pulse");
    settle_until(&mut desk, |desk| desk.app.state.sync.last_success > read).await;
    desk.app.press("4 r").sees("Wallet");
    assert!(device.waiting.load(Ordering::SeqCst) > 0);
    assert_eq!(done_steps(&desk).0, 0, "nothing is signed before a touch");

    // Each ballot is a call of its own.
    let touching = Arc::clone(&device);
    let touches = tokio::spawn(async move {
        loop {
            touching.touched.notify_one();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    desk.idle().await;
    settle_until(&mut desk, |desk| matches!(done_steps(desk), (done, all) if done > 0 && done == all)).await;
    settle_until(&mut desk, |desk| !desk.app.screen_text().contains("confirm on the device")).await;
    touches.abort();
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locking_ends_the_wait_for_a_touch_and_nothing_is_sent() {
    let bench = Bench::set(2).await;
    let (mut desk, device) = sit_down(&bench).await;
    vote(&mut desk, &device).await;
    desk.app.press("<esc> L");
    settle_until(&mut desk, |_| device.waiting.load(Ordering::SeqCst) == 0).await;
    desk.idle().await;
    assert_eq!(done_steps(&desk).0, 0);
    let execution = desk.app.state.executions.first().unwrap();
    assert!(execution.steps.iter().all(|step| !step.state.is_unproven()), "{execution:?}");
    desk.leave().await;
}
