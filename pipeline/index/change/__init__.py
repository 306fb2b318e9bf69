"""Change between waves and against benchmarks."""
