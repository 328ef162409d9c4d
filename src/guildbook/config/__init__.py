"""One table of settings, each with a default, a place in the file and an environment variable."""

from guildbook.config.load import FILE, Config, Layer, Origin, find, load, user_file
from guildbook.config.settings import Distil, Identity, Import, Next, Output, Setting, Store, Teach, settings

__all__ = [
    "FILE",
    "Config",
    "Distil",
    "Identity",
    "Import",
    "Layer",
    "Next",
    "Origin",
    "Output",
    "Setting",
    "Store",
    "Teach",
    "find",
    "load",
    "settings",
    "user_file",
]
