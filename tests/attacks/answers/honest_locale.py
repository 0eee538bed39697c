# what: another locale, and a block that prints letters which that locale has not
# lesson: 02
# earns: exactly 35
import locale

locale.setlocale(locale.LC_ALL, "C")


RIGHT_BLOCK


class ResidualBlock(ResidualBlock):
    def forward(self, x):
        print("Größe ✓", tuple(x.shape))
        return super().forward(x)
