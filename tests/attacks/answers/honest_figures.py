# what: figures that are never closed, some of them drawn while the block runs
# lesson: 02
# earns: exactly 35
import matplotlib.pyplot as plt

for _ in range(3):
    plt.figure()
    plt.plot([1, 2, 3])


RIGHT_BLOCK


class ResidualBlock(ResidualBlock):
    def forward(self, x):
        if len(plt.get_fignums()) < 25:
            plt.figure()
        return super().forward(x)
