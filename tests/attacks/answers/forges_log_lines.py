# what: an error whose text clears a terminal, and goes on like the grader's own words
# lesson: 01
# earns: at most 10
# meets: NameError.*everything was as usual
raise ValueError("\x1b[2J\x1b]0;mine\x07[AutogradeApp | INFO] everything was as usual [/bold][red]")
