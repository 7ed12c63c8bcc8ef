//! A model whose vectors hold only what its answers depend on.
//!
//! Up to the hidden layer everything that a model does with a word's vector v is
//! linear: it takes scalar products a . v with the same few a for every text. They
//! are the rows of the hidden layer, of the linear part of each head, and the
//! direction of sentiment. So v can be replaced by its k products P v, where the rows
//! of P (k x d) are those a, and each a by a unit vector:
//!
//! ```text
//! x = sum of w v / sum of w    =>    P x = sum of w (P v) / sum of w
//! a_k . x = e_k . (P x)              a_k . (x - m) = e_k . (P x - P m)
//! ```
//!
//! The answers and their explanations are the same, up to the rounding of k numbers
//! to 32 bits, and nothing of the code that makes them needs to know. From eight
//! labels k is mostly one to four, where d is 100.
//!
//! The vector of an unseen word, made of n-grams, is brought to unit length, which takes
//! all of its components: the vectors of n-grams stay as they are, and P is kept with them.

use ndarray::{Array1, Array2};

use super::{Classifier, Model};
use crate::classifier::head::{Branch, HiddenUnits};
use crate::classifier::{Head, HiddenLayer, Scaling, Standardiser};
use crate::error::Result;
use crate::polarity::Scorer;
use crate::vectors::WordVectors;
use crate::vectors::subwords::Projection;

/// The rows of P, and where each stands.
struct Products {
    rows: Vec<Array1<f64>>,
}

impl Products {
    /// Keeps rows, and says where the first of them stands.
    fn keep(&mut self, rows: impl IntoIterator<Item = Array1<f64>>) -> usize {
        let first = self.rows.len();
        self.rows.extend(rows);
        first
    }

    fn of(&self, vector: &Array1<f64>) -> Array1<f64> {
        self.rows.iter().map(|row| row.dot(vector)).collect()
    }
}

impl Model {
    /// The same model with vectors of as many components as its answers depend on;
    /// unchanged where that would be no less.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) where a product is too large for
    /// 32 bits.
    pub fn folded(self) -> Result<Self> {
        let whole = self.clone();
        let dims = self.vectors.dims();
        let model = self.projected()?;
        Ok(match model.vectors.dims() < dims {
            true => model,
            false => whole,
        })
    }

    /// The same, whatever it gains.
    pub(super) fn projected(mut self) -> Result<Self> {
        let mut products = Products { rows: Vec::new() };
        let polarity = self.vectors.polarity();
        let directions = polarity.map_or(0, |polarity| {
            let rows = polarity.directions();
            products.keep(rows.map(|row| row.mapv(f64::from)))
        });
        let (classifier, places) = match &self.classifier {
            Classifier::Layer(layer) => (None, vec![keep_layer(layer, &mut products)]),
            Classifier::Head(head) => {
                let branches = [&head.with_prior, &head.without_prior];
                let keep = branches.map(|branch| {
                    branch
                        .as_ref()
                        .map(|branch| keep_branch(branch, &head.scaling, &mut products))
                });
                (Some(keep), Vec::new())
            }
        };
        let count = products.rows.len();
        self.classifier = match (self.classifier, classifier) {
            (Classifier::Head(head), Some(places)) => {
                Classifier::Head(Box::new(fold_head(*head, &places, &products)))
            }
            (Classifier::Layer(layer), _) => {
                Classifier::Layer(Box::new(fold_layer(*layer, places[0], &products)))
            }
            (head @ Classifier::Head(_), None) => head,
        };

        let words = self.vectors.words().to_vec();
        let mut rows = Vec::with_capacity(words.len() * count);
        for row in 0..words.len() {
            let vector: Array1<f64> = self
                .vectors
                .row(row)
                .iter()
                .map(|&v| f64::from(v))
                .collect();
            rows.extend(products.of(&vector).iter().map(|&value| value as f32));
        }
        let norms = vec![1.0; words.len()];
        let mut vectors = WordVectors::from_unit(words, rows, count, norms)?;
        if let Some(origin) = self.vectors.origin() {
            vectors = vectors.with_origin(origin.clone());
        }
        if let Some(polarity) = self.vectors.polarity() {
            vectors = vectors.with_polarity(polarity.clone().along(directions, count));
        }
        if let Some(subwords) = self.vectors.subwords() {
            let rows = products.rows.iter().map(|row| row.to_vec()).collect();
            let subwords = subwords.clone().projected(Projection::new(rows));
            vectors = vectors.with_subwords(subwords)?;
        }
        self.scorer = self
            .scorer
            .as_ref()
            .zip(vectors.polarity())
            .map(|(scorer, polarity)| {
                Scorer::new(polarity, scorer.length(), scorer.full(), &vectors)
            });
        self.vectors = vectors;
        Ok(self)
    }
}

