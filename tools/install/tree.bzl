"""The files that `./jiffy install` copies.

Headers include each other as "jiffy/runtime/thread.h" there: programs need no other
include path than the prefix's, and no name clashes with theirs.
"""

_FOLDERS = ["arch", "runtime", "sched", "signals", "trace"]

def _is_ours(file):
    return not file.path.startswith("external/") and "/external/" not in file.path

def _install_tree_impl(ctx):
    tree = ctx.actions.declare_directory(ctx.label.name)
    inputs = []
    lines = []
    flags = []
    for dep, name in ctx.attr.libraries.items():
        info = dep[CcInfo]
        for header in info.compilation_context.headers.to_list():
            if header.short_path.split("/")[0] in _FOLDERS and _is_ours(header):
                inputs.append(header)
                lines.append("header\t%s\t%s" % (header.path, header.short_path))
        for linker_input in info.linking_context.linker_inputs.to_list():
            if linker_input.owner.workspace_name:
                flags += linker_input.user_link_flags
                continue
            for library in linker_input.libraries:
                archive = library.static_library or library.pic_static_library
                inputs.append(archive)
                lines.append("archive\t%s\t%s" % (archive.path, name))
            for flag in linker_input.user_link_flags:
                lines.append("flag\t%s\t%s" % (flag, name))
    for flag in flags:
        lines.append("system\t%s\t" % flag)
    manifest = ctx.actions.declare_file(ctx.label.name + ".list")
    ctx.actions.write(manifest, "\n".join(lines) + "\n")
    ctx.actions.run(
        executable = ctx.executable._make,
        arguments = [manifest.path, tree.path] +
                    [file.path for file in ctx.files.templates],
        inputs = depset(inputs + [manifest] + ctx.files.templates),
        outputs = [tree],
        mnemonic = "InstallTree",
        progress_message = "Making the tree to install",
        use_default_shell_env = True,
    )
    return [DefaultInfo(
        files = depset([tree]),
        runfiles = ctx.runfiles([tree]),
    )]

install_tree = rule(
    implementation = _install_tree_impl,
    doc = "Makes a folder with include/, lib/ and share/ of the given libraries.",
    attrs = {
        "libraries": attr.label_keyed_string_dict(
            doc = "Libraries, and the name of the archive that each goes into.",
            providers = [CcInfo],
        ),
        "templates": attr.label_list(allow_files = True),
        "_make": attr.label(
            cfg = "exec",
            default = ":make_tree",
            executable = True,
        ),
    },
)
