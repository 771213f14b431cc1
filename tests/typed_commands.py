"""Commands as a user types them, run in this process."""

from typer.testing import CliRunner

from tiling_diag.command.cli import app


def typed(*arguments):
    """What a command printed and ended with; what it raised is raised, but for its end."""
    environment = {"COLUMNS": "80", "TERM": "dumb"}
    result = CliRunner().invoke(app, list(map(str, arguments)), env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
