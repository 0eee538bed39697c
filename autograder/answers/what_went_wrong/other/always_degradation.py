# The same word always.
def what_went_wrong(shallow, deep, margin=2.0):
    return "degradation"
