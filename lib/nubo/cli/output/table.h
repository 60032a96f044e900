// The table printer: aligned columns, two spaces between them.
//
// Example:
//   Table table({"name", "state"});
//   table.Add({"web", "running"});
//   std::cout << table.Text();
//
// Thread safety: thread-compatible.
#ifndef NUBO_CLI_OUTPUT_TABLE_H_
#define NUBO_CLI_OUTPUT_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nubo::cli {

// How many columns of a terminal the text takes, a code point being one.
size_t Width(absl::string_view text);

// `text` with spaces up to `width`.
std::string Pad(absl::string_view text, size_t width);

// `text` fit for one line of a terminal: control characters become spaces.
std::string OneLine(absl::string_view text);

class Table {
 public:
  // Headers are printed in upper case.
  explicit Table(std::vector<std::string> headers);

  // A row with fewer cells than there are headers is filled up, one with more is cut. An empty cell is printed as "-",
  // so that a script can count columns.
  void Add(std::vector<std::string> cells);

  // One more column; `cells` has one for each row there is.
  void AddColumn(std::string header, const std::vector<std::string>& cells);

  size_t rows() const { return rows_.size(); }

  // The header and every row, each ended by a newline; without spaces at a line's end.
  std::string Text() const;

 private:
  std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_TABLE_H_
