//! Who answers: the one place here that knows the model.

use std::cmp::Ordering;

use senti::model::{Model, Ready, Thresholds, Undecided, Verdict};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::explanation;

/// A model, and what is asked of it.
pub(super) struct Answerer {
    model: Ready,
    /// The whole of it, where answers are explained.
    explaining: Option<Model>,
    thresholds: Thresholds,
    /// How many labels are listed beside the answer.
    top: usize,
}

/// The answer for one text.
pub(super) struct Answer<'a> {
    answerer: &'a Answerer,
    verdict: Verdict,
    text: &'a str,
}

/// The answer as an object.
#[derive(Serialize)]
pub(super) struct Object<'a> {
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Undecided>,
    probability: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    top: Vec<Ranked<'a>>,
    probabilities: Map<String, Value>,
    known: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<usize>,
    tokens: usize,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<explanation::Object<'a>>,
}

/// One of the most probable labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Ranked<'a> {
    pub(super) label: &'a str,
    pub(super) probability: f64,
}

impl Answerer {
    /// `explaining` is the whole model, where answers are explained.
    pub(super) fn new(
        model: Ready,
        explaining: Option<Model>,
        thresholds: Thresholds,
        top: usize,
    ) -> Self {
        Self {
            model,
            explaining,
            thresholds,
            top,
        }
    }

    pub(super) fn answer<'a>(&'a self, text: &'a str) -> Answer<'a> {
        Answer {
            answerer: self,
            verdict: self.thresholds.apply(self.model.classify(text)),
            text,
        }
    }

    /// How many labels are listed beside each answer: there may be fewer labels.
    pub(super) fn listed(&self) -> usize {
        self.top.min(self.model.labels().len())
    }
}

impl<'a> Answer<'a> {
    pub(super) fn label(&self) -> &'a str {
        self.answerer.model.name(&self.verdict)
    }

    pub(super) fn probability(&self) -> f64 {
        self.verdict.probability()
    }

    /// The most probable labels, the first of them first; of equal ones, by name.
    pub(super) fn top(&self) -> Vec<Ranked<'a>> {
        let listed = self.answerer.listed();
        if listed == 0 {
            return Vec::new();
        }
        let labels = self.answerer.model.labels().iter();
        let probabilities = self.verdict.probabilities.iter();
        let mut all: Vec<Ranked<'a>> = labels
            .zip(probabilities)
            .map(|(label, &probability)| Ranked { label, probability })
            .collect();
        all.sort_by(|a, b| {
            let order = b.probability.partial_cmp(&a.probability);
            order.unwrap_or(Ordering::Equal)
        });
        all.truncate(listed);
        all
    }

    /// Which words decided, for a person to read.
    pub(super) fn explanation_lines(&self) -> Vec<String> {
        let model = self.answerer.explaining.as_ref();
        model.map_or_else(Vec::new, |model| {
            explanation::lines(model, &self.verdict, self.text)
        })
    }

    /// Which words decided.
    pub(super) fn explanation(&self) -> Option<explanation::Object<'a>> {
        let model = self.answerer.explaining.as_ref()?;
        Some(explanation::object(model, self.text))
    }

    /// All that is known of the answer.
    pub(super) fn object(&self, explain: bool) -> Object<'a> {
        let (model, verdict) = (&self.answerer.model, &self.verdict);
        Object {
            label: self.label(),
            why: verdict.why,
            probability: verdict.probability(),
            top: self.top(),
            probabilities: model
                .labels()
                .iter()
                .zip(&verdict.probabilities)
                .map(|(label, &probability)| (label.clone(), Value::from(probability)))
                .collect(),
            known: verdict.known,
            unseen: model.has_subwords().then_some(verdict.unseen),
            tokens: verdict.tokens,
            text: self.text,
            explanation: self.explanation().filter(|_| explain),
        }
    }
}
