"""How far colours are apart, as people with different cones see them.

Simulation: Machado, Oliveira, Fernandes, "A Physiologically-based Model for
Simulation of Color Vision Deficiency" (2009), full severity. Distance: CIE 1976.
"""

import itertools
import math

VISIONS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868),
                   (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968),
                     (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779),
                   (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}


def _linear(rgb):
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
            for v in (part / 255 for part in rgb)]


def _dot(row, column):
    return sum(a * b for a, b in zip(row, column))


def _lab(linear):
    def f(t):
        return t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116

    x = f(_dot((0.4124, 0.3576, 0.1805), linear) / 0.95047)
    y = f(_dot((0.2126, 0.7152, 0.0722), linear))
    z = f(_dot((0.0193, 0.1192, 0.9505), linear) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def least_distance(colors, vision):
    """Returns the distance of the two of these colours that look most alike."""
    seen = [_lab([min(1, max(0, _dot(row, _linear(rgb)))) for row in VISIONS[vision]])
            for rgb in colors]
    return min(math.dist(a, b) for a, b in itertools.combinations(seen, 2))


def contrast(a, b):
    """Returns the contrast ratio as WCAG has it."""
    high, low = sorted((_dot((0.2126, 0.7152, 0.0722), _linear(rgb)) for rgb in (a, b)),
                       reverse=True)
    return (high + 0.05) / (low + 0.05)
