"""What came of the runs that nobody started by hand: as a page, and as a message to whoever is to know."""
