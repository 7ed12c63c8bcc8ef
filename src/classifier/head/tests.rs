//! The head as a whole, on data whose answer is known.

use ndarray::{Array2, Axis};

use super::{Head, HeadParams, Hidden, Inputs, Scaling, TERMS_FROM, Task};
use crate::classifier::{Terms, argmax};
use crate::random::{Stream, Use, stream, unit};
use crate::text::tokenizer::Tokenizer;

/// A nearly normal number.
fn normal(random: &mut Stream) -> f64 {
    (0..12).map(|_| f64::from(unit(random))).sum::<f64>() - 6.0
}

struct Data {
    features: Array2<f64>,
    prior: Vec<f64>,
    targets: Vec<usize>,
}

impl Data {
    /// Normal features and scores, and the class that `class` says.
    fn new(samples: usize, dims: usize, seed: u64, class: impl Fn(&[f64], f64) -> usize) -> Self {
        let mut random = stream(Use::Bootstrap, seed);
        let features = Array2::from_shape_simple_fn((samples, dims), || normal(&mut random));
        let prior: Vec<f64> = (0..samples).map(|_| normal(&mut random)).collect();
        let targets = features
            .rows()
            .into_iter()
            .zip(&prior)
            .map(|(row, &score)| class(&row.to_vec(), score))
            .collect();
        Self {
            features,
            prior,
            targets,
        }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            features: &self.features,
            prior: Some(&self.prior),
            terms: None,
            extents: None,
        }
    }

    fn alone(&self) -> Inputs<'_> {
        Inputs {
            features: &self.features,
            prior: None,
            terms: None,
            extents: None,
        }
    }

    fn fit(&self, params: &HeadParams) -> Head {
        params.fit(self.inputs(), &self.targets, &[]).unwrap()
    }

    fn accuracy(&self, head: &Head) -> f64 {
        let probabilities = head.probabilities(self.inputs());
        let rows = probabilities.rows().into_iter();
        let hits = rows
            .zip(&self.targets)
            .filter(|(row, target)| argmax(row) == **target);
        hits.count() as f64 / self.targets.len() as f64
    }
}

fn follows_prior(_: &[f64], score: f64) -> usize {
    usize::from(score > 0.0)
}

fn follows_features(row: &[f64], _: f64) -> usize {
    usize::from(row[0] + row[1] > 0.0)
}

fn xor(row: &[f64], _: f64) -> usize {
    usize::from((row[0] > 0.0) != (row[1] > 0.0))
}

#[test]
fn the_gate_opens_where_labels_follow_the_prior() {
    for (samples, least) in [(8, 0.9), (16, 0.97), (64, 0.999), (400, 0.999)] {
        let head = Data::new(samples, 20, 1, follows_prior).fit(&HeadParams::new(2));
        assert!(head.gate > least, "{samples}: {}", head.gate);
        let new = Data::new(1000, 20, 2, follows_prior);
        assert!(
            new.accuracy(&head) > 0.85,
            "{samples}: {}",
            new.accuracy(&head)
        );
    }
}

#[test]
fn the_gate_closes_where_labels_follow_something_else() {
    for samples in [64, 400] {
        let mut confirmed = 0;
        for seed in 0..20 {
            let data = Data::new(samples, 10, 100 + seed, follows_features);
            let head = data.fit(&HeadParams::new(2).hidden(Hidden::Units(0)));
            assert!(head.gate < 0.01, "{samples}, {seed}: {}", head.gate);
            let new = Data::new(1000, 10, 200 + seed, follows_features);
            assert!(new.accuracy(&head) > 0.75, "{}", new.accuracy(&head));
            let agreement = head.report.agreement.unwrap();
            confirmed += usize::from(agreement.confirmed() == Some(true));
        }
        // One by chance; five or more have a probability of 0.003.
        assert!(confirmed < 5, "{samples}: {confirmed}");
    }
}

#[test]
fn three_classes_with_a_middle_follow_the_prior() {
    let class = |_: &[f64], score: f64| {
        if score.abs() < 0.4 {
            1
        } else {
            2 * usize::from(score > 0.0)
        }
    };
    let head = Data::new(60, 10, 5, class).fit(&HeadParams::new(3));
    assert!(head.gate > 0.9, "{}", head.gate);
    let new = Data::new(1000, 10, 6, class);
    assert!(new.accuracy(&head) > 0.75, "{}", new.accuracy(&head));
    assert_eq!(head.report.orientation, None);
}

