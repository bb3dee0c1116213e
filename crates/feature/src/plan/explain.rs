//! The work that a plan will do, in numbers and in words.

use std::fmt;

use super::{Plan, program::Step, resume::OfFeature};
use crate::LookBack;

/// The work that a plan will do, in numbers; its display is for people.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Explain {
    /// How many features the plan computes.
    pub features: usize,
    /// How many nodes they have together: columns, constants and operators.
    pub nodes: usize,
    /// How many further nodes the features would have one by one.
    pub shared: usize,
    /// The passes, in order.
    pub passes: Vec<Pass>,
    /// How many earlier sessions the features depend on.
    pub look_back: LookBack,
    /// How many sessions before a new one are read when it is appended; `None` if some feature needs all history.
    pub append_reads: Option<usize>,
    /// How many recursions go on from a stored state then.
    pub states: usize,
    /// Bytes for each row of the panel that are held between passes, at most, beside the outputs.
    pub kept_bytes_per_row: usize,
    /// Bytes for each row of the longest instrument that each thread holds.
    pub buffer_bytes_per_row: usize,
}

/// A walk over the panel.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Pass {
    /// Instrument by instrument.
    ByInstrument {
        /// How many operators are computed.
        operators: usize,
        /// In how many walks over the rows: some operators share one.
        walks: usize,
        /// How many buffers of one instrument's length they share.
        buffers: usize,
        /// How many outputs are stored.
        outputs: usize,
    },
    /// Session by session.
    BySession {
        /// How many cross-sections are computed.
        operators: usize,
        /// How many operators are computed for their inputs, a block of sessions at a time.
        inputs: usize,
    },
}

impl Plan {
    /// Describe the work that the plan will do.
    pub fn explain(&self) -> Explain {
        let nodes = self.graph.nodes();
        let cross_sections =
            |pass| (0..nodes.len()).filter(|&n| self.schedule.is_cross_section(&self.graph, n, pass)).count();
        let of_inputs = |pass: usize| {
            let is_operator = |step: &&Step| match step {
                Step::Load { node, .. } => self.schedule.near[*node],
                step => matches!(step, Step::Compute { .. }),
            };
            self.programs[pass].near.steps.iter().filter(is_operator).count()
        };
        let passes = (0..self.schedule.n_passes).map(|pass| match pass % 2 {
            0 => Pass::ByInstrument {
                operators: self.programs[pass].all.n_operators(),
                walks: self.programs[pass].all.n_walks(),
                buffers: self.programs[pass].all.n_buffers,
                outputs: if pass == self.schedule.last_pass() { self.outputs.len() } else { 0 },
            },
            _ => Pass::BySession { operators: cross_sections(pass), inputs: of_inputs(pass) },
        });
        let look_back = self.outputs.iter().map(|&output| nodes[output].look_back).max();
        let buffers = self.programs.iter().map(|programs| programs.all.n_buffers).max();
        Explain {
            features: self.outputs.len(),
            nodes: nodes.len(),
            shared: self.n_separate - nodes.len(),
            passes: passes.collect(),
            look_back: look_back.unwrap_or(LookBack::Sessions(0)),
            append_reads: self.append_reads,
            states: self.recursions.iter().map(OfFeature::len).sum(),
            kept_bytes_per_row: 8 * self.schedule.peak_columns(),
            buffer_bytes_per_row: 8 * buffers.unwrap_or(0),
        }
    }
}

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} features, {} nodes ({} more without sharing)",
            self.features, self.nodes, self.shared
        )?;
        writeln!(f, "look-back: {}", self.look_back)?;
        match self.append_reads {
            Some(sessions) => writeln!(
                f,
                "an appended session reads {sessions} sessions before it and {} states of each instrument",
                self.states
            )?,
            None => writeln!(f, "an appended session reads all history: something in it keeps no state")?,
        }
        for (n, pass) in self.passes.iter().enumerate() {
            match pass {
                Pass::ByInstrument { operators, walks, buffers, outputs } => writeln!(
                    f,
                    "pass {}, by instrument: {operators} operators in {walks} walks and {buffers} buffers, \
                     {outputs} outputs",
                    n + 1
                )?,
                Pass::BySession { operators, inputs } => {
                    writeln!(
                        f,
                        "pass {}, by session: {operators} operators, and {inputs} for their inputs",
                        n + 1
                    )?;
                }
            }
        }
        write!(
            f,
            "held beside the outputs: {} bytes a row, and {} bytes a row of the longest instrument in each thread",
            self.kept_bytes_per_row, self.buffer_bytes_per_row
        )
    }
}
