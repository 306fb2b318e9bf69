"""What runs a graph of nodes: plan, pool, store, checks, reports. Knows neither Dagster nor the science."""