#[test]
fn the_task_may_be_said_instead() {
    let data = Data::new(40, 5, 7, follows_features);
    let params = HeadParams::new(2);
    let sentiment = data.fit(&params.clone().task(Task::Sentiment));
    assert!(sentiment.gate == 1.0 && sentiment.without_prior.is_none());
    let any = data.fit(&params.clone().task(Task::Any));
    assert!(any.gate == 0.0 && any.with_prior.is_none());
    let alone = params.fit(data.alone(), &data.targets, &[]).unwrap();
    assert_eq!(any.without_prior, alone.without_prior);
    let sentiment = params.task(Task::Sentiment);
    assert!(sentiment.fit(data.alone(), &data.targets, &[]).is_err());
}

/// Exchanging the two classes exchanges their probabilities.
#[test]
fn swapped_labels_turn_the_prior_round() {
    for samples in [8, 100] {
        let data = Data::new(samples, 6, 8, follows_prior);
        let swapped: Vec<usize> = data.targets.iter().map(|target| 1 - target).collect();
        let params = HeadParams::new(2).hidden(Hidden::Units(0));
        let one = data.fit(&params);
        let other = params.fit(data.inputs(), &swapped, &[]).unwrap();
        assert_eq!(one.report.orientation, Some(1.0));
        assert_eq!(other.report.orientation, Some(-1.0));
        let p = one.probabilities(data.inputs());
        let q = other.probabilities(data.inputs());
        for (p, q) in p.rows().into_iter().zip(q.rows()) {
            assert!((p[0] - q[1]).abs() < 1e-6);
        }
    }
}

#[test]
fn a_batch_gives_what_its_samples_give_one_by_one() {
    let data = Data::new(30, 5, 9, |row, score| usize::from(row[0] + score > 0.0));
    for params in [
        HeadParams::new(2),
        HeadParams::new(3),
        HeadParams::new(2).hidden(Hidden::Units(3)),
    ] {
        let head = data.fit(&params);
        assert!(
            head.gate > 0.0 && head.gate < 1.0,
            "a mixture is the harder case"
        );
        let batch = head.probabilities(data.inputs());
        for (sample, row) in batch.rows().into_iter().enumerate() {
            assert!((row.sum() - 1.0).abs() < 1e-12);
            let one = data.features.select(Axis(0), &[sample]);
            let alone = head.probabilities(Inputs {
                features: &one,
                prior: Some(&data.prior[sample..=sample]),
                terms: None,
                extents: None,
            });
            for (a, b) in alone.iter().zip(row) {
                assert!((a - b).abs() < 1e-12);
            }
        }
    }
}

/// XOR of two of twenty components: no line knows anything.
#[test]
fn the_layer_learns_what_no_line_separates() {
    let data = Data::new(4000, 20, 10, xor);
    let new = Data::new(1000, 20, 11, xor);
    let line = data.fit(&HeadParams::new(2).hidden(Hidden::Units(0)));
    assert!((new.accuracy(&line) - 0.5).abs() < 0.06);
    let params = HeadParams::new(2).task(Task::Any);
    let head = data.fit(&params);
    assert!(head.width() > 0);
    assert!(
        new.accuracy(&head) > 0.9,
        "{} {:?}",
        new.accuracy(&head),
        head.report
    );
}

#[test]
fn on_linear_data_it_stays_linear() {
    let noisy = |row: &[f64], score: f64| usize::from(row[0] - row[1] + score > 0.0);
    for (samples, seed) in [(8, 1), (63, 2), (64, 3), (150, 4), (300, 5), (1000, 6)] {
        let data = Data::new(samples, 10, seed, noisy);
        let params = HeadParams::new(2);
        let head = params.fit(data.alone(), &data.targets, &[]).unwrap();
        assert_eq!(head.width(), 0, "{samples}");
        assert!(head.weightier().unwrap().slope < 1e-2);
    }
}

/// What the layer costs where it is forced on a few labels: nothing much.
#[test]
fn a_forced_layer_says_little_about_few_labels() {
    let data = Data::new(16, 10, 12, follows_features);
    let fit = |hidden| {
        let params = HeadParams::new(2).hidden(hidden);
        params.fit(data.alone(), &data.targets, &[]).unwrap()
    };
    let new = Data::new(1000, 10, 13, follows_features);
    let (line, layer) = (fit(Hidden::Units(0)), fit(Hidden::Units(32)));
    assert_eq!(layer.width(), 32);
    let difference = new.accuracy(&line) - new.accuracy(&layer);
    assert!(difference.abs() < 0.03, "{difference}");
    assert!(layer.weightier().unwrap().slope < 1e-2);
}

