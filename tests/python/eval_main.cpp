#include <iostream>
#include <string>

#include "scriptc/python/evaluator.h"

// For tests/oracle/test_fixtures.py: names of Python files on stdin, one a line; for each, on stdout, `ok LENGTH` or
// `error LENGTH`, and as many bytes of repr(RESULT) or of the message. Each file has an evaluator of its own.

namespace {

using scriptc::Error;
using scriptc::ErrorKind;

std::string run(const std::string& path) {
  scriptc::python::EvaluatorOptions options;
  options.backend = []() -> scriptc::Backend& { throw Error(ErrorKind::model, "tensors need the back end"); };
  scriptc::python::Evaluator evaluator(options);
  return evaluator.represent(evaluator.get_attribute(evaluator.load_file(path), "RESULT"));
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string path;
  while (std::getline(std::cin, path)) {
    const char* status = "ok";
    std::string result;
    try {
      result = run(path);
    } catch (const Error& error) {
      status = "error";
      result = error.message();
    }
    std::cout << status << ' ' << result.size() << '\n' << result << std::flush;
  }
  return 0;
}
