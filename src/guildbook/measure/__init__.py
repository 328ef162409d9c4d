"""Counterfactuals over the sums (a later stage; nothing here yet)."""
