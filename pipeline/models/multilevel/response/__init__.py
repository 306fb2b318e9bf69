"""Mixed models of binary and ordered outcomes, on arrays."""
