"""Printed markers: QR codes beside every switch, by which a camera knows where it is and a phone finds the twin.

    layout -> place.py (which, where) -> symbol.py (modules) -> data.py                           -> markers.json
                                                             -> sheets.py, ruler.py, guide.py
                                                                          -> drawing.py           -> pdf.py, svg.py

files.py makes the files of `twin markers`; the twin itself serves `place.markers` through `data.encode`.
"""
