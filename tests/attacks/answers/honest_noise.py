# what: warnings and prints at every step, some megabytes of them
# lesson: 02
# earns: exactly 35
import logging
import sys
import warnings

logging.basicConfig(level=logging.DEBUG)
warnings.warn("torch will be different tomorrow")
print("x" * 3_000_000)
print("0.0", file=sys.stderr)


RIGHT_BLOCK


class ResidualBlock(ResidualBlock):
    def forward(self, x):
        print("shape", x.shape, "x" * 10_000)
        warnings.warn("careful")
        logging.getLogger().debug("forward")
        return super().forward(x)
