"""Tools for agents over the Model Context Protocol (a later stage; nothing here yet)."""
