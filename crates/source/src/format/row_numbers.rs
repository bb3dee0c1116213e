//! The numbers of rows, as people and databases count them from the beginning of a file or table.

/// The number of each row. Most numbers follow each other, so only the places where they don't are held.
#[derive(Debug)]
pub(crate) enum RowNumbers {
    /// The runs of numbers, each by its first row and that row's number; and the count of all rows.
    Runs(Vec<(usize, u64)>, usize),
    /// Every number, where runs would take more memory.
    Listed(Vec<u64>),
}

/// The number of runs that are always allowed.
const FEW: usize = 64;

impl Default for RowNumbers {
    fn default() -> Self {
        Self::Runs(Vec::new(), 0)
    }
}

impl RowNumbers {
    /// The numbers of rows that follow each other.
    pub(crate) fn following(first: u64, count: usize) -> Self {
        Self::Runs(vec![(0, first)], count)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Runs(_, count) => *count,
            Self::Listed(rows) => rows.len(),
        }
    }

    /// The number of a row.
    pub(crate) fn get(&self, row: usize) -> u64 {
        match self {
            Self::Runs(runs, _) => {
                let (start, first) = runs[runs.partition_point(|&(start, _)| start <= row) - 1];
                first.wrapping_add((row - start) as u64)
            }
            Self::Listed(rows) => rows[row],
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, number: u64) {
        match self {
            Self::Runs(runs, count) => {
                let follows = |&(start, first): &(usize, u64)| first.wrapping_add((*count - start) as u64);
                if runs.last().map(follows) != Some(number) {
                    runs.push((*count, number));
                }
                *count += 1;
                if runs.len() > FEW.max(*count / 2) {
                    *self = Self::Listed(self.iter().collect());
                }
            }
            Self::Listed(rows) => rows.push(number),
        }
    }

    /// All numbers, in the order of the rows.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> {
        let (runs, count, listed) = match self {
            Self::Runs(runs, count) => (runs.as_slice(), *count, &[][..]),
            Self::Listed(rows) => (&[][..], 0, rows.as_slice()),
        };
        let ends = runs.iter().skip(1).map(|&(start, _)| start).chain([count]);
        let run = |(&(start, first), end): (&(usize, u64), usize)| {
            (0..(end - start) as u64).map(move |at| first.wrapping_add(at))
        };
        runs.iter().zip(ends).flat_map(run).chain(listed.iter().copied())
    }
}

impl FromIterator<u64> for RowNumbers {
    fn from_iter<T: IntoIterator<Item = u64>>(numbers: T) -> Self {
        let mut rows = Self::default();
        numbers.into_iter().for_each(|number| rows.push(number));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_given_back_as_they_came() {
        let scattered = (0..500).map(|n| n * 7 % 501).collect::<Vec<u64>>();
        let some = (1..1000).filter(|n| n % 10 != 3).collect::<Vec<u64>>();
        let negative = [-2_i64, -1, 0, 1, 5].map(|n| n as u64);
        for numbers in [&[][..], &[5], &[5, 6, 7], &[3, 2, 1, 1], &some, &scattered, &negative] {
            let rows = numbers.iter().copied().collect::<RowNumbers>();
            assert_eq!(rows.len(), numbers.len());
            assert_eq!(rows.iter().collect::<Vec<_>>(), numbers);
            assert!((0..numbers.len()).all(|row| rows.get(row) == numbers[row]));
        }
        assert!(matches!(some.into_iter().collect(), RowNumbers::Runs(runs, 899) if runs.len() == 101));
        assert!(matches!(scattered.into_iter().collect(), RowNumbers::Listed(rows) if rows.len() == 500));
        assert_eq!(RowNumbers::following(4, 3).iter().collect::<Vec<_>>(), [4, 5, 6]);
    }
}
