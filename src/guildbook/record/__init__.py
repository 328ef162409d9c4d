"""From real inputs to event columns: finding the importer, reading, redacting, quarantining, exporting."""
