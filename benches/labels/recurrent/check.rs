//! What `--check` checks of the encoder: its gradient against finite differences,
//! that a batch answers each text as if it were alone, that one layer reads
//! backwards, and that the order of words is learned.

use ndarray::Array2;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use super::adam::Adam;
use super::batch::Batch;
use super::network::{Dropout, Network, uniform};
use super::pooling::Pooling;

const WORDS: usize = 9;
const UNITS: usize = 4;
/// Half of the distance that a difference is taken over.
const STEP: f64 = 1e-5;
/// Gradients of size 1 closer than this are the same.
const SAME: f64 = 1e-8;

/// Ends with a panic where something does not hold.
pub(crate) fn run() {
    for pooling in [Pooling::Mean, Pooling::Max] {
        for (inputs, pooled) in [(0.0, 0.0), (0.3, 0.5)] {
            gradient(pooling, Dropout { inputs, pooled });
        }
        alone(pooling);
        learns(pooling);
    }
}

fn texts() -> Vec<Vec<u32>> {
    // Of different length, one of a single word, some words twice in a text.
    vec![
        vec![3, 1, 4],
        vec![2, 7, 1, 8, 2, 8],
        vec![5],
        vec![0, 6, 6],
        vec![1, 4, 1, 4, 2],
    ]
}

const TARGETS: [usize; 5] = [1, 0, 1, 0, 1];

fn network(pooling: Pooling) -> (Network<f64>, Xoshiro256PlusPlus) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    let words = Array2::from_shape_simple_fn((WORDS, 3), || 2.0 * uniform(&mut random) - 1.0);
    let mut network = Network::new(words, UNITS, pooling, true, &mut random);
    for part in network.parts_mut() {
        for weight in part {
            // Biases that are not zero, and gates that differ.
            *weight += uniform(&mut random) - 0.5;
        }
    }
    (network, random)
}

/// Every weight and every word's every component.
fn gradient(pooling: Pooling, dropout: Dropout) {
    let (mut network, random) = network(pooling);
    let batch = Batch::new(&texts(), (0..TARGETS.len()).collect());
    let loss = |network: &Network<f64>, gradient: &mut Network<f64>| {
        // The same components are dropped every time.
        network.learn(&batch, &TARGETS, dropout, &mut random.clone(), gradient)
    };
    let mut found = network.zeros_like();
    loss(&network, &mut found);
    let mut unused = network.zeros_like();
    let mut largest: f64 = 0.0;
    let parts = found.everything_mut().len();
    for part in 0..parts {
        for at in 0..found.everything_mut()[part].len() {
            let mut moved = |by: f64| {
                network.everything_mut()[part][at] += by;
                loss(&network, &mut unused)
            };
            let (above, below) = (moved(STEP), moved(-2.0 * STEP));
            moved(STEP);
            let expected = (above - below) / (2.0 * STEP);
            let found = found.everything_mut()[part][at];
            assert!(
                (found - expected).abs() < SAME,
                "{pooling:?}, {dropout:?}, part {part}, weight {at}: {found}, not {expected}",
            );
            largest = largest.max(found.abs());
        }
    }
    assert!(largest > 0.01);
}

/// Texts of other lengths beside it change nothing of a text, and one layer reads
/// it forwards, the other backwards: a text turned round is answered as before by
/// the layers in each other's place, and only by them.
fn alone(pooling: Pooling) {
    let (network, _) = network(pooling);
    let mut swapped = network.clone();
    swapped.layers.swap(0, 1);
    for unit in 0..UNITS {
        swapped.output.swap([0, unit], [0, UNITS + unit]);
    }
    let texts = texts();
    let together = Batch::new(&texts, (0..texts.len()).collect());
    assert_eq!(together.rows, [1, 4, 0, 3, 2]);
    for (&row, logit) in together.rows.iter().zip(network.logits(&together)) {
        let apart = network.logits(&Batch::new(&texts, vec![row]));
        assert!((apart[0] - logit).abs() < 1e-12, "text {row}");
        let turned = vec![texts[row].iter().rev().copied().collect()];
        let turned = Batch::new(&turned, vec![0]);
        let back = swapped.logits(&turned);
        assert!((back[0] - logit).abs() < 1e-12, "text {row} turned round");
        let same = turned.lengths[0] == 1;
        let not_back = network.logits(&turned);
        assert_eq!(same, (not_back[0] - logit).abs() < 1e-6, "text {row}");
    }
}

/// What depends on nothing but the order of two words is learned.
fn learns(pooling: Pooling) {
    let (mut network, mut random) = network(pooling);
    let texts = [vec![1, 2], vec![2, 1], vec![3, 1, 2], vec![3, 2, 1]];
    let targets = [1, 0, 1, 0];
    let batch = Batch::new(&texts, (0..4).collect());
    let none = Dropout {
        inputs: 0.0,
        pooled: 0.0,
    };
    let (mut adam, mut gradient) = (Adam::new(&network), network.zeros_like());
    let mut loss = f64::INFINITY;
    for _ in 0..500 {
        loss = network.learn(&batch, &targets, none, &mut random, &mut gradient);
        adam.step(&mut network, &mut gradient, &[1, 2, 3], 0.02);
    }
    assert!(loss < 0.05, "{pooling:?}: a loss of {loss}");
}
