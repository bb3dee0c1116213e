//! Which series has which colour.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Block, Colour, Drawing, Palette, Section};

/// The hues that the page defines as `--c0` to `--c7`.
pub(super) const N_HUES: usize = 8;

/// The hue of each name: one for the whole report, another than those that it meets in a chart.
pub(super) struct Colours(BTreeMap<String, usize>);

impl Colours {
    pub(super) fn of<'a>(sections: impl IntoIterator<Item = &'a Section>) -> Self {
        let mut charts = Vec::new();
        sections.into_iter().flat_map(|section| &section.blocks).for_each(|block| visit(block, &mut charts));
        let mut meetings = BTreeMap::<&str, BTreeSet<&str>>::new();
        for names in &charts {
            for name in names {
                meetings.entry(name).or_default().extend(names.iter().filter(|other| *other != name));
            }
        }
        let mut hues = BTreeMap::<&str, usize>::new();
        for name in charts.iter().flatten() {
            if !hues.contains_key(name) {
                hues.insert(name, free_hue(&hues, &meetings[name]));
            }
        }
        Self(hues.into_iter().map(|(name, hue)| (name.to_owned(), hue)).collect())
    }

    /// The colour of each series of a drawing, as the page's script knows them: `c0` to `c7`, `neutral`, `positive`,
    /// `negative`, `sign`, or a share of the way from the first to the last shade.
    pub(super) fn series(&self, drawing: &Drawing) -> Vec<String> {
        let series = named(drawing);
        if palette(drawing) == Palette::Ordered {
            let last = series.len().saturating_sub(1).max(1);
            return (0..series.len()).map(|place| format!("{:.3}", place as f64 / last as f64)).collect();
        }
        series
            .into_iter()
            .map(|(name, colour)| match colour {
                Colour::Neutral => "neutral".to_owned(),
                Colour::Positive => "positive".to_owned(),
                Colour::Negative => "negative".to_owned(),
                Colour::BySign if matches!(drawing, Drawing::Bars(_)) => "sign".to_owned(),
                Colour::ByName | Colour::BySign => format!("c{}", self.0.get(name).copied().unwrap_or(0)),
            })
            .collect()
    }
}

/// The hue that the fewest names have, the first of several, among those that no name of a common chart has; among all
/// where these have every hue.
fn free_hue(hues: &BTreeMap<&str, usize>, met: &BTreeSet<&str>) -> usize {
    let taken = met.iter().filter_map(|name| hues.get(name)).collect::<BTreeSet<_>>();
    let used = |hue: &usize| hues.values().filter(|other| *other == hue).count();
    let free = (0..N_HUES).filter(|hue| !taken.contains(hue)).min_by_key(used);
    free.or_else(|| (0..N_HUES).min_by_key(used)).unwrap_or(0)
}

/// Collect the names of each chart whose hue is theirs.
fn visit<'a>(block: &'a Block, charts: &mut Vec<Vec<&'a str>>) {
    match block {
        Block::Chart(chart) => {
            let by_name =
                named(&chart.drawing).into_iter().filter(|(_, colour)| has_hue(&chart.drawing, *colour));
            charts.push(by_name.map(|(name, _)| name).collect());
        }
        Block::Details(details) => details.blocks.iter().for_each(|block| visit(block, charts)),
        Block::Beside(blocks) => blocks.iter().for_each(|block| visit(block, charts)),
        Block::Text(_) | Block::Caveats(_) | Block::Facts(_) | Block::Table(_) => {}
    }
}

/// Whether a colour is the hue of a name.
fn has_hue(drawing: &Drawing, colour: Colour) -> bool {
    colour == Colour::ByName || (colour == Colour::BySign && !matches!(drawing, Drawing::Bars(_)))
}

