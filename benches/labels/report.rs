//! Runs to Markdown tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::data::Name;
use crate::draws::Labels;
use crate::runs::{Key, Method, Outcome, Run};

/// Runs of one cell of a table.
#[derive(Debug, Default)]
struct Cell {
    accuracies: Vec<f64>,
    errors: Vec<f64>,
    coverages: Vec<f64>,
    failures: usize,
}

/// The tables of a set: accuracy, calibration, and coverage where it says
/// anything. `runs` are those of the set that were asked for.
pub(crate) fn tables(
    set: Name,
    methods: &[Method],
    labels: &[Labels],
    runs: &BTreeMap<Key, Run>,
) -> String {
    let mut cells: BTreeMap<(Method, Labels), Cell> = BTreeMap::new();
    for (key, run) in runs {
        let cell = cells.entry((key.method, key.labels)).or_default();
        match &run.outcome {
            Outcome::Scores {
                accuracy,
                calibration_error,
                coverage,
            } => {
                cell.accuracies.push(100.0 * accuracy);
                cell.errors
                    .extend(calibration_error.map(|error| 100.0 * error));
                cell.coverages.push(100.0 * coverage);
            }
            Outcome::Failure(_) => cell.failures += 1,
        }
    }
    let table = |shown: fn(&Cell) -> String| table(methods, labels, &cells, shown);
    let mut text = format!("## {}\n\n", set.title());
    text += "Accuracy on the development set, %: mean ± standard deviation over draws and seeds (worst).\n\n";
    text += &table(accuracy);
    text += "\nExpected calibration error, %: mean.\n\n";
    text += &table(|cell| average(&cell.errors));
    let whole =
        |cell: &Cell| cell.failures == 0 && cell.coverages.iter().all(|&share| share == 100.0);
    if !cells.is_empty() && cells.values().all(whole) {
        text += "\nEvery text was answered by every method.\n";
    } else {
        text += "\nTexts answered, %: mean. The others count as wrong.\n\n";
        text += &table(|cell| average(&cell.coverages));
    }
    text
}

fn table(
    methods: &[Method],
    labels: &[Labels],
    cells: &BTreeMap<(Method, Labels), Cell>,
    shown: fn(&Cell) -> String,
) -> String {
    let mut text = "| labels |".to_owned();
    for labels in labels {
        // Writing to a string cannot fail.
        let _ = write!(text, " {labels} |");
    }
    text += "\n|---|";
    text += &"---|".repeat(labels.len());
    text.push('\n');
    for &method in methods {
        let _ = write!(text, "| {} |", method.title());
        for &labels in labels {
            let cell = cells.get(&(method, labels));
            let _ = write!(text, " {} |", cell.map_or_else(String::new, shown));
        }
        text.push('\n');
    }
    text
}

fn accuracy(cell: &Cell) -> String {
    let values = &cell.accuracies;
    let mut text = average(values);
    if let Some(deviation) = deviation(values) {
        let worst = values.iter().copied().fold(f64::INFINITY, f64::min);
        let _ = write!(text, " ± {deviation:.1} ({worst:.1})");
    }
    if cell.failures > 0 {
        let of = values.len() + cell.failures;
        let _ = write!(text, ", {} of {of} failed", cell.failures);
    }
    text
}

fn average(values: &[f64]) -> String {
    mean(values).map_or_else(|| "none".to_owned(), |mean| format!("{mean:.1}"))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Of a sample: divided by one less than there are.
fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares = values.iter().map(|value| (value - mean).powi(2));
    Some((squares.sum::<f64>() / (values.len() - 1) as f64).sqrt())
}
