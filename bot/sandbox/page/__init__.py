"""The workspace in a browser: see and type as any of its people.

guard.py       who may use the pages at all
server.py      the page, its files, and the socket that tells every change
"""