/// The series of a drawing by the name that their hue goes by.
fn named(drawing: &Drawing) -> Vec<(&str, Colour)> {
    match drawing {
        Drawing::Lines(lines) if lines.palette == Palette::Distinct => lines
            .series
            .iter()
            .map(|line| (line.like.as_ref().unwrap_or(&line.name).as_str(), line.colour))
            .collect(),
        Drawing::Bars(bars) if bars.palette == Palette::Distinct => {
            bars.series.iter().map(|series| (series.name.as_str(), series.colour)).collect()
        }
        // Ordered series have shades by place; they take no hue from the others.
        Drawing::Lines(lines) => {
            lines.series.iter().map(|line| (line.name.as_str(), Colour::Neutral)).collect()
        }
        Drawing::Bars(bars) => {
            bars.series.iter().map(|series| (series.name.as_str(), Colour::Neutral)).collect()
        }
        Drawing::Histogram(histogram) => {
            histogram.series.iter().map(|series| (series.name.as_str(), series.colour)).collect()
        }
    }
}

fn palette(drawing: &Drawing) -> Palette {
    match drawing {
        Drawing::Lines(lines) => lines.palette,
        Drawing::Bars(bars) => bars.palette,
        Drawing::Histogram(_) => Palette::Distinct,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chart, Format, Line, Lines};

    fn lines(names: &[&str]) -> Lines {
        names
            .iter()
            .fold(Lines::by_date([], Format::Integer), |lines, name| lines.line(Line::new(*name, vec![])))
    }

    fn colours(charts: &[Lines]) -> Vec<Vec<String>> {
        let section = Section::new("a", "A");
        let section =
            charts.iter().fold(section, |section, lines| section.block(Chart::new("", lines.clone())));
        let colours = Colours::of([&section]);
        charts.iter().map(|lines| colours.series(&lines.clone().into())).collect()
    }

    #[test]
    fn a_name_keeps_its_colour() {
        assert_eq!(colours(&[lines(&["a", "b"]), lines(&["b", "c"])]), [["c0", "c1"], ["c1", "c2"]]);
    }

    #[test]
    fn a_name_keeps_its_colour_when_there_are_more_names_than_hues() {
        // The ninth name meets the first in one chart, and the second in another.
        let first = ["0", "1", "2", "3", "4", "5", "6", "7"];
        let charts = [lines(&first), lines(&["8", "0"]), lines(&["1", "8", "9"]), lines(&["9", "0", "2"])];
        let colours = colours(&charts);
        let mut known = BTreeMap::new();
        for (chart, colours) in charts.iter().zip(&colours) {
            assert_eq!(colours.iter().collect::<BTreeSet<_>>().len(), chart.series.len(), "{colours:?}");
            for (line, colour) in chart.series.iter().zip(colours) {
                assert_eq!(known.entry(line.name.clone()).or_insert(colour), &colour, "{}", line.name);
            }
        }
        let many: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(super::tests::colours(&[lines(&many)])[0].len(), 20);
    }

    #[test]
    fn a_series_that_is_another_view_of_one_has_its_hue_and_takes_none() {
        let view =
            lines(&["a"]).line(Line::new("a, before costs", vec![]).like("a")).line(Line::new("b", vec![]));
        assert_eq!(colours(&[view]), [["c0", "c0", "c1"]]);
    }

    #[test]
    fn a_grey_series_takes_no_hue() {
        let grey = Line::new("benchmark", vec![]).colour(Colour::Neutral);
        let charts = [lines(&[]).line(grey).line(Line::new("a", vec![])), lines(&["b", "a"])];
        assert_eq!(colours(&charts), [["neutral", "c0"], ["c1", "c0"]]);
    }

    #[test]
    fn ordered_series_have_shades_and_take_no_hue() {
        let ordered = lines(&["low", "mid", "high"]).palette(Palette::Ordered);
        assert_eq!(colours(&[ordered, lines(&["a"])]), [vec!["0.000", "0.500", "1.000"], vec!["c0"]]);
    }
}
