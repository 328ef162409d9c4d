"""Agreements: written as YAML, read as plain sentences, hashed together, enforced as rules. Pure functions."""
