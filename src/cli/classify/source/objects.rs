//! Objects of JSON lines.

use std::sync::Arc;

use senti::error::{Error, Place, Result};
use senti::files::digest::Fingerprint;
use serde_json::Value;

use super::super::batch::Batch;
use super::super::columns::Columns;
use super::super::objects::{Found, Search};
use super::Source;
use super::lines::Reader;

/// One object a line. Empty lines hold none.
pub(super) struct Objects {
    reader: Reader,
    name: Arc<str>,
    names: Vec<String>,
    added: Vec<String>,
    columns: Option<Arc<Columns>>,
    /// An object was read, so that names that clash are no matter of the options.
    begun: bool,
}

impl Objects {
    pub(super) fn new(reader: Reader, name: &Arc<str>, names: &[String], added: &[String]) -> Self {
        Self {
            reader,
            name: Arc::clone(name),
            names: names.to_vec(),
            added: added.to_vec(),
            columns: None,
            begun: false,
        }
    }

    fn find(&self, line: &str) -> serde_json::Result<Found> {
        let added: Vec<&str> = self.added.iter().map(String::as_str).collect();
        let search = Search {
            names: &self.names,
            added: &added,
            columns: self.columns.as_deref(),
        };
        search.find(line)
    }
}

impl Source for Objects {
    fn read(&mut self, batch: &mut Batch) -> Result<bool> {
        let start = batch.buffer.len();
        let Some((place, outcome)) = self.reader.append(&mut batch.buffer)? else {
            return Ok(false);
        };
        let line = place.number;
        if let Err(error) = outcome {
            // Its other fields stay, where there are some.
            let object = self.find(&batch.buffer[start..]);
            if !object.is_ok_and(|found| found.taken.is_none()) {
                batch.buffer.truncate(start);
            }
            batch.push(line, start..batch.buffer.len(), Err(error));
            return Ok(true);
        }
        let raw = start..batch.buffer.len();
        let object = &batch.buffer[raw.clone()];
        if object.trim().is_empty() {
            batch.buffer.truncate(start);
            return Ok(true);
        }
        let wrong = |found: String, expected: &str| {
            Error::input(Place::line(&self.name, line), found, expected)
        };
        let found = match self.find(object) {
            Ok(found) => found,
            Err(error) => {
                let error = wrong(format!("broken JSON ({error})"), "one JSON object a line");
                batch.push(line, start..start, Err(error));
                return Ok(true);
            }
        };
        if let Some(taken) = found.taken {
            if !self.begun {
                return Err(super::super::names::clash(&taken));
            }
            let found = format!("a field {taken:?}, which the answer has too");
            let error = wrong(found, "other names, or --prefix NAME");
            batch.push(line, start..start, Err(error));
            return Ok(true);
        }
        self.begun = true;
        if let Some(other) = found.other {
            let found = format!("a field {other:?}, which was in no object before");
            let error = wrong(found, "files that nobody changes");
            batch.push(line, raw, Err(error));
            return Ok(true);
        }
        match found.text {
            Some(Value::String(text)) => batch.push_text(line, raw, Ok(&text)),
            Some(_) => {
                let error = wrong("a text that is no string".to_owned(), "a string");
                batch.push(line, raw, Err(error));
            }
            None => {
                let expected = match self.names.as_slice() {
                    [only] => format!("a field {only:?}"),
                    names => format!("a field called one of {}", names.join(", ")),
                };
                let error = wrong("no field for the text".to_owned(), &expected);
                batch.push(line, raw, Err(error));
            }
        }
        Ok(true)
    }

    fn is_ready(&self) -> bool {
        self.reader.is_ready()
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.reader.fingerprint())
    }

    fn ignore_fingerprint(&self) {
        self.reader.ignore_fingerprint();
    }

    fn has_only(&mut self, columns: &Arc<Columns>) {
        self.columns = Some(Arc::clone(columns));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use senti::text::lines::{Lines, LongLines};

    use super::*;

    fn objects(content: &[u8]) -> Objects {
        let source = Cursor::new(content.to_vec());
        let lines = Lines::new("test", source, LongLines::Refuse(1000)).unwrap();
        let names = ["text".to_owned()];
        Objects::new(
            Reader::new(lines),
            &"test".into(),
            &names,
            &["label".to_owned()],
        )
    }

    #[test]
    fn objects_that_cannot_be_read_are_told_and_passed() {
        let content = b"{\"text\":\"a\\nb\"}\n\n{broken\n[1]\n{\"id\":7}\n{\"text\":1}\n{\"text\":\"c\",\"label\":1}\n {\"text\":\"d\"} \n{\"id\":8,\"text\":\"\xff\"}\n{\xff\n{\"text\":\"\xff\",\"label\":1}\n";
        let mut objects = objects(content);
        let mut batch = Batch::new();
        while objects.read(&mut batch).unwrap() {}
        let expected = [
            (1, "{\"text\":\"a\\nb\"}", "a\nb"),
            (3, "", "line 3: found broken JSON"),
            (4, "", "line 4: found broken JSON"),
            (5, "{\"id\":7}", "no field"),
            (6, "{\"text\":1}", "no string"),
            (7, "", "--prefix"),
            (8, " {\"text\":\"d\"} ", "d"),
            (9, "{\"id\":8,\"text\":\"\u{fffd}\"}", "line 9, byte 103"),
            (10, "", "line 10"),
            (11, "", "line 11"),
        ];
        assert_eq!(batch.len(), expected.len() as u64);
        for (row, (line, raw, text)) in batch.records().zip(expected) {
            assert_eq!((row.line, row.raw), (line, raw));
            match row.text {
                Ok(found) => assert_eq!(found, text),
                Err(error) => assert!(error.to_string().contains(text), "{error}"),
            }
        }
    }

    #[test]
    fn fields_that_have_no_column_are_told() {
        let mut objects = objects(b"{\"text\":\"a\"}\n{\"new\":1,\"text\":\"b\"}\n");
        objects.has_only(&Arc::new(Columns::new(vec!["text".to_owned()])));
        let mut batch = Batch::new();
        while objects.read(&mut batch).unwrap() {}
        let rows: Vec<_> = batch.records().collect();
        assert_eq!(rows[0].text.unwrap(), "a");
        assert_eq!(rows[1].raw, "{\"new\":1,\"text\":\"b\"}");
        let error = rows[1].text.unwrap_err().to_string();
        assert!(error.contains("line 2: found a field \"new\""), "{error}");
    }

    #[test]
    fn a_name_that_clashes_from_the_start_is_a_matter_of_options() {
        let mut objects = objects(b"{\"label\":1,\"text\":\"a\"}\n");
        let error = objects.read(&mut Batch::new()).unwrap_err();
        assert!(matches!(error, Error::Setting { .. }), "{error}");
    }
}
