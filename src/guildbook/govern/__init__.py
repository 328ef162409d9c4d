"""Consent: permissions, grants, use receipts and the gate through which every byte is read."""
