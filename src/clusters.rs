//! k-means (Lloyd 1982) from the start of k-means++ (Arthur and Vassilvitskii,
//! "k-means++: The Advantages of Careful Seeding", 2007).

use rayon::prelude::*;

use crate::random::{Stream, unit};

/// Rounds, at most; most texts have settled long before.
const MOST_ROUNDS: usize = 30;
/// Starts, at most, of which the best is taken: from a single one, groups that
/// stand far apart may still be missed.
const MOST_STARTS: usize = 8;
/// Starts times clusters, at most, where that leaves a start.
const STARTED: usize = 400;
/// Products that are summed side by side.
const LANES: usize = 8;

/// Points of unit length, seen from the mean of all: what differs between texts
/// is the direction, and how far it goes depends on their length more than on
/// what they say.
pub(crate) struct Points(Vec<Vec<f32>>);

impl Points {
    pub(crate) fn new<'v>(rows: impl Iterator<Item = &'v [f32]>, mean: &[f32]) -> Self {
        let point = |row: &[f32]| {
            let mut point: Vec<f32> = row.iter().zip(mean).map(|(x, m)| x - m).collect();
            let norm = dot(&point, &point).sqrt();
            if norm > 0.0 {
                point.iter_mut().for_each(|x| *x /= norm);
            }
            point
        };
        Self(rows.map(point).collect())
    }
}

/// The centres of clusters.
pub(crate) struct Clusters {
    centres: Vec<Vec<f32>>,
}

impl Clusters {
    /// `number` clusters, which is at most the number of points; some may be
    /// empty where points are equal.
    pub(crate) fn find(points: &Points, number: usize, random: &mut Stream) -> Self {
        let starts = (STARTED / number.max(1)).clamp(1, MOST_STARTS);
        let mut best = Self::from_start(points, number, random);
        let mut least = best.spread(points);
        for _ in 1..starts {
            let other = Self::from_start(points, number, random);
            let spread = other.spread(points);
            if spread < least {
                (best, least) = (other, spread);
            }
        }
        best
    }

    /// The sum of the squared distances to the centres.
    fn spread(&self, points: &Points) -> f64 {
        self.nearest(points)
            .iter()
            .map(|&(_, distance)| f64::from(distance))
            .sum()
    }

    fn from_start(points: &Points, number: usize, random: &mut Stream) -> Self {
        let mut clusters = Self {
            centres: seeds(&points.0, number, random),
        };
        let mut before = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let nearest = clusters.nearest(points);
            let members: Vec<usize> = nearest.into_iter().map(|(cluster, _)| cluster).collect();
            if members == before {
                break;
            }
            clusters.move_to_means(&points.0, &members);
            before = members;
        }
        clusters
    }

    /// For each point its cluster, and the squared distance to its centre.
    pub(crate) fn nearest(&self, points: &Points) -> Vec<(usize, f32)> {
        let squares: Vec<f32> = self.centres.iter().map(|c| dot(c, c)).collect();
        points
            .0
            .par_iter()
            .map(|point| {
                let mut best = (0, f32::INFINITY);
                for (cluster, centre) in self.centres.iter().enumerate() {
                    // Without the square of the point, which is always the same.
                    let distance = squares[cluster] - 2.0 * dot(point, centre);
                    if distance < best.1 {
                        best = (cluster, distance);
                    }
                }
                (best.0, (best.1 + dot(point, point)).max(0.0))
            })
            .collect()
    }

    /// Empty clusters stay where they are.
    fn move_to_means(&mut self, points: &[Vec<f32>], members: &[usize]) {
        let dims = points.first().map_or(0, Vec::len);
        let mut sums = vec![vec![0.0f64; dims]; self.centres.len()];
        let mut sizes = vec![0.0f64; self.centres.len()];
        for (point, &cluster) in points.iter().zip(members) {
            sizes[cluster] += 1.0;
            for (sum, &value) in sums[cluster].iter_mut().zip(point) {
                *sum += f64::from(value);
            }
        }
        for ((centre, sum), size) in self.centres.iter_mut().zip(sums).zip(sizes) {
            if size > 0.0 {
                *centre = sum.iter().map(|sum| (sum / size) as f32).collect();
            }
        }
    }
}

