"""The packages of the wheel: the engine, and the folders of content below one private package.

pyproject.toml cannot express this mapping.
"""

import sys

from setuptools import find_namespace_packages, find_packages, setup

CONTENT = ("checks", "fixtures", "loadtests", "reports", "specs")


def content() -> dict[str, str]:
    """The folder of each package of content, by the package's name in a wheel."""
    found = [package for name in CONTENT for package in find_namespace_packages(include=[name, f"{name}.*"])]
    kept = [package for package in found if "__pycache__" not in package and not package.startswith("reports.out")]
    return {f"asbuilt_content.{package}": package.replace(".", "/") for package in kept}


# an editable install has the engine only: the engine of a checkout finds the content beside it, and so never uses the
# content of another, installed one
FOLDERS = {} if "editable_wheel" in sys.argv else content()

setup(packages=[*find_packages(include=["asbuilt", "asbuilt.*"]), *FOLDERS], package_dir=FOLDERS)
