#pragma once

#include <c10/util/Exception.h>
#include <torch/version.h>

namespace scriptc::torch_backend {

#if TORCH_VERSION_MAJOR >= 2
namespace warnings = c10::WarningUtils;
#else
namespace warnings = c10::Warning;
#endif

}  // namespace scriptc::torch_backend
