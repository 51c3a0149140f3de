"""One of Debian's cross compilers as a Bazel toolchain."""

load("@bazel_tools//tools/cpp:unix_cc_toolchain_config.bzl", "cc_toolchain_config")
load("@rules_cc//cc:defs.bzl", "cc_toolchain")

# The packages g++-TRIPLE and libc6-dev-*-cross put things there.
_GCC_VERSION = "12"

def cross_toolchain(name, triple, compile_flags = [], link_flags = []):
    """Defines the cc_toolchain `name`, for the cpu of that name.

    The flags are those that Bazel finds for a host's gcc, but for gold, which
    links for no riscv64.

    Args:
      name: the cpu, as --cpu names it.
      triple: GNU's name of the system, such as aarch64-linux-gnu.
      compile_flags: flags of the architecture's own.
      link_flags: flags of the architecture's own.
    """
    tool = "/usr/bin/" + triple + "-"
    cc_toolchain_config(
        name = name + "_config",
        abi_libc_version = "local",
        abi_version = "local",
        compile_flags = [
            "-fstack-protector",
            "-Wall",
            "-Wno-free-nonheap-object",
            "-fno-omit-frame-pointer",
        ] + compile_flags,
        compiler = "gcc",
        cpu = name,
        cxx_builtin_include_directories = [
            "/usr/lib/gcc-cross/%s/%s/include" % (triple, _GCC_VERSION),
            "/usr/%s/include" % triple,
        ],
        dbg_compile_flags = ["-g"],
        host_system_name = "local",
        link_flags = [
            "-Wl,-no-as-needed",
            "-Wl,-z,relro,-z,now",
        ] + link_flags,
        link_libs = [
            "-lstdc++",
            "-lm",
        ],
        opt_compile_flags = [
            "-O2",
            "-DNDEBUG",
            "-ffunction-sections",
            "-fdata-sections",
        ],
        opt_link_flags = ["-Wl,--gc-sections"],
        supports_start_end_lib = False,
        target_libc = "glibc",
        target_system_name = triple,
        tool_paths = {
            "ar": tool + "ar",
            "cpp": tool + "cpp",
            "dwp": tool + "dwp",
            "gcc": tool + "gcc",
            "gcov": tool + "gcov",
            "ld": tool + "ld",
            "llvm-cov": "/bin/false",
            "nm": tool + "nm",
            "objcopy": tool + "objcopy",
            "objdump": tool + "objdump",
            "strip": tool + "strip",
        },
        toolchain_identifier = triple,
        unfiltered_compile_flags = [
            "-fno-canonical-system-headers",
            "-Wno-builtin-macro-redefined",
            "-D__DATE__=\"redacted\"",
            "-D__TIMESTAMP__=\"redacted\"",
            "-D__TIME__=\"redacted\"",
        ],
    )
    cc_toolchain(
        name = name,
        all_files = ":empty",
        dwp_files = ":empty",
        compiler_files = ":empty",
        linker_files = ":empty",
        objcopy_files = ":empty",
        strip_files = ":empty",
        supports_param_files = True,
        toolchain_config = ":" + name + "_config",
        toolchain_identifier = triple,
    )
