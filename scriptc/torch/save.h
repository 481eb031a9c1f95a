#pragma once

#include <torch/csrc/jit/api/module.h>

#include "scriptc/model/backend.h"

namespace scriptc::torch_backend {

/// Writes `module` as an archive for torch::jit::load, or for the lite interpreter too. The bytes depend on the module
/// alone: the root folder is always `archive`, and `.data/serialization_id` is computed from names and checksums.
/// Errors: those of the sink; model (LibTorch cannot serialise it).
void save_module(const ::torch::jit::Module& module, Format format, ByteSink& sink);

/// Calls `visit` for every tensor of the module: attributes of it and its children, and constants in its methods.
/// Tensors that are reached twice are visited twice.
void for_each_tensor(const ::torch::jit::Module& module, const std::function<void(const at::Tensor&)>& visit);

}  // namespace scriptc::torch_backend
