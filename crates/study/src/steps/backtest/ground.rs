//! The common ground of a study's portfolios: the market, and the values that the strategy consults in it.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Column, Panel, TRADED, Universe};
use backstaff_portfolio::{Market, TopN};

use super::{
    BacktestInputs, Guides, Holder, RunBacktests, Variant,
    qlib::{QlibGround, fields},
    simulate::index_panel,
};
use crate::{StudyError, config::Role, stored::panel::PanelHandle};

/// A market that ends with the last session of the portfolios on it; made once for all of them.
#[derive(Clone, Debug)]
pub struct Ground {
    pub(super) panel: Panel,
    pub(super) market: Market,
    /// The rows of the whole panel that this one has, as ranges in order.
    pub(super) kept: Vec<Range<usize>>,
    /// The study's strategy `top_n` with the values that it consults; `None` for any other strategy.
    pub(super) top_n: Option<TopN>,
    /// The weight that the strategy's expression gives each row; `None` for a strategy without one.
    pub(super) targets: Option<Vec<f64>>,
    /// The same market as Qlib's exchange sees it; `None` for a study that doesn't trade by its rules.
    pub(super) qlib: Option<QlibGround>,
}

impl Ground {
    /// The market of a panel, for portfolios that follow neither a model nor the study's strategy.
    pub fn new(panel: Panel) -> Result<Self, StudyError> {
        let kept = std::iter::once(0..panel.axis().n_rows()).collect();
        Ok(Self { market: Market::new(&panel)?, kept, panel, top_n: None, targets: None, qlib: None })
    }

    /// The members of a universe on these rows, from its column on the whole panel: those with a value above 0.
    pub(super) fn universe(&self, mask: &Column) -> Universe {
        let rows = self.kept.iter().cloned().flatten();
        Universe::new(rows.map(|row| mask.get(row) > 0.0).collect())
    }
}

impl RunBacktests {
    /// The market of a panel, with the values that the strategy consults. The panel must hold the categories that it
    /// reads.
    pub fn ground(&self, panel: Panel, guides: &Guides) -> Result<Ground, StudyError> {
        let mut ground = Ground::new(panel)?;
        ground.qlib = QlibGround::new(&ground.panel, &self.portfolio, guides)?;
        let strategy = &self.portfolio.strategy;
        if let Some(spec) = strategy.top_n() {
            ground.top_n = Some(guides.top_n(spec, &ground.panel)?);
        }
        if strategy.expressions().iter().any(|(role, ..)| *role == Role::Target) {
            ground.targets = Some(guides.column(&Role::Target)?.to_f64());
        }
        Ok(ground)
    }

    /// The market of variants that all end with the same session, and either all hold the index or none does.
    pub(super) fn ground_of(
        &self,
        variants: &[Variant],
        inputs: &BacktestInputs,
    ) -> Result<Ground, StudyError> {
        let end = variants.iter().map(|variant| inputs.sessions_of(variant).end).max().unwrap_or(0);
        if variants.iter().all(|variant| variant.holder == Holder::Index) {
            return Ground::new(index_panel(&inputs.panel, &self.index_name)?.between(0..end));
        }
        let is_asked = variants.iter().any(|variant| variant.holder.is_asked());
        let fields = self.fields(&inputs.panel);
        let categories = if is_asked { self.categories(&inputs.panel) } else { Vec::new() };
        let categories = categories.iter().map(String::as_str);
        let mut panel = inputs.panel.panel(fields.iter().map(String::as_str), categories)?;
        let (_, kept) = panel.axis().between(0..end);
        let is_cut = end < panel.axis().n_sessions();
        if is_cut {
            panel = panel.between(0..end);
        }
        if !is_asked {
            return Ok(Ground { kept, ..Ground::new(panel)? });
        }
        let mut guides = Guides::default();
        for (role, column) in &inputs.guides {
            let column = column.column()?;
            guides.0.push((role.clone(), if is_cut { Arc::new(column.select(&kept)) } else { column }));
        }
        Ok(Ground { kept, ..self.ground(panel, &guides)? })
    }
}

impl RunBacktests {
    /// The fields that the market of a panel reads. Stops and limits also need each session's high and low.
    pub(super) fn fields(&self, panel: &PanelHandle) -> Vec<String> {
        let places_levels =
            self.portfolio.strategy.regimes().is_some() || self.portfolio.protection().has_levels();
        let range = ["high", "low"].into_iter().filter(|_| places_levels);
        let usual = ["open", "close", "volume", "raw_close", "raw_volume", TRADED];
        let mut names = usual.into_iter().chain(range).map(str::to_owned).collect::<Vec<_>>();
        for name in fields(&self.portfolio) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.retain(|name| panel.fields().contains(name));
        names
    }
}
