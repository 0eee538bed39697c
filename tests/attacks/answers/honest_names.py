# what: names of Python and of the lesson used for something else
# lesson: 02
# earns: exactly 35
RIGHT_BLOCK


sum = list = float = str = isinstance = print = 3
os = json = np = input = display = name = obj = seed = None
