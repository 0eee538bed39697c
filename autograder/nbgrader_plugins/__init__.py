"""What plugs the judge into nbgrader, at nbgrader's own extension points and nowhere else; one idea a file.

In the order in which a submission meets them: `look_over` sees a student's folder, `warming` has kernels prepared
meanwhile, `reading` opens each notebook, `restore` puts the cells for handing in back where they belong, `versions` says
which of two versions counts, `execute` runs the cells (and `gpu_training` once more, on a GPU, where that is asked for),
`piecewise` goes on where one of them stops, by the statements that `statements` finds, `judging` has the evidence judged,
and `unusual` remembers what an instructor should know. `nbgrader_config.py` at the root names them all.

Nothing that comes from a student is trusted on the way: metadata, outputs and points are rebuilt from the release,
and what a kernel sends is measured, bounded and checked before it is kept.
"""

KEY = "resnet_coursework"
"""Under this key our records travel: in the metadata of a notebook and of its cells, and in nbconvert's resources."""

ONLY_SHOWS = "only-shows"
"""The tag of a released cell that graders need not run: behind the last cell that hands in, it only shows something."""

RELEASED = "course-released"
"""In the metadata of a cell of the set-up that was edited: its released source."""

LOCKED_IN = "locked_in"
"""In the metadata of a graded notebook, under KEY: the level at which its code was locked in (kernels/levels.py)."""
