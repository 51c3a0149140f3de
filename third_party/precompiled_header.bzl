"""A header that GCC has read once, for sources that would each read it anew.

Half of what a test costs to compile is reading GoogleTest's headers. With

    precompiled_header(
        name = "prelude",
        copts = [...],
        includes = ["gmock/gmock.h"],
        deps = [":gtest"],
    )

a target that depends on :prelude may be compiled with "-include prelude.h". The
copts must make the flags those of such a target: GCC ignores a precompiled header of
other flags. A compiler other than GCC reads the plain header.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _precompile(ctx, cc_toolchain, header, output, context):
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        source_file = header.path,
        output_file = output.path,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts +
                             ctx.attr.copts + ["-x", "c++-header"],
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
    )
    arguments = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = "c++-compile",
        variables = variables,
    )
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = "c++-compile",
        ),
        arguments = arguments,
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = "c++-compile",
            variables = variables,
        ),
        inputs = depset(
            [header],
            transitive = [context.headers, cc_toolchain.all_files],
        ),
        outputs = [output],
        mnemonic = "CppPrecompile",
        progress_message = "Precompiling %s" % header.short_path,
    )

def _precompiled_header_impl(ctx):
    cc_toolchain = find_cpp_toolchain(ctx)
    dependencies = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    )
    header = ctx.actions.declare_file(ctx.label.name + "/" + ctx.label.name + ".h")
    ctx.actions.write(
        header,
        "".join(["#include \"%s\"\n" % include for include in ctx.attr.includes]),
    )
    headers = [header]
    if cc_toolchain.compiler != "clang":
        output = ctx.actions.declare_file(header.basename + ".gch", sibling = header)
        _precompile(ctx, cc_toolchain, header, output, dependencies.compilation_context)
        headers.append(output)
    own = CcInfo(compilation_context = cc_common.create_compilation_context(
        headers = depset(headers),
        system_includes = depset([header.dirname]),
    ))
    return [
        DefaultInfo(files = depset(headers)),
        cc_common.merge_cc_infos(cc_infos = [own, dependencies]),
    ]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    doc = "Makes NAME.h, which includes `includes`, and what GCC has read of it.",
    attrs = {
        "copts": attr.string_list(doc = "Flags after those of the command line."),
        "includes": attr.string_list(mandatory = True),
        "deps": attr.label_list(providers = [CcInfo]),
        "_cc_toolchain": attr.label(
            default = "@bazel_tools//tools/cpp:current_cc_toolchain",
        ),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
