"""What pyproject.toml cannot say: in a wheel, the folders of content lie below one private package."""

import sys

from setuptools import find_namespace_packages, find_packages, setup

CONTENT = ("checks", "fixtures", "loadtests", "reports", "specs")


def content() -> dict[str, str]:
    """The folder of each package of content, by the name that the package has in a wheel."""
    found = [package for name in CONTENT for package in find_namespace_packages(include=[name, f"{name}.*"])]
    kept = [package for package in found if "__pycache__" not in package and not package.startswith("reports.out")]
    return {f"asbuilt_content.{package}": package.replace(".", "/") for package in kept}


# an editable install leads to the engine alone: the engine finds the content that stands beside it, and a checkout
# that is worked on never gets the content of the one that is installed
FOLDERS = {} if "editable_wheel" in sys.argv else content()

setup(packages=[*find_packages(include=["asbuilt", "asbuilt.*"]), *FOLDERS], package_dir=FOLDERS)
