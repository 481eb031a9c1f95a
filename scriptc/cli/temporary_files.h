#pragma once

#include <string>

namespace scriptc::cli {

/// Remembers `path` for removal by a signal that ends the process. Call before creating the file. At most 8 at a time
/// (Error internal). REQUIRES: one thread calls these.
void remember_temporary(const std::string& path);
void forget_temporary(const std::string& path);

/// SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGABRT remove the remembered files, then end the process as they would have.
/// SIGPIPE and SIGXFSZ are ignored: their writes fail and are reported.
void install_signal_handlers();

}  // namespace scriptc::cli
