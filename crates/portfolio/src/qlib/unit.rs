//! Amounts in trade units.

/// The amount of adjusted shares that is a multiple of the unit: a tenth of a quoted share is forgiven, so a little more
/// than was asked for may come of it.
pub(crate) fn rounded(amount: f64, factor: f64, unit: f64) -> f64 {
    floor_divided(amount * factor + 0.1, unit) * unit / factor
}

/// `a // b` as Python and `NumPy` compute it, to the last bit: from the exact remainder.
fn floor_divided(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    let mut quotient = (a - remainder) / b;
    if remainder != 0.0 && (b < 0.0) != (remainder < 0.0) {
        quotient -= 1.0;
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_become_multiples_of_the_unit() {
        assert_eq!(rounded(250.0, 1.0, 100.0), 200.0);
        assert_eq!(rounded(199.95, 1.0, 100.0), 200.0);
        assert_eq!(rounded(50.0, 4.0, 100.0), 50.0);
        assert_eq!(rounded(30.0, 4.0, 100.0), 25.0);
        assert_eq!(rounded(-50.0, 1.0, 100.0), -100.0);
    }

    #[test]
    fn division_is_that_of_python() {
        assert_eq!(floor_divided(1.0, 0.1), 9.0);
        assert_eq!(floor_divided(-1.0, 3.0), -1.0);
        assert_eq!(floor_divided(7.0, 2.0), 3.0);
    }
}
