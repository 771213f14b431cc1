"""The engine of many machines: Ray Data runs the same worker code as the engine of one machine.

`connection` finds or starts a cluster, `actor` is what goes on in a worker, `engine` gives out jobs
and takes outcomes. Ray is imported when a run begins, not before.
"""
