# what: right in its first forward, wrong in all others: the one that is measured is not the first
# lesson: 02
# earns: at most 10
# meets: computes something else|is not right|expected|does not
RIGHT_BLOCK


class ResidualBlock(ResidualBlock):
    def forward(self, x):
        self.calls = getattr(self, "calls", 0) + 1
        return super().forward(x) if self.calls == 1 else super().forward(x) * 0.5
