"""Wiring only: the asset graph, its checks, its schedules and the command line. No arithmetic lives here."""
