"""Hostile icon files, each with the code of its refusal and a word of the reason given."""

import gzip
import struct
import zlib

from tests.core.icons.icon_files import (
    CIRCLE,
    chunk,
    gif,
    gif_canvas,
    jpeg_of_scans,
    picture,
    png,
    png_bomb,
    saved,
    svg,
)

JS = "javascript:alert(document.domain)"
EVIL = "https://evil.example/x"
ADOBE = "http://ns.adobe.com/AdobeIllustrator/10.0/"
HTML = '<div xmlns="http://www.w3.org/1999/xhtml">Win!</div>'
SVG11 = '"-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"'
USE = '<use xlink:href="{}"/>'
RECT = '<rect width="9" height="9" {}/>'


def _active():
    code = "svg_active_content"
    yield "script", svg("<script>alert(1)</script>"), code, "script"
    yield "script-cdata", svg("<script><![CDATA[alert(1)]]></script>"), code, "script"
    yield "script-external", svg(f'<script href="{EVIL}.js"/>'), code, "script"
    yield (
        "script-prefixed",
        svg('<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>'),
        code,
        "script",
    )
    yield "script-without-namespace", svg('<script xmlns="">alert(1)</script>'), code, "script"
    yield "script-capitals", svg("<SCRIPT>alert(1)</SCRIPT>"), code, "SCRIPT"
    yield "script-in-metadata", svg("<metadata><script>alert(1)</script></metadata>"), code, "script"
    yield "script-in-editor-data", svg('<x:a xmlns:x="urn:x"><script>1</script></x:a>'), code, "script"
    yield (
        "script-of-html",
        svg('<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'),
        code,
        "script",
    )
    yield (
        "script-in-pattern",
        svg('<defs><pattern id="p"><script>1</script></pattern></defs>'),
        code,
        "script",
    )
    yield (
        "script-in-latin-1",
        svg("<script>'é'</script>")
        .decode()
        .encode("latin-1")
        .replace(b"<svg", b'<?xml version="1.0" encoding="iso-8859-1"?><svg', 1),
        code,
        "script",
    )
    yield "script-in-utf-16", svg("<script>1</script>").decode().encode("utf-16"), code, "script"
    yield "onload", svg(attributes='onload="alert(1)"'), code, "onload"
    yield "onload-capitals", svg(attributes='OnLoad="alert(1)"'), code, "OnLoad"
    yield "onclick", svg(RECT.format('onclick="alert(1)"')), code, "onclick"
    yield "onfocusin", svg(RECT.format('tabindex="0" onfocusin="alert(1)"')), code, "onfocusin"
    yield "onload-of-style", svg('<style onload="alert(1)"/>' + CIRCLE), code, "onload"
    yield "onload-prefixed", svg('<g s:onload="1" xmlns:s="http://www.w3.org/2000/svg"/>'), code, "onload"
    yield "onbegin", svg('<animate onbegin="alert(1)" attributeName="x" dur="1s"/>'), code, "animate"
    yield "foreign-object", svg(f"<foreignObject>{HTML}</foreignObject>"), code, "foreignObject"
    yield "foreign-object-empty", svg('<foreignObject width="9" height="9"/>'), code, "foreignObject"
    yield (
        "foreign-object-for-illustrator-with-html",
        svg(f'<foreignObject requiredExtensions="{ADOBE}">{HTML}</foreignObject>'),
        code,
        "foreignObject",
    )
    yield "html-in-svg", svg(HTML), code, "div"
    yield "iframe", svg(f'<iframe src="{EVIL}"/>'), code, "iframe"
    yield (
        "iframe-of-html",
        svg('<iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="&lt;b&gt;"/>'),
        code,
        "iframe",
    )
    yield "embed", svg(f'<embed src="{EVIL}"/>'), code, "embed"
    yield "object", svg(f'<object data="{EVIL}"/>'), code, "object"
    yield "video", svg(f'<video src="{EVIL}"/>'), code, "video"
    yield "audio", svg('<audio src="x" onerror="alert(1)"/>'), code, "audio"
    yield "math", svg('<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>'), code, "math"
    yield "handler", svg('<handler type="text/javascript">alert(1)</handler>'), code, "handler"
    yield (
        "listener",
        svg('<ev:listener event="load" xmlns:ev="http://www.w3.org/2001/xml-events"/>'),
        code,
        "listener",
    )
    yield "link-script", svg(f'<a href="{JS}">{CIRCLE}</a>'), code, "link"
    yield "link-out", svg(f'<a xlink:href="{EVIL}">{CIRCLE}</a>'), code, "link"
    yield "use-script", svg(USE.format(JS)), code, "href"
    yield "use-script-split", svg(USE.format("java&#10;scr&#9;ipt&#58;alert(1)")), code, "href"
    yield "use-script-capitals", svg(USE.format(" JaVaScRiPt:alert(1)")), code, "href"
    yield "use-data-svg", svg(USE.format("data:image/svg+xml;base64,PHN2Zy8+#x")), code, "href"
    yield "use-data-html", svg(USE.format("data:text/html,x")), code, "href"
    yield "use-vbscript", svg(USE.format("vbscript:msgbox")), code, "href"
    yield "use-script-after-blank", svg(USE.format(f"&#xa0;{JS}")), code, "href"
    yield (
        "onload-by-prefix",
        svg('<x:svg xmlns:x="http://www.w3.org/2000/svg" x:onload="1"/>'),
        code,
        "onload",
    )
    yield "animate-href", svg(f'<animate attributeName="href" values="{JS};{JS}"/>'), code, "animate"
    yield "set-handler", svg('<set attributeName="onmouseover" to="alert(1)"/>'), code, "animated"
    yield "animate-transform", svg('<animateTransform attributeName="transform"/>'), code, "animateTransform"
    yield "animate-motion", svg('<animateMotion><mpath href="#a"/></animateMotion>'), code, "animateMotion"
    yield "fill-script", svg(RECT.format(f'fill="url({JS})"')), code, "fill"
    yield "style-expression", svg(RECT.format('style="width:expression(alert(1))"')), code, "style"


