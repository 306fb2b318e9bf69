"""One result in every analysis of a declared grid of choices."""
