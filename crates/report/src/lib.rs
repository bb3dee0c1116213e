//! Tables, charts and sections as one self-contained HTML file.
