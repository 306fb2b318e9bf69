"""What a partner needs to compute a study's numbers again, in one file; and the comparison on the partner's machine."""
