#pragma once

#include <memory>

#include "scriptc/model/backend.h"

namespace scriptc::torch_backend {

/// Backend::mirror.
ModulePtr mirror(const NativeModule& native);

/// Backend::begin_native. Scripting traces forward at the sample and at one other size for every named dimension of
/// the inputs and compares the graphs: C++ hides `x.size(0)` and `.item()` from the tracer, which would bake them.
/// Errors (model): the graphs differ (first differing line), forward's inputs are missing or refused.
std::unique_ptr<Job> make_native_job(NativeModule native, ModulePtr mirrored);

}  // namespace scriptc::torch_backend
