"""Abseil as the system's prebuilt libraries, under Abseil's own target names.

The headers are on the compiler's default path. One target, @absl//:absl, holds
all the libraries; every public name is an alias of it, so that BUILD files read
as they do with Abseil's sources (MODULE.bazel). For other architectures than the
host's the names are those sources' own, in @absl_source.

The archives do not link into a shared object; see //tools:shared_object.bzl, which
takes the shared libraries instead.
"""

# The libraries of Debian's libabsl-dev 20220623. The linker takes from a group
# only what is used, in whatever order.
_LIBRARIES = [
    "bad_any_cast_impl",
    "bad_optional_access",
    "bad_variant_access",
    "base",
    "city",
    "civil_time",
    "cord",
    "cord_internal",
    "cordz_functions",
    "cordz_handle",
    "cordz_info",
    "cordz_sample_token",
    "debugging_internal",
    "demangle_internal",
    "examine_stack",
    "exponential_biased",
    "failure_signal_handler",
    "flags_commandlineflag",
    "flags_commandlineflag_internal",
    "flags_config",
    "flags_internal",
    "flags_marshalling",
    "flags_parse",
    "flags_private_handle_accessor",
    "flags_program_name",
    "flags_reflection",
    "flags_usage",
    "flags_usage_internal",
    "graphcycles_internal",
    "hash",
    "hashtablez_sampler",
    "int128",
    "leak_check",
    "log_severity",
    "low_level_hash",
    "malloc_internal",
    "periodic_sampler",
    "random_distributions",
    "random_internal_platform",
    "random_internal_pool_urbg",
    "random_internal_randen",
    "random_internal_randen_hwaes",
    "random_internal_randen_hwaes_impl",
    "random_internal_randen_slow",
    "random_internal_seed_material",
    "random_seed_gen_exception",
    "random_seed_sequences",
    "raw_hash_set",
    "raw_logging_internal",
    "scoped_set_env",
    "spinlock_wait",
    "stacktrace",
    "status",
    "statusor",
    "str_format_internal",
    "strerror",
    "strings",
    "strings_internal",
    "symbolize",
    "synchronization",
    "throw_delegate",
    "time",
    "time_zone",
]

# The public targets, by package. A name that Abseil has and this list lacks is
# one line here.
_TARGETS = {
    "algorithm": ["algorithm", "container"],
    "base": ["base", "config", "core_headers", "log_severity"],
    "cleanup": ["cleanup"],
    "container": [
        "btree",
        "fixed_array",
        "flat_hash_map",
        "flat_hash_set",
        "inlined_vector",
        "node_hash_map",
        "node_hash_set",
    ],
    "debugging": ["failure_signal_handler", "stacktrace", "symbolize"],
    "flags": [
        "commandlineflag",
        "config",
        "flag",
        "marshalling",
        "parse",
        "reflection",
        "usage",
    ],
    "functional": ["any_invocable", "bind_front", "function_ref"],
    "hash": ["hash"],
    "memory": ["memory"],
    "meta": ["type_traits"],
    "numeric": ["bits", "int128"],
    "random": ["bit_gen_ref", "distributions", "random", "seed_sequences"],
    "status": ["status", "statusor"],
    "strings": ["cord", "str_format", "strings"],
    "synchronization": ["synchronization"],
    "time": ["time"],
    "types": ["any", "compare", "optional", "span", "variant"],
    "utility": ["utility"],
}

_ROOT = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "absl",
    linkopts = select({{
        "{in_shared_object}": {shared},
        "//conditions:default": {static},
    }}) + ["-pthread"],
)
"""

_ALIAS = """
alias(
    name = "{name}",
    actual = select({{
        "{cross}": "@absl_source//absl/{package}:{name}",
        "//conditions:default": "//:absl",
    }}),
    visibility = ["//visibility:public"],
)
"""

# In jiffy's own workspace a label of it has no repository name.
def _label(text):
    label = str(Label(text))
    return ("@" if label.startswith("//") else "") + label

def _absl_repository_impl(ctx):
    shared = ["-labsl_" + library for library in _LIBRARIES]
    static = ["-l:libabsl_%s.a" % library for library in _LIBRARIES]
    ctx.file("BUILD.bazel", _ROOT.format(
        in_shared_object = _label("//tools:is_in_shared_object"),
        shared = ["-Wl,--push-state,--as-needed"] + shared + ["-Wl,--pop-state"],
        static = ["-Wl,--start-group"] + static + ["-Wl,--end-group"],
    ))
    cross = _label("//tools/cross:is_cross")
    for package, names in _TARGETS.items():
        ctx.file(
            "absl/%s/BUILD.bazel" % package,
            "".join([
                _ALIAS.format(cross = cross, name = name, package = package)
                for name in names
            ]),
        )

absl_repository = repository_rule(implementation = _absl_repository_impl)
