"""The macros that keep BUILD files short: nubo_library, nubo_binary, nubo_test, nubo_fuzz, nubo_proto."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

# Where a header listed in srcs is found by its real path, in this workspace and in a consumer's.
_PRIVATE_INCLUDES = ["-Ilib", "-Iexternal/nubo/lib"]

def nubo_library(name, hdrs = [], srcs = [], deps = [], copts = [], **kwargs):
    """A library whose headers are included by their real path below /lib ("nubo/lb/policy.h")."""
    in_lib = native.package_name().startswith("lib/")
    cc_library(
        name = name,
        hdrs = hdrs,
        srcs = srcs,
        deps = deps,
        copts = _PRIVATE_INCLUDES + copts,
        linkstatic = True,
        strip_include_prefix = "/lib" if in_lib and hdrs else None,
        **kwargs
    )

def nubo_binary(name, srcs, deps = [], **kwargs):
    cc_binary(name = name, srcs = srcs, deps = deps, **kwargs)

def nubo_test(name, srcs = None, deps = [], size = "small", **kwargs):
    """A Boost.Test suite: one shared main, so every test honours --test_filter and writes test.xml."""
    cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        deps = deps + ["@nubo//lib/nubo/testing:main"],
        linkstatic = True,
        size = size,
        **kwargs
    )

def nubo_fuzz(name, srcs = None, deps = [], corpus = [], **kwargs):
    """A fuzz target. As a test it runs its corpus and a fixed number of mutations; under --config=fuzz libFuzzer drives it."""
    cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        deps = deps + ["@nubo//lib/nubo/testing:fuzz_main"],
        data = corpus,
        args = ["$(locations %s)" % c for c in corpus],
        linkstatic = True,
        size = "small",
        **kwargs
    )

def nubo_proto(name, srcs, deps = [], grpc = False, **kwargs):
    """C++ for .proto files below /proto; include them as "nubo/lb/v1/lb.pb.h". grpc = True adds the service stubs."""
    stems = [s[:-len(".proto")] for s in srcs]
    hdrs = [s + ".pb.h" for s in stems]
    ccs = [s + ".pb.cc" for s in stems]
    if grpc:
        hdrs += [s + ".grpc.pb.h" for s in stems]
        ccs += [s + ".grpc.pb.cc" for s in stems]
    native.filegroup(
        name = name + "_srcs",
        srcs = srcs + [d + "_srcs" for d in deps],
        visibility = ["//visibility:public"],
    )
    plugin = ""
    tools = ["@com_google_protobuf//:protoc"]
    if grpc:
        plugin = "--grpc_out=$$out --plugin=protoc-gen-grpc=$(execpath @com_github_grpc_grpc//:grpc_cpp_plugin)"
        tools.append("@com_github_grpc_grpc//:grpc_cpp_plugin")
    native.genrule(
        name = name + "_gen",
        srcs = srcs + [d + "_srcs" for d in deps],
        outs = hdrs + ccs,
        tools = tools,
        cmd = "\n".join([
            "set -e; out=$(RULEDIR); out=$${out%/nubo/*}",
            "first=$(execpath %s); root=$${first%%/nubo/*}" % srcs[0],
            "$(execpath @com_google_protobuf//:protoc) -I$$root --cpp_out=$$out %s %s" % (
                plugin,
                " ".join(["$(execpath %s)" % s for s in srcs]),
            ),
        ]),
    )
    cc_library(
        name = name,
        hdrs = hdrs,
        srcs = ccs,
        deps = deps + ["@com_google_protobuf//:protobuf"] + (["@com_github_grpc_grpc//:grpc++"] if grpc else []),
        copts = ["-w"],
        linkstatic = True,
        strip_include_prefix = "/proto",
        tags = ["grpc"] if grpc else [],
        **kwargs
    )
