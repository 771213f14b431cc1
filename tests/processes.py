"""Programs under test as processes of their own, whatever started the suite."""

import signal
import subprocess


def start_program(command, preexec=None, **how):
    """A process with both outputs piped as text, with signals as in a terminal's foreground.

    A shell starts what it runs in the background with SIGINT and SIGQUIT ignored, nohup ignores
    SIGHUP, and children inherit that: Python would never see an interrupt then.
    """

    def before():
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if preexec is not None:
            preexec()

    return subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
        **how,
    )
