//! Features are expressions: parser, planner, operators, kernels, libraries.
