#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "scriptc/model/backend.h"

namespace scriptc::torch_backend {

/// A sink that is a string.
struct MemorySink final : ByteSink {
  void write(const void* data, std::size_t size) override { bytes.append(static_cast<const char*>(data), size); }
  void rewrite(std::uint64_t offset, const void* data, std::size_t size) override {
    bytes.replace(offset, size, static_cast<const char*>(data), size);
  }
  std::string bytes;
};

/// A TorchScript module with methods from LibTorch's own dialect, and a 3×4 parameter `w` of 0, 0.1, 0.2…
inline ::torch::jit::Module script(const std::string& methods) {
  ::torch::jit::Module module("__torch__.Net", std::make_shared<::torch::jit::CompilationUnit>());
  module.register_attribute("training", c10::BoolType::get(), false);
  module.register_parameter("w", at::arange(12, at::kFloat).reshape({3, 4}) / 10, /*is_buffer=*/false);
  module.register_buffer("count", at::zeros({}, at::kLong));
  module.define(methods);
  return module;
}

/// The text of the Error that `body` throws, with its kind in front; "no error" without.
inline std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::to_string(exit_code(error.kind())) + " " + error.message();
  }
  return "no error";
}

/// A file in a folder of the running test, gone at the end of it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name, const std::string& bytes = "")
      : folder_(std::filesystem::temp_directory_path() / ("scriptc-" + std::to_string(::getpid()) + "-" + name)) {
    std::filesystem::create_directory(folder_);
    path_ = (folder_ / name).string();
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

}  // namespace scriptc::torch_backend
