//! The kernel of the word-vector trainer against the roofline: how many of the
//! multiply-adds that the processor could do does it do?
//!
//! Rows fit into the cache, as a shard's do, so the roof is that of the
//! arithmetic. Times of shared machines waver; the fraction is taken from pairs
//! of runs a few milliseconds apart, and is what to quote.
//!
//! Run with: `cargo bench --bench kernel`

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use senti::vectors::skipgram::probe::{Windows, backends, peak};

const DIMS: [usize; 2] = [100, 300];
/// Pairs of runs for each fraction.
const PAIRS: usize = 101;
/// Rounds of the peak: about as long as the kernel takes.
const ROUNDS: u64 = 200_000;

fn main() {
    let mut criterion = Criterion::default()
        .configure_from_args()
        .sample_size(20)
        .measurement_time(Duration::from_secs(3));
    for (name, backend) in backends() {
        let mut group = criterion.benchmark_group(format!("kernel, {name}"));
        group.throughput(Throughput::Elements(peak(backend, ROUNDS).1));
        group.bench_function("peak", |bench| {
            bench.iter(|| peak(backend, black_box(ROUNDS)))
        });
        for dims in DIMS {
            let mut windows = Windows::new(dims, backend).expect("memory for a few rows");
            group.throughput(Throughput::Elements(windows.multiply_adds(dims)));
            group.bench_function(format!("{dims} dimensions"), |bench| {
                bench.iter(|| windows.run());
            });
        }
        group.finish();
    }
    criterion.final_summary();

    println!("fraction of the peak of multiply-adds (median, and the middle half of pairs)");
    for (name, backend) in backends() {
        for dims in DIMS {
            let [low, median, high] = fraction(backend, dims);
            println!("{name:>10} {dims:>4} dimensions: {median:.3} ({low:.3} to {high:.3})");
        }
    }
}

fn fraction(backend: usize, dims: usize) -> [f64; 3] {
    let mut windows = Windows::new(dims, backend).expect("memory for a few rows");
    let count = windows.multiply_adds(dims) as f64;
    let mut fractions: Vec<f64> = (0..PAIRS)
        .map(|_| {
            let start = Instant::now();
            let (_, most) = black_box(peak(backend, black_box(ROUNDS)));
            let between = Instant::now();
            windows.run();
            let kernel = count / between.elapsed().as_secs_f64();
            kernel * (between - start).as_secs_f64() / most as f64
        })
        .collect();
    fractions.sort_by(f64::total_cmp);
    [PAIRS / 4, PAIRS / 2, PAIRS * 3 / 4].map(|at| fractions[at])
}
