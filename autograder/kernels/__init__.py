"""Kernels that start in a blink and cannot get out: warm, and locked in before a student's first line runs.

Two sides. In the grader, `provisioner` is what jupyter_client calls, and `connection` is the grader's end of the wires.
Behind the wires is another process: `warm` has imported torch and all that lessons need, and forks a kernel whenever it
is asked to. Each fork gets a `keeper`, which builds the kernel's own small world (`namespaces`, `landlock`, `seccomp`,
`limits`; the system calls are in `system`), starts the `kernel` in it, and ends everything in there when the grader says
so or is gone. Graders beside each other can share a warm process. `bytecode` keeps imports going after a full disk.

The warm side is loaded by itself, under another name, so that nothing else of the autograder can be in a kernel's
memory. Therefore modules in this folder import each other relatively, and nothing from the folders above.
"""
