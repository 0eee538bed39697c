# Nothing filled in.
what_differs = {
    "A": set(),
    "B": set(),
    "C": set(),
}
