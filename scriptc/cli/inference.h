#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/loader.h"
#include "scriptc/model/value.h"

namespace scriptc::cli {

/// One argument for a model's constructor. What was typed is kept: a declared `str` takes `007` as it stands.
struct Argument {
  Value value;                          ///< inferred, or from JSON
  std::optional<std::string> spelling;  ///< as typed after --args or --kwargs; absent: from JSON
};

struct ModelArguments {
  std::vector<Argument> positional;
  std::vector<std::pair<std::string, Argument>> keyword;
};

/// What Python's int(text) gives; nullopt where it raises. Errors (usage): beyond 64 bits.
std::optional<std::int64_t> try_python_int(std::string_view text);
/// What Python's float(text) gives; nullopt where it raises.
std::optional<double> try_python_float(std::string_view text);

/// Contains '.': a float if Python reads it as one; else an int if Python reads it as one; else the text.
Value infer_value(const std::string& text);

/// From the four options. Errors (usage): odd --kwargs, a keyword twice, JSON of another shape.
ModelArguments collect_arguments(const std::vector<std::string>& args, const std::vector<std::string>& kwargs,
                                 const std::optional<std::string>& json_args,
                                 const std::optional<std::string>& json_kwargs);

/// Warns of strings that look like Python's True, False and None: in a `.py` model they stay strings.
void warn_of_constants(const ModelArguments& arguments, MessageSink& messages);

/// `argument` as the declared type; nullopt if it does not fit.
std::optional<Value> try_convert(const Argument& argument, const plugins::ParameterType& type);

}  // namespace scriptc::cli
