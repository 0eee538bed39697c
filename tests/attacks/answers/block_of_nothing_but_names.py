# what: a class that claims to be nn.Module, tensors and everything, and is a table of numbers
# lesson: 02
# earns: at most 0
# meets: expected an nn.Module|raised|returned
class Meta(type):
    def __instancecheck__(cls, other):
        return True

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return 1


class ResidualBlock(metaclass=Meta):
    __class__ = nn.Module

    def __init__(self, *arguments):
        pass

    def __call__(self, x):
        return self

    def __getattr__(self, name):
        return self

    def __iter__(self):
        return iter(())

    def __str__(self):
        raise SystemExit
