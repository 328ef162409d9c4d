"""The team server and its pages (a later stage; nothing here yet)."""
