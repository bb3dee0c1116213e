//! Who is held: ranks, the band in which a position is kept, caps by group.

use std::collections::BTreeMap;

/// An instrument with a score, which may be chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// The number of the instrument.
    pub(super) instrument: usize,
    /// The score of the instrument.
    pub(super) score: f64,
    /// Whether the instrument is held.
    pub(super) held: bool,
}

/// How many are held, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Band {
    /// How many instruments may be held.
    pub(super) n: usize,
    /// The last rank at which a position is kept and one may be opened; `None`: no band, the book is made anew.
    pub(super) keep: Option<usize>,
    /// A position is replaced only by an instrument whose score is higher by at least this.
    pub(super) advantage: f64,
}

/// How many positions each group still takes, under one or more caps.
pub(super) struct Room<F> {
    /// The group of an instrument under a cap.
    group: F,
    /// For each cap, the most of a group and what each has.
    caps: Vec<(usize, BTreeMap<u32, usize>)>,
    /// Candidates that a cap turned away.
    pub(super) refused: usize,
}

impl<F: Fn(usize, usize) -> u32> Room<F> {
    /// Empty groups under caps of these sizes; `group(cap, instrument)` is an instrument's group.
    pub(super) fn new(most: impl Iterator<Item = usize>, group: F) -> Self {
        Self { group, caps: most.map(|most| (most, BTreeMap::new())).collect(), refused: 0 }
    }

    /// Take a place in each of the instrument's groups, if all of them have one.
    pub(super) fn take(&mut self, instrument: usize) -> bool {
        let is_full = |(cap, (most, taken)): (usize, &(usize, BTreeMap<u32, usize>))| {
            taken.get(&(self.group)(cap, instrument)).is_some_and(|taken| taken >= most)
        };
        let full = self.caps.iter().enumerate().any(is_full);
        if !full {
            self.occupy(instrument);
        }
        !full
    }

    /// Take a place in each of the instrument's groups, full or not: what can't be sold is there.
    pub(super) fn occupy(&mut self, instrument: usize) {
        for (cap, (_, taken)) in self.caps.iter_mut().enumerate() {
            *taken.entry((self.group)(cap, instrument)).or_default() += 1;
        }
    }

    /// Give the instrument's places back.
    fn leave(&mut self, instrument: usize) {
        for (cap, (_, taken)) in self.caps.iter_mut().enumerate() {
            if let Some(count) = taken.get_mut(&(self.group)(cap, instrument)) {
                *count -= 1;
            }
        }
    }
}

/// The instruments to hold, most attractive first, as places in `ranking`.
///
/// 1. Those held at a rank of at most `keep` stay, best first, as long as there are places and their groups have room.
/// 2. The others at a rank of at most `keep` follow in the same manner until there are `n`.
/// 3. With an `advantage`, the least attractive of the new ones yields to the most attractive of those that would be
///    sold, if its score isn't higher by at least that; then the next pair.
///
/// Without `keep`, 1 and 2 are one walk down the whole ranking that doesn't care what is held.
pub(super) fn choose<F: Fn(usize, usize) -> u32>(
    ranking: &[Candidate],
    band: Band,
    room: &mut Room<F>,
) -> Vec<usize> {
    let within = band.keep.map_or(ranking, |keep| &ranking[..keep.min(ranking.len())]);
    let mut chosen = Vec::with_capacity(band.n);
    let passes: &[Option<bool>] = if band.keep.is_some() { &[Some(true), Some(false)] } else { &[None] };
    for pass in passes {
        for (place, candidate) in within.iter().enumerate() {
            if chosen.len() >= band.n {
                break;
            }
            if pass.is_some_and(|held| held != candidate.held) {
                continue;
            }
            if room.take(candidate.instrument) {
                chosen.push(place);
            } else {
                room.refused += 1;
            }
        }
    }
    chosen.sort_unstable();
    if band.advantage > 0.0 {
        spare(ranking, band.advantage, room, &mut chosen);
    }
    chosen
}

