#include "scriptc/torch/lowering_source.h"

#include <algorithm>

namespace scriptc::torch_backend {

namespace jit = ::torch::jit;
namespace py = ::scriptc::python;

namespace {

/// Lines that the function covers, decorators excepted.
std::pair<int, int> lines_of(const py::PyFunction& function) {
  const py::Span span = function.def ? function.def->span : function.lambda->span;
  return {std::max(1, span.line), std::max(span.line, span.end_line)};
}

}  // namespace

FunctionSource::FunctionSource(const py::PyFunction& function) : source_(function.source()) {
  const auto [first, last] = lines_of(function);
  first_line_ = first;
  std::string text;
  for (int line = first; line <= last; ++line) {
    starts_.push_back(text.size());
    text += source_->line(line);
    text += '\n';
  }
  size_ = text.size();
  text_ = std::make_shared<jit::Source>(text, source_->name(), static_cast<std::size_t>(source_->shown_line(first)));
}

// Errors carry copies of the source.
bool FunctionSource::owns(const jit::SourceRange& range) const {
  const auto& other = range.source();
  return other == text_ || (other && other->starting_line_no() == text_->starting_line_no() &&
                            other->size() == text_->size() && other->filename() == text_->filename());
}

jit::SourceRange FunctionSource::range(const py::Span& span) const {
  const auto offset = [&](int line, int column) -> std::size_t {
    const std::size_t index = static_cast<std::size_t>(line - first_line_);
    if (line < first_line_ || index >= starts_.size()) return size_;
    return std::min(starts_[index] + static_cast<std::size_t>(std::max(0, column)), size_ - 1);
  };
  std::size_t start = offset(span.line, span.column);
  std::size_t end = offset(span.end_line, span.end_column);
  if (start >= size_) {
    start = 0;
    end = starts_.size() > 1 ? starts_[1] - 1 : size_ - 1;
  }
  return {text_, start, std::max(std::min(end, size_ - 1), start)};
}

py::Span FunctionSource::span(const jit::SourceRange& range) const {
  const auto place = [&](std::size_t offset) -> std::pair<int, int> {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const std::size_t index = static_cast<std::size_t>(next - starts_.begin()) - 1;
    return {first_line_ + static_cast<int>(index), static_cast<int>(offset - starts_[index])};
  };
  const auto [line, column] = place(range.start());
  const auto [end_line, end_column] = place(std::max(range.end(), range.start()));
  return {line, column, end_line, end_column};
}

}  // namespace scriptc::torch_backend
