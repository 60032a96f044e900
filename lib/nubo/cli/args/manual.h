// The guide (docs/cli.md) and the manual page (nubo.1), made from the texts of help and from what the verbs take.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_MANUAL_H_
#define NUBO_CLI_ARGS_MANUAL_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/cli/args/usage.h"

namespace nubo::cli {

// docs/cli.md.
std::string MarkdownManual(const std::vector<VerbUsage>& verbs);

// nubo.1, in the man macros of groff_man(7).
std::string ManPage(const std::vector<VerbUsage>& verbs);

// The Markdown that our texts are written in (paragraphs, "* " items, "## " and "### " headings, fences, `code`,
// **bold**) as roff.
std::string RoffFromMarkdown(absl::string_view markdown);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_MANUAL_H_
