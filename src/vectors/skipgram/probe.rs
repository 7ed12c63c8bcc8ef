//! What `benches/kernel.rs` measures: the kernel on made-up windows, and the
//! most that the processor could do in the same time.

use super::lanes::{Backend, Lanes, Work};
use super::matrix::Matrix;
use super::step::{Step, TARGETS, Targets};
use crate::error::Result;
use crate::random::{Stream, Use, below, stream};

/// Rows as a shard copies them: of the words of its text, and with noise.
const TEXT_ROWS: u64 = 700;
const ROWS: u64 = 1200;
/// Words of the made-up text.
const WORDS: usize = 2048;
const WINDOW: u64 = 5;
const RATE: f32 = 0.01;

/// The instructions this processor has, by name.
pub fn backends() -> Vec<(String, usize)> {
    let name = |backend: &Backend| match backend.lanes() {
        1 => "portable".to_owned(),
        lanes => format!("{lanes} lanes"),
    };
    let all = Backend::available();
    (0..all.len()).map(|at| (name(&all[at]), at)).collect()
}

/// Windows of a made-up text, in which few words are frequent and most are not.
pub struct Windows {
    backend: Backend,
    inputs: Matrix,
    outputs: Matrix,
    windows: Vec<(Vec<u32>, Targets)>,
    step: Step,
}

impl Windows {
    /// For vectors of so many dimensions and one of [`backends`].
    ///
    /// # Errors
    /// [`crate::Error::Setting`] when the memory is not to be had.
    pub fn new(dims: usize, backend: usize) -> Result<Self> {
        let backend = Backend::available()[backend];
        let mut random = stream(Use::Vectors, 1);
        let matrix = |rows| {
            let mut matrix = Matrix::zeros(rows as usize, dims, backend.lanes())?;
            matrix.randomise(rows);
            Result::Ok(matrix)
        };
        let mut word = || {
            let (a, b) = (below(TEXT_ROWS, &mut random), below(TEXT_ROWS, &mut random));
            (a * b / TEXT_ROWS) as u32
        };
        let text: Vec<u32> = (0..WORDS).map(|_| word()).collect();
        let windows = (0..WORDS).map(|centre| window(&text, centre, &mut random));
        Ok(Self {
            windows: windows.collect(),
            backend,
            inputs: matrix(TEXT_ROWS)?,
            outputs: matrix(ROWS)?,
            step: Step::default(),
        })
    }

    /// The multiplications with an addition that all windows take: every
    /// context meets every target once for its product and twice for the
    /// changes of both. What fills a row up to whole vectors is not counted.
    pub fn multiply_adds(&self, dims: usize) -> u64 {
        let contexts: usize = self
            .windows
            .iter()
            .map(|(contexts, _)| contexts.len())
            .sum();
        (contexts * TARGETS * 3 * dims) as u64
    }

    /// A step for every window.
    pub fn run(&mut self) {
        self.backend.run(Steps {
            windows: &self.windows,
            inputs: &mut self.inputs,
            outputs: &mut self.outputs,
            step: &mut self.step,
        });
    }
}

fn window(text: &[u32], centre: usize, random: &mut Stream) -> (Vec<u32>, Targets) {
    let width = 1 + below(WINDOW, random) as usize;
    let last = (centre + width).min(text.len() - 1);
    let mut contexts = text[centre.saturating_sub(width)..centre].to_vec();
    contexts.extend_from_slice(&text[centre + 1..=last]);
    let mut targets = vec![text[centre]];
    while targets.len() < TARGETS {
        let noise = below(ROWS, random) as u32;
        if !targets.contains(&noise) {
            targets.push(noise);
        }
    }
    (contexts, Targets::new(&targets, true))
}

struct Steps<'a> {
    windows: &'a [(Vec<u32>, Targets)],
    inputs: &'a mut Matrix,
    outputs: &'a mut Matrix,
    step: &'a mut Step,
}

impl Work for Steps<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        for (contexts, targets) in self.windows {
            self.step
                .take(lanes, self.inputs, contexts, self.outputs, *targets, RATE);
        }
    }
}

/// Multiplications with an addition in registers alone, as many at once as the
/// processor can take: gives a number that keeps the compiler from leaving them
/// out, and how many they were.
pub fn peak(backend: usize, rounds: u64) -> (f32, u64) {
    Backend::available()[backend].run(Peak(rounds))
}

struct Peak(u64);

/// Independent sums: more than any processor here works on at once.
const CHAINS: usize = 10;

impl Work for Peak {
    type Output = (f32, u64);

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> (f32, u64) {
        let x = lanes.splat_f32s(std::hint::black_box(0.999));
        let y = lanes.splat_f32s(std::hint::black_box(0.5));
        let (mut a, mut b, mut c, mut d, mut e) = (x, y, x, y, x);
        let (mut f, mut g, mut h, mut i, mut j) = (y, x, y, x, y);
        for _ in 0..self.0 {
            a = lanes.mul_add_e_f32s(a, x, y);
            b = lanes.mul_add_e_f32s(b, x, y);
            c = lanes.mul_add_e_f32s(c, x, y);
            d = lanes.mul_add_e_f32s(d, x, y);
            e = lanes.mul_add_e_f32s(e, x, y);
            f = lanes.mul_add_e_f32s(f, x, y);
            g = lanes.mul_add_e_f32s(g, x, y);
            h = lanes.mul_add_e_f32s(h, x, y);
            i = lanes.mul_add_e_f32s(i, x, y);
            j = lanes.mul_add_e_f32s(j, x, y);
        }
        let sum = [a, b, c, d, e, f, g, h, i, j]
            .into_iter()
            .fold(lanes.splat_f32s(0.0), |sum, chain| {
                lanes.add_f32s(sum, chain)
            });
        let count = self.0 * (CHAINS * L::F32_LANES) as u64;
        (lanes.reduce_sum_f32s(sum), count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_trained_and_counted() {
        for (_, backend) in backends() {
            let mut windows = Windows::new(20, backend).unwrap();
            let before = windows.inputs.trimmed();
            windows.run();
            assert_ne!(windows.inputs.trimmed(), before);
            let contexts = windows.multiply_adds(20) / (TARGETS as u64 * 3 * 20);
            // Six on average, but for the ends of the text.
            assert!((11_500..13_000).contains(&contexts), "{contexts}");
        }
        assert_eq!(peak(0, 5).1, 50 * Backend::best().lanes() as u64);
    }
}
