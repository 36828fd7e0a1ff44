"""The elements, attributes and CSS functions of a stored SVG. Whatever is not named here is left out."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"
WEB_PAGES = frozenset({"http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"})

# What the notice calls the data of a foreign namespace, by a part of the namespace's address.
EDITORS = {
    "inkscape": "Inkscape data",
    "sodipodi": "Inkscape data",
    "adobe": "Adobe data",
    "sketch": "Sketch data",
    "figma": "Figma data",
    "serif": "Affinity data",
    "corel": "CorelDRAW data",
    "boxy": "Boxy SVG data",
    "vectornator": "Vectornator data",
    "rdf-syntax": "metadata",
    "creativecommons": "metadata",
    "/cc/": "metadata",
    "purl.org/dc": "metadata",
}

TEXTS = _words("text tspan textPath title desc")
# An SVG without any of these shows nothing.
SHAPES = _words("path rect circle ellipse line polyline polygon text use")
FILTER_STEPS = _words(
    """
    feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting
    feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting
    feSpotLight feTile feTurbulence
    """
)
GROUPS = _words(
    "svg g defs symbol switch marker pattern mask clipPath filter linearGradient radialGradient stop"
)
ELEMENTS = TEXTS | SHAPES | FILTER_STEPS | GROUPS

# Presentation attributes: a style rule for one of these is written as the attribute.
PROPERTIES = _words(
    """
    alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation
    color-interpolation-filters color-rendering direction display dominant-baseline fill
    fill-opacity fill-rule filter flood-color flood-opacity font-family font-size font-size-adjust
    font-stretch font-style font-variant font-weight glyph-orientation-horizontal
    glyph-orientation-vertical image-rendering kerning letter-spacing lighting-color marker-end
    marker-mid marker-start mask mask-type opacity overflow paint-order shape-rendering stop-color
    stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin
    stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration text-overflow
    text-rendering unicode-bidi vector-effect visibility white-space word-spacing writing-mode
    """
)
# CSS properties without a presentation attribute, which stay in a style attribute.
STYLE_ONLY = frozenset(
    ["font", "isolation", "marker", "mix-blend-mode", "transform", "transform-box", "transform-origin"]
)
ATTRIBUTES = PROPERTIES | _words(
    """
    amplitude azimuth baseFrequency bias clipPathUnits cx cy d diffuseConstant divisor dx dy
    edgeMode elevation exponent filterUnits fr fx fy gradientTransform gradientUnits height in in2
    intercept k1 k2 k3 k4 kernelMatrix kernelUnitLength lengthAdjust limitingConeAngle markerHeight
    markerUnits markerWidth maskContentUnits maskUnits method mode numOctaves offset operator order
    orient pathLength patternContentUnits patternTransform patternUnits points pointsAtX pointsAtY
    pointsAtZ preserveAlpha preserveAspectRatio primitiveUnits r radius refX refY result rotate rx
    ry scale seed side slope spacing specularConstant specularExponent spreadMethod startOffset
    stdDeviation stitchTiles surfaceScale systemLanguage tableValues targetX targetY textLength
    transform transform-origin type values viewBox width x x1 x2 xChannelSelector y y1 y2
    yChannelSelector z
    """
)
FUNCTIONS = _words(
    """
    url rgb rgba hsl hsla hwb lab lch oklab oklch color icc-color var calc matrix translate
    translatex translatey scale scalex scaley rotate skewx skewy rect circle ellipse inset polygon
    blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia
    """
)

# Elements and properties left out without a notice, because no browser draws anything by them.
SILENT = _words(
    """
    style color-profile enable-background pointer-events cursor line-height text-align text-indent
    text-transform solid-color solid-opacity shape-padding shape-margin font-variant-ligatures
    font-variant-caps font-variant-numeric font-variant-east-asian font-variant-position
    font-variant-alternates font-variant-settings font-feature-settings font-variation-settings
    text-decoration-line text-decoration-style text-decoration-color text-orientation
    block-progression inline-size filter-blend-mode filter-gaussianblur-deviation
    font-variant-east_asian text-decoration-skip-ink
    """
)
VENDORS = ("-inkscape-", "-webkit-", "-moz-", "-ms-")