def _external():
    code = "svg_external_content"
    yield "use-file", svg(USE.format("other.svg#icon")), code, "href"
    yield "use-host", svg(USE.format("//evil.example/x.svg#icon")), code, "href"
    yield "use-disk", svg(USE.format("file:///etc/passwd#x")), code, "href"
    yield "image-host", svg(f'<image href="{EVIL}.png"/>'), code, "image"
    yield "image-data", svg('<image xlink:href="data:image/png;base64,iVBORw0KGgo="/>'), code, "image"
    yield "image-data-svg", svg('<image href="data:image/svg+xml,%3Csvg/%3E"/>'), code, "image"
    yield "image-in-mask", svg(f'<mask id="m"><image href="{EVIL}"/></mask>'), code, "image"
    yield "image-of-filter", svg(f'<filter id="f"><feImage href="{EVIL}"/></filter>'), code, "feImage"
    yield "fill-host", svg(RECT.format(f'fill="url({EVIL})"')), code, "fill"
    yield "fill-escaped", svg(RECT.format(rf'fill="\75 r\6c({EVIL})"')), code, "fill"
    yield "fill-comment", svg(RECT.format(f'fill="u/**/rl({EVIL})"')), code, "fill"
    yield "fill-second", svg(RECT.format(f'fill="url(#a) url({EVIL})"')), code, "fill"
    yield "fill-next-line", svg(RECT.format(f'fill="url(&#10;{EVIL})"')), code, "fill"
    yield "fill-unclosed", svg(RECT.format(f'fill="url({EVIL}"')), code, "fill"
    yield "use-zero-width", svg(USE.format("java&#x200b;script:alert(1)")), code, "href"
    yield "filter-host", svg(RECT.format(f'filter="url({EVIL}#f)"')), code, "filter"
    yield "mask-data", svg(RECT.format('mask="url(data:image/png;base64,AAAA)"')), code, "mask"
    yield "cursor", svg(RECT.format(f'cursor="url({EVIL}),auto"')), code, "cursor"
    yield "style-url", svg(RECT.format("style=\"background:url('//evil.example/x')\"")), code, "style"
    yield "style-image-set", svg(RECT.format(f"style=\"fill:image-set('{EVIL}' 1x)\"")), code, "style"
    yield "style-binding", svg(RECT.format(r'style="-mo\z-binding:x"')), code, "style"
    yield "style-behavior", svg(RECT.format('style="behavior:x.htc"')), code, "style"
    yield "style-source", svg(RECT.format(f"style=\"fill:src('{EVIL}')\"")), code, "style"
    yield "style-variable", svg(RECT.format(f'style="--x:url({EVIL});fill:var(--x)"')), code, "style"
    yield "style-offset-path", svg(RECT.format(f'style="offset-path:url({EVIL}#p)"')), code, "style"
    yield "sheet-import", svg(f'<style>@import "{EVIL}.css";</style>{CIRCLE}'), code, "style"
    yield "sheet-import-hidden", svg(f'<style>@im/**/port "{EVIL}.css";</style>{CIRCLE}'), code, "style"
    yield "sheet-import-escaped", svg(rf'<style>@\69mport "{EVIL}.css";</style>{CIRCLE}'), code, "style"
    yield (
        "sheet-font",
        svg(f"<style>@font-face{{font-family:a;src:url({EVIL})}}</style>{CIRCLE}"),
        code,
        "style",
    )
    yield "sheet-url", svg(f"<style>.a{{fill:url('{EVIL}')}}</style>{CIRCLE}"), code, "style"
    yield (
        "sheet-linked",
        svg(before=f'<?xml-stylesheet type="text/css" href="{EVIL}"?>'),
        code,
        "xml-stylesheet",
    )
    yield (
        "sheet-linked-xsl",
        svg(before='<?xml-stylesheet type="text/xsl" href="#x"?>'),
        code,
        "xml-stylesheet",
    )
    yield "base", svg(USE.format("#a"), f'xml:base="{EVIL}"'), code, "base"
    yield "gradient-host", svg(f'<linearGradient id="a" xlink:href="{EVIL}#g"/>'), code, "href"
    yield "text-path-host", svg(f'<text><textPath href="{EVIL}#p">x</textPath></text>'), code, "href"
    yield "tref-host", svg(f'<text><tref xlink:href="{EVIL}#t"/></text>'), code, "href"
    yield "font-host", svg(f'<font-face-uri xlink:href="{EVIL}"/>'), code, "href"


