"""Run by Alembic: brings the connection it is handed to the wanted revision, in the caller's transaction."""

from alembic import context

from guildbook.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
