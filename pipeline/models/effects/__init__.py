"""Effects in units that people understand: average marginal effects, predictions, ratios, standardised effects."""
