"""Models of outcomes that are no plain number: ordered, unordered, counted, repeated; and quantiles."""
