# SPDX-License-Identifier: MPL-2.0
"""What the tests share that build programs and libraries of their own, as the build under test was built."""
import os
import re
import shlex
import subprocess

from harness import BIN, ROOT

VERSION = re.search(r'#define ZCOST_VERSION "(.*)"', (ROOT / "include/zcost.h").read_text())[1]


def run(*argv, cwd=None, timeout=300, **env):
    """Its output; a failure is an AssertionError that shows all of it."""
    done = subprocess.run(list(map(str, argv)), cwd=cwd, env={**os.environ, **env}, timeout=timeout, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{' '.join(map(str, argv))}: exit code {done.returncode}\n{done.stdout}"
    return done.stdout


def cached(name):
    """What the build under test was configured with."""
    return re.search(rf"^{name}:\w+=(.*)$", (BIN.parent / "CMakeCache.txt").read_text(), re.M)[1]


def configure(source, build, *more):
    run("cmake", "-S", source, "-B", build, "-G", cached("CMAKE_GENERATOR"),
        f"-DCMAKE_C_COMPILER={cached('CMAKE_C_COMPILER')}", *more)


def configure_alike(source, build, *more):
    """With its optimisation and its sanitizers, too."""
    kept = ("CMAKE_BUILD_TYPE", "CMAKE_C_FLAGS_DEBUG", "ZCOST_SANITIZE")
    configure(source, build, *(f"-D{name}={cached(name)}" for name in kept), *more)


def compile_program(source, program, *flags):
    """A C program, that warns of nothing, with the sanitizers of the build under test."""
    sanitize = cached("ZCOST_SANITIZE")
    run(cached("CMAKE_C_COMPILER"), "-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "-g",
        *([f"-fsanitize={sanitize}", "-fno-sanitize-recover=all"] if sanitize else []), source, *flags, "-o", program)


def pkg_config(folder, *arguments):
    return shlex.split(run("pkg-config", *arguments, "zcost", PKG_CONFIG_PATH=str(folder)))
