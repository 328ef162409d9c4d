"""The ledger, the inbox and the sealed one-worker segments."""
