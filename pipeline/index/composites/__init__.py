"""A composite indicator over areas, stage by stage."""
