"""Precompiled headers: what the headers of libraries cost is paid once, and not in each of some 500 files.

A file includes whatever it uses, as if there were none: consumers, g++ and --define=pch=off compile without. Only headers of
the system are precompiled, so that a change to one of ours compiles what includes it and nothing else.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _precompiled_header(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    out = ctx.actions.declare_file(ctx.label.name + ".pch")

    # The toolchain's own command line: Clang takes a precompiled header only where it was made with the same options.
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts,
        preprocessor_defines = depset(ctx.attr.defines),
        # From standard input, in the root folder: a path in this sandbox would be looked for again by each compilation in its
        # own, and make two builds of the same differ.
        source_file = "-",
        output_file = "/dev/stdout",
        use_pic = True,
    )
    command_line = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = "c++-compile",
        variables = variables,
    )
    compiler = cc_common.get_tool_for_action(feature_configuration = features, action_name = "c++-compile")
    arguments = ctx.actions.args()
    arguments.add_all([compiler, "-x", "c++-header", "-Xclang", "-fno-pch-timestamp", "-Xclang", "-fpch-instantiate-templates"])
    arguments.add_all(command_line)
    ctx.actions.run_shell(
        command = "set -o pipefail; cat %s | (cd / && \"$@\") | cat >%s" % (" ".join([f.path for f in ctx.files.srcs]), out.path),
        arguments = [arguments],
        inputs = depset(ctx.files.srcs + ctx.files.versions, transitive = [toolchain.all_files]),
        outputs = [out],
        env = {"PATH": "/usr/bin:/bin"},
        mnemonic = "CppPrecompile",
        progress_message = "Precompiling headers of " + ctx.label.name,
    )
    return [
        DefaultInfo(files = depset([out])),
        CcInfo(compilation_context = cc_common.create_compilation_context(headers = depset([out]))),
    ]

precompiled_header = rule(
    implementation = _precompiled_header,
    attrs = {
        "defines": attr.string_list(),
        "srcs": attr.label_list(allow_files = [".h"]),
        # What changes whenever the headers do.
        "versions": attr.label(allow_files = True),
        "_cc_toolchain": attr.label(default = Label("@bazel_tools//tools/cpp:current_cc_toolchain")),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    provides = [CcInfo],
)
