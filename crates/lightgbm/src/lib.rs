//! A safe layer over LightGBM's C API.
