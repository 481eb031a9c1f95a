#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "scriptc/model/error.h"
#include "scriptc/python/evaluator.h"

namespace scriptc::python {

/// A world in meta mode without a back end, and verbs to talk to it.
class EvalTest : public ::testing::Test {
 protected:
  static EvaluatorOptions options() {
    EvaluatorOptions options;
    options.mode = TensorMode::meta;
    return options;
  }

  static SourcePtr source(const std::string& name, const std::string& text) {
    return std::make_shared<const Source>(name, text);
  }

  /// Runs statements in the module.
  void run(const std::string& text) { evaluator.execute(module, source("net.py", text)); }

  Value value_of(const std::string& expression) { return evaluator.evaluate(module, source("expr", expression)); }

  /// The repr of an expression, or the first line of its error.
  std::string eval(const std::string& expression) {
    try {
      return evaluator.represent(value_of(expression));
    } catch (const Error& error) {
      return error.message().substr(0, error.message().find('\n'));
    }
  }

  /// The whole message of what running `text` throws.
  std::string error_of(const std::string& text) {
    try {
      run(text);
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }

  /// The whole message of what evaluating an expression throws.
  std::string error_of_value(const std::string& expression) {
    try {
      value_of(expression);
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }

  Evaluator evaluator{options()};
  std::shared_ptr<PyModule> module = evaluator.make_module("net", source("net.py", ""));
};

}  // namespace scriptc::python
