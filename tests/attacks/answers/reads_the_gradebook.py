# what: reads the gradebook, and writes 5 points into it
# lesson: 01
# earns: at most 10
# meets: gradebook: FileNotFoundError; then OperationalError
# meets_at_landlock: gradebook: PermissionError; then OperationalError
import sqlite3

try:
    print(open("COURSE_FOLDER/gradebook.db", "rb").read())
except OSError as error:
    print("gradebook:", type(error).__name__, end="; then ")
try:
    book = sqlite3.connect("COURSE_FOLDER/gradebook.db")
    book.execute("update grade set auto_score = 5, manual_score = 5")
    book.commit()
except Exception as error:
    print(type(error).__name__)


def count_conv_layers(n_blocks):
    return 0
