"""Pictures at which workers wait, so that no run is done before a test has disturbed it."""

# Read at the start of every process that has the folder in PYTHONPATH; only workers wait.
_HOOK = """
import os, sys, time

FOLDER = {folder!r}

def wait(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(".png"):
        note = os.path.join(FOLDER, os.path.basename(arguments[0]) + ".hold")
        while os.path.exists(note):
            time.sleep(0.02)

if any("spawn_main" in one or "default_worker" in one for one in sys.orig_argv):
    sys.addaudithook(wait)
"""


class Held:
    """A folder with a hook for processes under test, and the pictures that they wait at.

    Args:
        folder: is made.
        more: other Python for the hook.
    """

    def __init__(self, folder, more=""):
        self.folder = folder
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_HOOK.format(folder=str(folder)) + more)
        self.environment = {"PYTHONPATH": str(folder)}

    def hold(self, names):
        """Whoever opens a picture of such a name waits from now on."""
        for note in self._notes(names):
            note.touch()

    def release(self, names=None):
        """Wait no longer, at these or at any."""
        notes = self.folder.glob("*.hold") if names is None else self._notes(names)
        for note in list(notes):
            note.unlink(missing_ok=True)

    def _notes(self, names):
        return [self.folder / f"{name}.hold" for name in names]
