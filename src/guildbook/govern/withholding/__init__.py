"""Withholding: secret pledges for a strike, and what was learnt from traces that may not be used any more."""
