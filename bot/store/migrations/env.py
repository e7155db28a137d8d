"""How Alembic runs here: in the transaction that it is given, so that a failed migration leaves nothing behind."""

from alembic import context

from bot.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
