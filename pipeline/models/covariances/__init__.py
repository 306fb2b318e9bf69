"""Standard errors and tests of linear fits, on arrays: sandwiches, corrections, bootstrap, permutations."""

from pipeline.models.covariances.offered import Covariance as Covariance
from pipeline.models.covariances.offered import cluster_robust as cluster_robust
from pipeline.models.covariances.offered import clustered as clustered
from pipeline.models.covariances.offered import driscoll_kraay as driscoll_kraay
from pipeline.models.covariances.offered import heteroskedasticity_robust as heteroskedasticity_robust
from pipeline.models.covariances.offered import newey_west as newey_west
from pipeline.models.covariances.offered import wald_htz as wald_htz
from pipeline.models.covariances.problem import LeastSquares as LeastSquares
from pipeline.models.covariances.problem import least_squares as least_squares
from pipeline.models.covariances.randomisation import RandomisationTest as RandomisationTest
from pipeline.models.covariances.randomisation import randomisation_test as randomisation_test
from pipeline.models.covariances.wild import WildTest as WildTest
from pipeline.models.covariances.wild import wild_cluster_bootstrap as wild_cluster_bootstrap
