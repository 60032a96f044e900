#include "nubo/cli/args/manual.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nubo/cli/args/help.h"
#include "nubo/cli/args/verb_details.h"

namespace nubo::cli {
namespace {

// Help's examples as a block of commands: a remark after a wide gap becomes one after "#".
std::string ExampleCommands(absl::string_view verb) {
  std::string text;
  for (absl::string_view line : absl::StrSplit(VerbExamples(verb), '\n')) {
    if (!absl::ConsumePrefix(&line, "  ")) continue;
    const size_t gap = line.find("    ");
    if (gap == absl::string_view::npos) {
      absl::StrAppend(&text, line, "\n");
      continue;
    }
    absl::StrAppend(&text, line.substr(0, gap), "    # ", absl::StripLeadingAsciiWhitespace(line.substr(gap)), "\n");
  }
  return text;
}

std::string MarkdownCell(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "\\|"}, {"<", "&lt;"}}); }

std::string MarkdownOptions(const VerbUsage& verb) {
  if (verb.options.empty()) return "";
  std::string text = "| option | meaning |\n| --- | --- |\n";
  for (const OptionUsage& option : verb.options) {
    const std::string names = absl::StrJoin(option.names, ", ");
    const std::string value = option.positional || option.value.empty() ? "" : absl::StrCat(" ", option.value);
    absl::StrAppend(&text, "| `", names, value, option.positional && option.repeated ? "…" : "", "` | ",
                    MarkdownCell(option.help), " |\n");
  }
  return text;
}

// Text that roff takes as it is: no escape, no request at a line's start.
std::string RoffText(absl::string_view text) {
  std::string safe = absl::StrReplaceAll(text, {{"\\", "\\e"},
                                                {"-", "\\-"},
                                                {"…", "..."},
                                                {"├", "+"},
                                                {"└", "+"},
                                                {"─", "\\-"},
                                                {"│", "|"},
                                                {"~", "\\(ti"},
                                                {"^", "\\(ha"}});
  if (absl::StartsWith(safe, ".") || absl::StartsWith(safe, "'")) safe = absl::StrCat("\\&", safe);
  return safe;
}

// One line of running text: `code` and **bold** are set bold.
std::string RoffInline(absl::string_view line) {
  std::string out;
  bool bold = false;
  for (absl::string_view part : absl::StrSplit(absl::StrReplaceAll(line, {{"**", "`"}}), '`')) {
    absl::StrAppend(&out, bold ? "\\fB" : "", RoffText(part), bold ? "\\fR" : "");
    bold = !bold;
  }
  return out;
}

// A row of a table: what is in its first column is what the others explain. The rows of headings say nothing here.
std::string RoffRow(absl::string_view line) {
  const std::pair<absl::string_view, absl::string_view> cells =
      absl::StrSplit(absl::StripSuffix(line.substr(2), " |"), absl::MaxSplits(" | ", 1));
  if (absl::StrContains(cells.first, "---") || cells.second == "meaning") return "";
  return absl::StrCat(".TP\n", RoffInline(cells.first), "\n", RoffInline(cells.second), "\n");
}

// What one line of Markdown outside of a fence becomes.
std::string RoffLine(absl::string_view line) {
  if (absl::ConsumePrefix(&line, "### ") || absl::ConsumePrefix(&line, "## ")) {
    return absl::StrCat(".SS ", RoffInline(line), "\n");
  }
  if (absl::StartsWith(line, "| ")) return RoffRow(line);
  if (absl::ConsumePrefix(&line, "* ")) return absl::StrCat(".IP \\(bu 2\n", RoffInline(line), "\n");
  if (line.empty()) return ".PP\n";
  return absl::StrCat(RoffInline(absl::StripLeadingAsciiWhitespace(line)), "\n");
}

