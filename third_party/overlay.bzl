"""A repository made of our own build files, laid over a folder of the system."""

def _overlay_repository_impl(ctx):
    if ctx.attr.path:
        folder = ctx.path(ctx.attr.path)
        if not folder.exists:
            fail("@%s: %s is missing. ./jiffy installs the packages it needs." %
                 (ctx.name, folder))
        for entry in folder.readdir():
            ctx.symlink(entry, entry.basename)
    for source, destination in ctx.attr.files.items():
        ctx.symlink(source, destination)

overlay_repository = repository_rule(
    implementation = _overlay_repository_impl,
    doc = "Links the entries of `path` and, beside them, each of `files`.",
    local = True,
    attrs = {
        "path": attr.string(doc = "An absolute folder; empty for none."),
        "files": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "A file of this repository to its place in the new one.",
        ),
    },
)
