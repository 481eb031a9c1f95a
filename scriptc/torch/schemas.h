#pragma once

#include <torch/csrc/jit/api/module.h>

#include <map>
#include <string>

namespace scriptc::torch_backend {

/// `(Tensor x, Tensor? mask=None) -> Tensor`, without self.
std::string signature(const ::torch::jit::Method& method);

/// The signatures of all methods of `module` itself.
std::map<std::string, std::string> signatures(const ::torch::jit::Module& module);

}  // namespace scriptc::torch_backend
