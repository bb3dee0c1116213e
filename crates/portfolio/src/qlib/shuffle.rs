//! The order in which Qlib deals orders for target weights.

/// The state of the generator.
const N: usize = 624;

/// The numbers `0..n` in the order into which `random.seed(0); random.shuffle(list)` of Python 3 brings a list of `n`.
///
/// With too little cash the order of the purchases decides who gets some, so it is part of Qlib's result. The generator
/// is MT19937 (Matsumoto, Nishimura 1998), seeded from the array `[0]`; a number below `n` is the first of `bits(n)` bits
/// that is.
pub(crate) fn shuffled(n: usize) -> Vec<usize> {
    let mut list = (0..n).collect::<Vec<_>>();
    let mut twister = Twister::of_zero();
    for i in (1..n).rev() {
        list.swap(i, twister.below(i as u32 + 1) as usize);
    }
    list
}

struct Twister {
    state: [u32; N],
    next: usize,
}

impl Twister {
    fn of_zero() -> Self {
        let mut state = [0_u32; N];
        state[0] = 19_650_218;
        let mix = |before: u32| before ^ (before >> 30);
        for i in 1..N {
            state[i] = mix(state[i - 1]).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        let mut i = 1;
        let mut step = |state: &mut [u32; N], factor: u32, less: fn(usize) -> u32| {
            state[i] = (state[i] ^ mix(state[i - 1]).wrapping_mul(factor)).wrapping_sub(less(i));
            i += 1;
            if i == N {
                state[0] = state[N - 1];
                i = 1;
            }
        };
        for _ in 0..N {
            step(&mut state, 1_664_525, |_| 0);
        }
        for _ in 1..N {
            step(&mut state, 1_566_083_941, |i| i as u32);
        }
        state[0] = 0x8000_0000;
        Self { state, next: N }
    }

    fn below(&mut self, n: u32) -> u32 {
        let bits = u32::BITS - n.leading_zeros();
        loop {
            let number = self.number() >> (u32::BITS - bits);
            if number < n {
                return number;
            }
        }
    }

    fn number(&mut self) -> u32 {
        if self.next == N {
            self.twist();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn twist(&mut self) {
        for i in 0..N {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + 397) % N] ^ (y >> 1) ^ odd;
        }
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_python() {
        // python3 -c "import random; random.seed(0); l = list(range(10)); random.shuffle(l); print(l)"
        assert_eq!(shuffled(10), [7, 8, 1, 5, 3, 4, 2, 0, 9, 6]);
        // ... and of 700 the first three, after the generator has turned once.
        assert_eq!(shuffled(700)[..3], [160, 320, 88]);
    }
}
