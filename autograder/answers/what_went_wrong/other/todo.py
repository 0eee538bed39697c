# Empty.
def what_went_wrong(shallow, deep, margin=2.0):
    pass
