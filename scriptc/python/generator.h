#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "scriptc/python/interpreter.h"

namespace scriptc::python {

class Coroutine;

/// A suspended call of a generator function: the body runs on a stack of its own.
class Generator : public Iterator {
 public:
  Generator(Interpreter& in, Frame f, std::shared_ptr<PyFunction> function);
  ~Generator() override;
  std::string type_name() const override { return "generator"; }

  bool next(Value& out) override { return resume(Value(), std::nullopt, out); }
  bool send(const Value& value, Value& out) { return resume(value, std::nullopt, out); }
  bool raise_inside(const Value& exception, Value& out) { return resume(Value(), Raised{exception, {}}, out); }
  void close();
  /// What the body returned; StopIteration carries it.
  const Value& result() const { return result_; }

  /// Called inside the body: hands `value` out and returns what is sent.
  Value yield(const Value& value);

 private:
  bool resume(const Value& sent, std::optional<Raised> thrown, Value& out);
  void body();

  Interpreter& in_;
  Frame frame_;
  std::shared_ptr<PyFunction> function_;
  std::unique_ptr<Coroutine> coroutine_;
  Value sent_, yielded_, result_;
  std::optional<Raised> thrown_;  // to be raised inside
  std::vector<Raised> handling_;  // exceptions whose handlers were running when it was suspended
  Frame* suspended_ = nullptr;    // the innermost frame then: this one or a comprehension's
  std::exception_ptr failure_;    // what left the body
  bool running_ = false;
  bool done_ = false;
  bool closing_ = false;
};

}  // namespace scriptc::python
