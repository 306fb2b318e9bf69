"""Areas as sets of codes with a vintage."""
