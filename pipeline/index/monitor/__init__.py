"""Falls beyond what sampling explains."""
