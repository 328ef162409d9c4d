"""The inputs Guildbook can read, one module a kind; each is a plugin of `guildbook.importers`."""
