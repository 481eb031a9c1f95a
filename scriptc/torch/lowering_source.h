#pragma once

#include <torch/csrc/jit/frontend/source_range.h>

#include <memory>
#include <string>
#include <vector>

#include "scriptc/model/error.h"
#include "scriptc/python/objects.h"

// Positions: our spans as LibTorch's ranges and back, and LibTorch's complaints as our errors.

namespace scriptc::torch_backend {

/// Our `Source` behind LibTorch's: one LibTorch source per function, so that an archive's debug records carry the
/// functions that were compiled and not the files around them.
class FunctionSource {
 public:
  explicit FunctionSource(const python::PyFunction& function);

  /// The range of `span`; spans outside the function (parts that were inlined into it) give its first line.
  ::torch::jit::SourceRange range(const python::Span& span) const;
  /// The span that `range` came from.
  python::Span span(const ::torch::jit::SourceRange& range) const;
  const python::SourcePtr& source() const { return source_; }
  bool owns(const ::torch::jit::SourceRange& range) const;

 private:
  python::SourcePtr source_;
  int first_line_;  // of the function, as spans count
  std::shared_ptr<::torch::jit::Source> text_;
  std::vector<std::size_t> starts_;  // offset of each line in text_
  std::size_t size_;
};

using FunctionSourcePtr = std::shared_ptr<const FunctionSource>;

/// One function that is being compiled, and where it was called.
struct CompileFrame {
  std::string name;  ///< `Block.forward`
  FunctionSourcePtr source;
  ::torch::jit::SourceRange called_at;  ///< in the frame below; empty for the first
};

/// The Error for the exception in flight, raised while the innermost of `frames` was compiled. scriptc::Error passes
/// unchanged, so the chain of calls is added once.
/// REQUIRES: called from inside a catch block; `frames` is not empty.
[[noreturn]] void rethrow_as_model_error(const std::vector<CompileFrame>& frames);

/// An Error at `range`, with the chain of calls of `frames`. `help` may be empty.
Error lowering_error(const std::vector<CompileFrame>& frames, const ::torch::jit::SourceRange& range,
                     const std::string& sentence, const std::string& help = "");

}  // namespace scriptc::torch_backend
