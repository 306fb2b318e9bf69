"""All areas of an index in one figure."""

from pipeline.figures.overview.common import common_drawings
from pipeline.figures.overview.drawings import drawing_files, overview_drawings
from pipeline.figures.overview.map_plot import alt_area_map, area_map
from pipeline.figures.overview.panels import alt_domain_panels, domain_panels
from pipeline.figures.overview.ranking import alt_area_ranking, area_ranking
from pipeline.specs.area_boundaries import boundaries_of

__all__ = [
    "alt_area_map",
    "alt_area_ranking",
    "alt_domain_panels",
    "area_map",
    "area_ranking",
    "boundaries_of",
    "common_drawings",
    "domain_panels",
    "drawing_files",
    "overview_drawings",
]