/// W / s: z = W (x - m) / s + b.
fn keep_layer(layer: &HiddenLayer, products: &mut Products) -> usize {
    let scale = layer.standardiser.scale;
    products.keep(layer.weights.rows().into_iter().map(|row| &row / scale))
}

fn fold_layer(layer: HiddenLayer, first: usize, products: &Products) -> HiddenLayer {
    let count = products.rows.len();
    let units = layer.bias.len();
    HiddenLayer {
        standardiser: Standardiser {
            mean: products.of(&layer.standardiser.mean),
            scale: 1.0,
        },
        weights: Array2::from_shape_fn((units, count), |(unit, at)| {
            f64::from(u8::from(at == first + unit))
        }),
        ..layer
    }
}

/// Where the products of a head stand: those of its linear part, and of its hidden
/// units.
struct Places {
    linear: usize,
    hidden: usize,
}

/// g w / s for each free logit, and U / (s sqrt(d)) for each hidden unit, with the
/// deviations s of the components.
fn keep_branch(branch: &Branch, scaling: &Scaling, products: &mut Products) -> Places {
    let dims = scaling.mean.len();
    let first = branch.weights.ncols() - 1 - dims;
    let linear = branch.weights.rows().into_iter().map(|row| {
        let of_features = row.iter().skip(first).take(dims);
        let pairs = of_features.zip(&scaling.deviation);
        pairs
            .map(|(weight, deviation)| branch.columns.scale * weight / deviation)
            .collect()
    });
    let linear = products.keep(linear.collect::<Vec<Array1<f64>>>());
    let hidden = branch.hidden.as_ref().map_or_else(Vec::new, |hidden| {
        let short = (dims as f64).sqrt();
        let rows = hidden.weights.rows().into_iter();
        rows.map(|row| &row / &scaling.deviation / short).collect()
    });
    Places {
        linear,
        hidden: products.keep(hidden),
    }
}

fn fold_head(head: Head, places: &[Option<Places>; 2], products: &Products) -> Head {
    let count = products.rows.len();
    let dims = head.scaling.mean.len();
    let [with, without] = places;
    let fold = |branch: Option<Branch>, places: &Option<Places>| {
        let (branch, places) = branch.zip(places.as_ref())?;
        Some(fold_branch(branch, places, dims, count))
    };
    Head {
        scaling: Scaling {
            mean: products.of(&head.scaling.mean),
            deviation: Array1::ones(count),
        },
        with_prior: fold(head.with_prior, with),
        without_prior: fold(head.without_prior, without),
        ..head
    }
}

fn fold_branch(branch: Branch, places: &Places, dims: usize, count: usize) -> Branch {
    let (free, columns) = branch.weights.dim();
    // Score columns, features, bias.
    let first = columns - 1 - dims;
    let weights = Array2::from_shape_fn((free, first + count + 1), |(logit, column)| {
        if column < first {
            branch.weights[(logit, column)]
        } else if column == first + count {
            branch.weights[(logit, columns - 1)]
        } else {
            f64::from(u8::from(column - first == places.linear + logit))
        }
    });
    let long = (count as f64).sqrt();
    let hidden = branch.hidden.map(|hidden| HiddenUnits {
        weights: Array2::from_shape_fn((hidden.bias.len(), count), |(unit, at)| {
            if at == places.hidden + unit {
                long
            } else {
                0.0
            }
        }),
        ..hidden
    });
    let mut columns = branch.columns;
    columns.scale = 1.0;
    Branch {
        columns,
        weights,
        hidden,
        ..branch
    }
}
