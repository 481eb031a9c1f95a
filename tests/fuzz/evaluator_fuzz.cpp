#include <cstdint>
#include <memory>
#include <string>

#include "scriptc/python/evaluator.h"

// libFuzzer's entry. Any text that parses runs, under small limits and without a back end, to its end or to an Error of
// a kind that a model file can cause: never to an internal one, an exception of another type or a crash.

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

scriptc::python::EvaluatorOptions small_world() {
  scriptc::python::EvaluatorOptions options;
  options.mode = scriptc::python::TensorMode::meta;
  options.limits = {20'000, 60, 10'000'000};
  options.backend = []() -> scriptc::Backend& {
    throw scriptc::Error(scriptc::ErrorKind::model, "RuntimeError: tensors need the back end");
  };
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace python = scriptc::python;
  const auto source =
      std::make_shared<const python::Source>("fuzz.py", std::string(reinterpret_cast<const char*>(data), size));
  try {
    python::Evaluator evaluator(small_world());
    const auto module = evaluator.make_module("fuzz", source);
    evaluator.execute(module, source);
  } catch (const scriptc::Error& error) {
    using enum scriptc::ErrorKind;
    require(error.kind() == bad_input || error.kind() == cap || error.kind() == model);
    require(!error.message().empty() && error.message().find('\0') == std::string::npos);
  }
  return 0;
}
