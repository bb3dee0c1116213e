//! The draws of numpy's global generator.

const N: usize = 624;
const M: usize = 397;

/// The Mersenne twister as numpy seeds it (`numpy.random.seed`) and shuffles with it.
///
/// - Source: Matsumoto, Nishimura (1998), "Mersenne twister", ACM TOMACS 8; numpy's legacy `RandomState`.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    state: [u32; N],
    next: usize,
}

impl Draw {
    /// The generator after `numpy.random.seed(seed)`.
    pub(super) fn new(seed: u32) -> Self {
        let mut state = [seed; N];
        for i in 1..N {
            let before = state[i - 1];
            state[i] = (before ^ (before >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, next: N }
    }

    fn number(&mut self) -> u32 {
        if self.next == N {
            for i in 0..N {
                let joined = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
                let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[i] = self.state[(i + M) % N] ^ (joined >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut number = self.state[self.next];
        self.next += 1;
        number ^= number >> 11;
        number ^= (number << 7) & 0x9d2c_5680;
        number ^= (number << 15) & 0xefc6_0000;
        number ^ (number >> 18)
    }

    /// A number from 0 to `most`, each as likely: draws that are too large are thrown away.
    fn up_to(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let number = self.number() & mask;
            if number <= most {
                return number;
            }
        }
    }

    /// Put values into another order, each as likely.
    pub(super) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            let other = self.up_to(last as u32) as usize;
            values.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffles_are_numpys() {
        // numpy.random.seed(7); numpy.random.permutation(10), numpy.random.permutation(3)
        let mut draw = Draw::new(7);
        let mut values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        draw.shuffle(&mut values);
        assert_eq!(values, [8, 5, 0, 2, 1, 9, 7, 3, 6, 4]);
        let mut values = [0, 1, 2];
        draw.shuffle(&mut values);
        assert_eq!(values, [1, 0, 2]);
    }
}
