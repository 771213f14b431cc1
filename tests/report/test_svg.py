"""SVG of figures on pages: smaller, and the same drawing."""

from xml.etree import ElementTree

from tiling_diag.report.figures.svg import small_svg

# As matplotlib writes it.
DRAWN = """<svg viewBox="0 0 460.8 363.6">
 <!-- a comment -->
 <g id="figure_1">
  <g id="patch_1" clip-path="url(#p1)">
   <path d="M 47.519999 -0.001
L 104.966809 376.5 C 1 2 3 4 5 6 
z
" style="fill: none"/>
  </g>
  <g id="empty"/>
  <use xlink:href="#m1" x="47.520001" y="-376.560000"/>
  <text style="font-size: 8.5px; font-family: 'Deja Vu', serif; fill: red" \
x="1.004" y="2" transform="rotate(-0 1.004 2)">d="1.23456  &lt;b&gt;"</text>
  <text x="3" y="4" transform="rotate(-90 3 4)">up</text>
 </g>
</svg>"""


def test_only_what_no_page_needs_goes():
    svg = small_svg(DRAWN)
    assert svg == (
        '<svg viewBox="0 0 460.8 363.6"><g clip-path="url(#p1)">'
        '<path d="M47.52 0L104.97 376.5C1 2 3 4 5 6z" style="fill: none"/></g>'
        '<use href="#m1" x="47.52" y="-376.56"/>'
        '<text style="font-size: 8.5px; fill: red" x="1" y="2">d="1.23456  &lt;b&gt;"</text>'
        '<text x="3" y="4" transform="rotate(-90 3 4)">up</text></svg>'
    )
    ElementTree.fromstring(svg)
    assert small_svg(svg) == svg
