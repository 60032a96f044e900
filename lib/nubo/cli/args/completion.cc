#include "nubo/cli/args/completion.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nubo/cli/args/help.h"
#include "nubo/cli/args/kinds.h"

namespace nubo::cli {
namespace {

// What a shell offers for a value: words, files, directories, or names that the region is asked for.
struct Offer {
  enum class Kind { kNothing, kWords, kFiles, kDirectories, kNames };
  Kind kind = Kind::kNothing;
  // Of kWords, separated by spaces; of kNames, the kind to `get`.
  std::string what;
};

std::string VerbWords(const std::vector<VerbUsage>& verbs) {
  return absl::StrJoin(verbs, " ", [](std::string* out, const VerbUsage& verb) { *out += verb.verb; });
}

// After "How to print: " an option's help names its formats.
Offer OfferOf(const OptionUsage& option, const std::vector<VerbUsage>& verbs) {
  using Kind = Offer::Kind;
  const std::string& value = option.value;
  if (value == "FORMAT") {
    const bool wide = option.help.find("wide") != std::string::npos;
    const bool yaml = option.help.find("yaml") != std::string::npos;
    return {Kind::kWords, wide ? "table wide json yaml" : yaml ? "table json yaml" : "table json"};
  }
  if (value == "KIND") return {Kind::kWords, absl::StrJoin(KindNames(), " ")};
  if (value == "VERB") return {Kind::kWords, VerbWords(verbs)};
  if (value == "SHELL") return {Kind::kWords, "bash zsh fish"};
  if (value == "ACTION") return {Kind::kWords, "import"};
  if (value == "TYPE") return {Kind::kWords, "A AAAA CNAME MX NS PTR SOA SRV TXT"};
  if (value == "ID") return {Kind::kNames, "instances"};
  if (value == "GROUP") return {Kind::kNames, "groups"};
  if (value == "TEMPLATE" || value == "FILE") return {Kind::kFiles, ""};
  if (value == "DIRECTORY" || value == "DIR") return {Kind::kDirectories, ""};
  return {};
}

std::vector<OptionUsage> Positionals(const VerbUsage& verb) {
  std::vector<OptionUsage> positionals;
  for (const OptionUsage& option : verb.options) {
    if (option.positional) positionals.push_back(option);
  }
  return positionals;
}

std::string OptionWords(const VerbUsage& verb) {
  std::vector<std::string> words;
  for (const OptionUsage& option : verb.options) {
    if (!option.positional) words.insert(words.end(), option.names.begin(), option.names.end());
  }
  return absl::StrJoin(words, " ");
}

// Options that take a value, of any verb: what the word after one is belongs to it.
std::string ValueOptions(const VerbUsage& verb) {
  std::vector<std::string> names;
  for (const OptionUsage& option : verb.options) {
    if (!option.positional && !option.value.empty()) {
      names.insert(names.end(), option.names.begin(), option.names.end());
    }
  }
  return absl::StrJoin(names, "|");
}

std::string BashOffer(const Offer& offer) {
  switch (offer.kind) {
    case Offer::Kind::kWords:
      return absl::StrCat("_nubo_words \"", offer.what, "\"");
    case Offer::Kind::kNames:
      return absl::StrCat("_nubo_names ", offer.what);
    case Offer::Kind::kFiles:
      return "_nubo_paths -f";
    case Offer::Kind::kDirectories:
      return "_nubo_paths -d";
    case Offer::Kind::kNothing:
      return ":";
  }
  return ":";
}

// "case" branches of one verb: the value of the option before, then options, then the positional whose turn it is.
std::string BashVerb(const VerbUsage& verb, const std::vector<VerbUsage>& verbs) {
  std::string text = absl::StrCat("    ", verb.verb, ")\n      values=\"", ValueOptions(verb), "\"\n");
  absl::StrAppend(&text, "      case $previous in\n");
  for (const OptionUsage& option : verb.options) {
    if (option.positional || option.value.empty()) continue;
    absl::StrAppend(&text, "        ", absl::StrJoin(option.names, "|"), ") ", BashOffer(OfferOf(option, verbs)),
                    "; return ;;\n");
  }
  absl::StrAppend(&text, "      esac\n      if [[ $current == -* ]]; then _nubo_words \"", OptionWords(verb),
                  "\"; return; fi\n      _nubo_position\n      case $position in\n");
  const std::vector<OptionUsage> positionals = Positionals(verb);
  for (size_t i = 0; i < positionals.size(); ++i) {
    const std::string which = positionals[i].repeated ? "*" : absl::StrCat(i);
    absl::StrAppend(&text, "        ", which, ") ", BashOffer(OfferOf(positionals[i], verbs)), " ;;\n");
  }
  absl::StrAppend(&text, "      esac\n      ;;\n");
  return text;
}

constexpr char kBashStart[] = R"bash(# Completion of nubo for bash. Load it with: source <(nubo completion bash)

_nubo_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_nubo_paths() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen "$1" -- "$current"); }
# Names of what is there; none while no region is running.
_nubo_names() { _nubo_words "$("${COMP_WORDS[0]}" get "$1" 2>/dev/null | sed -e 1d -e 's/ .*//')"; }
# How many positional words stand before this one.
_nubo_position() {
  local i word before=""
  position=0
  for ((i = 2; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ $word == -- ]]; then position=99; return; fi
    if [[ $word != -* && ! ( -n $values && $before =~ ^($values)$ ) ]]; then position=$((position + 1)); fi
    before=$word
  done
}
_nubo() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} position values
  COMPREPLY=()
)bash";

