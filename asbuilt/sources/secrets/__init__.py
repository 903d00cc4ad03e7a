"""What is a secret, as data.

- `values`: forms of secrets, one row a kind: its id, its regular expression, and an example that is made up.
- `names`: names of variables that hold a secret, and names that only describe one.
- `recognition`: the questions: which spans of a text are secrets, and whether a named value is one.

`asbuilt.sources.redaction` removes what these tables recognise from evidence and messages.
"""
