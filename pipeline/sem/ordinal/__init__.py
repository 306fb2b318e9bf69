"""Factor models of ordered items by diagonally weighted least squares."""
