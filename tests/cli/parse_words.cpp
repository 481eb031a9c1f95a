// For tests/oracle/test_argparse.py: reads command lines, one JSON array of words a line, and prints for each what the
// option table of pytorch_to_torch's ancestor makes of it: an object, or null for a usage error.

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "scriptc/cli/command_line.h"
#include "scriptc/model/error.h"

using namespace scriptc::cli;

static Grammar ancestor() {
  using enum ValueKind;
  return {"",
          {{"MODULE", ""}, {"MODEL_NAME", ""}},
          {{"save_path", 's', text, "PATH", "", ""},
           {"state_dict", 'w', text, "PATH", "", ""},
           {"args", 0, values, "A", "", ""},
           {"kwargs", 0, values, "K", "", ""},
           {"quiet", 0, flag, "", "", ""}},
          ""};
}

static nlohmann::json parse(const std::vector<std::string>& words) {
  try {
    const Arguments arguments = parse_arguments(ancestor(), "try", words);
    nlohmann::json found = {{"quiet", arguments.flag("quiet")}};
    for (const char* name : {"MODULE", "MODEL_NAME", "save_path", "state_dict"})
      if (const auto text = arguments.text(name)) found[name] = *text;
    for (const char* name : {"args", "kwargs"})
      if (arguments.has(name)) found[name] = arguments.texts(name);
    return found;
  } catch (const scriptc::Error&) {
    return nullptr;
  }
}

int main() {
  for (std::string line; std::getline(std::cin, line);)
    std::cout << parse(nlohmann::json::parse(line).get<std::vector<std::string>>()).dump() << "\n";
}
