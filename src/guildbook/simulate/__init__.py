"""The labour-market model (a later stage; nothing here yet)."""
