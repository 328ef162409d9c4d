"""Law profiles: what a law asks before traces are used, as far as software can see to it. No legal advice."""
