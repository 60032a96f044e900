"""The macros that keep BUILD files short: nubo_library, nubo_binary, nubo_test, nubo_fuzz, nubo_proto."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

# Where a header listed in srcs is found by its real path, in this workspace and in a consumer's.
_PRIVATE_INCLUDES = ["-Ilib", "-Iexternal/nubo/lib"]

# In this workspace, and only here, with the options of .bazelrc.
_PCH_ON = Label("//bazel/pch:on")

# What is linked with Asio or gRPC; a target that depends on one of these takes the headers of that library precompiled. One
# that is missing here compiles as well, only slower.
_ASIO = [
    "//lib/nubo/console:",
    "//lib/nubo/dns_client:",
    "//lib/nubo/dns_server:",
    "//lib/nubo/http:client",
    "//lib/nubo/http:fetch",
    "//lib/nubo/http:h2_session",
    "//lib/nubo/http:metrics_endpoint",
    "//lib/nubo/http:server",
    "//lib/nubo/metadata_server:",
    "//lib/nubo/net:datagram",
    "//lib/nubo/net:frames",
    "//lib/nubo/net:loop",
    "//lib/nubo/net:socket",
    "//lib/nubo/net:stream",
    "//lib/nubo/network_holder:process",
    "//lib/nubo/proxy:load_balancer",
    "//lib/nubo/proxy:process",
    "//lib/nubo/testing:memory_transport",
    "@boost//:asio",
]
_GRPC = [
    "//examples/todo/backend:backend_server",
    "//examples/todo/frontend:api_",
    "//examples/todo/frontend:backend_client",
    "//examples/todo/frontend:frontend",
    "//lib/nubo/cli/client:client",
    "//lib/nubo/cli/commands:context",
    "//lib/nubo/cli/commands:dispatch",
    "//lib/nubo/cli/client:remote_region",
    "//lib/nubo/cli/output:rows",
    "//lib/nubo/cli/commands:serve_command",
    "//lib/nubo/lb_grpc:channel_pool",
    "//lib/nubo/lb_grpc:grpc_pool",
    "//lib/nubo/lb_grpc:health_check",
    "//lib/nubo/api/",
    "//lib/nubo/daemon:",
    "//lib/nubo/region/balancing:",
    "//lib/nubo/region/compute:",
    "//lib/nubo/region/databases:",
    "//lib/nubo/region/dns:",
    "//lib/nubo/region/edge:",
    "//lib/nubo/region/groups:",
    "//lib/nubo/region/lookup:",
    "//lib/nubo/region/loop:",
    "//lib/nubo/region/metrics:",
    "//lib/nubo/region/network:",
    "//lib/nubo/region/reach:",
    "//lib/nubo/region/resources:",
    "//lib/nubo/region/stacks:",
    "//lib/nubo/region/state:context",
    "//lib/nubo/region/supervisor:",
    "//proto/nubo/",
    "@com_github_grpc_grpc//:grpc++",
]
_NEITHER = [
    "//lib/nubo/dns_server:config",
    "//lib/nubo/dns_server:metrics",
    "//lib/nubo/metadata_server:config",
    "//lib/nubo/metadata_server:instance_table",
    "//lib/nubo/metadata_server:listener_source",
    "//lib/nubo/metadata_server:metrics",
    "//lib/nubo/net:socket_keeper",
    "//proto/nubo/dns/v1:dns_proto",
    "//proto/nubo/metadata/v1:metadata_proto",
    "//proto/nubo/proxy/v1:proxy_proto",
    "//proto/nubo/region/v1:list_proto",
    "//proto/nubo/region/v1:state_proto",
]

def _needs(deps, libraries):
    for dep in deps:
        label = "//" + native.package_name() + dep if dep.startswith(":") else dep
        for library in libraries:
            if label.startswith(library) and label not in _NEITHER:
                return True
    return False

def _precompiled(deps, test = False):
    """The options with which a target takes its precompiled header, and the dependency that brings it."""
    if _PCH_ON.workspace_name != "":
        return [], []
    kind = "grpc" if _needs(deps, _GRPC) else "asio" if _needs(deps, _ASIO) else "std"
    if test:
        kind = "test" if kind == "std" else "test_" + kind
    return (
        select({"//bazel/pch:on": ["-include-pch", "$(BINDIR)/bazel/pch/%s.pch" % kind], "//conditions:default": []}),
        select({"//bazel/pch:on": ["//bazel/pch:" + kind], "//conditions:default": []}),
    )

def nubo_library(name, hdrs = [], srcs = [], deps = [], copts = [], **kwargs):
    """A library whose headers are included by their real path below /lib ("nubo/lb/policy.h")."""
    in_lib = native.package_name().startswith("lib/")
    pch_copts, pch_deps = _precompiled(deps)
    cc_library(
        name = name,
        hdrs = hdrs,
        srcs = srcs,
        deps = deps + pch_deps,
        copts = _PRIVATE_INCLUDES + copts + pch_copts,
        linkstatic = True,
        strip_include_prefix = "/lib" if in_lib and hdrs else None,
        **kwargs
    )

def nubo_binary(name, srcs, deps = [], copts = [], **kwargs):
    pch_copts, pch_deps = _precompiled(deps)
    cc_binary(name = name, srcs = srcs, deps = deps + pch_deps, copts = copts + pch_copts, **kwargs)

def nubo_test(name, srcs = None, deps = [], size = "small", copts = [], **kwargs):
    """A Boost.Test suite: one shared main, so every test honours --test_filter and writes test.xml."""
    pch_copts, pch_deps = _precompiled(deps, test = True)
    cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        deps = deps + ["@nubo//lib/nubo/testing:main"] + pch_deps,
        copts = copts + pch_copts,
        linkstatic = True,
        size = size,
        **kwargs
    )

def nubo_fuzz(name, srcs = None, deps = [], corpus = [], copts = [], **kwargs):
    """A fuzz target. As a test it runs its corpus and a fixed number of mutations; under --config=fuzz libFuzzer drives it."""
    pch_copts, pch_deps = _precompiled(deps)
    cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        deps = deps + ["@nubo//lib/nubo/testing:fuzz_main"] + pch_deps,
        copts = copts + pch_copts,
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
    libraries = ["@com_google_protobuf//:protobuf"] + (["@com_github_grpc_grpc//:grpc++"] if grpc else [])
    pch_copts, pch_deps = _precompiled(libraries)
    cc_library(
        name = name,
        hdrs = hdrs,
        srcs = ccs,
        deps = deps + libraries + pch_deps,
        copts = ["-w"] + pch_copts,
        linkstatic = True,
        strip_include_prefix = "/proto",
        tags = ["grpc"] if grpc else [],
        **kwargs
    )
