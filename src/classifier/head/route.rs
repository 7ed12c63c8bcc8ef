//! How one text comes to its logits, part by part.

use ndarray::{Array1, Array2, s};

use super::branch::{BIAS, Branch, CLAMP, LOOSE};
use super::hidden::HiddenUnits;
use super::labels::free_logits;
use super::{Head, shift};
use crate::classifier::attribution::{Attribution, OfText, Route, Way, chords};

impl Head {
    /// What each input of a text counts for in the log odds of a class.
    ///
    /// # Panics
    /// Where there are not d features.
    pub fn attribution(&self, text: OfText<'_>, class: usize) -> Attribution {
        let features = (text.features - &self.scaling.mean) / &self.scaling.deviation * text.extent;
        let route = |branch: &Branch, weight| branch.route(&features, text, self.classes, weight);
        let routes: Vec<Route> = match (&self.with_prior, &self.without_prior) {
            (Some(with), Some(without)) => [(with, self.gate), (without, 1.0 - self.gate)]
                .into_iter()
                .filter(|(_, weight)| *weight > 0.0)
                .map(|(branch, weight)| route(branch, weight))
                .collect(),
            (Some(branch), None) | (None, Some(branch)) => {
                vec![route(branch, 1.0)]
            }
            (None, None) => vec![silent(features.len(), text.terms.len(), self.classes)],
        };
        let shift = match &self.expected_shares {
            Some(expected) => shift(expected, &self.train_shares),
            None => Array1::zeros(self.classes),
        };
        let way = Way {
            routes: &routes,
            features: &features,
            scores: [0.0, text.prior],
            shift: &shift,
            class,
        };
        let attribution = way.attribution();
        Attribution {
            reference: self.scaling.mean.clone(),
            features: attribution.features / &self.scaling.deviation * text.extent,
            ..attribution
        }
    }
}

/// The way of a head that says nothing.
fn silent(dims: usize, terms: usize, classes: usize) -> Route {
    let free = free_logits(classes);
    Route {
        weight: 1.0,
        start: Array1::zeros(free),
        features: Array2::zeros((free, dims)),
        terms: Array2::zeros((terms, free)),
        linear: Array1::zeros(free),
        curved: Array1::zeros(free),
        clamp: CLAMP,
    }
}

impl Branch {
    /// The way of a text with the scaled features F, d.
    fn route(&self, scaled: &Array1<f64>, text: OfText<'_>, classes: usize, weight: f64) -> Route {
        let mut route = silent(scaled.len(), text.terms.len(), classes);
        route.weight = weight;
        let last = self.weights.ncols() - 1;
        let first = last - scaled.len();
        route.start.scaled_add(BIAS, &self.weights.column(last));
        match first {
            0 => {}
            1 => route
                .linear
                .scaled_add(text.extent, &self.weights.column(0)),
            _ => {
                route.linear.scaled_add(LOOSE, &self.weights.column(0));
                let square = &self.weights.column(1) * LOOSE;
                route.start -= &square;
                route.curved += &square;
            }
        }
        route.linear[0] += self.columns.offset;
        let of_features = self.weights.slice(s![.., first..last]);
        route.features.scaled_add(self.columns.scale, &of_features);
        if let Some(hidden) = &self.hidden {
            route.start += &hidden.output_weights.dot(&hidden.bias.mapv(f64::tanh));
            route.features += &hidden.chord(scaled);
        }
        if let Some(weights) = &self.terms {
            route
                .terms
                .scaled_add(text.extent, &weights.parts(text.terms));
        }
        route
    }
}

impl HiddenUnits {
    /// What scaled features are multiplied by, free logits x d, to give the difference
    /// between the layer's answer to them and its answer to 0.
    fn chord(&self, scaled: &Array1<f64>) -> Array2<f64> {
        let short = 1.0 / (scaled.len().max(1) as f64).sqrt();
        let chords = chords(&(scaled * short), self.weights.view(), self.bias.view());
        (&self.output_weights * &chords).dot(&self.weights) * short
    }
}
