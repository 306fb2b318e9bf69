"""Missing answers: imputed with earlier and later waves, pooled by Rubin's rules, and pushed until a result tips."""
