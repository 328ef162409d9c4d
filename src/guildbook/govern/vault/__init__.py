"""The evaluation vault: work that a collective holds out. Models are scored against it, and none learns from it."""
