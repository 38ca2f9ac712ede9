"""Fits what ``engine`` applies: binning, learned scores, calibration, validation. Never imported by ``engine``."""
