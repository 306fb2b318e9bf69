"""The day a wave arrives: draft its declaration, see its drift, confirm it; for the command line and the UI alike."""
