"""A synthetic twin of a built study as a project of its own: invented deposits, and the declarations that read them."""
