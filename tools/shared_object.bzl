"""A shared object in a repository that is otherwise linked statically.

.bazelrc turns position independent code off, lest every library is compiled twice,
and Abseil's archives have none. shared_object() builds one cc_binary, with
everything it depends on, with position independent code and the shared Abseil:

    cc_binary(
        name = "preload",
        linkshared = True,
        tags = ["manual"],
        ...
    )

    shared_object(
        name = "libpreload.so",
        binary = ":preload",
    )
"""

def _bool_flag_impl(_ctx):
    return []

bool_flag = rule(
    implementation = _bool_flag_impl,
    build_setting = config.bool(flag = True),
)

_FEATURES = "//command_line_option:features"
_FLAG = str(Label("//tools:in_shared_object"))

def _into_shared_object_impl(settings, _attr):
    return {
        _FEATURES: [f for f in settings[_FEATURES] if f != "-supports_pic"],
        _FLAG: True,
    }

_into_shared_object = transition(
    implementation = _into_shared_object_impl,
    inputs = [_FEATURES],
    outputs = [_FEATURES, _FLAG],
)

def _shared_object_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = output,
        target_file = ctx.attr.binary[0][DefaultInfo].files.to_list()[0],
    )
    files = depset([output])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles([output]))]

shared_object = rule(
    implementation = _shared_object_impl,
    doc = "Builds the cc_binary `binary` as a shared object called `name`.",
    attrs = {
        "binary": attr.label(cfg = _into_shared_object, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)
