"""Secret ballots of a collective that anybody can count again."""
