"""One module per model family: each takes a polars panel and gives the Estimates table."""
