"""One file for each kind of hand-in; `findings.py` has what they share."""
