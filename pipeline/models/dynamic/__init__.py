"""Dynamic panel models and models with instruments from within the panel."""
