"""Abseil's sources, for architectures that Debian's compiled Abseil is not for.

tools/cross.sh puts them where this looks: they come from Debian's source package,
and Abseil's own BUILD files build them.
"""

def _abseil_source_repository_impl(ctx):
    cache = ctx.os.environ.get("XDG_CACHE_HOME", "")
    if not cache:
        cache = ctx.os.environ.get("HOME", "") + "/.cache"
    folder = ctx.path(cache + "/jiffy/abseil")
    if not folder.exists:
        fail("@%s: %s is missing. './jiffy test --arch ...' puts it there." %
             (ctx.name, folder))
    for entry in folder.readdir():
        ctx.symlink(entry, entry.basename)

abseil_source_repository = repository_rule(
    implementation = _abseil_source_repository_impl,
    environ = [
        "HOME",
        "XDG_CACHE_HOME",
    ],
    local = True,
)
