"""nubo_dependencies(): every repository that building nubo needs, under the names the wider world uses.

The libraries are the ones Debian 12 ships, so nothing is downloaded. A consumer who already has, say,
@com_google_absl keeps it: a name that exists is left alone.
"""

def _files_repository(ctx):
    for link, path in ctx.attr.links.items():
        ctx.symlink(path, link)
    for path, content in ctx.attr.files.items():
        ctx.file(path, content)

files_repository = repository_rule(
    implementation = _files_repository,
    attrs = {"files": attr.string_dict(), "links": attr.string_dict()},
    local = True,
)

_RULES_CC = """
cc_library = native.cc_library
cc_binary = native.cc_binary
cc_test = native.cc_test
cc_import = native.cc_import
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
cc_proto_library = native.cc_proto_library
cc_toolchain_alias = native.cc_toolchain_alias
"""

# Package -> target -> (libraries to link, other targets of this table that it needs).
_ABSL = {
    "base": {
        "base": (["base", "spinlock_wait", "malloc_internal", "log_severity"], [":raw_logging_internal"]),
        "core_headers": ([], []),
        "raw_logging_internal": (["raw_logging_internal"], []),
        "throw_delegate": (["throw_delegate"], []),
    },
    "algorithm": {"container": ([], [])},
    "cleanup": {"cleanup": ([], [])},
    "container": {
        "btree": ([], ["//absl/strings", "//absl/strings:cord"]),
        "fixed_array": ([], ["//absl/base:throw_delegate"]),
        "flat_hash_map": ([], [":raw_hash_set"]),
        "flat_hash_set": ([], [":raw_hash_set"]),
        "inlined_vector": ([], ["//absl/base:throw_delegate"]),
        "node_hash_map": ([], [":raw_hash_set"]),
        "raw_hash_set": (["raw_hash_set", "hashtablez_sampler", "exponential_biased"], ["//absl/hash", "//absl/base:throw_delegate"]),
    },
    "functional": {
        "any_invocable": ([], []),
        "function_ref": ([], []),
    },
    "hash": {"hash": (["hash", "city", "low_level_hash"], ["//absl/types:variant", "//absl/strings"])},
    "memory": {"memory": ([], [])},
    "numeric": {
        "bits": ([], []),
        "int128": (["int128"], []),
    },
    "random": {
        "bit_gen_ref": ([], [":random"]),
        "distributions": (["random_distributions"], ["//absl/strings"]),
        "random": (
            ["random_distributions", "random_seed_sequences", "random_seed_gen_exception", "random_internal_pool_urbg", "random_internal_randen", "random_internal_randen_hwaes", "random_internal_randen_hwaes_impl", "random_internal_randen_slow", "random_internal_platform", "random_internal_seed_material"],
            ["//absl/base"],
        ),
    },
    "status": {
        "status": (["status", "strerror"], ["//absl/strings", "//absl/strings:cord"]),
        "statusor": (["statusor"], [":status", "//absl/types:variant"]),
    },
    "strings": {
        "cord": (["cord", "cord_internal", "cordz_info", "cordz_handle", "cordz_functions"], [":strings"]),
        "str_format": (["str_format_internal"], [":strings"]),
        "strings": (["strings", "strings_internal"], ["//absl/base", "//absl/base:throw_delegate", "//absl/numeric:int128"]),
    },
    "synchronization": {"synchronization": (["synchronization", "graphcycles_internal"], ["//absl/base", "//absl/time"])},
    "time": {"time": (["time", "civil_time", "time_zone"], ["//absl/strings"])},
    "types": {
        "optional": (["bad_optional_access"], []),
        "span": ([], ["//absl/base:throw_delegate"]),
        "variant": (["bad_variant_access"], []),
    },
}

def _absl_files():
    files = {"WORKSPACE": ""}
    for package, targets in _ABSL.items():
        text = "package(default_visibility = [\"//visibility:public\"])\n"
        for name, (libs, deps) in targets.items():
            text += "cc_library(name = \"%s\", linkopts = %s, deps = %s)\n" % (
                name,
                repr(["-labsl_" + lib for lib in libs]),
                repr(deps),
            )
        files["absl/%s/BUILD.bazel" % package] = text
    return files

# Target of @system -> libraries to link. One header set: /usr/include, which the compiler searches by itself.
_SYSTEM = {
    "benchmark": ["benchmark"],
    "cli11": [],
    "crypto": ["crypto"],
    "json": [],
    "mariadb": ["mariadb"],
    "nftables": ["nftables"],
    "nghttp2": ["nghttp2"],
    "re2": ["re2"],
    "sodium": ["sodium"],
    "sqlite3": ["sqlite3"],
    "ssl": ["ssl", "crypto"],
    "utf8proc": ["utf8proc"],
    "yaml_cpp": ["yaml-cpp"],
}

def _library(name, libs, extra = ""):
    return "cc_library(name = \"%s\", linkopts = %s, visibility = [\"//visibility:public\"]%s)\n" % (
        name,
        repr(["-l" + lib for lib in libs]),
        extra,
    )

def _files(name, files, links = {}):
    if not native.existing_rule(name):
        files_repository(name = name, files = files, links = links)

def nubo_dependencies():
    """Registers what is missing of nubo's dependencies; call it once, from WORKSPACE."""
    _files("rules_cc", {"WORKSPACE": "", "BUILD.bazel": "", "cc/BUILD.bazel": "", "cc/defs.bzl": _RULES_CC})
    if not native.existing_rule("rules_java"):
        native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
    _files("remote_coverage_tools", {
        "WORKSPACE": "",
        "BUILD.bazel": "filegroup(name = \"coverage_report_generator\", srcs = [], visibility = [\"//visibility:public\"])",
    })
    _files("com_google_absl", _absl_files())
    _files(
        "com_google_protobuf",
        {
            "WORKSPACE": "",
            "BUILD.bazel": _library("protobuf", ["protobuf", "pthread"]) +
                           "filegroup(name = \"protoc\", srcs = [\"bin/protoc\"], visibility = [\"//visibility:public\"])\n",
        },
        {"bin/protoc": "/usr/bin/protoc"},
    )
    _files(
        "com_github_grpc_grpc",
        {
            "WORKSPACE": "",
            "BUILD.bazel": _library("grpc++", ["grpc++", "grpc", "gpr"], ", deps = [\"@com_google_protobuf//:protobuf\", \"@com_google_absl//absl/strings:cord\", \"@com_google_absl//absl/status\", \"@com_google_absl//absl/synchronization\"]") +
                           "filegroup(name = \"grpc_cpp_plugin\", srcs = [\"bin/grpc_cpp_plugin\"], visibility = [\"//visibility:public\"])\n",
        },
        {"bin/grpc_cpp_plugin": "/usr/bin/grpc_cpp_plugin"},
    )
    _files("boost", {
        "WORKSPACE": "",
        "BUILD.bazel": _library("asio", ["pthread"], ", defines = [\"BOOST_ASIO_SEPARATE_COMPILATION\", \"BOOST_ASIO_NO_DEPRECATED\"]") +
                       _library("test", ["boost_unit_test_framework"], ", defines = [\"BOOST_TEST_DYN_LINK\"]"),
    })
    system = "".join([_library(name, libs) for name, libs in _SYSTEM.items()])
    _files("system", {"WORKSPACE": "", "BUILD.bazel": system})
