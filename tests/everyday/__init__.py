"""Ordinary incidents on clusters on which risky settings of the FAQ happen to be switched on: none of them is to blame.

``clusters.py`` makes the clusters, ``incidents.py`` holds the incidents and the healthy ones that look alike.
"""
