#include "nubo/cli/output/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/cli/output/visible.h"

namespace nubo::cli {
namespace {

constexpr char kGap[] = "  ";

std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const bool last = i + 1 == cells.size();
    absl::StrAppend(&line, i == 0 ? "" : kGap, last ? cells[i] : Pad(cells[i], widths[i]));
  }
  line += '\n';
  return line;
}

}  // namespace

size_t Width(absl::string_view text) {
  // Every byte but UTF-8's continuation bytes begins a code point.
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string Pad(absl::string_view text, size_t width) {
  const size_t taken = Width(text);
  std::string padded(text);
  if (taken < width) padded.append(width - taken, ' ');
  return padded;
}

std::string OneLine(absl::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); }, ' ');
  // C1's controls, and bytes that are no text.
  return Visible(line);
}

Table::Table(std::vector<std::string> headers) : headers_(std::move(headers)) {
  for (std::string& header : headers_) absl::AsciiStrToUpper(&header);
}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(headers_.size());
  for (std::string& cell : cells) cell = cell.empty() ? "-" : OneLine(cell);
  rows_.push_back(std::move(cells));
}

void Table::AddColumn(std::string header, const std::vector<std::string>& cells) {
  headers_.push_back(absl::AsciiStrToUpper(header));
  for (size_t i = 0; i < rows_.size(); ++i) {
    rows_[i].push_back(i < cells.size() && !cells[i].empty() ? OneLine(cells[i]) : "-");
  }
}

std::string Table::Text() const {
  std::vector<size_t> widths;
  for (const std::string& header : headers_) widths.push_back(Width(header));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text = Line(headers_, widths);
  for (const auto& row : rows_) text += Line(row, widths);
  return text;
}

}  // namespace nubo::cli
