"""@nubo_headers//:versions: changes when a package whose headers are precompiled is upgraded."""

_PACKAGES = [
    "clang-19",
    "libabsl-dev",
    "libboost-test1.81-dev",
    "libboost1.81-dev",
    "libc6-dev",
    "libclang-common-19-dev",
    "libgrpc++-dev",
    "libprotobuf-dev",
    "libstdc++-12-dev",
    "nlohmann-json3-dev",
]

def _header_versions(ctx):
    links = []
    for package in _PACKAGES:
        # Debian's own list of a package's files, with their sums; Bazel watches it.
        for name in [package, package + ":amd64", package + ":arm64"]:
            path = ctx.path("/var/lib/dpkg/info/%s.md5sums" % name)
            if path.exists:
                ctx.symlink(path, package + ".md5sums")
                links.append(package + ".md5sums")
                break
    ctx.file("WORKSPACE")
    ctx.file("BUILD.bazel", "filegroup(name = \"versions\", srcs = %s, visibility = [\"//visibility:public\"])" % repr(links))

header_versions = repository_rule(implementation = _header_versions, local = True)
