"""Django learns of every table when it reads an app's models, and not later from whoever imports one."""

from importlib import import_module

import pytest
from django.apps import apps

from tests.serving import ROOT

OURS = sorted(
    config.label for config in apps.get_app_configs() if ROOT.joinpath(config.name, "__init__.py").exists()
)


@pytest.mark.parametrize("label", OURS)
def test_models_package_names_every_model(label):
    """One that is imported later is missing in what Django has cached by then: deleting a row forgets those
    that point to it."""
    config = apps.get_app_config(label)
    models = [model for model in config.get_models() if not model.__name__.startswith("Historical")]
    package = import_module(f"{config.name}.models") if models else None

    assert [model.__name__ for model in models if not hasattr(package, model.__name__)] == []
