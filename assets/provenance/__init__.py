"""What each build was made from, what moved between two, and the way back from a number to its question and file."""
