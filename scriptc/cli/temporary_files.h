#pragma once

#include <cstddef>
#include <string>

namespace scriptc::cli {

constexpr std::size_t kLongestName = 255;  ///< NAME_MAX of every usual file system

/// Remembers `path` for removal by a signal that ends the process. Call before creating the file. At most 8 at a time
/// (Error internal). REQUIRES: one thread calls these.
void remember_temporary(const std::string& path);
void forget_temporary(const std::string& path);

/// A name beside `name` for its temporary: hidden, unpredictable, not longer than a name may be.
std::string temporary_name(const std::string& name);
/// Removes what a killed process left for `name` in `folder`: temporaries that nobody holds a lock (flock) on. Who
/// makes one by name locks it until it has its final name.
void remove_stale_temporaries(const std::string& folder, const std::string& name);

/// SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT and SIGXCPU remove the remembered files, then end the process as they
/// would have. SIGPIPE and SIGXFSZ are ignored: their writes fail and are reported.
void install_signal_handlers();

}  // namespace scriptc::cli
