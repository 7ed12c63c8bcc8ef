//! JSON lines: the text of an object, and fields added at its end.
//!
//! An object is never written anew: what stands in it stays as it is, byte for byte.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::columns::Columns;

/// What is looked for in an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    /// Names of the field of the text; an earlier one is preferred.
    pub(super) names: &'a [String],
    /// Names that are to be added.
    pub(super) added: &'a [&'a str],
    /// All names that there may be, where there are columns.
    pub(super) columns: Option<&'a Columns>,
}

/// What was found in an object.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// The field of the text.
    pub(super) text: Option<Value>,
    /// A name that is to be added and is there already.
    pub(super) taken: Option<String>,
    /// A name that is not among the columns.
    pub(super) other: Option<String>,
}

impl Search<'_> {
    /// Looks into the object on a line.
    pub(super) fn find(self, line: &str) -> serde_json::Result<Found> {
        let mut deserializer = serde_json::Deserializer::from_str(line);
        let found = deserializer.deserialize_any(self)?;
        deserializer.end()?;
        Ok(found)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        let mut found = Found::default();
        let mut rank = usize::MAX;
        while let Some(name) = map.next_key::<String>()? {
            if self.added.contains(&name.as_str()) {
                found.taken = Some(name.clone());
            }
            if self.columns.is_some_and(|columns| !columns.holds(&name)) {
                found.other = Some(name.clone());
            }
            match self.names.iter().position(|wanted| *wanted == name) {
                // The last of several with one name counts, as in most readers.
                Some(place) if place <= rank => {
                    rank = place;
                    found.text = Some(map.next_value()?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// Writes the object of a line up to where fields may be added, which begin with the
/// name; what was given as an object must be one.
pub(super) fn open(line: &str, out: &mut String) {
    let inside = line.trim_end();
    let inside = inside.strip_suffix('}').unwrap_or(inside).trim_end();
    out.push_str(inside);
    if !inside.ends_with('{') {
        out.push(',');
    }
}

/// Writes a name and a value that is JSON already.
pub(super) fn field(name: &str, value: &str, out: &mut String) {
    if !out.ends_with(['{', ',']) {
        out.push(',');
    }
    out.push_str(&string(name));
    out.push(':');
    out.push_str(value);
}

/// A string as JSON.
pub(super) fn string(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(line: &str) -> Option<Found> {
        let names = ["text".to_owned(), "review".to_owned()];
        let search = Search {
            names: &names,
            added: &["label"],
            columns: None,
        };
        search.find(line).ok()
    }

    #[test]
    fn the_first_name_counts_wherever_it_stands() {
        let text = |line: &str| find(line).unwrap().text;
        assert_eq!(text(r#"{"id":1,"text":"a\nb"}"#), Some("a\nb".into()));
        assert_eq!(text(r#"{"review":"a","text":"b"}"#), Some("b".into()));
        assert_eq!(text(r#"{"text":"b","review":"a"}"#), Some("b".into()));
        assert_eq!(text(r#"{"text":"b","text":"c"}"#), Some("c".into()));
        assert_eq!(text(r#"{"text":null}"#), Some(Value::Null));
        assert_eq!(text(r#"{"inner":{"text":"a"}}"#), None);
        assert_eq!(find(r#"{"label":1}"#).unwrap().taken.unwrap(), "label");
        for broken in [
            "",
            "{",
            "[]",
            "\"text\"",
            "{} {}",
            "{\"text\":\"a\"",
            "null",
        ] {
            assert_eq!(find(broken), None, "{broken}");
        }
    }

    #[test]
    fn fields_are_added_at_the_end_and_nothing_else_changes() {
        for (line, whole) in [
            (r#"{"a": 1.50}"#, r#"{"a": 1.50,"b c":"d"}"#),
            (r#" {"a":[1,2] } "#, r#" {"a":[1,2],"b c":"d"}"#),
            ("{}", r#"{"b c":"d"}"#),
            ("{ }", r#"{"b c":"d"}"#),
        ] {
            let mut out = String::new();
            open(line, &mut out);
            field("b c", &string("d"), &mut out);
            out.push('}');
            assert_eq!(out, whole);
        }
    }

    proptest! {
        #[test]
        fn what_was_added_is_an_object_again(
            object in proptest::collection::hash_map("[a-c \"}{,]{0,3}", "[a-c \"}{,\n]{0,5}", 0..4),
        ) {
            let line = serde_json::to_string(&object).unwrap();
            let mut out = String::new();
            open(&line, &mut out);
            field("added", "1", &mut out);
            field("more", "[]", &mut out);
            out.push('}');
            let mut back: serde_json::Map<String, Value> = serde_json::from_str(&out).unwrap();
            prop_assert_eq!(back.remove("added"), Some(Value::from(1)));
            prop_assert_eq!(back.remove("more"), Some(Value::Array(Vec::new())));
            prop_assert_eq!(Value::Object(back), serde_json::to_value(&object).unwrap());
        }
    }
}
