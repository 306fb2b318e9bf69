"""A paper’s markdown: taken apart, its bindings evaluated, its text turned into typed blocks."""
