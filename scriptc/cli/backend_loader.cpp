#include "scriptc/cli/backend_loader.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "scriptc/model/error.h"
#include "scriptc/model/text.h"
#include "scriptc/version.h"

namespace scriptc::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libscriptc_torch.so";

std::vector<fs::path> candidates() {
  if (const char* given = std::getenv("SCRIPTC_BACKEND"); given && *given) return {given};
  std::vector<fs::path> paths;
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  if (!none) paths.push_back(program.parent_path().parent_path() / "lib" / kLibrary);
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&scriptc::version), &info) != 0 && info.dli_fname) {
    const fs::path folder = fs::absolute(info.dli_fname, none).parent_path();
    if (paths.empty() || folder != paths.front().parent_path()) paths.push_back(folder / kLibrary);
  }
  return paths;
}

std::string first_line(const char* text) {
  const std::string all = text ? text : "unknown error";
  return escape(all.substr(0, all.find('\n')), 0);
}

}  // namespace

BackendLoader::Loaded BackendLoader::load() {
  const std::vector<fs::path> paths = candidates();
  std::error_code none;
  std::string searched;
  for (const fs::path& path : paths) {
    searched += "\n  searched: " + escape(path.string(), 0);
    if (!fs::exists(path, none)) continue;
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
      return {nullptr, "back end " + quote(path.string()) + " cannot be loaded: " + first_line(::dlerror())};
    // POSIX defines the cast from an object pointer that dlsym needs.
    const auto entry = reinterpret_cast<Backend* (*)()>(::dlsym(library, kBackendEntry));
    if (!entry) return {nullptr, "back end " + quote(path.string()) + " has no entry " + quote(kBackendEntry)};
    return {entry(), ""};
  }
  return {nullptr, std::string("back end ") + quote(kLibrary) + " was not found" + searched +
                       "\n  help: build with SCRIPTC_TORCH=ON, or name the file in SCRIPTC_BACKEND"};
}

void BackendLoader::start() {
  if (backend_ || future_.valid()) return;
  // Large pages for large tensors: to zero 102 MB of folded weights 4 KB at a time is 5 % of the time that ResNet-50
  // takes. LibTorch reads this when it first allocates; a user's own setting stays.
  ::setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);
  // Detached: a program that fails meanwhile must not wait for LibTorch before it says so.
  const auto promise = std::make_shared<std::promise<Loaded>>();
  future_ = promise->get_future();
  const auto work = [promise] {
    try {
      promise->set_value(load());
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  };
  try {
    std::thread(work).detach();
  } catch (const std::system_error&) {
    work();  // no thread can be had
  }
}

Backend& BackendLoader::get() {
  if (backend_) return *backend_;
  start();
  const Loaded loaded = future_.get();
  if (!loaded.backend) throw Error(ErrorKind::io, loaded.failure);
  backend_ = loaded.backend;
  backend_->set_threads(threads_);
  backend_->set_debug(debug_);
  return *backend_;
}

}  // namespace scriptc::cli
