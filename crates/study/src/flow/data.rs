//! Loading data and computing columns, the same for a study and for a single computation.

use std::sync::Arc;

use backstaff_source::{SourceError, quality::broken_series};

use super::Flow;
use crate::{
    StudyError,
    steps::{Load, features::Features},
    stored::{column::ColumnHandle, panel::PanelHandle},
};

impl Flow<'_> {
    /// Load data, and open the panel. If the store has lost the rows that it kept of a database, the whole file is read
    /// anew.
    pub(crate) fn panel(&self, stage: &Load) -> Result<Arc<PanelHandle>, StudyError> {
        let load = || {
            let files = self.trace().span("digest files", || stage.files(self.store()))?;
            if let Some(told) = files.told() {
                self.tell(told);
            }
            self.single(stage, &files, 0)
        };
        let manifest = match load() {
            Err(StudyError::Source(SourceError::RowsNotKept { .. })) => {
                stage.forget_rows(self.store());
                load()?
            }
            manifest => manifest?,
        };
        self.trace().laps(&stage.take_laps());
        Ok(Arc::new(PanelHandle::open(self.store(), manifest)?))
    }

    /// Compute the columns of a stage's features, in their order. `rows` is the number of rows that the progress shows.
    pub(crate) fn columns(
        &self,
        stage: &Features,
        panel: &Arc<PanelHandle>,
        rows: usize,
    ) -> Result<Vec<Arc<ColumnHandle>>, StudyError> {
        let done = self.joint_stage(stage, panel, rows)?;
        let segments = done.chunks(panel.segments().len());
        let handles = stage.features.iter().zip(segments).map(|(feature, segments)| {
            let manifests = segments.iter().map(|done| done.manifest.clone()).collect();
            Arc::new(ColumnHandle::new(feature.name(), self.store(), panel, manifests))
        });
        Ok(handles.collect())
    }

    /// Warn of series that look broken, before anything rests on them; of doubtful values in the data, and of the
    /// instruments that are left out.
    pub(crate) fn warn_of_data(&self, panel: &PanelHandle) {
        if let Some(sentence) = broken_series(&panel.facts().quality.broken) {
            self.warn(format!(
                "{sentence}; all are in section Data of the report; name what is an error under `drop_rows` or \
                 `drop_instruments` of `data.prices`"
            ));
        }
        for warning in &panel.facts().warnings {
            self.warn(warning.clone());
        }
        for (instrument, reason) in &panel.facts().excluded {
            self.warn(format!("{instrument} is left out: {reason}"));
        }
    }
}
