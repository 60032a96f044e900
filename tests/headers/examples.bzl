"""header_examples(): what a module's headers show after "// Example:" is compiled."""

load("//bazel:defs.bzl", "nubo_library")

def header_examples(module, headers, deps):
    """MODULE.h here says what its examples use and do not show."""
    labels = []
    for header in headers:
        folder = module + "/" + header
        labels.append("//lib/nubo/%s:%s" % (folder.rpartition("/")[0], folder.rpartition("/")[2]))
    native.genrule(
        name = module + "_source",
        testonly = True,
        srcs = labels,
        outs = [module + "_examples.cc"],
        cmd = "$(location examples.sh) %s tests/headers/%s.h %s >$@" % (module, module, " ".join(["$(location %s)" % l for l in labels])),
        tools = ["examples.sh"],
    )
    nubo_library(
        name = module + "_examples",
        testonly = True,
        srcs = [
            "context.h",
            module + ".h",
            module + "_examples.cc",
        ],
        # An example uses nothing of what it makes.
        copts = ["-w"],
        deps = deps + [
            "//lib/nubo/base:clock",
            "//lib/nubo/base:status",
            "//lib/nubo/net:ip_address",
            "//lib/nubo/testing:simulated_clock",
            "@com_google_absl//absl/random:bit_gen_ref",
            "@com_google_absl//absl/status",
            "@com_google_absl//absl/status:statusor",
            "@com_google_absl//absl/time",
        ],
    )
