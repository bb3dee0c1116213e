//! What a strategy consults beside scores: from the study's expressions and categories to its rules.

use std::sync::Arc;

use backstaff_panel::{Axis, Column, Panel};
use backstaff_portfolio::{Exposure, GroupCap, Guide, Risk, ScoreRule, Timeline, TopN, Weights};

use crate::{
    StudyError,
    config::{ExposureSpec, RiskSpec, StrategySpec, TopNSpec, WeightSpec},
};

/// What an expression of the strategy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuideRole {
    /// Scores are divided by it.
    ScoreRisk,
    /// Weights are inverse to it.
    WeightRisk,
    /// It says how much is invested.
    Exposure,
}

impl GuideRole {
    /// The name of its column.
    pub fn name(self) -> &'static str {
        match self {
            Self::ScoreRisk => "portfolio: score divided by",
            Self::WeightRisk => "portfolio: weights inverse to",
            Self::Exposure => "portfolio: exposure",
        }
    }

    /// The expressions that a strategy asks for.
    pub fn of(strategy: &StrategySpec) -> Vec<(Self, &str)> {
        let StrategySpec::TopN(top) = strategy else { return Vec::new() };
        let score = top.score.divided_by.iter().map(|risk| (Self::ScoreRisk, risk.expression.as_str()));
        let weight = match &top.weights {
            WeightSpec::InverseVolatility(risk) => Some((Self::WeightRisk, risk.expression.as_str())),
            _ => None,
        };
        let exposure = top.exposure.iter().map(|exposure| (Self::Exposure, exposure.expression.as_str()));
        score.chain(weight).chain(exposure).collect()
    }
}

/// The values of a strategy's expressions, a column each, on the axis of the market.
#[derive(Clone, Debug, Default)]
pub struct Guides(pub Vec<(GuideRole, Arc<Column>)>);

impl Guides {
    fn column(&self, role: GuideRole) -> Result<&Column, StudyError> {
        let missing = || StudyError::Internal { what: format!("{} was not computed", role.name()) };
        self.0.iter().find(|(known, _)| *known == role).map(|(_, column)| &**column).ok_or_else(missing)
    }

    fn risk(&self, role: GuideRole, spec: &RiskSpec, axis: &Axis) -> Result<Risk, StudyError> {
        Ok(Risk::new(Guide::new(axis, self.column(role)?.to_f64())?, spec.floor)?)
    }

    /// The strategy that a study asks for, on a panel that holds its categories.
    pub(super) fn top_n(&self, spec: &TopNSpec, panel: &Panel) -> Result<TopN, StudyError> {
        let axis = panel.axis();
        let groups = |name: &String| -> Result<Guide<u32>, StudyError> {
            let missing = || StudyError::Internal { what: format!("the category {name} was not loaded") };
            let categories = panel.categories(name).ok_or_else(missing)?;
            Ok(Guide::new(axis, categories.codes().to_vec())?)
        };
        let mut top = TopN::new(spec.n as usize)?.advantage(spec.advantage)?.threshold(spec.threshold)?;
        if let Some(keep) = spec.keep {
            top = top.keep(keep as usize)?;
        }
        for (name, most) in &spec.at_most_per {
            top = top.at_most_per(GroupCap { groups: groups(name)?, most: *most as usize })?;
        }
        let divided_by = spec.score.divided_by.as_ref();
        top = top.score(ScoreRule {
            within: spec.score.within.as_ref().map(groups).transpose()?,
            divided_by: divided_by.map(|risk| self.risk(GuideRole::ScoreRisk, risk, axis)).transpose()?,
        });
        let weights = match &spec.weights {
            WeightSpec::Equal => Weights::Equal,
            WeightSpec::Rank => Weights::Rank,
            WeightSpec::Score => Weights::Score,
            WeightSpec::InverseVolatility(risk) => {
                Weights::InverseRisk(self.risk(GuideRole::WeightRisk, risk, axis)?)
            }
            WeightSpec::Steps(steps) => {
                Weights::Steps(steps.iter().map(|&(place, weight)| (place as usize, weight)).collect())
            }
        };
        top = top.weights(weights, spec.max_weight)?;
        if let Some(exposure) = &spec.exposure {
            let values = by_session(axis, self.column(GuideRole::Exposure)?)?;
            top = top.exposure(exposure_of(exposure, axis, values)?);
        }
        Ok(top)
    }
}

fn exposure_of(spec: &ExposureSpec, axis: &Axis, values: Vec<f64>) -> Result<Exposure, StudyError> {
    let shares = values.into_iter().map(|value| spec.share(value)).collect();
    Ok(Exposure::new(Timeline::new(axis, shares)?, spec.min_change)?)
}

/// The one value of each session; NaN where no row has one.
fn by_session(axis: &Axis, column: &Column) -> Result<Vec<f64>, StudyError> {
    let by_session = axis.by_session();
    let mut values = Vec::with_capacity(axis.n_sessions());
    for position in 0..axis.n_sessions() {
        let rows = by_session.rows(position).iter().map(|&row| row as usize);
        let mut present = rows.filter(|&row| column.get(row).is_finite());
        let first = present.next();
        let value = first.map_or(f64::NAN, |row| column.get(row));
        if let (Some(a), Some(b)) = (first, present.find(|&row| column.get(row) != value)) {
            let name = |row: usize| &axis.instruments()[axis.instrument_of(row)];
            let message = format!(
                "must have one value for all instruments of a session, but on {} it is {value} for {} and {} for {}; \
                 make it one of the market, as in CsMean(...)",
                axis.calendar().session(position),
                name(a),
                column.get(b),
                name(b)
            );
            return Err(StudyError::Value {
                key: "portfolio.strategy.top_n.exposure.expression".to_owned(),
                message,
            });
        }
        values.push(value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstaff_panel::testing::weekdays;

    #[test]
    fn a_session_has_one_exposure() {
        let axis = Axis::new(weekdays(3), vec![("A".into(), 0..3), ("B".into(), 1..3)]);
        let column = |values: [f64; 5]| Column::F64(values.to_vec());
        let values = by_session(&axis, &column([f64::NAN, 0.5, f64::NAN, f64::NAN, 0.25])).unwrap();
        assert!(values[0].is_nan());
        assert_eq!(values[1..], [0.5, 0.25]);
        let error = by_session(&axis, &column([0.0, 0.5, 1.0, 0.5, 2.0])).unwrap_err().to_string();
        assert!(error.contains("1 for A and 2 for B") && error.contains("CsMean"), "{error}");
    }
}
