#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "scriptc/python/parser.h"

// For tests/oracle/test_ast_stdlib.py: names of Python files on stdin, one a line; for each, on stdout, `ok LENGTH` or
// `error LENGTH`, and as many bytes of dump or message. One process for all of them, so that starting it costs nothing.

int main() {
  std::ios::sync_with_stdio(false);
  std::string path;
  while (std::getline(std::cin, path)) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const char* status = "ok";
    std::string result;
    try {
      const auto source = std::make_shared<const scriptc::python::Source>(path, std::move(text));
      result = scriptc::python::ast_dump(*scriptc::python::parse_module(source), true);
    } catch (const scriptc::Error& error) {
      status = "error";
      result = error.message();
    }
    std::cout << status << ' ' << result.size() << '\n' << result << std::flush;
  }
  return 0;
}
