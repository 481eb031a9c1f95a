#include <cstdint>
#include <memory>
#include <string>

#include "scriptc/python/parser.h"

// libFuzzer's entry. Any text is either parsed, and then dumped and unparsed, or refused with an Error of the two
// kinds that a text can cause. With clang: -fsanitize=fuzzer. Without: mutate_main.cpp is the program around it.

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

template <class Action>
void run_or_refuse(Action action) {
  try {
    action();
  } catch (const scriptc::Error& error) {
    require(error.kind() == scriptc::ErrorKind::bad_input || error.kind() == scriptc::ErrorKind::cap);
    require(!error.message().empty() && error.message().find('\0') == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace python = scriptc::python;
  const auto source =
      std::make_shared<const python::Source>("fuzz.py", std::string(reinterpret_cast<const char*>(data), size));
  run_or_refuse([&] {
    const auto module = python::parse_module(source);
    require(python::ast_dump(*module, true).rfind("Module(body=[", 0) == 0);
    for (const python::StmtPtr& stmt : module->body)
      if (const auto* expr = python::as<python::ExprStmt>(stmt)) python::unparse(expr->value);
  });
  run_or_refuse([&] { python::unparse(python::parse_expression(source)); });
  return 0;
}
