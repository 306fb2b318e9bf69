"""Small-area estimates: area level, unit level, post-stratified, benchmarked."""
