"""Linear mixed models by profiled likelihood, on arrays."""
