//! What the columns and fields are called that answers add to a table.

use std::collections::HashSet;

use senti::error::Error;

use super::columns::Columns;
use super::rendering::Form;
use super::shape::Shape;

/// Names, each behind the prefix.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) label: String,
    pub(super) probability: String,
    /// Of the most probable labels, where they are columns.
    pub(super) ranked: Vec<(String, String)>,
    /// Of their list, where there are lists.
    pub(super) top: Option<String>,
    pub(super) explanation: Option<String>,
    /// Nothing where no record without an answer is handed on.
    pub(super) error: Option<String>,
    pub(super) line: String,
}

impl Names {
    /// For answers with so many labels listed, and with explanations or errors.
    pub(super) fn new(prefix: &str, listed: usize, explain: bool, errors: bool) -> Self {
        let name = |name: &str| format!("{prefix}{name}");
        let ranked = |rank: usize| {
            let rank = rank + 1;
            (
                name(&format!("label_{rank}")),
                name(&format!("probability_{rank}")),
            )
        };
        Self {
            label: name("label"),
            probability: name("probability"),
            ranked: (0..listed).map(ranked).collect(),
            top: (listed > 0).then(|| name("top")),
            explanation: explain.then(|| name("explanation")),
            error: errors.then(|| name("error")),
            line: name("line"),
        }
    }

    /// Of the columns, in their order.
    pub(super) fn columns(&self) -> Vec<&str> {
        let ranked = self.ranked.iter();
        [&self.label, &self.probability]
            .into_iter()
            .chain(ranked.flat_map(|(label, probability)| [label, probability]))
            .chain(&self.explanation)
            .chain(&self.error)
            .map(String::as_str)
            .collect()
    }

    /// Of the fields of an object.
    pub(super) fn fields(&self) -> Vec<String> {
        [&self.label, &self.probability]
            .into_iter()
            .chain(&self.top)
            .chain(&self.explanation)
            .chain(&self.error)
            .cloned()
            .collect()
    }

    /// Refuses a table that has one of the names already. Objects are looked at one by
    /// one.
    pub(super) fn check(&self, form: Form, shape: &Shape, columns: &Columns) -> Result<(), Error> {
        let fields = self.fields();
        let added = match form {
            Form::Text => Vec::new(),
            Form::Jsonl => fields.iter().map(String::as_str).collect(),
            Form::Tsv | Form::Csv | Form::Parquet => self.columns(),
        };
        let columns: Vec<&str> = match (form, shape) {
            // The object of a line is senti's own.
            (Form::Jsonl, Shape::Lines) => Vec::new(),
            _ => columns.names().collect(),
        };
        if let Some(taken) = columns.iter().find(|column| added.contains(column)) {
            return Err(clash(taken));
        }
        let mut seen = HashSet::new();
        // A reader of objects takes one of the two, or neither.
        let by_name = match form {
            Form::Jsonl => true,
            Form::Tsv | Form::Csv => !matches!(shape, Shape::Lines | Shape::Table { .. }),
            Form::Text | Form::Parquet => false,
        };
        match columns.iter().find(|column| !seen.insert(**column)) {
            Some(twice) if by_name => Err(Error::setting(
                "--to",
                format!(
                    "{}, for a table with two columns called {twice:?}",
                    form.ending()
                ),
                "the form of the table, text, or names that differ",
            )),
            _ => Ok(()),
        }
    }
}

/// A table that has a column or field of the answer's already.
pub(super) fn clash(taken: &str) -> Error {
    Error::setting(
        "--prefix",
        format!("{taken:?} in the input, which is the name of a column that answers add"),
        "a prefix with which the names differ",
    )
    .with_hint("for instance --prefix senti_")
}

#[cfg(test)]
mod tests {
    use super::super::cells::Style;
    use super::*;

    #[test]
    fn names_are_in_the_order_of_the_columns() {
        let check = |names: &Names, form, shape: &Shape| {
            names.check(form, shape, &Columns::new(shape.columns()))
        };
        let names = Names::new("s_", 2, true, true);
        assert_eq!(
            names.columns(),
            [
                "s_label",
                "s_probability",
                "s_label_1",
                "s_probability_1",
                "s_label_2",
                "s_probability_2",
                "s_explanation",
                "s_error"
            ]
        );
        assert_eq!(
            names.fields(),
            [
                "s_label",
                "s_probability",
                "s_top",
                "s_explanation",
                "s_error"
            ]
        );
        let plain = Names::new("", 0, false, false);
        assert_eq!(plain.columns(), ["label", "probability"]);
        let table = Shape::Table {
            style: Style::Tabs,
            columns: vec!["text".to_owned(), "label".to_owned()],
            header: true,
            text: 0,
        };
        for form in [Form::Tsv, Form::Csv, Form::Jsonl] {
            assert!(check(&names, form, &table).is_ok());
            let error = check(&plain, form, &table).unwrap_err();
            assert!(error.to_string().contains("\"label\""), "{error}");
        }
        assert!(check(&plain, Form::Text, &table).is_ok());
        let twice = Shape::Table {
            style: Style::Tabs,
            columns: ["text", "id", "id"].map(str::to_owned).to_vec(),
            header: true,
            text: 0,
        };
        for form in [Form::Tsv, Form::Csv, Form::Text] {
            assert!(check(&plain, form, &twice).is_ok());
        }
        let error = check(&plain, Form::Jsonl, &twice).unwrap_err();
        assert!(error.to_string().contains("\"id\""), "{error}");
        assert!(check(&plain, Form::Jsonl, &Shape::Lines).is_ok());
    }
}
