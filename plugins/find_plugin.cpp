#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "plugins/loader.h"
#include "scriptc/model/text.h"

namespace scriptc::plugins {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "scriptc/plugins";
constexpr const char* kExtension = ".so";

void add_folder(std::vector<std::string>& folders, const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return;
  const std::string name = fs::canonical(folder, error).string();
  if (!error && std::find(folders.begin(), folders.end(), name) == folders.end()) folders.push_back(name);
}

/// The names that a bare MODULE could be.
std::vector<std::string> plugin_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == kExtension) names.push_back(entry.path().stem().string());
  return names;
}

std::string find_path(const std::string& module) {
  std::error_code error;
  const fs::file_status status = fs::status(module, error);
  if (fs::exists(status)) return module;
  const fs::path path(module);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::vector<std::string> candidates;
  for (const std::string& name : plugin_names(folder)) candidates.push_back(name + kExtension);
  throw Error(ErrorKind::io,
              "plugin " + quote(module) + " was not found: " +
                  (error ? error : std::make_error_code(std::errc::no_such_file_or_directory)).message() +
                  did_you_mean(path.filename().string(), candidates));
}

}  // namespace

std::vector<std::string> plugin_folders() {
  std::vector<std::string> folders;
  const char* variable = std::getenv("SCRIPTC_PLUGIN_PATH");
  std::string_view rest = variable ? variable : "";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    if (!folder.empty()) add_folder(folders, folder);
  }
  // lib/libscriptc.so, or the program itself (bin/) where this is linked into it.
  Dl_info self{};
  if (dladdr(reinterpret_cast<void*>(&plugin_folders), &self) != 0 && self.dli_fname)
    add_folder(folders, fs::path(self.dli_fname).parent_path() / kFolder);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) add_folder(folders, program.parent_path().parent_path() / "lib" / kFolder);
  return folders;
}

std::string find_plugin(const std::string& module) {
  if (module.find('/') != std::string::npos || fs::path(module).has_extension()) return find_path(module);
  const std::vector<std::string> folders = plugin_folders();
  std::vector<std::string> names;
  for (const std::string& folder : folders) {
    std::error_code error;
    const fs::path path = fs::path(folder) / (module + kExtension);
    if (!module.empty() && fs::exists(path, error)) return path.string();
    const std::vector<std::string> here = plugin_names(folder);
    names.insert(names.end(), here.begin(), here.end());
  }
  std::string searched = folders.empty() ? "\n  searched: no folder, for SCRIPTC_PLUGIN_PATH names none" : "";
  for (const std::string& folder : folders) searched += "\n  searched: " + escape(folder, 0);
  throw Error(ErrorKind::io, "plugin " + quote(module) + " was not found" + searched + did_you_mean(module, names));
}

}  // namespace scriptc::plugins
