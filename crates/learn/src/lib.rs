//! Labels, folds, models and their evaluation.
