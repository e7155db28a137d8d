"""What netclinic knows: the entries of the container-networking FAQ and how they are loaded, checked and rendered.

This package imports neither ``index`` nor ``bot``: knowledge is data, and whoever uses it brings the probes.
"""
