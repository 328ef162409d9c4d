"""`python -m guildbook` is `guildbook`."""

from guildbook.cli import main

main()