// A paragraph that nothing follows, or that follows a heading, is one too many for `man --warnings`.
std::string WithoutEmptyParagraphs(absl::string_view roff) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(roff, '\n')) {
    const bool opens =
        line == ".PP" || absl::StartsWith(line, ".S") || absl::StartsWith(line, ".IP") || absl::StartsWith(line, ".TP");
    if (opens && !lines.empty() && lines.back() == ".PP") lines.pop_back();
    if (line == ".PP" && (lines.empty() || absl::StartsWith(lines.back(), ".S"))) continue;
    lines.emplace_back(line);
  }
  return absl::StrJoin(lines, "\n");
}

std::string RoffBlock(absl::string_view text) {
  std::string out = ".PP\n.nf\n.RS 4\n";
  for (absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    absl::StrAppend(&out, line.empty() ? "\\&" : RoffText(line), "\n");
  }
  return out + ".RE\n.fi\n.PP\n";
}

std::string RoffOptions(const VerbUsage& verb) {
  std::string text;
  for (const OptionUsage& option : verb.options) {
    const std::string value =
        option.positional || option.value.empty() ? "" : absl::StrCat(" \\fI", RoffText(option.value), "\\fR");
    absl::StrAppend(&text, ".TP\n\\fB", RoffText(absl::StrJoin(option.names, ", ")), "\\fR", value, "\n",
                    RoffText(option.help), "\n");
  }
  return text;
}

}  // namespace

std::string MarkdownManual(const std::vector<VerbUsage>& verbs) {
  std::string text =
      absl::StrCat("<!-- Made by `nubo help --markdown` from the texts in lib/nubo/cli; a test compares the two. -->\n",
                   "# The command line\n\n", ManualIntroduction());
  for (const VerbUsage& verb : verbs) {
    absl::StrAppend(&text, "\n## ", verb.verb, "\n\n", VerbSummary(verb.verb), "\n\n```sh\n",
                    ExampleCommands(verb.verb), "```\n\n", MarkdownOptions(verb));
    const absl::string_view details = VerbDetails(verb.verb);
    if (!details.empty()) absl::StrAppend(&text, "\n", details);
  }
  return text;
}

std::string RoffFromMarkdown(absl::string_view markdown) {
  std::string out, block;
  bool fenced = false;
  for (absl::string_view line : absl::StrSplit(absl::StripSuffix(markdown, "\n"), '\n')) {
    if (absl::StartsWith(line, "```")) {
      if (fenced) absl::StrAppend(&out, RoffBlock(block));
      block.clear();
      fenced = !fenced;
      continue;
    }
    fenced ? absl::StrAppend(&block, line, "\n") : absl::StrAppend(&out, RoffLine(line));
  }
  return out;
}

std::string ManPage(const std::vector<VerbUsage>& verbs) {
  std::string text = absl::StrCat(".\\\" Made by: nubo help --man\n", ".TH NUBO 1 \"\" \"nubo\" \"User Commands\"\n",
                                  ".SH NAME\n", "nubo \\- a small private cloud region on this machine\n",
                                  ".SH SYNOPSIS\n.B nubo\n\\fIVERB\\fR [\\fIARGUMENT\\fR...]\n", ".SH DESCRIPTION\n",
                                  RoffFromMarkdown(ManualIntroduction()), ".SH VERBS\n");
  for (const VerbUsage& verb : verbs) {
    absl::StrAppend(&text, ".SS ", RoffText(verb.verb), "\n", RoffInline(VerbSummary(verb.verb)), "\n",
                    RoffBlock(ExampleCommands(verb.verb)), RoffOptions(verb), ".PP\n");
    absl::StrAppend(&text, RoffFromMarkdown(VerbDetails(verb.verb)), ".PP\n");
  }
  absl::StrAppend(&text, ".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nFailed, or something is not well.\n.TP\n2\n",
                  "Wrong input; nothing was changed.\n.TP\n130\nInterrupted.\n.SH ENVIRONMENT\n.TP\n.B NUBO_STATE\n",
                  "The state directory.\n.TP\n.B NO_COLOR\nIf set, nothing is coloured.\n");
  return WithoutEmptyParagraphs(text);
}

}  // namespace nubo::cli
