//! What the demo promises, measured.

use senti::demo::{Arm, Preset, run};

/// 100 seeds, both presets: transfer gets both test sentences right on at least
/// 98 and 0.80 of the held-out ones; what cannot know anything scores like a
/// coin.
#[test]
fn transfer_helps_and_the_controls_do_not() {
    for preset in [Preset::Senti, Preset::Article] {
        let report = run(preset, 0, 100).unwrap();
        assert_eq!(report.splits, 25);
        for arm in &report.arms {
            assert_eq!(arm.seeds_with.iter().sum::<u64>(), 100);
            if arm.arm == Arm::Transfer {
                assert!(arm.seeds_with[2] >= 98, "{preset:?}: {arm:?}");
                assert!(arm.held_out >= 0.80, "{preset:?}: {arm:?}");
            } else {
                let coin = 0.40..=0.60;
                assert!(coin.contains(&arm.accuracy), "{preset:?}: {arm:?}");
                assert!(coin.contains(&arm.held_out), "{preset:?}: {arm:?}");
            }
        }
    }
}

/// The two headline numbers are those of the seed that was asked for.
#[test]
fn the_headline_is_that_of_the_seed() {
    let first = run(Preset::Senti, 1, 2).unwrap();
    let other = run(Preset::Senti, 1, 3).unwrap();
    assert_eq!(first.without_transfer, other.without_transfer);
    let outside = run(Preset::Senti, 7, 2).unwrap();
    assert_eq!(outside.seed, 7);
    assert!(run(Preset::Senti, 0, 1).is_err());
}
