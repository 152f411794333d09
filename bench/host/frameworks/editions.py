"""Chooses the editions of frameworks that run: as they are, or in another version."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from bench.errors import PlanError, quote_name
from bench.host.frameworks.framework import Framework
from bench.host.frameworks.requirements import Requirements

AT = "@"


def choose_frameworks(
    frameworks: Mapping[str, Framework], names: Sequence[str]
) -> dict[str, Framework]:
    """Choose the frameworks of these names, by edition; all of them where there are no names.

    `tensorflow@2.20.0` is TensorFlow in another version than it asks for by itself.

    Raises:
        PlanError: a name is not a framework's, or a version is none.
    """
    editions = [_find_edition(frameworks, name) for name in names] or frameworks.values()
    return {framework.edition: framework for framework in editions}


def _find_edition(frameworks: Mapping[str, Framework], text: str) -> Framework:
    name, at, version = text.partition(AT)
    if name not in frameworks:
        raise PlanError(
            f"There is no framework {quote_name(name, frameworks)}; expected names out of "
            f"{', '.join(frameworks)}; "
            "see `python -m bench list frameworks`."
        )
    if not at:
        return frameworks[name]
    try:
        return pin_version(frameworks[name], str(Version(version)))
    except InvalidVersion as error:
        raise PlanError(
            f"--frameworks {text}: {version!r} is no version; expected NAME@VERSION, such as "
            "tensorflow@2.20.0."
        ) from error


def pin_version(framework: Framework, version: str) -> Framework:
    """Return the framework in another version: the pin of its main package is replaced.

    Its other requirements stay as they are, so that as little as possible changes; where they
    cannot be had beside this version, any that fits it will do. What none of them names is resolved
    anew, since its own constraints belong to another version.

    Raises:
        PlanError: none of its requirements is the framework itself.
    """
    devices = {
        device: _pin_main_package(framework, requirements, version)
        for device, requirements in framework.devices.items()
    }
    title = f"{framework.title} {version}"
    return replace(framework, title=title, pin=version, devices=devices)


def _pin_main_package(
    framework: Framework, requirements: Requirements, version: str
) -> Requirements:
    packages = [Requirement(text) for text in requirements.packages]
    main = [package for package in packages if is_main(package, framework.module)]
    if not main:
        raise PlanError(
            f"{framework.edition}{AT}{version}: none of {framework.title}'s requirements "
            f"({', '.join(requirements.packages)}) pins {framework.module} itself; pin it in its "
            "framework.toml."
        )
    for package in main:
        package.specifier = SpecifierSet(f"=={version}")
    pinned = tuple(map(str, packages))
    for package in packages:
        if package not in main:
            package.specifier = SpecifierSet()
    # What the wheel of this version holds was not looked at either.
    return replace(
        requirements,
        packages=pinned,
        fallback_packages=tuple(map(str, packages)),
        constraints="",
        kernels=None,
    )


def is_main(requirement: Requirement, module: str) -> bool:
    """Tell whether a requirement pins the framework itself, as tensorflow-cpu or mxnet-cu112."""
    name = canonicalize_name(requirement.name)
    return bool(requirement.specifier) and (name == module or name.startswith(f"{module}-"))
