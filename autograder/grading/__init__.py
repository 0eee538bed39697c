"""A class in minutes: many submissions at once, on this machine or on a cluster.

A worker gets everything that it needs as bytes, grades one student's submission with nbgrader in a course of its own, and
sends the graded files back (`worker`). The coordinator alone keeps results: in the gradebook and in autograded/
(`keeping`). In between, Dask finds workers something to do and replaces those that die (`grade`, `cluster`). `files` is
what travels.

The one idea: a submission is kept whole or not at all, and what is kept says which submission it is the grade of. So an
interrupted run, however it ended, goes on where it was.
"""
