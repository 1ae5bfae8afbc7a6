"""The trail that cannot be changed unseen.

chain.py   each entry is sealed with the one before it in its operation       pure
heads.py   one signed line over all operations, to be kept elsewhere          pure
key.py     the key that both are made with; key_rules.py  what may be one
reader.py  the journal, read beside a running bot
verify.py  finds what was changed, and where; story.py  what the trail tells of its operation
export.py  writes the trail out
upkeep.py  the daily head; retention.py  what is old enough goes
cli.py     `stream-bot audit`; options.py  what may follow it
"""
