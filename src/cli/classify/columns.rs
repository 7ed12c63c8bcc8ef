//! The fields of objects as the columns of a table.
//!
//! Objects may differ, so all are looked at before the first is written: the columns are
//! the names of all their fields, in the order in which they first appear.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use senti::error::{Error, Result};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::inputs::Inputs;

/// More are no columns, but data in the place of names.
const MOST: usize = 10_000;

/// Names, each with its place.
#[derive(Debug, Default)]
pub(super) struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Columns {
    /// Of columns that are known.
    pub(super) fn new(names: Vec<String>) -> Self {
        let places = names.iter().cloned().zip(0..).collect();
        Self { names, places }
    }

    /// Those of all objects of the inputs; `go_on` may end it.
    ///
    /// # Errors
    /// [`Error::Setting`] where there are too many.
    pub(super) fn of_objects(mut inputs: Inputs, go_on: &dyn Fn() -> Result<()>) -> Result<Self> {
        inputs.pass_over_errors();
        let mut columns = Self::default();
        while let Some(batch) = inputs.next_batch()? {
            go_on()?;
            // What is no object has its place in the answers, and no names.
            let objects = batch.records().filter_map(|row| fields(row.raw).ok());
            for (name, _) in objects.flatten() {
                if columns.holds(&name) {
                    continue;
                }
                if columns.names.len() == MOST {
                    return Err(Error::setting(
                        "--to",
                        "a form with columns, for objects with very many names of fields",
                        format!("jsonl or text, or at most {MOST} names"),
                    ));
                }
                let name = name.into_owned();
                columns.places.insert(name.clone(), columns.names.len());
                columns.names.push(name);
            }
        }
        Ok(columns)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// What an object has in each column: a string as it is, another value as JSON, and
    /// nothing for null or for a field that is not there.
    pub(super) fn cells<'a>(&self, object: &'a str) -> Vec<Option<Cow<'a, str>>> {
        let mut cells = vec![None; self.names.len()];
        for (name, value) in fields(object).unwrap_or_default() {
            if let Some(&place) = self.places.get(&*name) {
                cells[place] = cell(value.get());
            }
        }
        cells
    }
}

fn cell(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first() {
        // A lone surrogate is no text, and stays as it is written.
        Some(b'"') => Some(serde_json::from_str(json).map_or(Cow::Borrowed(json), Cow::Owned)),
        Some(b'n') => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// The fields of an object, in their order.
type Fields<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

fn fields(object: &str) -> serde_json::Result<Fields<'_>> {
    let mut deserializer = serde_json::Deserializer::from_str(object);
    let fields = deserializer.deserialize_map(InOrder)?;
    deserializer.end()?;
    Ok(fields)
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some((Name(name), value)) = map.next_entry()? {
            fields.push((name, value));
        }
        Ok(fields)
    }
}

/// Borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cells() {
        let columns = Columns::new(["a", "b", "c \"d\""].map(str::to_owned).to_vec());
        let cells = |object: &'static str| columns.cells(object);
        let some = |text: &'static str| Some(Cow::Borrowed(text));
        assert_eq!(
            cells(r#" {"b": 1.50, "a": "x\ty", "c \"d\"": {"e": [1, null]}} "#),
            [some("x\ty"), some("1.50"), some(r#"{"e": [1, null]}"#)]
        );
        assert_eq!(
            cells(r#"{"a": null, "b": true, "z": 1}"#),
            [None, some("true"), None]
        );
        // The last of several with one name counts, as in most readers.
        assert_eq!(cells(r#"{"a": 1, "a": "2"}"#), [some("2"), None, None]);
        assert_eq!(
            cells(r#"{"a": "\ud800"}"#),
            [some(r#""\ud800""#), None, None]
        );
        for no_object in ["", "[1]", "{\"a\": 1} {}", "{\"a\""] {
            assert_eq!(cells(no_object), [None, None, None], "{no_object}");
        }
    }
}
