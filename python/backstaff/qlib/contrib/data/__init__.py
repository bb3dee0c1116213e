"""Sets of features: Alpha158 and Alpha360."""