#[test]
fn seeds_decide_and_nothing_else_does() {
    let data = Data::new(200, 8, 14, xor);
    let fit = |seed| data.fit(&HeadParams::new(2).hidden(Hidden::Units(8)).seed(seed));
    assert_eq!(fit(1), fit(1));
    assert_ne!(fit(1), fit(2));
    let line = |seed| data.fit(&HeadParams::new(2).hidden(Hidden::Units(0)).seed(seed));
    assert_eq!(line(1), line(2));
}

#[test]
fn weights_count_like_repetitions() {
    let data = Data::new(40, 4, 15, follows_features);
    let mut weights = vec![1.0; 40];
    weights[7] = 2.0;
    let ones = vec![0.0; 4].into_iter().collect::<ndarray::Array1<f64>>();
    // Given scaling: the samples' own would see the repetition.
    let params = HeadParams::new(2)
        .hidden(Hidden::Units(0))
        .with_standardiser(Scaling::new(ones.clone(), ones.mapv(|_| 1.0)));
    let weighted = params.fit(data.inputs(), &data.targets, &weights).unwrap();

    let samples: Vec<usize> = (0..40).chain([7]).collect();
    let features = data.features.select(Axis(0), &samples);
    let prior: Vec<f64> = samples.iter().map(|&at| data.prior[at]).collect();
    let targets: Vec<usize> = samples.iter().map(|&at| data.targets[at]).collect();
    let inputs = Inputs {
        features: &features,
        prior: Some(&prior),
        terms: None,
        extents: None,
    };
    let twice = params.fit(inputs, &targets, &[]).unwrap();
    assert!((weighted.gate - twice.gate).abs() < 1e-6);
    let p = weighted.probabilities(inputs);
    let q = twice.probabilities(inputs);
    assert!((p - q).iter().all(|difference| difference.abs() < 1e-6));
}

#[test]
fn expected_shares_move_the_probabilities_by_bayes_rule() {
    let data = Data::new(50, 4, 16, follows_prior);
    let head = data.fit(&HeadParams::new(2));
    let before = head.probabilities(data.inputs());
    let train = head.train_shares.clone();
    assert!(head.clone().expecting(&[0.5]).is_err());
    assert!(head.clone().expecting(&[1.0, 0.0]).is_err());
    let same = head.clone().expecting(&train).unwrap();
    let after = same.probabilities(data.inputs());
    assert!(
        (&after - &before)
            .iter()
            .all(|difference| difference.abs() < 1e-9)
    );
    let shifted = head.expecting(&[0.9, 0.1]).unwrap();
    let after = shifted.probabilities(data.inputs());
    for (old, new) in before.rows().into_iter().zip(after.rows()) {
        let (a, b) = (old[0] * 0.9 / train[0], old[1] * 0.1 / train[1]);
        assert!((new[0] - a / (a + b)).abs() < 1e-9);
    }
}

#[test]
fn bad_parameters_and_bad_data_are_refused() {
    let data = Data::new(6, 3, 17, follows_prior);
    let fit = |params: HeadParams, targets: &[usize], weights: &[f32]| {
        params.fit(data.inputs(), targets, weights)
    };
    let two = HeadParams::new(2);
    assert!(fit(two.clone(), &data.targets, &[]).is_ok());
    assert!(fit(HeadParams::new(1), &data.targets, &[]).is_err());
    assert!(fit(two.clone().hidden(Hidden::Units(2000)), &data.targets, &[]).is_err());
    assert!(fit(two.clone(), &data.targets[1..], &[]).is_err());
    assert!(fit(two.clone(), &[0, 1, 0, 1, 0, 2], &[]).is_err());
    assert!(fit(two.clone(), &data.targets, &[1.0]).is_err());
    assert!(fit(two.clone(), &data.targets, &[0.0; 6]).is_err());
    assert!(fit(two.clone(), &data.targets, &[f32::NAN; 6]).is_err());
    let narrow = Scaling::new(ndarray::array![0.0], ndarray::array![1.0]);
    assert!(fit(two.clone().with_standardiser(narrow), &data.targets, &[]).is_err());
    let scores = vec![f64::NAN; 6];
    for (features, prior) in [
        (data.features.clone(), &scores),
        (Array2::from_elem((6, 3), f64::NAN), &data.prior),
        // More columns than samples, and a single bad value.
        (
            Array2::from_shape_fn((6, 9), |at| if at == (2, 4) { f64::NAN } else { 0.5 }),
            &data.prior,
        ),
    ] {
        let inputs = Inputs {
            features: &features,
            prior: Some(prior),
            terms: None,
            extents: None,
        };
        assert!(two.fit(inputs, &data.targets, &[]).is_err());
    }
    let inputs = Inputs {
        terms: Some(&[vec![0], vec![1]]),
        ..data.inputs()
    };
    assert!(two.fit(inputs, &data.targets, &[]).is_err());
    let none = Inputs {
        features: &Array2::zeros((0, 3)),
        prior: None,
        terms: None,
        extents: None,
    };
    assert!(two.fit(none, &[], &[]).is_err());
}

