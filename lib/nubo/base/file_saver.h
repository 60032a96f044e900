// Keeps one file up to date without ever waiting long for the disk.
//
// Of several contents that wait, the newest is written. A disk that stalls costs the caller one short pause, and the
// file its latest content until the disk goes on.
//
// Example:
//   base::FileSaver saver("/state/configuration", 0600);
//   saver.Save(bytes);
//
// Thread safety: thread-safe.
#ifndef NUBO_BASE_FILE_SAVER_H_
#define NUBO_BASE_FILE_SAVER_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/background.h"

namespace nubo::base {

class FileSaver {
 public:
  // How long Save() waits, if the one before is done.
  static constexpr absl::Duration kPause = absl::Milliseconds(100);

  FileSaver(std::string path, mode_t mode);
  ~FileSaver();

  // As ReplaceFile(). True: it is written. False: it cannot be, or not yet.
  bool Save(absl::string_view content);

 private:
  struct State;

  const std::shared_ptr<State> state_;
  Background background_;
};

}  // namespace nubo::base

#endif  // NUBO_BASE_FILE_SAVER_H_
