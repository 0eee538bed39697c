# what: hundreds of lines that stop, and every other one that takes its time
# lesson: 01
# earns: at most 10
import time
for_ever = [time.sleep(1), no_such_name]
time.sleep(5); no_such_name
time.sleep(5); no_such_name
time.sleep(5); no_such_name
time.sleep(5); no_such_name
time.sleep(5); no_such_name
while True: pass
class Slow(time.sleep(3) or no_such_name): pass
class Slow(time.sleep(3) or no_such_name): pass
class Slow(time.sleep(3) or no_such_name): pass
while True: no_such_name
