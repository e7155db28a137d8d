"""``netclinic index``: the index over the entries, built ahead or looked at."""

import sys

import typer

index = typer.Typer(no_args_is_help=True)


@index.command()
def build() -> None:
    """Build the index now, so that the first question need not wait for it."""
    from rich.console import Console

    from bot.app import App
    from bot.terminal.progress import building

    app = App.from_environment()
    with building(Console(stderr=True)) as tell:
        app.index(tell)
    sys.stdout.write(f"The index over {len(app.entries)} entries is ready in {app.index_folder}.\n")


@index.command()
def status() -> None:
    """Whether a fitting index is there, and where."""
    from bot.app import App
    from index.search import is_built

    app = App.from_environment()
    ready = is_built(list(app.entries.values()), cache_dir=app.index_folder, model=app.settings.embedding_model or None)
    word = "ready" if ready else "not built for the present entries and model: `netclinic index build` makes it"
    sys.stdout.write(f"Index in {app.index_folder}: {word}.\n")