/// Points to start from: each drawn with a chance that grows with the squared
/// distance to the nearest one before.
fn seeds(points: &[Vec<f32>], number: usize, random: &mut Stream) -> Vec<Vec<f32>> {
    let mut nearest = vec![1.0f32; points.len()];
    let mut seeds: Vec<Vec<f32>> = Vec::with_capacity(number);
    while seeds.len() < number {
        let total: f64 = nearest.iter().map(|&distance| f64::from(distance)).sum();
        let mut left = f64::from(unit(random)) * total;
        let drawn = nearest.iter().position(|&distance| {
            left -= f64::from(distance);
            left < 0.0
        });
        // All points are seeds, or rounding left nothing: the farthest one.
        let Some(seed) =
            drawn.or_else(|| (0..points.len()).max_by(|&a, &b| nearest[a].total_cmp(&nearest[b])))
        else {
            break;
        };
        let seed = &points[seed];
        let first = seeds.is_empty();
        for (known, point) in nearest.iter_mut().zip(points) {
            let new = distance(point, seed);
            *known = if first { new } else { known.min(new) };
        }
        seeds.push(seed.clone());
    }
    seeds
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    dot(&difference, &difference)
}

/// Summed in an order that a processor can follow in vector instructions, and
/// that is the same on every processor.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a
        .remainder()
        .iter()
        .zip(b.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Use, stream};

    fn points(rows: &[[f32; 2]]) -> Points {
        Points(rows.iter().map(|row| row.to_vec()).collect())
    }

    #[test]
    fn separate_groups_are_found_from_any_seed() {
        let rows = [
            [1.0, 0.0],
            [0.9, 0.1],
            [-1.0, 0.0],
            [-0.9, 0.1],
            [0.0, -1.0],
        ];
        let points = points(&rows);
        for seed in 0..20 {
            let clusters = Clusters::find(&points, 3, &mut stream(Use::Clusters, seed));
            let at: Vec<usize> = clusters.nearest(&points).iter().map(|n| n.0).collect();
            assert_eq!((at[0], at[2]), (at[1], at[3]));
            assert!(at[0] != at[2] && at[2] != at[4] && at[0] != at[4], "{at:?}");
            let centre = &clusters.centres[at[0]];
            assert!((centre[0] - 0.95).abs() < 1e-6 && (centre[1] - 0.05).abs() < 1e-6);
        }
    }

    #[test]
    fn equal_points_and_no_points_are_no_trouble() {
        let points = points(&[[0.6, 0.8]; 4]);
        let clusters = Clusters::find(&points, 3, &mut stream(Use::Clusters, 0));
        assert_eq!(clusters.centres, vec![vec![0.6, 0.8]; 3]);
        for (_, distance) in clusters.nearest(&points) {
            assert!(distance < 1e-6);
        }
        let none = Points(Vec::new());
        let clusters = Clusters::find(&none, 0, &mut stream(Use::Clusters, 0));
        assert!(clusters.nearest(&none).is_empty());
    }

    #[test]
    fn points_are_directions_from_the_mean() {
        let rows = [[1.0f32, 1.0], [4.0, 5.0]];
        let points = Points::new(rows.iter().map(|row| &row[..]), &[1.0, 1.0]);
        assert_eq!(points.0, [[0.0, 0.0], [0.6, 0.8]]);
    }

    #[test]
    fn products_are_summed_to_the_end() {
        let a: Vec<f32> = (1..=19).map(|x| x as f32).collect();
        assert_eq!(dot(&a, &a), 2470.0);
    }
}
