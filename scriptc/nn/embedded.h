#pragma once

#include <span>
#include <string_view>

// The torch.nn of our own, as text: the evaluator imports these files as CPython would import torch's.

namespace scriptc::nn {

/// One file of the embedded library. All views have static lifetime.
struct EmbeddedFile {
  std::string_view module;     ///< `torch.nn.modules.conv`
  std::string_view file_name;  ///< `torch/nn/modules/conv.py`, for messages and source ranges
  std::string_view text;
  bool is_package;  ///< an `__init__.py`: relative imports start at the module itself
};

/// All files, packages before what they contain.
std::span<const EmbeddedFile> embedded_files();

}  // namespace scriptc::nn
