//! Which series has which colour.

use std::collections::BTreeMap;

use crate::{Block, Colour, Drawing, Palette, Section};

/// The hues that the page defines as `--c0` to `--c7`.
const N_HUES: usize = 8;

/// The hue of each name, in the order in which the report first mentions them.
pub(super) struct Colours(BTreeMap<String, usize>);

impl Colours {
    pub(super) fn of<'a>(sections: impl IntoIterator<Item = &'a Section>) -> Self {
        let mut colours = Self(BTreeMap::new());
        sections.into_iter().for_each(|section| section.blocks.iter().for_each(|block| colours.visit(block)));
        colours
    }

    fn visit(&mut self, block: &Block) {
        match block {
            Block::Chart(chart) => {
                for (name, colour) in named(&chart.drawing) {
                    let next = self.0.len();
                    if matches!(colour, Colour::ByName) && !self.0.contains_key(name) {
                        self.0.insert(name.to_owned(), next);
                    }
                }
            }
            Block::Details(details) => details.blocks.iter().for_each(|block| self.visit(block)),
            Block::Beside(blocks) => blocks.iter().for_each(|block| self.visit(block)),
            Block::Text(_) | Block::Caveats(_) | Block::Facts(_) | Block::Table(_) => {}
        }
    }

    /// The colour of each series of a drawing, as the page's script knows them: `c0` to `c7`, `neutral`, `positive`,
    /// `negative`, `sign`, or a share of the way from the first to the last shade.
    pub(super) fn series(&self, drawing: &Drawing) -> Vec<String> {
        let series = named(drawing);
        if palette(drawing) == Palette::Ordered {
            let last = series.len().saturating_sub(1).max(1);
            return (0..series.len()).map(|place| format!("{:.3}", place as f64 / last as f64)).collect();
        }
        let mut taken = [false; N_HUES];
        series
            .into_iter()
            .map(|(name, colour)| match colour {
                Colour::Neutral => "neutral".to_owned(),
                Colour::Positive => "positive".to_owned(),
                Colour::Negative => "negative".to_owned(),
                Colour::BySign if matches!(drawing, Drawing::Bars(_)) => "sign".to_owned(),
                Colour::ByName | Colour::BySign => {
                    let own = self.0.get(name).copied().unwrap_or(0) % N_HUES;
                    // Two names of one chart never share a hue while there is a free one.
                    let hue =
                        (own..own + N_HUES).map(|hue| hue % N_HUES).find(|&hue| !taken[hue]).unwrap_or(own);
                    taken[hue] = true;
                    format!("c{hue}")
                }
            })
            .collect()
    }
}

fn named(drawing: &Drawing) -> Vec<(&str, Colour)> {
    match drawing {
        Drawing::Lines(lines) if lines.palette == Palette::Distinct => {
            lines.series.iter().map(|line| (line.name.as_str(), line.colour)).collect()
        }
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
    fn names_of_one_chart_differ_while_hues_last() {
        let first = lines(&["0", "1", "2", "3", "4", "5", "6", "7"]);
        assert_eq!(colours(&[first, lines(&["8", "0"])])[1], ["c0", "c1"]);
        let many: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(colours(&[lines(&many)])[0].len(), 20);
    }

    #[test]
    fn ordered_series_have_shades_and_take_no_hue() {
        let ordered = lines(&["low", "mid", "high"]).palette(Palette::Ordered);
        assert_eq!(colours(&[ordered, lines(&["a"])]), [vec!["0.000", "0.500", "1.000"], vec!["c0"]]);
    }
}
