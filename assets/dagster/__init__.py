"""The graph as Dagster sees it: assets, checks, jobs, the sensor and the schedule. The engine computes."""