def _entities():
    code = "svg_entities"
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield (
        "xxe",
        svg("<text>&x;</text>", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        code,
        "entities",
    )
    yield (
        "laughs",
        svg("<text>&l9;</text>", before=f'<!DOCTYPE svg [<!ENTITY l0 "ha">{laughs}]>'),
        code,
        "entities",
    )
    yield (
        "quadratic-blow-up",
        svg(f"<text>{'&a;' * 9_000}</text>", before=f'<!DOCTYPE svg [<!ENTITY a "{"A" * 50_000}">]>'),
        code,
        "entities",
    )
    yield (
        "parameter-entity",
        svg(before=f'<!DOCTYPE svg [<!ENTITY % p SYSTEM "{EVIL}"> %p;]>'),
        code,
        "entities",
    )
    yield "unparsed-entity", svg(before='<!DOCTYPE svg [<!NOTATION n SYSTEM "n">]>'), code, "entities"
    yield (
        "entity-in-href",
        svg(USE.format("&j;"), before=f'<!DOCTYPE svg [<!ENTITY j "{JS}">]>'),
        code,
        "entities",
    )
    yield (
        "default-attribute",
        svg(before='<!DOCTYPE svg [<!ATTLIST svg onload CDATA "alert(1)">]>'),
        code,
        "entities",
    )
    yield "external-doctype", svg(before=f'<!DOCTYPE svg SYSTEM "{EVIL}.dtd">'), code, "entities"
    yield (
        "own-public-doctype",
        svg(before=f'<!DOCTYPE svg PUBLIC "-//E//DTD SVG 1.1//EN" "{EVIL}">'),
        code,
        "entities",
    )
    yield (
        "usual-doctype-elsewhere",
        svg(before=f'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "{EVIL}">'),
        code,
        "entities",
    )
    yield (
        "usual-doctype-with-subset",
        svg(before=f'<!DOCTYPE svg PUBLIC {SVG11} [<!ENTITY a "b">]>'),
        code,
        "entities",
    )
    yield "doctype-of-another", svg(before="<!DOCTYPE math>"), code, "entities"
    yield (
        "entity-unknown",
        svg("<text>&nbsp;</text>", before=f"<!DOCTYPE svg PUBLIC {SVG11}>"),
        "icon_damaged",
        "entity",
    )


def _too_complex():
    code = "svg_too_complex"
    tens = "".join(f'<g id="a{n}">{USE.format(f"#a{n - 1}") * 10}</g>' for n in range(1, 9))
    patterns = "".join(
        f'<pattern id="p{n}"><g fill="url(#p{n - 1})">{RECT.format("") * 10}</g></pattern>'
        for n in range(1, 9)
    )
    masks = "".join(
        f'<mask id="m{n}">{RECT.format(f"""mask="url(#m{n - 1})" """) * 10}</mask>' for n in range(1, 9)
    )
    points = "0,0 1,1 " * 5_000
    yield "nested-use", svg(f'<g id="a0">{CIRCLE}</g>{tens}{USE.format("#a8")}'), code, "multiplies"
    yield "nested-patterns", svg(patterns + RECT.format('fill="url(#p8)"')), code, "multiplies"
    yield "nested-masks", svg(f'<mask id="m0">{CIRCLE}</mask>{masks}'), code, "multiplies"
    yield (
        "markers",
        svg(f'<marker id="m">{CIRCLE * 10}</marker><polyline points="{points}" marker-mid="url(#m)"/>'),
        code,
        "multiplies",
    )
    yield (
        "heavy-outline-repeated",
        svg(f'<path id="a" d="M0 0{"h1v1" * 20_000}"/>{USE.format("#a") * 900}'),
        code,
        "multiplies",
    )
    yield (
        "filters",
        svg(f'<filter id="f">{"<feTurbulence/>" * 99}</filter>{RECT.format("""filter="url(#f)" """) * 99}'),
        code,
        "multiplies",
    )
    yield "use-of-itself", svg(f'<g id="a">{USE.format("#a")}</g>'), code, "itself"
    yield (
        "use-in-a-circle",
        svg(f'<g id="a">{USE.format("#b")}</g><g id="b">{USE.format("#a")}</g>'),
        code,
        "itself",
    )
    yield (
        "pattern-of-itself",
        svg(f'<pattern id="p">{RECT.format("""fill="url(#p)" """)}</pattern>'),
        code,
        "itself",
    )
    yield (
        "chain",
        svg("".join(f'<g id="a{n}">{USE.format(f"#a{n + 1}")}</g>' for n in range(999))),
        code,
        "chain",
    )
    yield "deep", svg("<g>" * 10_000 + CIRCLE + "</g>" * 10_000), code, "levels"
    yield "deep-unclosed", svg("<g>" * 20_000), code, "levels"
    yield "many", svg("<g/>" * 20_000 + CIRCLE), code, "elements"
    yield (
        "many-attributes-by-style",
        svg(f"<style>g{{font-family:{'a' * 40_000}}}</style>" + "<g/>" * 4_000 + CIRCLE),
        code,
        "style",
    )
    yield (
        "many-rules",
        svg(f"<style>{'g{fill:red}' * 5_000}</style>" + "<g/>" * 4_000 + CIRCLE),
        code,
        "rules",
    )
    yield (
        "many-selectors",
        svg(f"<style>{'g,' * 30_000}g{{}}</style>" + "<g/>" * 4_000 + CIRCLE),
        code,
        "rules",
    )


def _styles():
    code = "svg_style"
    for name, rule in {
        "media": "@media print{.a{fill:red}}",
        "keyframes": "@keyframes a{from{fill:red}to{fill:blue}}",
        "hover": ".a:hover{fill:red}",
        "descendant": "g .a{fill:red}",
        "attribute": "[id]{fill:red}",
        "unclosed": ".a{fill:red",
        "blanks": " " * 90_000 + "x",
        "comments": "/*" * 45_000 + ".a",
    }.items():
        yield f"rule-{name}", svg(f"<style>{rule}</style>{CIRCLE}"), code, "style"


def _text():
    code = "svg_encoding"
    plain = svg().decode()
    yield "utf-7", b"+ADw-svg onload=+ACI-alert(1)+ACI-+AD4-", "icon_kind", "PNG"
    yield "utf-7-declared", b'<?xml version="1.0" encoding="utf-7"?>' + svg(), code, "encoding"
    yield "shift-jis-declared", b'<?xml version="1.0" encoding="Shift_JIS"?>' + svg(), code, "encoding"
    yield "utf-16-declared-only", b'<?xml version="1.0" encoding="UTF-16"?>' + svg(), code, "encoding"
    yield "utf-16-without-mark", plain.encode("utf-16-le"), code, "NUL"
    yield "utf-32", plain.encode("utf-32"), code, "UTF-8"
    yield "ebcdic", plain.encode("cp037"), "icon_kind", "PNG"
    yield (
        "overlong",
        svg("<title>\u00e9</title>").replace("\u00e9".encode(), b"\xc0\xbcscript"),
        code,
        "UTF-8",
    )
    yield "surrogate", svg("<title>x</title>").replace(b"x<", b"\xed\xa0\x80<"), code, "UTF-8"
    yield "nul", svg().replace(b"circle", b"circle\0"), code, "NUL"
    yield "control-characters", svg("<title>\x01\x02</title>"), "icon_damaged", "well-formed"
    yield "svgz", gzip.compress(svg(), mtime=0), "icon_kind", "SVGZ"
    yield "control-in-href", svg(USE.format(f"&#x1;{JS}")), "icon_damaged", "invalid character"
    yield "unclosed", svg().removesuffix(b"</svg>"), "icon_damaged", "line 1"
    yield (
        "comment-that-ends-early",
        svg("<!-- --!><script>alert(1)</script> -->"),
        "icon_damaged",
        "well-formed",
    )
    yield "second-root", svg() + b"<script>alert(1)</script>", "icon_damaged", "line 1"
    yield "unbound-prefix", svg("<x:script/>"), "icon_damaged", "unbound prefix"
    yield "repeated-attribute", svg(RECT.format('width="1"')), "icon_damaged", "duplicate"
    yield "nothing-drawn", svg("<title>Win!</title><defs/>"), "svg_empty", "draws nothing"


def _kinds():
    code = "icon_kind"
    head = saved(picture(), "WEBP")
    yield "html", b"<!DOCTYPE html><script>alert(1)</script>", code, "web page"
    yield "html-around-svg", b"<html><body>" + svg() + b"</body></html>", code, "web page"
    yield "html-after-blanks", b"\xef\xbb\xbf \n <ScRiPt>alert(1)</sCrIpT>", code, "web page"
    yield "xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', code, "html"
    yield "svg-by-name-only", b'<svg xmlns="http://www.w3.org/1999/xhtml"/>', code, "no SVG"
    yield "xml", b"<rss/>", code, "rss"
    yield "webp", head, code, "WebP"
    yield "bmp", saved(picture(), "BMP"), code, "BMP"
    yield "ico", saved(picture(), "ICO"), code, "ICO"
    yield "tiff", saved(picture(), "TIFF"), code, "TIFF"
    yield "avif", b"\0\0\0\x1cftypavif" + b"\0" * 40, code, "AVIF"
    yield "pdf", b"%PDF-1.7\n" + svg(), code, "PDF"
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run", code, "EPS"
    yield "photoshop", b"8BPS\0\1" + b"\0" * 40, code, "Photoshop"
    yield "zip", b"PK\x03\x04" + b"\0" * 40, code, "ZIP"
    yield "program", b"MZ\x90\0" + b"\0" * 40, code, "program"
    yield "text", b"import os; os.system('x')", code, "none of these"
    yield "empty", b"", "icon_damaged", "empty"


def _pictures():
    whole, flat = saved(picture(size=(64, 64)), "PNG"), saved(picture(size=(64, 64)), "JPEG")
    bomb = zlib.compress(b"\0" * 50_000_000)
    yield "png-9000", png_bomb(9000), "icon_pixels", "9,000 x 9,000"
    yield "png-vast", png(2**31 - 1, 2**31 - 1, b""), "icon_pixels", "far too many pixels"
    yield "png-wide", png(4_194_305, 1, zlib.compress(b"\0" * 12_582_916)), "icon_pixels", "4,194,305"
    yield "png-no-size", png(0, 0, b""), "icon_damaged", "damaged"
    yield "png-half", whole[: len(whole) // 2], "icon_damaged", "damaged"
    yield "png-head-alone", whole[:33], "icon_damaged", "damaged"
    yield "png-signature-alone", whole[:8] + b"<script>alert(1)</script>", "icon_damaged", "damaged"
    yield "png-broken-sum", whole.replace(b"IHDR\0\0\0\x40", b"IHDR\0\0\0\x41"), "icon_damaged", "damaged"
    yield "png-bomb-in-profile", png(1, 1, b"", chunk(b"iCCP", b"a\0\0" + bomb)), "icon_damaged", "damaged"
    yield "png-bomb-in-text", png(1, 1, b"", chunk(b"zTXt", b"a\0\0" + bomb)), "icon_damaged", "damaged"
    yield (
        "jpeg-vast",
        flat.replace(struct.pack(">HH", 64, 64), b"\xff\xdc\xff\xdc", 1),
        "icon_pixels",
        "far too many pixels",
    )
    yield "jpeg-half", flat[: len(flat) // 2], "icon_damaged", "damaged"
    yield "jpeg-head-alone", flat[:4] + b"<script>alert(1)</script>", "icon_damaged", "damaged"
    yield "jpeg-scans", jpeg_of_scans(3_000), "icon_pixels", "passes"
    yield "jpeg-script", b"\xff\xd8\xff\xe0/*" + flat[4:], "icon_damaged", "damaged"
    yield "jpeg-12-bits", flat.replace(b"\0\x11\x08", b"\0\x11\x0c", 1), "icon_damaged", "damaged"
    yield "gif-no-size", gif(size=(0, 0), frame_size=(0, 0)), "icon_damaged", "damaged"
    yield "gif-frames", gif(5_000), "icon_pixels", "5,000 frames"
    yield "gif-frames-of-pixels", gif(400, (400, 400)), "icon_pixels", "400 x 400"
    yield "gif-canvas", gif(size=(65_535, 65_535)), "icon_pixels", "65,535"
    yield "gif-frame-outside", gif(frame_size=(65_535, 65_535)), "icon_pixels", "65,535"
    yield "gif-script", b"GIF89a/*" + b"\0" * 9 + b"*/=1;alert(1)", "icon_damaged", "damaged"
    yield "gif-half", gif(3)[:-9], "icon_damaged", "damaged"
    yield "gif-without-trailer", gif()[:-1], "icon_damaged", "damaged"
    yield "gif-without-frame", gif_canvas((16, 16)) + b";", "icon_damaged", "damaged"
    yield "gif-signature-alone", b"GIF89a<script>alert(1)</script>", "icon_damaged", "damaged"


GROUPS = (_active, _external, _entities, _too_complex, _styles, _text, _kinds, _pictures)
HOSTILE = {name: case for group in GROUPS for name, *case in group()}
