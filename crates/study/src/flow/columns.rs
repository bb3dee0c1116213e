//! The computed columns of a study, found by their roles.

use std::{collections::BTreeMap, sync::Arc};

use backstaff_feature::{Feature, LookBack};

use crate::{StudyError, config::Role, stored::column::ColumnHandle};

/// A computed column with its role in the study and the feature that it is computed by.
#[derive(Clone, Debug)]
pub(crate) struct OwnColumn {
    pub(crate) role: Role,
    pub(crate) feature: Feature,
    pub(crate) handle: Arc<ColumnHandle>,
}

/// All computed columns of a study.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns(pub(crate) Vec<OwnColumn>);

impl Columns {
    /// The columns of these features, which were computed in the same order.
    pub(crate) fn new(features: Vec<(Role, Feature)>, handles: Vec<Arc<ColumnHandle>>) -> Self {
        let mut columns = Self::default();
        columns.extend(features, handles);
        columns
    }

    /// Add the columns of more features, which were computed in the same order.
    ///
    /// # Panics
    ///
    /// If the number of handles is not the number of features.
    pub(crate) fn extend(&mut self, features: Vec<(Role, Feature)>, handles: Vec<Arc<ColumnHandle>>) {
        assert_eq!(features.len(), handles.len(), "one column a feature");
        let own = features.into_iter().zip(handles);
        self.0.extend(own.map(|((role, feature), handle)| OwnColumn { role, feature, handle }));
    }

    fn of(&self, is_wanted: impl Fn(&Role) -> bool) -> impl Iterator<Item = &OwnColumn> {
        self.0.iter().filter(move |column| is_wanted(&column.role))
    }

    fn with_roles(&self, is_wanted: impl Fn(&Role) -> bool) -> Vec<(Role, Arc<ColumnHandle>)> {
        self.of(is_wanted).map(|column| (column.role.clone(), column.handle.clone())).collect()
    }

    /// The columns of the features that models see.
    pub(crate) fn features(&self) -> Vec<Arc<ColumnHandle>> {
        self.of(|role| *role == Role::Feature).map(|column| column.handle.clone()).collect()
    }

    /// The column of the universe: 1 where an instrument is eligible.
    ///
    /// # Errors
    ///
    /// If it was not computed.
    pub(crate) fn universe(&self) -> Result<Arc<ColumnHandle>, StudyError> {
        let missing = || StudyError::Internal { what: "the universe was not computed".to_owned() };
        self.of(|role| *role == Role::Universe).next().map(|column| column.handle.clone()).ok_or_else(missing)
    }

    /// The column of the universe without regard to dates of entry; `None` if the study has no such dates.
    pub(crate) fn unmasked(&self) -> Option<Arc<ColumnHandle>> {
        self.of(|role| *role == Role::Unmasked).next().map(|column| column.handle.clone())
    }

    /// The columns of models that are expressions, by the model's name.
    pub(crate) fn scores(&self) -> BTreeMap<String, Arc<ColumnHandle>> {
        let scores = self.0.iter().filter_map(|column| match &column.role {
            Role::Score(model) => Some((model.clone(), column.handle.clone())),
            _ => None,
        });
        scores.collect()
    }

    /// The columns that targets and weights of training rows read.
    pub(crate) fn of_training(&self) -> Vec<(Role, Arc<ColumnHandle>)> {
        self.with_roles(Role::is_of_training)
    }

    /// The columns that the strategy consults beside scores.
    pub(crate) fn of_strategy(&self) -> Vec<(Role, Arc<ColumnHandle>)> {
        self.with_roles(Role::is_of_strategy)
    }

    /// The columns that regimes are recognised by, in the order of the study.
    pub(crate) fn observed(&self) -> Vec<Arc<ColumnHandle>> {
        self.of(Role::is_observed).map(|column| column.handle.clone()).collect()
    }

    /// The columns that the search for suspects looks at, each with its look-back: the features that models see, and the
    /// scores of these models, which were computed elsewhere. Where nothing learns, those that scores and weights are
    /// made of.
    pub(crate) fn looked_at(&self, given: &[&str]) -> Vec<(Arc<ColumnHandle>, LookBack)> {
        let looked_at = |column: &OwnColumn| (column.handle.clone(), column.feature.look_back());
        let is_given = |role: &Role| matches!(role, Role::Score(name) if given.contains(&name.as_str()));
        if self.of(|role| *role == Role::Feature).next().is_some() {
            return self.of(|role| *role == Role::Feature || is_given(role)).map(looked_at).collect();
        }
        self.of(|role| matches!(role, Role::Score(_) | Role::Target)).map(looked_at).collect()
    }
}
