"""R and Stata scripts that compute numbers of a study again from its export."""
