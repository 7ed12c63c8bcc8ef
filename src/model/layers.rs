//! What a model's layers make of a text, besides the answer.

use ndarray::{Array2, Axis};

use super::{Classifier, Model};
use crate::classifier::head::Inputs;
use crate::sentence::Encoded;

impl Model {
    /// Units of the hidden layer; 0 where the classifier has none.
    pub fn hidden_units(&self) -> usize {
        self.classifier.hidden()
    }

    /// The activations of the hidden layer for a text; empty where the classifier has
    /// none. Of several heads it is that of the weightiest.
    pub fn hidden(&self, text: &Encoded) -> Vec<f64> {
        let sample = Array2::from_shape_fn((1, text.vector.len()), |(_, at)| text.vector[at]);
        let activations = match &self.classifier {
            Classifier::Layer(layer) => Some(layer.activations(&sample)),
            Classifier::Head(head) => head.activations(Inputs {
                features: &sample,
                prior: None,
                terms: None,
                extents: Some(&[self.extent(text.weight)]),
            }),
        };
        activations.map_or_else(Vec::new, |all| all.index_axis(Axis(0), 0).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::LABELED;
    use crate::model::Settings;
    use crate::text::LabeledSet;
    use crate::vectors::WordVectors;

    /// The answer follows from the activations by what comes after them.
    #[test]
    fn activations_lead_to_the_answer() {
        let words = ["great", "wonderful", "stupid", "boring", "plot"];
        let rows = vec![1.0, 0.2, 0.9, 0.1, -1.0, 0.3, -0.8, 0.1, 0.0, 1.0];
        let vectors = WordVectors::new(words.map(str::to_owned).to_vec(), rows, 2).unwrap();
        let set = LabeledSet::parse("t", LABELED).unwrap();
        let (model, _) = Model::train(vectors, &set, &Settings::default()).unwrap();
        let Classifier::Layer(layer) = model.classifier() else {
            panic!("without a direction there is a layer")
        };
        let text = "great plot, stupid";
        let hidden = model.hidden(&model.encoder().encode(text));
        assert_eq!(hidden.len(), model.hidden_units());
        let logit = |class: usize| {
            let weights = layer.output_weights.row(class);
            let sum: f64 = weights.iter().zip(&hidden).map(|(w, a)| w * a).sum();
            sum + layer.output_bias[class]
        };
        let odds = logit(1) - logit(0);
        let probabilities = model.classify(text).probabilities;
        assert!((odds - (probabilities[1] / probabilities[0]).ln()).abs() < 1e-9);
        assert!(hidden.iter().all(|value| value.abs() <= 1.0));
    }
}
