"""What a browser is shown on one port: the start page, papers and reports, and beside them Dagster's pages."""
