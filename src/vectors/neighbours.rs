//! Questions about word vectors: which words are near, which word completes
//! an analogy.

use std::collections::HashSet;

use finalfusion::similarity::{EmbeddingSimilarity, WordSimilarity, WordSimilarityResult};

use super::WordVectors;

/// A word and its cosine similarity to what was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// The word.
    pub word: String,
    /// The cosine, -1 to 1. For analogies: of the vector that was asked for.
    pub similarity: f32,
}

impl From<WordSimilarityResult<'_>> for Neighbour {
    fn from(result: WordSimilarityResult<'_>) -> Self {
        Self {
            word: result.word().to_owned(),
            similarity: result.cosine_similarity(),
        }
    }
}

impl WordVectors {
    /// The `count` words nearest to a word by cosine, itself left out, nearest
    /// first; nothing when the word has no vector.
    pub fn nearest(&self, word: &str, count: usize) -> Option<Vec<Neighbour>> {
        if count == 0 {
            // The library underneath does not expect to be asked for nothing.
            return self.vector(word).map(|_| Vec::new());
        }
        if self.index(word).is_none() {
            return Some(self.near(self.vector(word)?.into_owned(), &[], count));
        }
        let count = count.min(self.len());
        let found = self.embeddings.word_similarity(word, count, None)?;
        Some(found.into_iter().map(Neighbour::from).collect())
    }

    /// The words nearest to a vector, some left out. `count` is not 0.
    fn near(&self, vector: Vec<f32>, without: &[&str], count: usize) -> Vec<Neighbour> {
        let without: HashSet<&str> = without.iter().copied().collect();
        let vector = ndarray_015::Array1::from(vector);
        let count = count.min(self.len());
        self.embeddings
            .embedding_similarity_masked(vector.view(), count, &without, None)
            .into_iter()
            .flatten()
            .map(Neighbour::from)
            .collect()
    }

    /// The `count` words that are to `c` as `b` is to `a`: nearest to
    /// b - a + c, the three left out (3CosAdd: Mikolov, Yih and Zweig 2013,
    /// section 4).
    ///
    /// # Errors
    /// The words of the three that are unknown.
    pub fn analogy<'w>(
        &self,
        [a, b, c]: [&'w str; 3],
        count: usize,
    ) -> Result<Vec<Neighbour>, Vec<&'w str>> {
        let unknown: Vec<_> = [a, b, c]
            .into_iter()
            .filter(|word| self.vector(word).is_none())
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        if count == 0 {
            return Ok(Vec::new());
        }
        let [from, to, start] = [a, b, c].map(|word| self.vector(word).unwrap_or_default());
        let vector = to.iter().zip(&*from).zip(&*start);
        let vector = vector.map(|((to, from), start)| (to - from) + start);
        Ok(self.near(vector.collect(), &[a, b, c], count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::subwords::{NGrams, Subwords};

    fn vectors() -> WordVectors {
        let words = ["king", "queen", "man", "woman", "tree"];
        let rows = [
            [1.0, 1.0, 0.0],
            [1.0, -1.0, 0.0],
            [0.1, 1.0, 0.2],
            [0.1, -1.0, 0.2],
            [0.0, 0.0, 1.0],
        ];
        WordVectors::new(words.map(str::to_owned).to_vec(), rows.concat(), 3).unwrap()
    }

    #[test]
    fn the_nearest_comes_first_and_is_never_the_word_itself() {
        let near = vectors().nearest("king", 2).unwrap();
        assert_eq!(near[0].word, "man");
        assert_eq!(near.len(), 2);
        assert!(near[0].similarity >= near[1].similarity);
        assert_eq!(vectors().nearest("nobody", 2), None);
        assert_eq!(vectors().nearest("king", 0), Some(Vec::new()));
        assert_eq!(vectors().nearest("king", 99).unwrap().len(), 4);
        assert_eq!(vectors().nearest("king", usize::MAX).unwrap().len(), 4);
    }

    /// A word that has the n-grams of another has its neighbours.
    #[test]
    fn unseen_words_are_asked_by_their_n_grams() {
        let ngrams = NGrams {
            min_n: 5,
            max_n: 5,
            bucket_bits: 12,
        };
        let mut rows = vec![0.0; 3 * ngrams.buckets()];
        for bucket in ngrams.of("queenly") {
            rows[3 * bucket as usize..][..3].copy_from_slice(&[2.0, -2.0, 0.0]);
        }
        let subwords = Subwords::from_all(ngrams, &rows, 3).unwrap();
        let vectors = vectors().with_subwords(subwords).unwrap();
        let near = vectors.nearest("queens", 2).unwrap();
        assert_eq!(near[0].word, "queen");
        assert!((near[0].similarity - 1.0).abs() < 1e-6);
        assert_eq!(vectors.nearest("queens", 0), Some(Vec::new()));
        assert_eq!(vectors.nearest("tzar", 2), None);
        let found = vectors.analogy(["woman", "man", "queens"], 1).unwrap();
        assert_eq!(found[0].word, "king");
        assert_eq!(
            vectors.analogy(["man", "tzar", "king"], 1),
            Err(vec!["tzar"])
        );
    }

    #[test]
    fn analogies() {
        let found = vectors().analogy(["man", "woman", "king"], 1).unwrap();
        assert_eq!(found[0].word, "queen");
        assert_eq!(vectors().analogy(["man", "x", "y"], 1), Err(vec!["x", "y"]));
        let all = vectors()
            .analogy(["man", "woman", "king"], usize::MAX)
            .unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(vectors().analogy(["man", "woman", "king"], 0), Ok(vec![]));
    }
}