/// One class only, one sample only, no feature: answers, not failures.
#[test]
fn the_least_of_data_gives_an_answer() {
    let features = Array2::from_elem((1, 2), 0.5);
    let inputs = Inputs {
        features: &features,
        prior: Some(&[0.7]),
        terms: None,
        extents: None,
    };
    for classes in [2, 3] {
        let head = HeadParams::new(classes).fit(inputs, &[1], &[]).unwrap();
        let row = head.probabilities(Inputs {
            prior: None,
            ..inputs
        });
        assert!((row.sum() - 1.0).abs() < 1e-12);
        assert!(head.with_prior.iter().all(|branch| branch.fits(2, classes)));
        assert!(
            !head
                .without_prior
                .iter()
                .any(|branch| branch.fits(3, classes))
        );
    }
    let empty = Array2::zeros((2, 0));
    let inputs = Inputs {
        features: &empty,
        prior: Some(&[0.7, -0.7]),
        terms: None,
        extents: None,
    };
    let head = HeadParams::new(2).fit(inputs, &[1, 0], &[]).unwrap();
    let sure = Inputs {
        prior: Some(&[2.0, -2.0]),
        ..inputs
    };
    assert!(head.probabilities(sure)[[0, 1]] > 0.5);
}

#[test]
fn estimated_shares_are_what_a_head_can_expect() {
    let data = Data::new(30, 3, 4, |row, _| usize::from(row[0] > 0.0));
    let head = HeadParams::new(3)
        .fit(data.inputs(), &data.targets, &[])
        .unwrap();
    let probabilities = head.probabilities(data.inputs());
    let shares = crate::classifier::head::estimate_shares(&probabilities, &head.train_shares);
    assert_eq!(shares[2], 0.0);
    let shifted = head.expecting(&shares).unwrap();
    let rows = shifted.probabilities(data.inputs());
    assert!(rows.iter().all(|share| share.is_finite()));
    assert!(shifted.expecting(&[0.0, 1.0, 0.0]).is_err());
}

/// Random terms of each sample: some of a hundred.
fn any_terms(samples: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut random = stream(Use::Bootstrap, seed);
    let row = |random: &mut Stream| (0..100).filter(|_| unit(random) < 0.1).collect();
    (0..samples).map(|_| row(&mut random)).collect()
}

#[test]
fn below_their_number_terms_change_nothing() {
    let data = Data::new(TERMS_FROM, 3, 20, |row, score| {
        usize::from(row[0] + score > 0.0)
    });
    // Terms that know the class.
    let terms: Vec<Vec<u32>> = data
        .targets
        .iter()
        .map(|&class| vec![class as u32])
        .collect();
    let inputs = Inputs {
        terms: Some(&terms),
        ..data.inputs()
    };
    let params = HeadParams::new(2).hidden(Hidden::Units(0));
    let fit = |inputs, weights: &[f32]| params.fit(inputs, &data.targets, weights).unwrap();
    // One sample does not count.
    let mut weights = vec![1.0; TERMS_FROM];
    weights[5] = 0.0;
    assert_eq!(fit(inputs, &weights), fit(data.inputs(), &weights));
    assert!(fit(inputs, &[]).weightier().unwrap().terms.is_some());
}

