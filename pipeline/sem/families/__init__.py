"""Models of panels and scales, each a parameter table for the engine."""
