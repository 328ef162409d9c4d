"""From pictures of a screen to the text that is new on it: what changed, where lines of text are, and reading them.

Shared by the live screen and by video files. Pictures are grey, uint8, shape (height, width), and stay in memory.
"""