#[test]
fn terms_that_know_nothing_are_left_out() {
    for (seed, classes) in [(21, 2), (22, 3)] {
        let data = Data::new(2500, 5, seed, |row, score| {
            usize::from(row[0] + score > 0.0) + usize::from(classes == 3 && row[1] > 1.0)
        });
        let terms = any_terms(2500, seed);
        let inputs = Inputs {
            terms: Some(&terms),
            ..data.inputs()
        };
        let params = HeadParams::new(classes).hidden(Hidden::Units(0));
        let with = params.fit(inputs, &data.targets, &[]).unwrap();
        assert_eq!(with, params.fit(data.inputs(), &data.targets, &[]).unwrap());
    }
}

/// "not" and "good" tell nothing, nor do "not" and "bad": the pairs decide.
#[test]
fn a_pair_of_words_decides() {
    let mut random = stream(Use::Bootstrap, 23);
    let mut texts = Vec::new();
    let mut targets = Vec::new();
    let mut features = Vec::new();
    for _ in 0..2400 {
        let (negated, good) = (unit(&mut random) < 0.5, unit(&mut random) < 0.5);
        let filler = (unit(&mut random) * 20.0) as u32;
        let not = if negated { "not" } else { "quite" };
        let word = if good { "good" } else { "bad" };
        texts.push(format!("w{filler} {not} {word}, v{filler}"));
        targets.push(usize::from(negated != good));
        features.extend([negated, good].map(|yes| if yes { 1.0 } else { 0.0 }));
        features.push(normal(&mut random));
    }
    let features = Array2::from_shape_vec((2400, 3), features).unwrap();
    let tokenizer = Tokenizer::default();
    let (terms, rows) = Terms::learn(&texts, &tokenizer);
    let without = Inputs {
        features: &features,
        prior: None,
        terms: None,
        extents: None,
    };
    let with = Inputs {
        terms: Some(&rows),
        ..without
    };
    let params = HeadParams::new(2).hidden(Hidden::Units(0));
    let right = |inputs| {
        let head = params.fit(inputs, &targets, &[]).unwrap();
        let rows = head.probabilities(inputs);
        let hits = rows.rows().into_iter().zip(&targets);
        let hits = hits
            .filter(|(row, target)| argmax(*row) == **target)
            .count();
        (hits as f64 / 2400.0, head)
    };
    assert!(right(without).0 < 0.6);
    let (accuracy, head) = right(with);
    assert!(accuracy > 0.99, "{accuracy}");

    let weights = head.weightier().unwrap().terms.as_ref().unwrap();
    let text = "not good, not bad";
    let numbers = terms.numbers(text, &tokenizer);
    let parts = weights.parts(&numbers);
    let part = |first, second| {
        let number = numbers
            .iter()
            .position(|&number| terms.words(number) == Some((first, second)));
        parts[[number.unwrap(), 0]]
    };
    assert!(part("not", Some("good")) < -1.0 && part("not", Some("bad")) > 1.0);
    assert!(part("good", None).abs() < 0.2 && part("not", None).abs() < 0.2);
}

#[test]
fn terms_of_a_batch_are_those_of_its_samples() {
    for (seed, classes) in [(24, 2), (25, 3)] {
        let data = Data::new(2100, 3, seed, |row, _| usize::from(row[0] > 0.5));
        let mut terms = any_terms(2100, seed);
        let targets: Vec<usize> = terms
            .iter()
            .zip(&data.targets)
            .map(|(terms, target)| (terms.len() + target) % classes)
            .collect();
        for (terms, &target) in terms.iter_mut().zip(&targets) {
            terms.extend((target > 0).then_some(100 + target as u32));
        }
        let inputs = Inputs {
            terms: Some(&terms),
            ..data.inputs()
        };
        // A layer beside them.
        let params = HeadParams::new(classes).hidden(Hidden::Units(2));
        let head = params.fit(inputs, &targets, &[]).unwrap();
        let branch = head.weightier().unwrap();
        assert!(branch.terms.is_some() && branch.fits(3, classes));
        assert!(branch.slope < 2.1, "{}", branch.slope);
        let batch = head.probabilities(inputs);
        let hits = batch.rows().into_iter().zip(&targets);
        let hits = hits
            .filter(|(row, target)| argmax(*row) == **target)
            .count();
        assert!(hits > 2000, "{hits}");
        for sample in 0..50 {
            let alone = head.probabilities(Inputs {
                features: &data.features.select(Axis(0), &[sample]),
                prior: Some(&data.prior[sample..=sample]),
                terms: Some(&terms[sample..=sample]),
                extents: None,
            });
            for (a, b) in alone.iter().zip(batch.row(sample)) {
                assert!((a - b).abs() < 1e-12);
            }
        }
    }
}

