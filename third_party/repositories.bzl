"""The repositories that jiffy is built from: packages of the system only.

A WORKSPACE that uses jiffy calls jiffy_dependencies() once:

    local_repository(name = "jiffy", path = "path/to/jiffy")
    load("@jiffy//third_party:repositories.bzl", "jiffy_dependencies")
    jiffy_dependencies()

Nothing is downloaded. A repository that the WORKSPACE has already defined under
the same name is left as it is.
"""

load("//third_party:abseil_source.bzl", "abseil_source_repository")
load("//third_party:absl.bzl", "absl_repository")
load("//third_party:overlay.bzl", "overlay_repository")

def jiffy_dependencies():
    """Defines every repository that jiffy, its tests and its benchmarks use."""
    _bazel_rules()
    _once(absl_repository, "absl")
    _once(abseil_source_repository, "absl_source")
    _once(
        overlay_repository,
        "com_google_googletest",
        path = "/usr/src/googletest",
        files = {Label("//third_party:googletest.BUILD"): "BUILD.bazel"},
    )
    _once(
        overlay_repository,
        "com_github_google_benchmark",
        files = {Label("//third_party:benchmark.BUILD"): "BUILD.bazel"},
    )
    _once(
        overlay_repository,
        "rapidjson",
        path = "/usr/include/rapidjson",
        files = {Label("//third_party:rapidjson.BUILD"): "BUILD.bazel"},
    )

def _bazel_rules():
    """Overrides what Bazel itself would download before it builds any C++."""
    _once(
        overlay_repository,
        "rules_cc",
        files = {
            Label("//third_party/rules_cc:defs.bzl"): "cc/defs.bzl",
            Label("//third_party/rules_cc:cc.BUILD"): "cc/BUILD.bazel",
        },
    )
    _once(
        overlay_repository,
        "remote_coverage_tools",
        files = {Label("//third_party:coverage_tools.BUILD"): "BUILD.bazel"},
    )
    for name, path in {
        "bazel_skylib": "/usr/share/bazel/tools/skylib",
        "rules_java": "/usr/share/bazel/rules/java",
        "rules_proto": "/usr/share/bazel/rules/proto",
    }.items():
        _once(native.local_repository, name, path = path)

def _once(rule, name, **kwargs):
    if not native.existing_rule(name):
        rule(name = name, **kwargs)
