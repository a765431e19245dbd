"""The archive: reports kept, read by one model and another, and asked across.

`tables` is the form of the store, `opening` opens it; one module for each thing kept; the engines read reports again.
Knows nothing of HTTP and of the command line.
"""
