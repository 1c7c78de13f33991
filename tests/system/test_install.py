# SPDX-License-Identifier: MPL-2.0
"""What `cmake --install` puts into a prefix is all that a service needs: a small C program is built
against it by pkg-config and by find_package, and run; and the prefix may be moved.

Installs from the build that ZCOST_BIN belongs to, into a temporary directory.
"""
import os
import pathlib
import re
import shutil
import tempfile
import textwrap
import unittest

from builds import VERSION, cached, configure, pkg_config, run
from harness import BIN, ROOT

PROGRAM = """
    #include <stdio.h>
    #include <zcost.h>

    int main (void)
    {
        zcost_t *client = NULL;
        int error = zcost_open (NULL, &client);
        if (!error)
            error = zcost_query_router (client, "simple", 0.0015);
        zcost_close (&client, 0);
        puts (error ? zcost_strerror (error) : zcost_version ());
        return error != 0;
    }
"""

CPP_PROGRAM = """
    #include <zcost.h>

    static zcost_event_t global = ZCOST_EVENT_INIT;

    int main ()
    {
        zcost_options_t options = ZCOST_OPTIONS_INIT;
        zcost_stats_t stats = ZCOST_STATS_INIT;
        zcost_t *client = nullptr;
        options.service = "search";
        global.type = ZCOST_LLM_CALL;
        int error = zcost_open (&options, &client);
        if (!error)
            error = zcost_emit (client, &global);
        if (!error)
            error = zcost_stats (client, &stats);
        zcost_close (&client, 0);
        return error || stats.emitted != 1;
    }
"""

PROJECT = """
    cmake_minimum_required (VERSION 3.20)
    project (service LANGUAGES C)
    find_package (zcost {version} REQUIRED)
    add_executable (service service.c)
    target_link_libraries (service zcost::zcost)
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="zcost-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        # Installed in one place and moved to another: nothing may remember the first.
        run("cmake", "--install", BIN.parent, "--prefix", cls.dir / "first")
        cls.prefix = cls.dir / "opt/zcost"
        cls.prefix.parent.mkdir()
        (cls.dir / "first").rename(cls.prefix)
        cls.lib = next(cls.prefix.glob("**/zcost.pc")).parents[1]
        (cls.dir / "service.c").write_text(textwrap.dedent(PROGRAM))

    def pkg_config(self, *arguments):
        return pkg_config(self.lib / "pkgconfig", *arguments)

    def cmake_project(self, name, version, prefix):
        folder = self.dir / name
        folder.mkdir()
        shutil.copy(self.dir / "service.c", folder)
        (folder / "CMakeLists.txt").write_text(textwrap.dedent(PROJECT).format(version=version))
        configure(folder, folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
        run("cmake", "--build", folder / "build")
        return run(folder / "build/service").strip()

    def test_prefix_holds_what_is_promised_and_no_more(self):
        files = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*") if not path.is_dir()}
        for tool in ("zcostd", "zreport", "zreplay"):
            self.assertIn(f"bin/{tool}", files)
        self.assertEqual({name for name in files if name.startswith("include/")}, {"include/zcost.h"})

    def test_pkg_config_builds_a_program(self):
        self.assertEqual(self.pkg_config("--modversion"), [VERSION])
        flags = self.pkg_config("--cflags", "--libs")
        self.assertNotIn("-lzmq", flags)
        program = self.dir / "by-pkg-config"
        run(cached("CMAKE_C_COMPILER"), "-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", self.dir / "service.c",
            *flags, f"-Wl,-rpath,{self.lib}", "-o", program)
        self.assertEqual(run(program).strip(), VERSION)

    def test_find_package_builds_a_program(self):
        self.assertEqual(self.cmake_project("by-cmake", VERSION, self.prefix), VERSION)

    def test_find_package_refuses_another_minor_version(self):
        major, minor, _ = map(int, VERSION.split("."))
        for name, other in (("too-new", minor + 1), ("too-old", minor - 1)):
            with self.subTest(name), self.assertRaisesRegex(AssertionError, "compatible"):
                self.cmake_project(name, f"{major}.{other}", self.prefix)

    def test_installed_tools_run(self):
        for tool in ("zcostd", "zreport", "zreplay"):
            self.assertIn(VERSION, run(self.prefix / "bin" / tool, "--version"))

    def test_header_is_cpp(self):
        source = self.dir / "service.cc"
        source.write_text(textwrap.dedent(CPP_PROGRAM))
        found = [cpp for cpp in ("g++", "clang++") if shutil.which(cpp)] or self.skipTest("no C++ compiler here")
        for cpp in found:
            for standard in ("c++11", "c++20"):
                with self.subTest(cpp, standard=standard):
                    program = self.dir / f"{cpp}-{standard}"
                    run(cpp, f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror", source,
                        *self.pkg_config("--cflags", "--libs"), f"-Wl,-rpath,{self.lib}", "-o", program)
                    run(program)

    def test_library_brings_only_libzmq(self):
        dynamic = run("readelf", "--dynamic", self.lib / "libzcost.so")
        needed = set(re.findall(r"NEEDED.*\[(\w+)", dynamic)) - {"libc", "libm", "libpthread", "ld"}
        self.assertEqual(needed, {"libzmq"})

    def test_library_exports_only_its_api(self):
        """Each name in the one version node, which is that of the SONAME."""
        library = self.lib / "libzcost.so"
        soname = re.search(r"SONAME.*\[libzcost\.so\.(.*)\]", run("readelf", "--dynamic", library))[1]
        major, minor, _ = VERSION.split(".")
        self.assertEqual(soname, f"{major}.{minor}" if major == "0" else major)
        names = {line.split()[2] for line in run("nm", "--dynamic", "--defined-only", library).splitlines()}
        declared = re.findall(r"^ZCOST_API .*?(zcost_\w+) \(", (ROOT / "include/zcost.h").read_text(), re.M)
        self.assertEqual(names, {f"ZCOST_{soname}", *(f"{name}@@ZCOST_{soname}" for name in declared)})

    def test_static_library_finds_libzmq(self):
        build, prefix = self.dir / "static", self.dir / "static-prefix"
        configure(ROOT, build, "-DBUILD_SHARED_LIBS=OFF", "-DZCOST_TESTS=OFF", "-DCMAKE_BUILD_TYPE=Debug")
        run("cmake", "--build", build, "--parallel", os.cpu_count() or 1)
        run("cmake", "--install", build, "--prefix", prefix)
        self.assertEqual(self.cmake_project("by-cmake-static", VERSION, prefix), VERSION)
        pc = next(prefix.glob("**/zcost.pc")).parent
        # By the README's line, without --static: who links it need not know which kind he has.
        flags = pkg_config(pc, "--cflags", "--libs")
        program = self.dir / "static-service"
        run(cached("CMAKE_C_COMPILER"), self.dir / "service.c", *flags, "-o", program)
        self.assertEqual(run(program).strip(), VERSION)


if __name__ == "__main__":
    unittest.main()
