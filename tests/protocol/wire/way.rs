//! The proxy of `support/proxy.rs`: what its acts do to a call, by TCP and by TLS.

use super::client::{count, increment, send, status, user, user_at};
use crate::proxy::{Act, Place, Proxy};
use icpulse_demo::{Demo, Options};

#[tokio::test]
async fn a_call_is_executed_once_wherever_its_answer_is_cut() {
    for tls in [false, true] {
        let demo = Demo::start(Options { tls, ..Options::default() }).unwrap();
        let proxy = Proxy::before(&demo);
        let authority = demo.tls_authority();
        let request = increment(&user(&demo));
        let whole = send(&proxy.url(), authority, &request).await.0.len();
        for end in [Act::Cut, Act::Close] {
            for place in [Place::Before, Place::Within, Place::After] {
                proxy.plan("/call", [end(place)]);
                let (came, ended) = send(&proxy.url(), authority, &request).await;
                match place {
                    Place::Before => assert!(came.is_empty()),
                    Place::Within => assert!(!came.is_empty() && came.len() < whole),
                    // The certificate's size differs a little from one block to the next.
                    Place::After => assert_eq!(status(&came), 200),
                }
                // Only TLS can tell an end from a cut, and only by its last message.
                let is_cut = tls && end(place) == Act::Cut(place);
                assert_eq!(ended.is_err(), is_cut, "{tls} {place:?} {ended:?}");
            }
        }
        assert_eq!(proxy.seen("/call").len(), 7);
        assert_eq!(count(&demo).await, 1, "the same request is one call");
    }
}

#[tokio::test]
async fn what_is_refused_or_lost_was_not_passed_on_and_a_changed_status_was() {
    let demo = Demo::start(Options::default()).unwrap();
    let proxy = Proxy::before(&demo);
    let agent = user(&demo);
    proxy.plan("/call", [Act::Refuse(403), Act::Lose, Act::Status(503)]);
    let answer = send(&proxy.url(), None, &increment(&agent)).await.0;
    assert_eq!(status(&answer), 403);
    assert!(send(&proxy.url(), None, &increment(&agent)).await.0.is_empty());
    assert_eq!(count(&demo).await, 0);
    let answer = send(&proxy.url(), None, &increment(&agent)).await.0;
    assert_eq!(status(&answer), 503);
    assert_eq!(count(&demo).await, 1);

    let replayed = Proxy::before(&demo);
    replayed.plan("/call", [Act::Pass, Act::Replay(0)]);
    let first = send(&replayed.url(), None, &increment(&agent)).await.0;
    let again = send(&replayed.url(), None, &increment(&agent)).await.0;
    assert_eq!(first, again);
    assert_eq!(count(&demo).await, 2, "a replayed answer is of another call");
}

#[tokio::test]
async fn a_held_request_is_passed_on_when_it_is_released() {
    let demo = Demo::start(Options::default()).unwrap();
    let proxy = Proxy::before(&demo);
    proxy.plan("/call", [Act::Hold]);
    let (url, request) = (proxy.url(), increment(&user(&demo)));
    let sent = tokio::spawn(async move { send(&url, None, &request).await.0 });
    while proxy.seen("/call").is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(count(&demo).await, 0);
    proxy.release();
    assert_eq!(status(&sent.await.unwrap()), 200);
    assert_eq!(count(&demo).await, 1);
}

#[tokio::test]
async fn an_agent_works_through_the_proxy_as_without_it() {
    let demo = Demo::start(Options::default()).unwrap();
    let proxy = Proxy::before(&demo);
    let agent = user_at(&demo, &proxy.url());
    let arg = candid::encode_args(()).unwrap();
    let counter = icpulse_demo::counter_id();
    for _ in 0..3 {
        agent.update(&counter, "inc").with_arg(arg.clone()).call_and_wait().await.unwrap();
    }
    assert_eq!(proxy.seen("/call").len(), 3);
    assert_eq!(count(&demo).await, 3);
}
