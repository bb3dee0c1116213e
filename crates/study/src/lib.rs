//! A study: configuration, the steps from data to report, the library's face.
