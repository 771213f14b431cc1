"""Files that lie on this machine or behind URLs, such as in object stores.

`files` answers what a batch asks of a location, whichever it is; `spool` keeps a folder of results
behind a URL. What speaks to a store is fsspec, imported when the first URL is met.
"""