/// Undo the exchanges that gain too little.
fn spare<F: Fn(usize, usize) -> u32>(
    ranking: &[Candidate],
    advantage: f64,
    room: &mut Room<F>,
    chosen: &mut Vec<usize>,
) {
    let is_leaving = |place: &usize| ranking[*place].held && chosen.binary_search(place).is_err();
    let leaving = (0..ranking.len()).filter(is_leaving).collect::<Vec<_>>();
    let incoming = chosen.iter().copied().filter(|&place| !ranking[place].held).rev().collect::<Vec<_>>();
    for (new, old) in incoming.into_iter().zip(leaving) {
        if ranking[new].score - ranking[old].score >= advantage {
            break;
        }
        room.leave(ranking[new].instrument);
        if room.take(ranking[old].instrument) {
            chosen.retain(|&place| place != new);
            chosen.push(old);
        } else {
            room.occupy(ranking[new].instrument);
        }
    }
    chosen.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One group by the instrument's number, `most` of each.
    fn room(most: usize, n_groups: usize) -> Room<impl Fn(usize, usize) -> u32> {
        Room::new([most].into_iter(), move |_, instrument| (instrument % n_groups) as u32)
    }

    fn ranking(held: &[bool]) -> Vec<Candidate> {
        let n = held.len();
        let of = |(instrument, &held): (usize, &bool)| Candidate {
            instrument,
            score: (n - instrument) as f64,
            held,
        };
        held.iter().enumerate().map(of).collect()
    }

    /// The slow and obvious way: of all sets, the one that the rules name, found by asking each rank in turn.
    fn twin(ranking: &[Candidate], n: usize, keep: usize, most: usize, n_groups: usize) -> Vec<usize> {
        let mut chosen = Vec::new();
        let fits = |chosen: &[usize], place: usize| {
            let group = |place: usize| ranking[place].instrument % n_groups;
            chosen.len() < n && chosen.iter().filter(|&&other| group(other) == group(place)).count() < most
        };
        for held in [true, false] {
            for (place, candidate) in ranking.iter().enumerate() {
                let rank = place + 1;
                if rank <= keep && candidate.held == held && fits(&chosen, place) {
                    chosen.push(place);
                }
            }
        }
        chosen.sort_unstable();
        chosen
    }

    proptest! {
        #[test]
        fn chooses_as_its_slow_twin(
            held in proptest::collection::vec(any::<bool>(), 0..40),
            n in 1..12_usize, more in 0..20_usize, most in 1..5_usize, n_groups in 1..6_usize,
        ) {
            let ranking = ranking(&held);
            let band = Band { n, keep: Some(n + more), advantage: 0.0 };
            let chosen = choose(&ranking, band, &mut room(most, n_groups));
            prop_assert_eq!(chosen, twin(&ranking, n, n + more, most, n_groups));
        }

        #[test]
        fn caps_hold_and_a_kept_rank_is_sold_only_for_want_of_room(
            held in proptest::collection::vec(any::<bool>(), 0..40),
            n in 1..12_usize, more in 0..20_usize, most in 1..5_usize, n_groups in 1..6_usize,
            advantage in 0.0..5.0,
        ) {
            let ranking = ranking(&held);
            let keep = n + more;
            let chosen = choose(&ranking, Band { n, keep: Some(keep), advantage }, &mut room(most, n_groups));
            prop_assert!(chosen.len() <= n);
            let of_group = |group: usize, places: &[usize]| {
                places.iter().filter(|&&place| ranking[place].instrument % n_groups == group).count()
            };
            for group in 0..n_groups {
                prop_assert!(of_group(group, &chosen) <= most);
            }
            let kept = (0..keep.min(ranking.len())).filter(|&place| ranking[place].held).collect::<Vec<_>>();
            for &place in &kept {
                let group = ranking[place].instrument % n_groups;
                let crowded = kept.len() > n || of_group(group, &kept) > most;
                prop_assert!(chosen.contains(&place) || crowded, "rank {} of {kept:?}", place + 1);
            }
        }
    }

    #[test]
    fn a_position_is_kept_within_the_band_and_sold_beyond_it() {
        let held = [false, false, false, true, false, true];
        let chosen = choose(&ranking(&held), Band { n: 2, keep: Some(5), advantage: 0.0 }, &mut room(9, 1));
        assert_eq!(chosen, [0, 3]);
        let chosen = choose(&ranking(&held), Band { n: 2, keep: None, advantage: 0.0 }, &mut room(9, 1));
        assert_eq!(chosen, [0, 1]);
    }

    #[test]
    fn a_full_group_makes_way_for_the_next_in_rank() {
        // Even and odd numbers are the groups; one of each.
        let mut room = room(1, 2);
        let chosen = choose(&ranking(&[false; 6]), Band { n: 4, keep: None, advantage: 0.0 }, &mut room);
        assert_eq!((chosen, room.refused), (vec![0, 1], 4));
    }

    #[test]
    fn a_small_advantage_is_no_reason_to_trade() {
        // Scores 4 3 2 1; the last two are held.
        let ranking = ranking(&[false, false, true, true]);
        let choose = |advantage| choose(&ranking, Band { n: 2, keep: None, advantage }, &mut room(9, 1));
        assert_eq!(choose(0.5), [0, 1]);
        // 3 instead of 2 gains 1, 4 instead of 1 gains 3.
        assert_eq!(choose(1.5), [0, 2]);
        assert_eq!(choose(4.0), [2, 3]);
    }
}
