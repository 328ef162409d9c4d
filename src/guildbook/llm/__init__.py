"""The optional language-model port (a later stage; nothing here yet)."""
