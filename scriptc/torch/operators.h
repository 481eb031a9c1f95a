#pragma once

#include <string_view>

#include "scriptc/model/value.h"

namespace scriptc::torch_backend {

/// Backend::has_operator.
bool has_operator(std::string_view name);

/// Backend::call_operator: `add`, `aten::add`, or `namespace::name`. Runs without gradients.
Value call_operator(std::string_view name, const Args& args, const Kwargs& kwargs);

}  // namespace scriptc::torch_backend