/// Terms know half of the labels, and what no line separates the other half.
#[test]
fn the_layer_learns_what_terms_leave() {
    let data = Data::new(4000, 8, 26, xor);
    let (mut terms, mut targets) = (any_terms(4000, 26), data.targets.clone());
    for (sample, (terms, target)) in terms.iter_mut().zip(&mut targets).enumerate() {
        if sample.is_multiple_of(2) {
            *target = sample / 2 % 2;
            terms.push(100 + *target as u32);
        }
    }
    let inputs = Inputs {
        terms: Some(&terms),
        ..data.alone()
    };
    let head = HeadParams::new(2).fit(inputs, &targets, &[]).unwrap();
    assert!(head.weightier().unwrap().terms.is_some());
    assert!(head.width() > 0);
    let rows = head.probabilities(inputs);
    let hits = rows.rows().into_iter().zip(&targets);
    let hits = hits
        .filter(|(row, target)| argmax(*row) == **target)
        .count();
    assert!(hits > 3600, "{hits}");
}

#[test]
fn odds_decide_where_labels_do_not_and_labels_outweigh_them() {
    // Two labels that say nothing: the score of both is the same.
    let mut data = Data::new(2, 3, 1, |_, _| 0);
    (data.prior, data.targets) = (vec![0.5, 0.5], vec![0, 1]);
    let oriented = |data: &Data, odds: f64| {
        let head = data.fit(&HeadParams::new(2).orientation_odds(odds));
        head.report.orientation.unwrap()
    };
    assert_eq!((oriented(&data, 4.0), oriented(&data, -4.0)), (1.0, -1.0));
    let gate = |odds: f64| data.fit(&HeadParams::new(2).prior_odds(odds)).gate;
    assert!(gate(-3.0) < gate(0.0) && gate(0.0) < gate(3.0));
    // Eight that say the contrary.
    let contrary = Data::new(8, 3, 2, |_, score| usize::from(score < 0.0));
    assert_eq!(oriented(&contrary, 4.0), -1.0);
    // What is multiplied is what was asked for.
    let head = data.fit(&HeadParams::new(2).prior_slope(3.0));
    let offset = head.with_prior.unwrap().columns.offset;
    assert_eq!(offset.abs(), 3.0);
}

/// What is learned of whole texts counts for less in one of which there is little; what
/// is given does not.
#[test]
fn extents_shrink_what_is_learned() {
    for classes in [2, 3] {
        let data = Data::new(60, 4, 31, |row, score| {
            usize::from(row[0] + score > 0.0) + usize::from(classes == 3 && row[1] > 1.0)
        });
        let params = HeadParams::new(classes).task(Task::Sentiment);
        let head = data.fit(&params.clone().hidden(Hidden::Units(3)));
        let with = |extent: f64| {
            let extents = vec![extent; 60];
            let logits = head.logits(Inputs {
                extents: Some(&extents),
                ..data.inputs()
            });
            logits.row(0).to_vec()
        };
        let (none, whole) = (with(0.0), with(1.0));
        assert_eq!(whole, head.logits(data.inputs()).row(0).to_vec());
        // Without the features, the logits are those of the mean ones.
        let mean = Array2::from_shape_fn((60, 4), |(_, at)| head.scaling.mean[at]);
        let alone = head.logits(Inputs {
            features: &mean,
            ..data.inputs()
        });
        let branch = head.with_prior.as_ref().unwrap();
        let learned = match classes {
            2 => data.prior[0] * branch.weights[[0, 0]],
            _ => 0.0,
        };
        let odds = |logits: &[f64]| logits[1] - logits[0];
        let expected = odds(&alone.row(0).to_vec()) - learned;
        assert!((odds(&none) - expected).abs() < 1e-9, "{classes}");
        assert!((odds(&none) - odds(&whole)).abs() > 1e-3, "{classes}");

        // They take part in the training too, and have to be as many.
        let extents: Vec<f64> = (0..60).map(|at| f64::from(at % 2)).collect();
        let inputs = |extents| Inputs {
            extents: Some(extents),
            ..data.inputs()
        };
        let fit = |extents| params.fit(inputs(extents), &data.targets, &[]);
        assert_ne!(fit(&extents[..]).unwrap(), data.fit(&params));
        assert!(fit(&extents[1..]).is_err());
    }
}
