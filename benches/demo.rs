//! What the demo network's world costs: made, and four days lived.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use icpulse::demo::seed;
use icpulse::model::{Principal, Timestamp};

const START: u64 = 1_795_348_800;
const FOUR_DAYS: u64 = 4 * 86_400;

fn world(c: &mut Criterion) {
    let start = Timestamp::from_secs(START);
    let mut group = c.benchmark_group("demo");
    group.sample_size(10);
    group.bench_function("world", |b| b.iter(|| seed::world(1, start, Principal::anonymous())));
    group.bench_function("four days", |b| {
        b.iter_batched(
            || seed::world(1, start, Principal::anonymous()),
            |mut world| world.governance.run_to(START + FOUR_DAYS),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, world);
criterion_main!(benches);
