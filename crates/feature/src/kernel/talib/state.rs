//! Saving and restoring what an indicator depends on.

/// The numbers that an indicator depends on, on their way out of it or back into it.
///
/// Each part names its numbers once, for both ways, so that they cannot be mixed up.
#[derive(Debug)]
pub enum State<'a> {
    /// They are written here.
    Save(&'a mut Vec<f64>),
    /// They are read from here.
    Restore(std::slice::Iter<'a, f64>),
}

impl State<'_> {
    /// Save or restore a number.
    ///
    /// # Panics
    ///
    /// If a state is restored into another indicator than the one that saved it; so do the others.
    pub fn number(&mut self, number: &mut f64) {
        match self {
            Self::Save(to) => to.push(*number),
            Self::Restore(from) => {
                *number = *from.next().expect("a state is restored by the indicator that saved it");
            }
        }
    }

    /// Save or restore a count, which a float holds exactly.
    pub fn count(&mut self, count: &mut usize) {
        let mut number = *count as f64;
        self.number(&mut number);
        *count = number as usize;
    }

    /// Save or restore some numbers.
    pub fn numbers(&mut self, numbers: &mut Vec<f64>) {
        let mut length = numbers.len();
        self.count(&mut length);
        numbers.resize(length, 0.0);
        for number in numbers {
            self.number(number);
        }
    }
}
