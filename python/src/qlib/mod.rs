//! What `backstaff.qlib` computes natively: folders of Qlib's, columns, processors, models, portfolios.
//!
//! Numbers pass as the bytes of arrays, dates as days since 1970.

mod folder;
mod model;
mod own;
mod process;
mod table;
mod trade;
mod workflow;

use backstaff_panel::Session;
use backstaff_qlib::workflow::Span;
use pyo3::{prelude::*, types::PyByteArray};

pub(crate) use self::{
    folder::{QlibFolder, qlib_alpha},
    model::{QlibModel, qlib_fit, qlib_model},
    process::QlibProcessor,
    table::QlibTable,
    trade::{qlib_risk, qlib_signal, qlib_trade},
    workflow::{qlib_check, qlib_workflow},
};

/// A span of dates, given by days since 1970.
fn span(from: Option<i32>, to: Option<i32>) -> Span {
    Span { from: from.map(Session::from_number), to: to.map(Session::from_number) }
}

/// Numbers of one width as the bytes of an array.
fn bytes<const N: usize>(
    py: Python<'_>,
    len: usize,
    numbers: impl Iterator<Item = [u8; N]>,
) -> PyResult<Bound<'_, PyByteArray>> {
    PyByteArray::new_with(py, len * N, |room| {
        let (cells, _) = room.as_chunks_mut();
        cells.iter_mut().zip(numbers).for_each(|(cell, number)| *cell = number);
        Ok(())
    })
}

/// 64-bit numbers as the bytes of an array.
fn numbers(py: Python<'_>, values: impl ExactSizeIterator<Item = f64>) -> PyResult<Bound<'_, PyByteArray>> {
    bytes(py, values.len(), values.map(f64::to_ne_bytes))
}

/// 32-bit whole numbers as the bytes of an array.
fn whole(py: Python<'_>, values: impl ExactSizeIterator<Item = i32>) -> PyResult<Bound<'_, PyByteArray>> {
    bytes(py, values.len(), values.map(i32::to_ne_bytes))
}
