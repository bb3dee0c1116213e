//! The values that a strategy consults beside scores: from the study's expressions and categories to the strategy's
//! rules.

use std::sync::Arc;

use backstaff_panel::{Axis, Column, Panel};
use backstaff_portfolio::{Exposure, GroupCap, Guide, Risk, ScoreRule, Timeline, TopN, Weights};

use crate::{
    StudyError,
    config::{ExposureSpec, RiskSpec, Role, TopNSpec, WeightSpec},
};

/// The values of the strategy's expressions, one column for each role, on the axis of the market.
#[derive(Clone, Debug, Default)]
pub struct Guides(pub Vec<(Role, Arc<Column>)>);

impl Guides {
    pub(super) fn column(&self, role: &Role) -> Result<&Column, StudyError> {
        let missing = || StudyError::Internal { what: format!("{} was not computed", role.column()) };
        self.0.iter().find(|(known, _)| known == role).map(|(_, column)| &**column).ok_or_else(missing)
    }

    fn risk(&self, role: &Role, spec: &RiskSpec, axis: &Axis) -> Result<Risk, StudyError> {
        Ok(Risk::new(Guide::new(axis, self.column(role)?.to_f64())?, spec.floor)?)
    }

    /// The strategy `top_n` that a study asks for, on a panel that holds the categories which it names.
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
            divided_by: divided_by.map(|risk| self.risk(&Role::ScoreRisk, risk, axis)).transpose()?,
        });
        let weights = match &spec.weights {
            WeightSpec::Equal => Weights::Equal,
            WeightSpec::Rank => Weights::Rank,
            WeightSpec::Score => Weights::Score,
            WeightSpec::InverseVolatility(risk) => {
                Weights::InverseRisk(self.risk(&Role::WeightRisk, risk, axis)?)
            }
            WeightSpec::Steps(steps) => {
                Weights::Steps(steps.iter().map(|&(place, weight)| (place as usize, weight)).collect())
            }
        };
        top = top.weights(weights, spec.max_weight)?;
        if let Some(exposure) = &spec.exposure {
            let values = by_session(axis, self.column(&Role::Exposure)?)?;
            top = top.exposure(exposure_of(exposure, axis, values)?);
        }
        Ok(top)
    }
}

fn exposure_of(spec: &ExposureSpec, axis: &Axis, values: Vec<f64>) -> Result<Exposure, StudyError> {
    let shares = values.into_iter().map(|value| spec.share(value)).collect();
    Ok(Exposure::new(Timeline::new(axis, shares)?, spec.min_change)?)
}

/// The value of each session, which all instruments must share; NaN where no row has one.
///
/// # Errors
///
/// If two instruments have different values in a session.
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
