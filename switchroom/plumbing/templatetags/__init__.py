"""Template tags of the plumbing."""
