"""The audit log: acts as leaves of a Merkle tree, checkpoints that others hold, proofs, the search for tampering."""
