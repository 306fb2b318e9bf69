"""Projects in folders of their own."""