// zsh's and fish's descriptions stand in single quotes.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// In _arguments' specifications brackets and colons have a meaning.
std::string ZshText(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"[", "("}, {"]", ")"}, {":", "\\:"}, {"'", "'\\''"}});
}

std::string ZshOffer(const Offer& offer) {
  switch (offer.kind) {
    case Offer::Kind::kWords:
      return absl::StrCat("(", offer.what, ")");
    case Offer::Kind::kNames:
      return absl::StrCat("_nubo_names ", offer.what);
    case Offer::Kind::kFiles:
      return "_files";
    case Offer::Kind::kDirectories:
      return "_files -/";
    case Offer::Kind::kNothing:
      return " ";
  }
  return " ";
}

std::string ZshVerb(const VerbUsage& verb, const std::vector<VerbUsage>& verbs) {
  std::string text = absl::StrCat("    ", verb.verb, ")\n      _arguments -S");
  for (const OptionUsage& option : verb.options) {
    const std::string offer = ZshOffer(OfferOf(option, verbs));
    if (option.positional) {
      absl::StrAppend(&text, " \\\n        '", option.repeated ? "*" : "", ":", option.value, ":", offer, "'");
      continue;
    }
    for (const std::string& name : option.names) {
      absl::StrAppend(&text, " \\\n        '", option.repeated ? "*" : "", name, "[", ZshText(option.help), "]");
      absl::StrAppend(&text, option.value.empty() ? "" : absl::StrCat(":", option.value, ":", offer), "'");
    }
  }
  absl::StrAppend(&text, "\n      ;;\n");
  return text;
}

constexpr char kZshStart[] = R"zsh(#compdef nubo
# Completion of nubo for zsh. Load it with: source <(nubo completion zsh)

_nubo_names() { compadd -- ${(f)"$(nubo get $1 2>/dev/null | sed -e 1d -e 's/ .*//')"} }
_nubo() {
  local -a verbs
  verbs=(
)zsh";

std::string FishOffer(const Offer& offer) {
  switch (offer.kind) {
    case Offer::Kind::kWords:
      return absl::StrCat(" -x -a ", Quoted(offer.what));
    case Offer::Kind::kNames:
      return absl::StrCat(" -x -a '(__nubo_names ", offer.what, ")'");
    case Offer::Kind::kFiles:
      return " -r -F";
    case Offer::Kind::kDirectories:
      return " -x -a '(__fish_complete_directories)'";
    case Offer::Kind::kNothing:
      return " -x";
  }
  return "";
}

std::string FishVerb(const VerbUsage& verb, const std::vector<VerbUsage>& verbs) {
  std::string text = absl::StrCat("complete -c nubo -n __fish_use_subcommand -f -a ", verb.verb, " -d ",
                                  Quoted(VerbSummary(verb.verb)), "\n");
  const std::string start = absl::StrCat("complete -c nubo -n '__fish_seen_subcommand_from ", verb.verb, "'");
  for (const OptionUsage& option : verb.options) {
    const Offer offer = OfferOf(option, verbs);
    if (option.positional) {
      if (offer.kind != Offer::Kind::kNothing) absl::StrAppend(&text, start, FishOffer(offer), "\n");
      continue;
    }
    absl::StrAppend(&text, start);
    for (const std::string& name : option.names) {
      const bool is_long = name.size() > 2;
      absl::StrAppend(&text, is_long ? " -l " : " -s ", name.substr(is_long ? 2 : 1));
    }
    absl::StrAppend(&text, " -d ", Quoted(option.help), option.value.empty() ? "" : FishOffer(offer), "\n");
  }
  return text;
}

}  // namespace

std::string BashCompletion(const std::vector<VerbUsage>& verbs) {
  std::string text = kBashStart;
  absl::StrAppend(&text, "  if ((COMP_CWORD == 1)); then _nubo_words \"", VerbWords(verbs), "\"; return; fi\n",
                  "  case ${COMP_WORDS[1]} in\n");
  for (const VerbUsage& verb : verbs) absl::StrAppend(&text, BashVerb(verb, verbs));
  absl::StrAppend(&text, "  esac\n}\ncomplete -F _nubo nubo ./nubo\n");
  return text;
}

std::string ZshCompletion(const std::vector<VerbUsage>& verbs) {
  std::string text = kZshStart;
  for (const VerbUsage& verb : verbs) {
    absl::StrAppend(&text, "    '", verb.verb, ":", ZshText(VerbSummary(verb.verb)), "'\n");
  }
  absl::StrAppend(&text, "  )\n  if ((CURRENT == 2)); then _describe verb verbs; return; fi\n",
                  "  local verb=${words[2]}\n  shift words\n  ((CURRENT--))\n  case $verb in\n");
  for (const VerbUsage& verb : verbs) absl::StrAppend(&text, ZshVerb(verb, verbs));
  // Found in a directory of completions it is the function's body; sourced, it has to be made known.
  absl::StrAppend(
      &text,
      "  esac\n}\nif [[ $zsh_eval_context[-1] == loadautofunc ]]; then _nubo \"$@\"; else compdef _nubo nubo; fi\n");
  return text;
}

std::string FishCompletion(const std::vector<VerbUsage>& verbs) {
  std::string text =
      "# Completion of nubo for fish. Load it with: nubo completion fish | source\n\n"
      "function __nubo_names\n  nubo get $argv[1] 2>/dev/null | sed -e 1d -e 's/ .*//'\nend\n"
      "complete -c nubo -f\n";
  for (const VerbUsage& verb : verbs) absl::StrAppend(&text, FishVerb(verb, verbs));
  return text;
}

}  // namespace nubo::cli
